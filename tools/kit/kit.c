/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * kit: plays a loop's pattern with found patches. One part a kind of slice, one
 * note a slice, where it stands in the loop and as loud as it is beside the slice
 * that stands for its kind.
 */
#include <math.h>
#include <string.h>

#include "base/cli.h"
#include "base/talk.h"
#include "wire/take.h"

static const char *loop_path, *where_out = "-", *key;
static double tail;

static const struct cli_option options[] = {
    {'l', "loop", CLI_STRING, &loop_path, "FILE", .help = "the loop as golden wrote it, with its slices and their kinds"},
    {'t', "tail", CLI_DOUBLE, &tail, "S", 0, 60, .help = "seconds that ring on after the loop's end"},
    {'k', "key", CLI_STRING, &key, "NAME", .help = "what to call the take"},
    {'o', "out", CLI_STRING, &where_out, "WHERE", .help = "write the take to a file, - or an endpoint"},
    {0},
};

static const struct cli cli = {
    .tool = "kit",
    .summary = "play a loop's pattern with one found take for each kind of slice",
    .usage = "--loop FILE [options] KIND0 [KIND1 ...]",
    .example = "assay kit --loop amen.takes kind0.takes kind1.takes | assay render --wav amen-again.wav\n",
    .options = options,
};

static struct take *
first_take(const char *path)
{
	struct err err;
	struct take *t = NULL;
	struct reader *r = reader_open(path, &err);
	const int got = r ? take_read(r, &t, &err) : -1;
	if (got < 0)
		die(EXIT_FAILED, "%s", err.text);
	if (got == 0)
		die(EXIT_FAILED, "'%s' holds no take", path);
	reader_free(r);
	return t;
}

/* Loudest where the slice that stands for the kind is silent or missing. */
static float
level(const Assay__Loop *loop, const Assay__Slice *s)
{
	for (size_t i = 0; i < loop->n_slices; i++)
		if (loop->slices[i]->kind == s->kind && loop->slices[i]->exemplar && loop->slices[i]->peak > 0)
			return s->peak / loop->slices[i]->peak;
	return 1;
}

int
main(int argc, char **argv)
{
	int status;
	const int n = cli_parse(&cli, argc, argv, &status);
	if (n < 0)
		return status;
	if (!loop_path)
		return cli_usage(&cli, "--loop names the pattern");
	if (n < 1 || n > RECIPE_MAX_PARTS)
		return cli_usage(&cli, "%d takes given; a kit has 1 to %d", n, RECIPE_MAX_PARTS);
	interrupt_catch();

	struct err err;
	struct take *source = first_take(loop_path), *kit = take_new();
	const Assay__Loop *loop = source->m->loop;
	if (!kit)
		die(EXIT_FAILED, "out of memory");
	if (!loop || !loop->n_slices || !source->m->audio)
		die(EXIT_FAILED, "'%s' is no loop with slices: make one with 'assay golden'", loop_path);

	const double rate = source->m->audio->rate, tempo = loop->tempo > 0 ? loop->tempo : 120;
	struct arena *a = &kit->arena;
	struct part *parts = arena_array(a, (size_t)n, sizeof *parts);
	struct take **kinds = arena_array(a, (size_t)n, sizeof *kinds); /* the kit points into them */
	struct note *notes = arena_array(a, loop->n_slices, sizeof *notes), *model = arena_array(a, (size_t)n, sizeof *model);
	Assay__Origin *origin = take_origin(kit);
	if (!parts || !kinds || !notes || !model || !origin
	    || !(origin->parents = arena_array(a, (size_t)n + 1, sizeof *origin->parents)))
		die(EXIT_FAILED, "out of memory");
	origin->parents[origin->n_parents++] = source->m->id;

	struct recipe r = {.engine = ENGINE_VERSION, .rate = source->m->audio->rate, .parts = parts, .n_parts = (size_t)n,
	    .phrase = {.tempo = tempo, .beats = (double)source->m->audio->frames / rate * tempo / 60, .tail = tail, .notes = notes}};
	for (int i = 0; i < n; i++) {
		struct take *t = kinds[i] = first_take(argv[1 + i]);
		struct recipe found;
		if (take_recipe(t, &found, &err) < 0)
			die(EXIT_FAILED, "%s: %s", argv[1 + i], err.text);
		if (found.n_parts != 1 || found.phrase.n_notes < 1 || found.phrase.n_arcs)
			die(EXIT_FAILED, "%s: the take is not one patch on plain notes", argv[1 + i]);
		if (found.rate != r.rate)
			die(EXIT_FAILED, "%s: the take is at %u Hz, the loop at %u", argv[1 + i], found.rate, r.rate);
		parts[i] = found.parts[0];
		model[i] = found.phrase.notes[0];
		r.seed = i ? r.seed : found.seed;
		origin->parents[origin->n_parents++] = t->m->id;
	}
	for (size_t i = 0; i < loop->n_slices; i++) {
		const Assay__Slice *s = loop->slices[i];
		if (s->kind >= (uint32_t)n) {
			talk_warning("slice %zu is of kind %u: no take was given for it, it stays silent", i, s->kind);
			continue;
		}
		struct note *note = &notes[r.phrase.n_notes++];
		*note = model[s->kind];
		note->start = (double)s->start / rate * tempo / 60;
		note->length = (double)s->length / rate * tempo / 60;
		note->velocity = fminf(1, note->velocity * level(loop, s));
		note->part = s->kind;
	}
	kit->m->key = key ? (char *)key : arena_printf(a, "%s again", *source->m->key ? source->m->key : "loop");
	if (recipe_check(&r, &err) < 0 || take_set_recipe(kit, &r, &err) < 0)
		die(EXIT_FAILED, "%s", err.text);
	struct writer *out = writer_open(where_out, &err);
	if (!out || take_write(out, kit, &err) < 0 || writer_close(out, &err) < 0)
		die(EXIT_FAILED, "%s", err.text);
	for (int i = 0; i < n; i++)
		take_free(kinds[i]);
	take_free(source);
	take_free(kit);
	return EXIT_DONE;
}
