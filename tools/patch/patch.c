/* SPDX-License-Identifier: GPL-3.0-or-later */
/* assay patch: a patch file in, takes out; and takes back as Lua. */
#include "patch.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "base/share.h"
#include "base/talk.h"
#include "synth/arc.h"
#include "synth/midi.h"
#include "synth/open.h"
#include "synth/tuning.h"
#include "synth/lua/patch_lua.h"
#include "synth/lua/patch_text.h"
#include "wire/assets.h"

static struct settings {
	const char *in, *out, *command;
	int random, rate;
	double note, tempo, beats, length, tail, velocity;
	const char *seed, *midi, *tune;
	bool list, man, params, lua, json, embed;
	struct cli_list set, pin, open;
} set = {.in = "-", .out = "-", .note = NAN, .tempo = NAN, .beats = NAN, .length = NAN, .tail = NAN, .velocity = NAN};

static uint64_t seed;

static const struct cli_option options[] = {
    {'n', "random", CLI_INT, &set.random, "N", 0, 1000000, .help = "write N takes with random open parameters; 0: one as it is"},
    {'s', "seed", CLI_STRING, &set.seed, "S", .help = "seed of --random, of math.random and of the sound"},
    {0, "set", CLI_LIST, &set.set, "NAME=VALUE", .help = "set a parameter"},
    {0, "pin", CLI_LIST, &set.pin, "NAME[=VALUE]", .help = "close a parameter to the search"},
    {0, "open", CLI_LIST, &set.open, "NAME[=MIN,MAX]", .help = "open a parameter to the search"},
    {'m', "midi", CLI_STRING, &set.midi, "FILE", .help = "play this MIDI file instead of the patch's phrase"},
    {0, "tune", CLI_STRING, &set.tune, "SCL[,KBM]", .help = "play in a Scala tuning: a file, or a name from the library"},
    {0, "note", CLI_DOUBLE, &set.note, "PITCH", -128, 256, .help = "play every note at this pitch (MIDI number)"},
    {0, "velocity", CLI_DOUBLE, &set.velocity, "V", 0, 1, .help = "play every note at this velocity"},
    {0, "tempo", CLI_DOUBLE, &set.tempo, "BPM", 1, 1000, .help = "play at this tempo"},
    {0, "beats", CLI_DOUBLE, &set.beats, "N", 0, 20000, .help = "length of the phrase in beats"},
    {0, "length", CLI_DOUBLE, &set.length, "N", 0, 20000, .help = "length of every note in beats"},
    {0, "tail", CLI_DOUBLE, &set.tail, "SECONDS", 0, 1200, .help = "how long the sound rings on after the last beat"},
    {'r', "rate", CLI_INT, &set.rate, "HZ", 8000, 384000, .help = "sample rate, where the patch states none 48000"},
    {'l', "list", CLI_FLAG, &set.list, .help = "list the modules, or the ports of one"},
    {0, "man", CLI_FLAG, &set.man, .help = "with --list: the manual page of all modules, assay-modules(7)"},
    {'p', "params", CLI_FLAG, &set.params, .help = "list the parameters of the patch"},
    {0, "lua", CLI_FLAG, &set.lua, .help = "read takes and write them as patch files"},
    {0, "embed", CLI_FLAG, &set.embed, .help = "give takes the sounds along that they play, for machines that have not got them"},
    {0, "json", CLI_FLAG, &set.json, .help = "with --list and --params: one JSON object a line"},
    {'i', "in", CLI_STRING, &set.in, "WHERE", .help = "with --lua: read takes from a file, - or an endpoint"},
    {'o', "out", CLI_STRING, &set.out, "WHERE", .help = "write to a file, - or (takes) an endpoint"},
    {0},
};

static const struct cli cli = {
    .tool = "patch",
    .summary = "turn a patch file into takes",
    .usage = "[options] FILE|NAME | --list [MODULE] | --lua",
    .example = "assay patch pluck --random 20 --seed 7 | assay render --wav pluck.wav\n"
               "assay patch --list svf\n"
               "assay patch bass --params\n",
    .options = options,
};

static int
failed(const struct err *err)
{
	talk_error("%s", err->text);
	return interrupted() ? EXIT_INTERRUPTED : EXIT_FAILED;
}

/* --- a patch to takes --------------------------------------------------------------- */

static void
say(const char *text)
{
	fprintf(stderr, "%s\n", text);
}

/* What the options say of the phrase. */
static int
play(struct recipe *r, struct arena *a, struct err *err)
{
	struct phrase *p = &r->phrase;
	if (set.midi && midi_read(set.midi, r->n_parts, p, a, err) < 0)
		return -1;
	for (size_t i = 0; i < p->n_notes; i++) {
		if (!isnan(set.note))
			p->notes[i].pitch = (float)set.note;
		if (!isnan(set.velocity))
			p->notes[i].velocity = (float)set.velocity;
		if (!isnan(set.length))
			p->notes[i].length = set.length;
	}
	if (set.tune) {
		static struct tuning tuning;
		if (tuning_named(&tuning, set.tune, err) < 0)
			return -1;
		const size_t n = p->n_notes;
		p->n_notes = tuning_notes(&tuning, p->notes, n);
		if (n > p->n_notes)
			talk_warning("%zu of %zu notes are left out: '%s' does not map their keys", n - p->n_notes, n, set.tune);
	}
	if (!isnan(set.tempo))
		p->tempo = set.tempo;
	if (!isnan(set.beats))
		p->beats = set.beats;
	if (!isnan(set.tail))
		p->tail = set.tail;
	return 0;
}

/* Draws every open parameter of take i, and the curves that are drawn by chance. The sound's seed stays, so
   that takes differ in these alone. */
static void
draw(struct recipe *r, uint64_t i)
{
	struct rng rng = {.seed = rng_at(r->seed, i)};
	for (size_t p = 0; p < r->n_parts; p++)
		for (size_t k = 0; k < r->parts[p].patch.n_params; k++) {
			struct param *q = &r->parts[p].patch.params[k];
			if (q->open && arc_leaves_open(r, (uint32_t)p, (uint32_t)k))
				q->value = open_value(q, rng_uniform(&rng));
		}
	arc_draw(r, rng_at(r->seed, i));
}

static int
emit(struct writer *w, const struct recipe *r, const char *file, const char *key, uint64_t index, struct err *err)
{
	struct take *t = take_new();
	if (!t)
		return err_set(err, "out of memory");
	Assay__Origin *origin = take_origin(t);
	char *name = index ? arena_printf(&t->arena, "%s/%llu", key, (unsigned long long)index) : arena_strdup(&t->arena, key);
	int status = -1;
	if (!origin || !name)
		err_set(err, "out of memory");
	else if (take_set_recipe(t, r, err) == 0 && take_identify(t, err) == 0 && (!set.embed || take_pack_sounds(t, err) == 0)) {
		t->m->key = name;
		if (strcmp(file, "-"))
			origin->file = arena_strdup(&t->arena, file);
		origin->command = arena_strdup(&t->arena, set.command);
		if (index)
			origin->index = index;
		if (!origin->file || !origin->command)
			err_set(err, "out of memory");
		else
			status = take_write(w, t, err);
	}
	take_free(t);
	return status;
}

static int
emit_all(struct recipe *r, const char *file, struct err *err)
{
	const char *key = r->n_parts == 1 ? r->parts[0].patch.name : NULL;
	char base[128];
	if (!key || !*key) {
		const char *slash = strrchr(file, '/');
		snprintf(base, sizeof base, "%.*s", (int)strcspn(slash ? slash + 1 : file, "."), slash ? slash + 1 : file);
		key = base;
	}
	struct writer *w = writer_open(set.out, err);
	if (!w)
		return -1;
	int status = 0;
	if (!set.random)
		status = emit(w, r, file, key, 0, err);
	for (int i = 1; i <= set.random && !status && !interrupted(); i++) {
		draw(r, (uint64_t)i);
		status = emit(w, r, file, key, (uint64_t)i, err);
	}
	struct err last;
	if (writer_close(w, status ? &last : err) < 0)
		status = -1;
	return status;
}

static int
make(const char *name)
{
	char path[4096], library[4096];
	struct arena arena;
	struct recipe r;
	struct err err;
	const char *file = share_patch(name, path, sizeof path);
	if (!file) {
		err_set(&err, "there is no patch '%s' in the library; a file of your own has a '/' or a '.' in its name", name);
		return failed(&err);
	}
	const struct lua_settings lua = {
	    .rate = (uint32_t)set.rate, .has_seed = set.seed, .seed = seed, .print = say,
	    .library = share_find("patches", library, sizeof library), .sounds = asset_read_files,
	};
	arena_init(&arena, (size_t)256 << 20);
	int status = patch_lua_file(file, &lua, &r, &arena, &err);
	if (!status) {
		if (play(&r, &arena, &err) < 0 || edit_open(&r, &set.open, &err) < 0 || edit_set(&r, &set.set, &err) < 0
		    || edit_pin(&r, &set.pin, &err) < 0 || (recipe_check(&r, &err) < 0 && err_prefix(&err, "%s", file)))
			status = -1;
		else if (set.params)
			status = list_params(&r, set.json, &err);
		else
			status = emit_all(&r, file, &err);
	}
	arena_release(&arena);
	return status < 0 ? failed(&err) : interrupted() ? EXIT_INTERRUPTED : EXIT_DONE;
}

/* --- takes to Lua -------------------------------------------------------------------- */

/* The text of a take, read again to see that it says the same. In memory that the caller frees. */
static char *
to_text(struct take *t, size_t *n, struct err *err)
{
	static const struct lua_settings lua;
	struct recipe r, again;
	struct arena arena;
	char *text = NULL, hex[HASH_HEX];
	uint8_t id[HASH_SIZE], id_again[HASH_SIZE];
	if (*t->m->error)
		return err_set(err, "%s", t->m->error), NULL;
	if (take_recipe(t, &r, err) < 0)
		return NULL;
	FILE *f = open_memstream(&text, n);
	if (!f)
		return err_set(err, "out of memory"), NULL;
	recipe_id(&r, id);
	fprintf(f, "-- %s\n", hash_hex(id, HASH_SIZE, hex));
	int status = patch_text(f, &r, err);
	if (fclose(f) && !status)
		status = err_set(err, "out of memory");
	arena_init(&arena, (size_t)256 << 20);
	if (!status && !(status = patch_lua_text(text, *n, "text", &lua, &again, &arena, err))) {
		recipe_id(&again, id_again);
		if (memcmp(id, id_again, HASH_SIZE))
			status = err_set(err, "made by another program: as Lua it would have another id");
	}
	arena_release(&arena);
	if (!status)
		return text;
	free(text);
	return NULL;
}

static int
write_lua(void)
{
	struct err err;
	char label[HASH_HEX];
	FILE *f = strcmp(set.out, "-") ? fopen(set.out, "we") : stdout;
	if (!f)
		return err_errno(&err, "cannot create '%s'", set.out), failed(&err);
	struct reader *in = reader_open(set.in, &err);
	if (!in)
		return failed(&err);
	struct take *t;
	int got = 0, n_failed = 0;
	while (!interrupted() && !ferror(f) && (got = take_read(in, &t, &err)) > 0) {
		size_t n = 0;
		char *text = to_text(t, &n, &err);
		if (text)
			fwrite(text, 1, n, f);
		else {
			talk_warning("%s: %s", take_label(t, label), err.text);
			n_failed++;
		}
		free(text);
		take_free(t);
	}
	int status = n_failed ? EXIT_FAILED : EXIT_DONE;
	if (got < 0)
		status = failed(&err);
	reader_free(in);
	if (ferror(f) | fclose(f))
		err_errno(&err, "cannot write '%s'", set.out), status = failed(&err);
	return interrupted() ? EXIT_INTERRUPTED : status;
}

/* --- main -------------------------------------------------------------------------- */

static int
list(const char *module)
{
	struct err err;
	if (set.man)
		list_reference();
	else if ((module ? list_ports(module, set.json, &err) : list_modules(set.json)) < 0)
		return failed(&err);
	if (ferror(stdout) | fclose(stdout))
		return err_errno(&err, "cannot write"), failed(&err);
	return EXIT_DONE;
}

/* The command line as the take's origin states it. */
static const char *
command_line(int argc, char **argv)
{
	static char line[1024] = "assay patch";
	for (int i = 1; i < argc; i++) {
		const size_t n = strlen(line);
		snprintf(line + n, sizeof line - n, " %s", argv[i]);
	}
	return line;
}

int
main(int argc, char **argv)
{
	int status;
	set.command = command_line(argc, argv);
	const int n = cli_parse(&cli, argc, argv, &status);
	if (n < 0)
		return status;
	interrupt_catch();
	if (set.seed) {
		char *end;
		seed = strtoull(set.seed, &end, 0);
		if (*set.seed < '0' || *set.seed > '9' || *end)
			return cli_usage(&cli, "--seed '%s': not a whole number", set.seed);
	}
	if (n > 1 || (n < 1 && !set.list && !set.lua) || (n && set.lua))
		return cli_usage(&cli, set.lua ? "--lua reads takes, not a file" : "takes one patch file, or the name of a patch");
	if (set.man && (!set.list || n))
		return cli_usage(&cli, "--man goes with --list, and is of all modules");
	if (set.list)
		return list(n ? argv[1] : NULL);
	if (set.lua)
		return write_lua();
	status = make(argv[1]);
	struct err err;
	if (set.params && status == EXIT_DONE && (ferror(stdout) | fclose(stdout)))
		return err_errno(&err, "cannot write"), failed(&err);
	return status;
}
