/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * golden: loops as a set to learn from. Each sound file becomes a take with its
 * sound, its summary, its tempo, and the pieces it is made of.
 */
#include <dirent.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cli.h"
#include "base/fmath.h"
#include "base/talk.h"
#include "feature/key.h"
#include "feature/slices.h"
#include "feature/stated.h"
#include "feature/summary.h"
#include "feature/tempo.h"
#include "report.h"
#include "wire/import.h"

enum { MAX_DEPTH = 32 };

static const char *where_out = "-";
static int kinds;
static double rate = 44100, gap_ms = 35;
static bool strict, slices, every, reports, json;

static const struct cli_option options[] = {
    {'o', "out", CLI_STRING, &where_out, "WHERE", .help = "write takes to a file, - or an endpoint"},
    {0, "slices", CLI_FLAG, &slices, .help = "write the slice that stands for each kind as a take, instead of the loop"},
    {0, "all", CLI_FLAG, &every, .help = "with --slices: write all slices"},
    {0, "kinds", CLI_INT, &kinds, "N", 0, SLICES_MAX_KINDS, .help = "kinds of slices to find; 0: as many as the loop suggests, 8 at most"},
    {0, "gap", CLI_DOUBLE, &gap_ms, "MS", 10, 1000, .help = "least time between two onsets"},
    {0, "rate", CLI_DOUBLE, &rate, "HZ", 0, 384000, .help = "resample to this rate; 0: leave it"},
    {0, "report", CLI_FLAG, &reports, .help = "print what is in the set, what is there twice and what stands out, instead of takes"},
    {0, "json", CLI_FLAG, &json, .help = "the same as one JSON object"},
    {0, "strict", CLI_FLAG, &strict, .help = "stop at the first file that fails"},
    {0},
};

static const struct cli cli = {
    .tool = "golden",
    .summary = "make a golden set of loops",
    .usage = "[options] DIR|FILE ...",
    .example = "assay golden /usr/share/sonic-pi/samples/loop_amen.flac | assay json | jq '.loop.tempo'\n"
               "assay golden ~/loops -o golden.takes\n"
               "assay golden --report ~/loops\n"
               "assay golden --slices break.wav -o kinds.takes\n",
    .options = options,
};

static struct analysis *analysis;
static struct writer *out;
static struct report *report; /* NULL: takes are written */
static size_t found, good;
static bool broken; /* the stream cannot be written: there is no use in going on */

/* --- one loop ------------------------------------------------------------------------------ */

static int
add_summary(struct take *t, struct err *err)
{
	const Assay__Audio *m = t->m->audio;
	float v[SUMMARY_COLUMNS];
	if (summary_of(analysis, m->samples, m->rate, m->channels, m->frames, v, err) < 0)
		return -1;
	Assay__Tensor *tensor = take_add_tensor(t, SUMMARY_NAME, 1, 1, SUMMARY_COLUMNS, err);
	if (!tensor || !(tensor->axis = arena_strdup(&t->arena, "statistic")))
		return -1;
	memcpy(tensor->data, v, sizeof v);
	return 0;
}

/* A Loop message with room for n slices. */
static Assay__Loop *
new_loop(struct take *t, size_t n)
{
	struct arena *a = &t->arena;
	Assay__Loop *m = arena_alloc(a, sizeof *m);
	Assay__Slice *each = arena_array(a, n, sizeof *each);
	if (!m || !each)
		return NULL;
	assay__loop__init(m);
	if (!(m->slices = arena_array(a, n, sizeof *m->slices)))
		return NULL;
	for (size_t i = 0; i < n; i++) {
		assay__slice__init(&each[i]);
		m->slices[i] = &each[i];
	}
	m->n_slices = n;
	return t->m->loop = m;
}

static void
set_slice(Assay__Slice *m, const struct slice *s)
{
	m->start = s->start;
	m->length = s->length;
	m->kind = s->kind;
	m->exemplar = s->exemplar;
	m->peak = s->peak;
}

static int
send(struct take *t, struct err *err)
{
	if (take_fit(t))
		talk_warning("%s: too long for a stream: it goes on without its samples", t->m->key);
	const int got = take_write(out, t, err);
	broken |= got < 0;
	return got;
}

/* A slice as a take: the loop's frames, faded out over the last 5 ms so that the cut does
   not click. */
static int
send_slice(const struct take *loop, size_t number, const struct slice *s, struct err *err)
{
	const Assay__Audio *whole = loop->m->audio;
	const size_t channels = whole->channels, fade = (size_t)(0.005 * whole->rate);
	struct take *t = take_new();
	struct sound cut = {malloc(s->length * channels * sizeof(float)), whole->rate, whole->channels, s->length};
	Assay__Origin *origin = t ? take_origin(t) : NULL;
	Assay__Loop *m = t ? new_loop(t, 1) : NULL;
	int got = -1;
	if (cut.x && origin && m && (origin->parents = arena_array(&t->arena, 1, sizeof *origin->parents))
	    && (t->m->key = arena_printf(&t->arena, "%s#%zu", loop->m->key, number))) {
		memcpy(cut.x, whole->samples + s->start * channels, s->length * channels * sizeof(float));
		for (size_t i = 0; i < fade && i < s->length; i++)
			for (size_t c = 0; c < channels; c++)
				cut.x[(s->length - 1 - i) * channels + c] *= (float)i / (float)fade;
		origin->parents[origin->n_parents++] = loop->m->id;
		origin->file = loop->m->origin->file;
		m->tempo = loop->m->loop->tempo;
		m->confidence = loop->m->loop->confidence;
		m->beats = (double)s->length / whole->rate * m->tempo / 60;
		set_slice(m->slices[0], s);
		m->slices[0]->start = 0;
		got = take_set_audio(t, cut.x, cut.rate, cut.channels, cut.frames, NULL, err);
		if (got == 0)
			got = take_identify(t, err);
		if (got == 0)
			got = add_summary(t, err);
		if (got == 0)
			got = send(t, err);
	} else {
		err_set(err, "out of memory");
	}
	sound_free(&cut);
	take_free(t);
	return got;
}

/* Exemplars in the order of their kinds, so that the first take is kind 0; or all, in time. */
static int
send_slices(const struct take *loop, const struct slice *list, size_t n, int n_kinds, struct err *err)
{
	for (int k = 0; k < (every ? 1 : n_kinds); k++)
		for (size_t i = 0; i < n; i++)
			if ((every || (list[i].exemplar && (int)list[i].kind == k)) && send_slice(loop, i, &list[i], err) < 0)
				return -1;
	return 0;
}

/* The summary's is the mean of the channels: R 128 adds them up. */
static double
loudness_of(const struct take *t)
{
	const Assay__Tensor *v = take_tensor(t, SUMMARY_NAME);
	for (int i = 0; v && i < SUMMARY_COLUMNS; i++)
		if (!strcmp(summary_columns[i].label, "loudness")) {
			const double mean = (double)v->data[i] * summary_columns[i].unit + summary_columns[i].mid;
			return mean <= -69.99 ? -70 : mean + 10 * fm_log10(t->m->audio->channels);
		}
	return -70;
}

/* Sets what was found and what the name states, and says where they part. */
static void
set_loop(Assay__Loop *m, const struct take *t, const struct tempo *tempo, const struct key *key, const struct stated *said,
    bool believed)
{
	m->tempo = tempo->bpm;
	m->confidence = tempo->confidence;
	m->beats = tempo->beats;
	m->key = (char *)key_name(key->key);
	m->key_confidence = key->confidence;
	m->tuning = key->tuning;
	m->stated_tempo = said->bpm;
	m->stated_key = (char *)stated_key(said);
	if (said->bpm > 0 && tempo->bpm > 0 && fabs(tempo->bpm / said->bpm - 1) > 0.01)
		talk_warning("'%s': the name says %g BPM, but %.2f is heard", t->m->origin->file, said->bpm, tempo->bpm);
	if (!believed)
		talk_warning("'%s': the name says %s, but %s is heard", t->m->origin->file, m->stated_key, m->key);
}

static int
listen_to(struct take *t, struct err *err)
{
	const Assay__Audio *m = t->m->audio;
	float *mono = onsets_mono(m->samples, m->channels, m->frames);
	struct envelope e = {0};
	const struct stated said = stated_in(t->m->origin->file);
	struct tempo tempo;
	struct key key;
	struct slice *list = NULL;
	size_t n = 0;
	int n_kinds = 0, got = mono ? 0 : err_set(err, "out of memory");
	if (got == 0)
		got = envelope_init(&e, mono, m->frames, m->rate, err);
	if (got == 0)
		got = tempo_find(&e, m->frames, said.bpm, &tempo, err);
	if (got == 0)
		got = key_find(mono, m->frames, m->rate, &key, err);
	if (got == 0)
		got = slices_cut(mono, m->frames, &e, gap_ms / 1000, &list, &n, err);
	if (got == 0)
		got = n_kinds = slices_sort(analysis, mono, m->rate, list, n, kinds, err);
	if (got >= 0)
		got = add_summary(t, err);
	Assay__Loop *loop = got == 0 ? new_loop(t, n) : NULL;
	if (loop) {
		const bool believed = key_believe(&key, said.tonic, said.mode);
		set_loop(loop, t, &tempo, &key, &said, believed);
		loop->first_beat = tempo_phase(&e, &tempo);
		loop->loudness = loudness_of(t);
		for (size_t i = 0; i < n; i++)
			set_slice(loop->slices[i], &list[i]);
		talk_verbose("%s: %.2f BPM (confidence %.2f), %.4g beats, %s (confidence %.2f), %zu slices of %d kinds", t->m->key,
		    tempo.bpm, tempo.confidence, tempo.beats, *loop->key ? loop->key : "no key", key.confidence, n, n_kinds);
		if (slices && !n)
			talk_warning("%s: silent: there is nothing to slice", t->m->key);
		got = report ? report_add(report, t, err) : slices ? send_slices(t, list, n, n_kinds, err) : send(t, err);
	} else if (got == 0) {
		got = err_set(err, "out of memory");
	}
	envelope_release(&e);
	free(list);
	free(mono);
	return got;
}

/* --- files and folders ----------------------------------------------------------------------- */

static void
import(const char *path)
{
	struct sound s = {0};
	struct err err;
	struct take *t = NULL;
	int got = sound_read(path, &s, &err);
	if (got == 0 && rate > 0)
		got = sound_resample(&s, (uint32_t)rate, &err);
	if (got == 0 && !(t = take_import(&s, path)))
		got = err_set(&err, "'%s': out of memory", path);
	if (got == 0 && *t->m->error)
		got = err_set(&err, "'%s': %s", path, t->m->error);
	if (got == 0)
		got = listen_to(t, &err);
	found++;
	good += got == 0;
	if (got < 0)
		(strict ? talk_error : talk_warning)("%s", err.text);
	take_free(t);
	sound_free(&s);
}

static void walk(const char *path, int depth);

static void
walk_folder(const char *path, int depth)
{
	struct dirent **list;
	const int n = depth < MAX_DEPTH ? scandir(path, &list, NULL, alphasort) : (errno = ELOOP, -1);
	if (n < 0) {
		talk_warning("cannot read folder '%s': %s", path, strerror(errno));
		return;
	}
	for (int i = 0; i < n; i++) {
		char *inner = NULL;
		if (list[i]->d_name[0] != '.' && asprintf(&inner, "%s/%s", path, list[i]->d_name) > 0)
			walk(inner, depth + 1);
		free(inner);
		free(list[i]);
	}
	free(list);
}

static void
walk(const char *path, int depth)
{
	struct stat st;
	if (interrupted() || broken || (strict && good < found))
		return;
	if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
		walk_folder(path, depth);
	else
		import(path);
}

int
main(int argc, char **argv)
{
	int status;
	const int n = cli_parse(&cli, argc, argv, &status);
	if (n < 0)
		return status;
	if (!n)
		return cli_usage(&cli, "no folder and no file");
	interrupt_catch();
	struct err err;
	if (!(analysis = analysis_new()))
		die(EXIT_FAILED, "out of memory");
	reports |= json;
	if (reports && (slices || strcmp(where_out, "-") != 0))
		return cli_usage(&cli, "--report and --json write no takes: leave out --out and --slices");
	if (reports ? !(report = report_new()) : !(out = writer_open(where_out, &err)))
		die(EXIT_FAILED, "%s", reports ? "out of memory" : err.text);
	for (int i = 1; i <= n; i++)
		walk(argv[i], 0);
	if (report ? report_print(report, json, &err) < 0 : writer_close(out, &err) < 0) {
		talk_error("%s", err.text);
		broken = true;
	}
	broken |= report && cli_finish() != EXIT_DONE;
	report_free(report);
	analysis_free(analysis);
	if (!found && !interrupted())
		talk_error("no file was found");
	if (good < found)
		talk_info("imported %zu of %zu files, %zu failed", good, found, found - good);
	if (interrupted())
		return EXIT_INTERRUPTED;
	return broken || !good || (strict && good < found) ? EXIT_FAILED : EXIT_DONE;
}
