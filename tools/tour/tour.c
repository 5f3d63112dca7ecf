/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tour: takes in an order in which each is like the one before, as one piece of sound.
 *
 * Where there are more than asked for, those farthest apart are chosen: the fittest, then again and
 * again the one whose nearest chosen one is farthest (Gonzalez, "Clustering to minimize the maximum
 * intercluster distance", 1985). The way goes to the nearest that is left, from every start in turn, and is
 * then untangled by 2-opt (Croes, "A method for solving traveling-salesman problems", 1958); the
 * shortest is taken.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "audio/sound.h"
#include "base/file.h"
#include "base/fmath.h"
#include "feature/summary.h"
#include "score/words.h"
#include "wire/measure.h"
#include "wire/stage.h"

enum { MOST = 2000, STARTS = 64 };

static struct stage_where where = {"-", "-", false};
static int count = 32;
static double gap = 0.3, peak;
static bool as_is;
static const char *wav, *list;

static const struct cli_option options[] = {
    {'n', "count", CLI_INT, &count, "N", 1, MOST, .help = "how many takes at most; of more, those that are farthest apart"},
    {0, "as-is", CLI_FLAG, &as_is, .help = "keep the order in which they come"},
    {'w', "wav", CLI_STRING, &wav, "FILE", .help = "their sound, one after another (the format follows the name)"},
    {'g', "gap", CLI_DOUBLE, &gap, "S", 0, 60, .help = "seconds of silence between them"},
    {0, "peak", CLI_DOUBLE, &peak, "DB", -100, 0, .help = "bring the peak of each there, in dBFS; 0: as loud as they are"},
    {'l', "list", CLI_STRING, &list, "FILE", .help = "what is heard when: a line for each, columns apart by tabs"},
    STAGE_OPTIONS(&where),
    {0},
};

static const struct cli cli = {
    .tool = "tour",
    .summary = "put takes in an order in which each is like the one before",
    .usage = "[options] <takes >tour",
    .example = "assay features ~/loops/*.wav | assay tour | assay play\n"
               "assay bank find --best 500 --takes | assay tour -n 20 | assay render | assay tour --as-is -w tour.wav -l tour.txt\n",
    .options = options,
};

/* --- the way ------------------------------------------------------------------------------------- */

static float
apart(const struct take *a, const struct take *b)
{
	const float *x = take_summary(a), *y = take_summary(b);
	double sum = 0;
	for (size_t k = 0; k < SUMMARY_COLUMNS; k++)
		sum += ((double)x[k] - y[k]) * ((double)x[k] - y[k]);
	return (float)sqrt(sum);
}

static double
worth(const struct take *t)
{
	return t->m->n_scores && !isnan(t->m->fitness) ? t->m->fitness : -INFINITY;
}

/* Moves those chosen to the front and frees the others; returns how many there are. */
static size_t
choose(struct take **t, size_t n, size_t most)
{
	if (n <= most)
		return n;
	float *near = malloc(n * sizeof *near);
	if (!near)
		die(EXIT_FAILED, "out of memory for %zu takes", n);
	size_t next = 0;
	for (size_t i = 0; i < n; i++) {
		near[i] = INFINITY;
		if (worth(t[i]) > worth(t[next]))
			next = i;
	}
	for (size_t chosen = 0; chosen < most; chosen++) {
		struct take *one = t[next];
		t[next] = t[chosen];
		t[chosen] = one;
		near[next] = near[chosen];
		next = chosen + 1;
		for (size_t i = chosen + 1; i < n; i++) {
			near[i] = fminf(near[i], apart(one, t[i]));
			if (near[i] > near[next])
				next = i;
		}
	}
	for (size_t i = most; i < n; i++)
		take_free(t[i]);
	free(near);
	return most;
}

static double
length(const float *d, size_t n, const size_t *way)
{
	double sum = 0;
	for (size_t i = 0; i + 1 < n; i++)
		sum += d[way[i] * n + way[i + 1]];
	return sum;
}

static void
nearest_next(const float *d, size_t n, size_t start, size_t *way)
{
	for (size_t i = 0; i < n; i++)
		way[i] = i;
	way[0] = start;
	way[start] = 0;
	for (size_t i = 1; i < n; i++) {
		size_t next = i;
		for (size_t j = i + 1; j < n; j++)
			if (d[way[i - 1] * n + way[j]] < d[way[i - 1] * n + way[next]])
				next = j;
		const size_t keep = way[i];
		way[i] = way[next];
		way[next] = keep;
	}
}

/* Turns a stretch of the way about wherever that shortens it, until nothing does. */
static void
untangle(const float *d, size_t n, size_t *way)
{
	bool better = true;
	for (int pass = 0; better && pass < 1000; pass++) {
		better = false;
		for (size_t i = 0; i + 1 < n; i++)
			for (size_t j = i + 1; j < n; j++) {
				const double before = (i ? d[way[i - 1] * n + way[i]] : 0) + (j + 1 < n ? d[way[j] * n + way[j + 1]] : 0);
				const double after = (i ? d[way[i - 1] * n + way[j]] : 0) + (j + 1 < n ? d[way[i] * n + way[j + 1]] : 0);
				if (!(after < before - 1e-6))
					continue;
				for (size_t a = i, b = j; a < b; a++, b--) {
					const size_t keep = way[a];
					way[a] = way[b];
					way[b] = keep;
				}
				better = true;
			}
	}
}

/* Into the order of the shortest way found. */
static void
arrange(struct take **t, size_t n)
{
	float *d = malloc((n * n + 1) * sizeof *d);
	size_t *way = malloc((2 * n + 1) * sizeof *way);
	struct take **by = malloc((n + 1) * sizeof *by);
	if (!d || !way || !by)
		die(EXIT_FAILED, "out of memory for a tour of %zu takes", n);
	size_t *best = way + n;
	double shortest = INFINITY;
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j <= i; j++)
			d[i * n + j] = d[j * n + i] = apart(t[i], t[j]);
	for (size_t start = 0; start < n && start < STARTS; start++) {
		nearest_next(d, n, start, way);
		untangle(d, n, way);
		const double now = length(d, n, way);
		if (now < shortest) {
			shortest = now;
			memcpy(best, way, n * sizeof *best);
		}
	}
	for (size_t i = 0; i < n; i++)
		by[i] = t[best[i]];
	if (n)
		memcpy(t, by, n * sizeof *by);
	talk_verbose("%zu takes, each about %.2f from the one before", n, n > 1 ? shortest / (double)(n - 1) : 0);
	free(d);
	free(way);
	free(by);
}

/* --- the sound, and what is heard when ------------------------------------------------------------- */

/* What each is multiplied by; silence stays silence. */
static float
gain_of(const struct sound *s)
{
	float most = 0;
	for (uint64_t k = 0; peak < 0 && k < s->frames * s->channels; k++)
		most = fmaxf(most, fabsf(s->x[k]));
	return most > 0 ? (float)fm_exp2(peak / 6.020599913279624) / most : 1;
}

/* One after another, at the rate of the first and with as many channels as any has. */
static int
join(struct take **t, size_t n, double *at, struct err *err)
{
	struct sound out = {0};
	char label[HASH_HEX];
	uint64_t used = 0;
	for (size_t i = 0; i < n; i++) {
		if (!take_has_audio(t[i]))
			return err_set(err, "%s has no sound: put 'assay render' before", take_label(t[i], label));
		if (t[i]->m->audio->channels > out.channels)
			out.channels = t[i]->m->audio->channels;
	}
	int status = 0;
	for (size_t i = 0; i < n && status == 0; i++) {
		const Assay__Audio *a = t[i]->m->audio;
		struct sound one = {malloc(a->n_samples * sizeof *one.x + 1), a->rate, a->channels, a->frames};
		if (!one.x) {
			status = err_set(err, "out of memory for %zu samples", a->n_samples);
			break;
		}
		memcpy(one.x, a->samples, a->n_samples * sizeof *one.x);
		out.rate = i ? out.rate : a->rate;
		if (a->channels != out.channels && a->channels != 1)
			status = err_set(err, "%s has %u channels, another %u", take_label(t[i], label), a->channels, out.channels);
		if (status == 0 && a->rate != out.rate)
			status = sound_resample(&one, out.rate, err);
		const uint64_t silence = (uint64_t)(gap * out.rate);
		const float gain = status == 0 ? gain_of(&one) : 1;
		float *x = status ? NULL : realloc(out.x, (used + one.frames + silence) * out.channels * sizeof *x + 1);
		if (x) {
			out.x = x;
			at[2 * i] = (double)used / out.rate;
			at[2 * i + 1] = (double)one.frames / out.rate;
			for (uint64_t k = 0; k < one.frames; k++)
				for (uint32_t c = 0; c < out.channels; c++)
					x[(used + k) * out.channels + c] = gain * one.x[k * one.channels + (one.channels > 1 ? c : 0)];
			memset(x + (used + one.frames) * out.channels, 0, silence * out.channels * sizeof *x);
			used += one.frames + silence;
		} else if (status == 0)
			status = err_set(err, "out of memory for a tour of %.0f s", (double)used / out.rate);
		sound_free(&one);
	}
	out.frames = used - (used ? (uint64_t)(gap * out.rate) : 0); /* none after the last */
	if (status == 0)
		status = sound_write(wav, &out, 0, &(struct sound_tags){.title = "a tour", .software = "assay"}, err);
	sound_free(&out);
	return status;
}

/* Tabs and the like in a key would be columns. */
static void
put_word(FILE *to, const char *word)
{
	for (; *word; word++)
		fputc((unsigned char)*word < ' ' ? ' ' : *word, to);
}

static int
write_list(struct take **t, size_t n, const double *at, struct err *err)
{
	struct file f;
	if (file_create(&f, list, err) < 0)
		return -1;
	fprintf(f.stream, "at\tseconds\tid\tkey\tfitness");
	for (int k = 0; k < ASPECTS; k++)
		fprintf(f.stream, "\t%s", aspect_names[k]);
	for (size_t i = 0; i < n; i++) {
		const Take *m = t[i]->m;
		const float *s = take_summary(t[i]);
		char hex[HASH_HEX] = "";
		double aspects[ASPECTS];
		if (m->id.len == HASH_SIZE)
			hash_hex(m->id.data, HASH_SIZE, hex);
		fprintf(f.stream, "\n%.3f\t%.3f\t%s\t", at[2 * i], at[2 * i + 1], hex);
		put_word(f.stream, m->key);
		fprintf(f.stream, m->n_scores ? "\t%.6g" : "\t", m->fitness);
		if (s)
			aspects_of(s, aspects);
		for (int k = 0; k < ASPECTS; k++)
			fprintf(f.stream, s ? "\t%.3f" : "\t", aspects[k]);
	}
	fputc('\n', f.stream);
	return file_finish(&f, !ferror(f.stream), err);
}

int
main(int argc, char **argv)
{
	int status;
	const int operands = cli_parse(&cli, argc, argv, &status);
	if (operands < 0)
		return status;
	if (operands > 0)
		return cli_usage(&cli, "unexpected operand '%s'", argv[1]);
	if (list && !wav)
		return cli_usage(&cli, "--list says what is heard when in --wav FILE");
	struct stage s;
	struct err err;
	if (stage_open(&s, &where, "on the way") < 0)
		return EXIT_FAILED;
	struct take **t = NULL, *one;
	size_t n = 0, room = 0;
	while ((one = stage_next(&s))) {
		if (!*one->m->error && !as_is && !take_summary(one))
			take_fail(one, "it has no '%s': put 'assay features' before", SUMMARY_NAME);
		if (*one->m->error || (as_is && n == (size_t)count)) {
			*one->m->error ? stage_emit(&s, one) : take_free(one);
			continue;
		}
		if (n == room) {
			room = 2 * room + 256;
			if (!(t = realloc(t, room * sizeof *t)))
				die(EXIT_FAILED, "out of memory for %zu takes", room);
		}
		t[n++] = one;
	}
	if (!as_is) {
		n = choose(t, n, (size_t)count);
		arrange(t, n);
	}
	double *at = calloc(2 * n + 1, sizeof *at);
	if (!at)
		die(EXIT_FAILED, "out of memory");
	const bool broken = n && ((wav && join(t, n, at, &err) < 0) || (list && write_list(t, n, at, &err) < 0));
	if (broken)
		talk_error("%s", err.text);
	for (size_t i = 0; i < n; i++)
		stage_emit(&s, t[i]);
	free(t);
	free(at);
	status = stage_close(&s);
	return broken ? EXIT_FAILED : status;
}
