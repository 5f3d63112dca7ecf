/* SPDX-License-Identifier: GPL-3.0-or-later */
/* features: what is heard in takes, or in sound files. doc/features.md has the columns. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cli.h"
#include "base/talk.h"
#include "feature/summary.h"
#include "npy.h"
#include "say.h"
#include "wire/crowd_read.h"
#include "wire/import.h"
#include "wire/stage.h"

enum { MAX_CHOSEN = 32, MAX_VALUES = 1 << 29 /* of mel bands */ };

static struct stage_where where = {.in = "-", .out = "-"};
static const char *only, *npy_path, *whiten;
static bool all, want_summary, list, htk, json;
static int n_fft = ANALYSIS_FFT, hop = ANALYSIS_HOP, mels = ANALYSIS_MELS;
static double fmin_hz, fmax_hz;

static const struct cli_option options[] = {
    STAGE_OPTIONS(&where),
    {0, "only", CLI_STRING, &only, "NAME,...", .help = "put these features into the takes, frame by frame, not the summary"},
    {0, "all", CLI_FLAG, &all, .help = "put all features into the takes, and the summary"},
    {0, "summary", CLI_FLAG, &want_summary, .help = "put the summary into the takes (the default) whatever else goes in"},
    {0, "whiten", CLI_STRING, &whiten, "TAKES", .help = "put in the summary whitened by those of this set, too"},
    {0, "json", CLI_FLAG, &json, .help = "print what was heard, one object a take, in place of the takes"},
    {0, "npy", CLI_STRING, &npy_path, "FILE", .help = "write one NumPy array [take, channel, frame, feature]"},
    {0, "fft", CLI_INT, &n_fft, "N", 32, 65536, .help = "samples in a frame, any number"},
    {0, "hop", CLI_INT, &hop, "N", 1, 65536, .help = "samples from frame to frame"},
    {0, "mels", CLI_INT, &mels, "N", 1, 2048, .help = "mel bands"},
    {0, "htk", CLI_FLAG, &htk, .help = "place the mel bands as HTK does, not Slaney"},
    {0, "fmin", CLI_DOUBLE, &fmin_hz, "HZ", 0, 1e6, .help = "where the lowest mel band begins"},
    {0, "fmax", CLI_DOUBLE, &fmax_hz, "HZ", 0, 1e6, .help = "where the highest mel band ends; 0: at half the rate"},
    {0, "list", CLI_FLAG, &list, .help = "show the features and their columns"},
    {0},
};

static const struct cli cli = {
    .tool = "features",
    .summary = "hear what is in a sound",
    .usage = "[options] [FILE ...]",
    .example = "assay patch patches/pluck.lua | assay render | assay features | assay json\n"
               "assay features --only r128,shape,f0 --json /usr/share/sonic-pi/samples/loop_amen.flac\n"
               "assay features --only logmel --npy amen.npy /usr/share/sonic-pi/samples/loop_amen.flac\n"
               "assay features --only logmel --fft 1024 --hop 256 --mels 80 --htk --npy htk.npy FILE.wav\n",
    .options = options,
};

/* What goes into the takes, and what into the array. */
static const struct feature *in_take[MAX_CHOSEN], *in_array[MAX_CHOSEN];
static size_t n_take, n_array;
static struct analysis *analysis;
static struct npy *npy;
static struct crowd *crowd;
static char white_name[64]; /* of the whitened summary: it says by which set */
static bool usual; /* the framing is the one that the summary is defined in */

static int
choose(void)
{
	char name[64];
	if (all && only)
		return cli_usage(&cli, "--all and --only exclude each other");
	for (const char *s = only; s && *s;) {
		const size_t n = strcspn(s, ",");
		snprintf(name, sizeof name, "%.*s", (int)n, s);
		s += n + (s[n] == ',');
		if (!strcmp(name, SUMMARY_NAME) || !strcmp(name, "summary")) { /* whatever its version */
			want_summary = true;
			continue;
		}
		const struct feature *f = feature_find(name);
		if (!f)
			return cli_usage(&cli, "no feature is called '%s' (see --list)", name);
		if (n_take == MAX_CHOSEN)
			return cli_usage(&cli, "more than %d features", MAX_CHOSEN);
		in_take[n_take++] = f;
	}
	for (size_t i = 0; all && features[i] && i < MAX_CHOSEN; i++)
		in_take[n_take++] = features[i];
	/* the array holds what was asked for by name, or the summary if only that was, or all */
	if (n_take) {
		memcpy(in_array, in_take, sizeof in_array);
		n_array = n_take;
	} else if (!want_summary) {
		while (features[n_array] && n_array < MAX_CHOSEN)
			in_array[n_array] = features[n_array], n_array++;
	}
	usual = n_fft == ANALYSIS_FFT && hop == ANALYSIS_HOP && mels == ANALYSIS_MELS && !htk && fmin_hz == 0 && fmax_hz == 0;
	if (!usual && (want_summary || (!n_take && !npy_path && !list)))
		return cli_usage(&cli, "the summary is defined for --fft %d --hop %d --mels %d in Slaney's scale alone: name features "
		    "with --only, or say --all", ANALYSIS_FFT, ANALYSIS_HOP, ANALYSIS_MELS);
	if (fmax_hz > 0 && fmax_hz <= fmin_hz)
		return cli_usage(&cli, "no mel band lies between --fmin %g and --fmax %g", fmin_hz, fmax_hz);
	want_summary |= usual && (all || !n_take);
	if (whiten && !want_summary)
		return cli_usage(&cli, "--whiten is about the summary: say --summary, too");
	return EXIT_DONE;
}

static void
label(const struct feature *f, size_t column, char *text, size_t n)
{
	if (f->labels)
		snprintf(text, n, "%s", f->labels[column]);
	else
		snprintf(text, n, "%s%zu", f->axis, column);
}

static int
show_list(void)
{
	char text[64];
	for (size_t i = 0, at = 0; i < n_array; i++) {
		printf("%s\t%s\n", in_array[i]->name, in_array[i]->help);
		for (size_t c = 0; c < in_array[i]->columns(analysis); c++, at++) {
			label(in_array[i], c, text, sizeof text);
			printf("\t%zu\t%s\n", at, text);
		}
	}
	if (want_summary) {
		printf("%s\tone vector for the whole sound: (value - mid) / unit\n", SUMMARY_NAME);
		for (int c = 0; c < SUMMARY_COLUMNS; c++)
			printf("\t%d\t%s\t%g\t%g\n", c, summary_columns[c].label, summary_columns[c].mid, summary_columns[c].unit);
	}
	return fflush(stdout) ? EXIT_FAILED : EXIT_DONE;
}

/* What a feature's tensor is called: where the framing is not the usual one, with all in which it differs, so
   that nobody takes it for what it is not. */
static const char *
tensor_name(const struct feature *f)
{
	static char text[160];
	int n = snprintf(text, sizeof text, "%s", f->name);
#define ADD(differs, ...) \
	if (differs)      \
		n += snprintf(text + n, sizeof text - (size_t)n, __VA_ARGS__)
	ADD(n_fft != ANALYSIS_FFT, ".fft%d", n_fft);
	ADD(hop != ANALYSIS_HOP, ".hop%d", hop);
	ADD(mels != ANALYSIS_MELS, ".mels%d", mels);
	ADD(htk, ".htk");
	ADD(fmin_hz > 0, ".fmin%g", fmin_hz);
	ADD(fmax_hz > 0, ".fmax%g", fmax_hz);
#undef ADD
	return text;
}

static int
describe(struct take *t, Assay__Tensor *m, const struct feature *f, struct err *err)
{
	const size_t columns = m->columns;
	char text[64];
	m->axis = arena_strdup(&t->arena, f ? f->axis : "statistic");
	m->hop = f && !(f->of & FEATURE_WHOLE) ? analysis_hop(analysis) : 0;
	m->n_labels = 0;
	if (!m->axis)
		return err_set(err, "out of memory");
	if (f && !f->labels)
		return 0;
	if (!(m->labels = arena_array(&t->arena, columns, sizeof *m->labels)))
		return err_set(err, "out of memory");
	for (size_t c = 0; c < columns; c++) {
		if (f)
			label(f, c, text, sizeof text);
		if (!(m->labels[c] = arena_strdup(&t->arena, f ? text : summary_columns[c].label)))
			return err_set(err, "out of memory");
	}
	m->n_labels = columns;
	return 0;
}

/* What will be asked of each channel, so that one pass over its spectra serves all. */
static void
want(void)
{
	analysis_want(analysis, in_take, n_take);
	if (npy)
		analysis_want(analysis, in_array, n_array);
}

static size_t
array_columns(void)
{
	size_t n = 0;
	for (size_t i = 0; i < n_array; i++)
		n += in_array[i]->columns(analysis);
	return n_array ? n : SUMMARY_COLUMNS;
}

/* One channel's rows of the array. What is of the whole sound is the same in every frame, what is of
   all channels the same in each. */
static int
array_rows(uint32_t c, uint32_t channels, float *rows, struct err *err)
{
	const size_t frames = analysis_frames(analysis), width = array_columns();
	for (size_t i = 0, at = 0; i < n_array; i++) {
		const struct feature *f = in_array[i];
		const size_t columns = f->columns(analysis), n = analysis_rows(analysis, f);
		const int together = f->of & FEATURE_TOGETHER, last = c + 1 == channels;
		const float *v = together && !last ? NULL : analysis_feature(analysis, f);
		if (!v && (!together || last))
			return err_set(err, "out of memory");
		for (uint32_t to = together ? 0 : c; v && to <= c; to++)
			for (size_t t = 0; t < frames; t++)
				memcpy(rows + (to * frames + t) * width + at, v + (n > 1 ? t : 0) * columns, columns * sizeof *v);
		at += columns;
	}
	return 0;
}

/* One channel's features into the take's tensors and the array's rows. */
static int
channel(struct take *t, uint32_t c, float *rows, struct err *err)
{
	const uint32_t channels = t->m->audio->channels;
	for (size_t i = 0; i < n_take; i++) {
		const struct feature *f = in_take[i];
		const size_t n = analysis_rows(analysis, f), columns = f->columns(analysis);
		/* tensors are in the order asked for, also those that are known with the last channel */
		Assay__Tensor *m = c ? take_tensor(t, tensor_name(f))
		                     : take_add_tensor(t, tensor_name(f), f->of & FEATURE_TOGETHER ? 1 : channels, (uint32_t)n,
		                           (uint32_t)columns, err);
		if (!m || (!c && describe(t, m, f, err) < 0))
			return err_set(err, "out of memory for the features of this take");
		if (f->of & FEATURE_TOGETHER && c + 1 < channels)
			continue;
		const float *v = analysis_feature(analysis, f);
		if (!v)
			return err_set(err, "out of memory for the features of this take");
		memcpy(m->data + (f->of & FEATURE_TOGETHER ? 0 : c * n * columns), v, n * columns * sizeof *v);
	}
	return rows ? array_rows(c, channels, rows, err) : 0;
}

/* The vector becomes what it is along the axes of the set. */
static int
add_whitened(struct take *t, float vector[SUMMARY_COLUMNS], struct err *err)
{
	double white[SUMMARY_COLUMNS];
	Assay__Tensor *m = take_add_tensor(t, white_name, 1, 1, SUMMARY_COLUMNS, err);
	if (!m)
		return -1;
	m->axis = arena_strdup(&t->arena, "whitened");
	m->hop = 0;
	crowd_whiten(crowd, vector, white);
	for (size_t i = 0; i < SUMMARY_COLUMNS; i++)
		m->data[i] = vector[i] = (float)white[i];
	return m->axis ? 0 : err_set(err, "out of memory");
}

static int
hear(struct take *t, struct err *err)
{
	const Assay__Audio *m = t->m->audio;
	if (!take_has_audio(t))
		return err_set(err, t->m->n_parts ? "not rendered: put 'assay render' before" : "there is no sound in it");
	const size_t wide = mels > ANALYSIS_MELS ? (size_t)mels : ANALYSIS_MELS;
	if (m->frames / (size_t)hop > MAX_VALUES / wide)
		return err_set(err, "the sound is too long (%llu frames)", (unsigned long long)m->frames);
	size_t frames = 0;
	struct summary s = {0};
	float vector[SUMMARY_COLUMNS], *rows = NULL;
	int got = summary_init(&s, m->samples, m->rate, m->channels, m->frames, err);
	const bool sum = want_summary || (npy && !n_array);
	for (uint32_t c = 0; got == 0 && c < m->channels; c++) {
		got = analysis_load(analysis, m->samples + c, m->channels, m->frames, m->rate, err);
		if (got == 0 && c + 1 == m->channels)
			analysis_of(analysis, m->samples, m->channels);
		if (got == 0)
			want();
		frames = got == 0 ? analysis_frames(analysis) : 0;
		if (got == 0 && !c && npy && n_array && !(rows = malloc(m->channels * frames * array_columns() * sizeof *rows)))
			got = err_set(err, "out of memory");
		if (got == 0 && sum)
			got = summary_add(&s, analysis, err);
		if (got == 0)
			got = channel(t, c, rows, err);
	}
	if (got == 0 && sum) {
		summary_finish(&s, vector);
		Assay__Tensor *tensor = take_add_tensor(t, SUMMARY_NAME, 1, 1, SUMMARY_COLUMNS, err);
		got = tensor ? describe(t, tensor, NULL, err) : -1;
		if (got == 0)
			memcpy(tensor->data, vector, sizeof vector);
	}
	if (got == 0 && sum && crowd)
		got = add_whitened(t, vector, err);
	if (got == 0 && npy)
		npy_add(npy, rows ? rows : vector, rows ? m->channels : 1, rows ? (uint32_t)frames : 1);
	summary_release(&s);
	free(rows);
	return got;
}

/* A take that failed has its place in the array too, so that rows count takes. */
static void
work(struct stage *s, struct take *t)
{
	struct err err;
	if (!*t->m->error && hear(t, &err) < 0)
		take_fail(t, "%s", err.text);
	if (*t->m->error && npy)
		npy_add(npy, NULL, 0, 0);
	if (json && say_take(t) < 0)
		die(EXIT_FAILED, "cannot write to stdout");
	if (take_fit(t))
		talk_warning("%s: too long for a stream: it goes on without its samples", t->m->key);
	stage_emit(s, t);
}

static void
work_file(struct stage *s, const char *path)
{
	struct sound sound = {0};
	struct err err;
	struct take *t = sound_read(path, &sound, &err) < 0 ? take_import_failed(path, err.text) : take_import(&sound, path);
	if (!t)
		die(EXIT_FAILED, "out of memory");
	work(s, t);
	sound_free(&sound);
}

int
main(int argc, char **argv)
{
	int status;
	const int n = cli_parse(&cli, argc, argv, &status);
	if (n < 0)
		return status;
	if (json && strcmp(where.out, "-"))
		return cli_usage(&cli, "--json prints in place of the takes: --out has nothing to write");
	if ((status = choose()) != EXIT_DONE)
		return status;
	const struct framing framing = {(size_t)n_fft, (size_t)hop, (size_t)mels, htk ? MEL_HTK : MEL_SLANEY, fmin_hz, fmax_hz};
	struct err err;
	if (!(analysis = analysis_new_framed(&framing, &err)))
		die(EXIT_FAILED, "%s", err.text);
	if (list)
		return show_list();
	uint8_t id[HASH_SIZE];
	char hex[HASH_HEX];
	if (whiten && !(crowd = crowd_read(whiten, id, &err)))
		die(EXIT_FAILED, "%s", err.text);
	if (whiten)
		snprintf(white_name, sizeof white_name, "%s.white.%.12s", SUMMARY_NAME, hash_hex(id, sizeof id, hex));

	struct stage s;
	struct take *t;
	if (n)
		where.in = "/dev/null"; /* the operands are what is read */
	if (json || (npy_path && !strcmp(where.out, "-") && isatty(STDOUT_FILENO)))
		where.out = NULL; /* the array is what is wanted; takes would only garble the screen */
	if (npy_path && !(npy = npy_new(npy_path, array_columns(), &err)))
		die(EXIT_FAILED, "%s", err.text);
	if (stage_open(&s, &where, "heard") < 0)
		return EXIT_FAILED;
	for (int i = 1; i <= n && !interrupted() && !s.broken && !(s.strict && s.failed); i++)
		work_file(&s, argv[i]);
	while (!n && (t = stage_next(&s)))
		work(&s, t);
	if (npy && npy_finish(npy, &err) < 0) {
		talk_error("%s", err.text);
		s.broken = true;
	}
	status = stage_close(&s);
	crowd_free(crowd);
	analysis_free(analysis);
	return status;
}
