/* SPDX-License-Identifier: GPL-3.0-or-later */
/* assay render: turns the recipe of each take into its sound. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "audio/sound.h"
#include "base/cli.h"
#include "base/confine.h"
#include "base/talk.h"
#include "synth/midi.h"
#include "synth/tuning.h"
#include "version.h"
#include "wire/annex.h"
#include "wire/renderer.h"
#include "wire/stage.h"

static struct settings {
	struct stage_where where;
	const char *isa, *wav, *midi, *tune;
	int threads, rate;
	bool confine, guests_here;
} set = {.where = {.in = "-"}, .isa = "auto"};

static const struct cli_option options[] = {
    STAGE_OPTIONS(&set.where),
    {'w', "wav", CLI_STRING, &set.wav, "FILE", .help = "write sound files instead of takes (the format follows the name)"},
    {'r', "rate", CLI_INT, &set.rate, "HZ", 8000, 384000, .help = "change the sample rate of the recipe"},
    {'m', "midi", CLI_STRING, &set.midi, "FILE", .help = "play this MIDI file instead of the take's phrase"},
    {0, "tune", CLI_STRING, &set.tune, "SCL[,KBM]", .help = "with --midi: in a Scala tuning, a file or a name from the library"},
    {0, "isa", CLI_CHOICE, &set.isa, "SET", .choices = "auto scalar sse avx2 avx512",
        .help = "instruction set; all give the same bytes"},
    {'j', "threads", CLI_INT, &set.threads, "N", 0, 256, .help = "threads; 0 is $ASSAY_THREADS or one a core"},
    {0, "confine", CLI_FLAG, &set.confine, .help = "give up opening files and sockets, once the streams are open"},
    {0, "guests-here", CLI_FLAG, &set.guests_here, .help = "run plug-ins in this process, which ends if they crash"},
    {0},
};

static const struct cli cli = {
    .tool = "render",
    .summary = "turn takes into sound",
    .usage = "[options]",
    .example = "assay patch patches/pluck.lua | assay render --wav pluck.wav\n"
               "assay patch patches/pluck.lua --random 100 | assay render | assay features | assay score --like loop.wav\n"
               "assay patch patches/pluck.lua | assay render --midi song.mid --wav song.flac\n",
    .options = options,
};

/* --- the recipe, changed ----------------------------------------------------------- */

/* The file's notes instead of the take's; tail and arcs stay. Changes the message
   in place, so that what this version does not know stays in it. */
static struct tuning tuning; /* of --tune */

static int
play_midi(struct take *t, struct err *err)
{
	struct phrase p;
	struct arena *a = &t->arena;
	if (midi_read(set.midi, t->m->n_parts, &p, a, err) < 0)
		return -1;
	if (set.tune)
		p.n_notes = tuning_notes(&tuning, p.notes, p.n_notes);
	Assay__Phrase *m = t->m->phrase ? t->m->phrase : arena_alloc(a, sizeof *m);
	Assay__Note *notes = arena_array(a, p.n_notes, sizeof *notes), **list = arena_array(a, p.n_notes, sizeof *list);
	if (!m || !notes || !list)
		return err_set(err, "out of memory");
	if (!t->m->phrase)
		assay__phrase__init(m);
	for (size_t i = 0; i < p.n_notes; i++) {
		list[i] = &notes[i];
		assay__note__init(&notes[i]);
		notes[i].start = p.notes[i].start;
		notes[i].length = p.notes[i].length;
		notes[i].pitch = p.notes[i].pitch;
		notes[i].velocity = p.notes[i].velocity;
		notes[i].part = p.notes[i].part;
	}
	m->tempo = p.tempo;
	m->beats = p.beats;
	m->notes = list;
	m->n_notes = p.n_notes;
	t->m->phrase = m;
	return 0;
}

/* The id is that of the recipe as it is now. What was heard of another one goes. */
static int
identify(struct take *t, struct err *err)
{
	Take *m = t->m;
	const ProtobufCBinaryData old = m->id;
	if (take_identify(t, err) < 0)
		return -1;
	if (old.len == m->id.len && !memcmp(old.data, m->id.data, old.len))
		return 0;
	m->audio = NULL;
	m->n_features = m->n_scores = 0;
	m->fitness = 0;
	return 0;
}

/* --- a batch ------------------------------------------------------------------------ */

/* Adds a take as the options want it. */
static void
add(struct renderer *r, struct take *t)
{
	struct err err;
	if (!*t->m->error && (t->m->n_parts || !take_has_audio(t))) {
		if (set.rate)
			t->m->rate = (uint32_t)set.rate;
		if ((set.midi && play_midi(t, &err) < 0) || identify(t, &err) < 0)
			take_fail(t, "%s", err.text);
	}
	renderer_add(r, t);
}

/* Takes in what is there, up to full lanes, and waits only for the first. */
static bool
fill(struct renderer *r, struct stage *s)
{
	struct take *t;
	renderer_clear(r);
	while ((t = stage_next(s))) {
		add(r, t);
		if (renderer_full(r) || !stage_ready(s))
			break;
	}
	return renderer_count(r) > 0;
}

/* The sound goes into the take, unless no message could hold it. */
static int
keep_sound(struct renderer *r, size_t i, struct err *err)
{
	const struct rendition *x = renderer_sound(r, i);
	if (x && x->frames * x->channels * sizeof(float) > STREAM_LIMIT - (1 << 20))
		return err_set(err, set.guests_here
		        ? "%.0f s of sound do not fit into a message of %d MiB, as a take that plays a plug-in must; shorten the phrase"
		        : "%.0f s of sound do not fit into a message of %d MiB; --wav writes them to a file",
		    (double)x->frames / x->rate, STREAM_LIMIT >> 20);
	return renderer_keep(r, i, err);
}

/* --- sound files --------------------------------------------------------------------- */

/* The n-th file (from 1): %d in the name is n; else the second is NAME-2.EXT. */
static void
file_name(char *path, size_t size, const char *name, unsigned n)
{
	const char *number = strstr(name, "%d"), *slash = strrchr(name, '/'), *dot = strrchr(name, '.');
	if (number)
		snprintf(path, size, "%.*s%u%s", (int)(number - name), name, n, number + 2);
	else if (n == 1 || !strcmp(name, "-"))
		snprintf(path, size, "%s", name);
	else if (dot && (!slash || dot > slash))
		snprintf(path, size, "%.*s-%u%s", (int)(dot - name), name, n, dot);
	else
		snprintf(path, size, "%s-%u", name, n);
}

static int
write_sound(const struct take *t, const struct sound *sound, struct err *err)
{
	static unsigned n;
	char path[4096], id[HASH_HEX] = "", comment[256], label[HASH_HEX];
	if (++n > 1 && !strcmp(set.wav, "-"))
		return err_set(err, "standard output has room for the sound of one take");
	file_name(path, sizeof path, set.wav, n);
	hash_hex(t->m->id.data, t->m->id.len < HASH_SIZE ? t->m->id.len : HASH_SIZE, id);
	if (t->m->n_parts)
		snprintf(comment, sizeof comment, "assay id=%s seed=%llu engine=%u", id, (unsigned long long)t->m->seed,
		    t->m->engine);
	else
		snprintf(comment, sizeof comment, "assay id=%s", id);
	const struct sound_tags tags = {.title = take_label(t, label), .software = "assay " ASSAY_VERSION, .comment = comment};
	return sound_write(path, sound, 0, &tags, err);
}

/* Says what went wrong with the output, and ends the loop: the next file would fail too. */
static void
emit_sound(struct stage *s, const struct take *t, const struct rendition *x)
{
	struct err err;
	const Assay__Audio *a = t->m->audio;
	const struct sound sound = x
	    ? (struct sound){x->samples, x->rate, x->channels, x->frames}
	    : (struct sound){a->samples, a->rate, a->channels, a->frames};
	if (!s->broken && write_sound(t, &sound, &err) < 0) {
		talk_error("%s", err.text);
		s->broken = true;
	}
}

static int
render(struct renderer *r, struct stage *s)
{
	struct err err;
	const int status = renderer_run(r, &err);
	if (status < 0) {
		talk_error("%s", err.text);
		s->broken = true;
	}
	for (size_t i = 0; i < renderer_count(r); i++) {
		struct take *t = renderer_take(r, i);
		if (!*t->m->error && s->out && keep_sound(r, i, &err) < 0)
			take_fail(t, "%s", err.text);
		if (set.wav && !*t->m->error)
			emit_sound(s, t, renderer_sound(r, i));
		stage_emit(s, t);
	}
	return status;
}

/* A name that is opened now and never again. */
static bool
is_stream(const char *where)
{
	return !where || !strstr(where, "://");
}

/* Where ASSAY_CONFINE asks for it, it is done as far as it can be. */
static void
confine(void)
{
	struct err err;
	const bool can = !set.wav && !set.midi && is_stream(set.where.in) && is_stream(set.where.out);
	if ((set.confine || (confine_asked() && can && !set.guests_here)) && confine_self(&err) < 0) {
		if (set.confine)
			die(EXIT_FAILED, "%s", err.text);
		talk_verbose("%s", err.text);
	}
}

int
main(int argc, char **argv)
{
	struct err err;
	struct stage s;
	enum isa isa;
	int status;
	const int n = cli_parse(&cli, argc, argv, &status);
	if (n < 0)
		return status;
	if (n > 0)
		return cli_usage(&cli, "unexpected argument '%s'", argv[1]);
	if (!set.wav && !set.where.out)
		set.where.out = "-";
	if (set.wav && set.where.out && !strcmp(set.wav, "-") && !strcmp(set.where.out, "-"))
		return cli_usage(&cli, "--wav and --out cannot both go to standard output");
	if (set.confine && (set.wav || set.midi || !is_stream(set.where.in) || !is_stream(set.where.out)))
		return cli_usage(&cli, "--confine opens no files later: it goes with takes in and takes out, from files or pipes");
	if (set.tune && !set.midi)
		return cli_usage(&cli, "--tune goes with --midi: a take's own notes are tuned already");
	if (isa_parse(set.isa, &isa) < 0)
		return cli_usage(&cli, "unknown instruction set '%s'", set.isa);

	if (set.tune && tuning_named(&tuning, set.tune, &err) < 0)
		die(EXIT_FAILED, "%s", err.text);

	if (set.guests_here)
		annex_inside();
	if (stage_open(&s, &set.where, "rendered") < 0)
		return EXIT_FAILED;
	const struct renderer_settings how = {isa, set.threads, set.guests_here, talk_level > 1};
	struct renderer *r = renderer_new(&how, &err);
	if (!r)
		die(EXIT_FAILED, "%s", err.text);
	confine();
	while (fill(r, &s) && render(r, &s) == 0)
		;
	renderer_free(r);
	status = stage_close(&s);
	if (set.guests_here) /* guests may have threads that are still at work: nothing is taken down under them */
		_exit(status);
	return status;
}
