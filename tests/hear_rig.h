/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Drum loops and songs that our engine plays on the patches of patches/, for tests and benches of what is
 * heard in them: where each note begins, at what tempo and in what key is known.
 *
 * Everything is drawn from a seed: patches, their open parameters, grooves, velocities, swing, the hand that
 * is never quite in time, the room. Patches, grooves and chord sequences come in three shares, so that what was
 * tried out on one can be measured on the others.
 */
#ifndef TESTS_HEAR_RIG_H
#define TESTS_HEAR_RIG_H

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fmath.h"
#include "base/rng.h"
#include "feature/onsets.h"
#include "synth/engine/engine.h"
#include "synth/lua/patch_lua.h"

enum { HEAR_RATE = 44100, HEAR_NOTES = 4096, HEAR_PARTS = 7 };
enum hear_part { HEAR_KICK, HEAR_SNARE, HEAR_HAT, HEAR_PERC, HEAR_BASS, HEAR_CHORDS, HEAR_LEAD };

struct hear_song {
	/* wanted */
	int half;                /* 0, 1 or 2: which share */
	uint64_t seed;
	unsigned parts;          /* bits of enum hear_part */
	double seconds, bpm;     /* about so long; 0 BPM: 70 to 180 */
	int beats;               /* in a bar, 0: four */
	double late;             /* seconds before the first beat */
	double tune;             /* semitones */
	double tail;             /* seconds after the last beat; 0: a loop */
	/* made */
	int key;                 /* as key.h has it */
	double length;           /* seconds */
	double *truth;           /* seconds at which notes begin, in order, those within 30 ms of the first being one */
	size_t n_truth;
	float *x;                /* mono at HEAR_RATE */
	size_t n;
};

/* Not among them what answers one note with several strikes: a spring's echoes, a gate. */
static const char *const hear_patches[HEAR_PARTS][3][6] = {
    {{"kick", "kick909"}, {"kick808", "kick"}, {"kick909", "kick808"}},
    {{"snare", "clap"}, {"rim", "snare"}, {"clap", "rim"}},
    {{"hat", "shaker"}, {"openhat", "tambourine", "hat"}, {"ride", "hat", "openhat"}},
    {{"tom", "cowbell", "perc"}, {"conga", "woodblock"}, {"woodblock", "tom", "cowbell"}},
    {{"bass", "reese"}, {"fmbass", "sub"}, {"acid", "string", "chip"}},
    {{"pad", "keys", "organ"}, {"stringmachine", "tines", "suitcase"}, {"brass", "choir", "clav"}},
    {{"pluck", "bell", "flute"}, {"lead", "glass", "clarinet"}, {"cello", "tone", "chip"}},
};
static const double hear_gains[HEAR_PARTS] = {1, 0.8, 0.4, 0.5, 0.6, 0.3, 0.35};

/* A bar of sixteenths: kick, snare, hat, percussion, bass. Of other metres the end is left out, or the start said again. */
static const char *const hear_grooves[3][6][5] = {
    {
        {"x...x...x...x...", "....x.......x...", "..x...x...x...x.", ".......x..x.....", "x..x..x.x..x..x."},
        {"x.........x.....", "....x.......x...", "x.x.x.x.x.x.x.x.", "......x......x..", "x.....x...x.x..."},
        {"x.....x...x.....", "....x.......x..x", "xxxxxxxxxxxxxxxx", "..x.....x.......", "x...x...x...x..."},
        {"x...............", "........x.......", "x...x...x...x...", "......x.......x.", "x.......x......."},
        {"x.......x.......", "....x.......x...", "................", "x..x..x...x.x...", "x.x.x.x.x.x.x.x."},
        {"x..x..x.x..x..x.", "....x.......x...", "x.x.x.x.x.x.x.x.", "................", "x..x..x........."},
    },
    {
        {"x...x...x...x..x", "....x..x....x...", "..x...x...x...xx", "x..x..x...x.x...", "..x...x...x...x."},
        {"x.x.......xx....", "....x..x.x..x..x", "x.x.x.x.x.x.x.x.", "................", "x.........x....."},
        {"x......x..x.....", "....x.......x...", "x.xxx.x.x.xxx.x.", "x.....x.....x...", "x..x...x..x....."},
        {"x.........x.....", "........x.......", "x.x.x.xxx.x.xxxx", "...........x....", "x.............x."},
        {"x.....x.x.......", "....x.......x.x.", "x...x...x...x...", "x.x.x.x.x.x.x.x.", "x...x...x...x..."},
        {"x..x....x.x.....", "....x.......x...", "xx.xxx.xxx.xxx.x", "..x..x..x..x..x.", "x.x..x..x.x..x.."},
    },
    {
        {"x...x...x...x...", "....x.......x...", "x.x.x.xxx.x.x.xx", "...x......x.....", "x.x...x...x.x..."},
        {"x.....x...x..x..", "....x.......x...", "..x...x...x...x.", "..............x.", "x.....x...x..x.."},
        {"x..x......x.....", "....x..x....x...", "x.x.x.x.x.x.x.x.", "........x..x....", "x..x......x...x."},
        {"x.......x.x.....", "....x.......x...", "xxxxx.xxxxxxx.xx", "................", "x.......x......."},
        {"x...x...x.x.x...", "....x.......x..x", "................", "x.xx..x.x.xx..x.", "..x.x.x...x.x.x."},
        {"x.............x.", "........x.......", "x.x.x.x.x.x.x.x.", "....x.......x..x", "x.....x.....x..."},
    },
};

/* Four bars, upper case major, lower case minor chords, C or a being the tonic. */
static const char *const hear_chords[3][2][5] = {
    {{"CGaF", "CFGC", "CaFG", "FGCC", "CFCG"}, {"aFGa", "adEa", "aFCG", "aGFE", "aCda"}},
    {{"CeFG", "CdGC", "FCGC", "CFaG", "CCFG"}, {"aadE", "adGa", "aeFG", "adea", "FGaa"}},
    {{"CGFC", "CFdG", "CeFC", "CGCF", "FCGC"}, {"aGaE", "aFEa", "adFE", "aCGa", "aeda"}},
};

/* Moves open parameters by up to a fifth of their range. */
static inline void
hear_vary(struct patch *p, struct rng *g)
{
	for (size_t i = 0; i < p->n_params; i++) {
		struct param *q = &p->params[i];
		const double by = 0.4 * (rng_uniform(g) - 0.5);
		if (!q->open || q->scale == SCALE_CHOICE)
			continue;
		if (q->scale == SCALE_LOG && q->min > 0)
			q->value = (float)(q->value * fm_exp(by * fm_log(q->max / q->min)));
		else
			q->value = (float)(q->value + by * (q->max - q->min));
		q->value = fminf(fmaxf(q->value, q->min), q->max);
	}
}

static inline int
hear_by_size(const void *a, const void *b)
{
	const double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

static inline void
hear_note(struct recipe *r, double at, double length, double pitch, double velocity, int part)
{
	if (r->phrase.n_notes < HEAR_NOTES && at >= 0 && at < r->phrase.beats)
		r->phrase.notes[r->phrase.n_notes++] = (struct note){at, length, (float)pitch, (float)velocity, (uint32_t)part};
}

static inline void
hear_compose(struct recipe *r, struct hear_song *s, const int *part, double late, int bars, struct rng *g)
{
	static const int white[] = {9, 11, 0, 2, 4, 5, 7};
	const int beats = s->beats ? s->beats : 4, minor = (int)rng_below(g, 2), tonic = (int)rng_below(g, 12);
	const char *const *groove = hear_grooves[s->half][rng_below(g, 6)];
	const char *chords = hear_chords[s->half][minor][rng_below(g, 5)];
	const double swing = rng_uniform(g) < 0.3 ? 0.3 * rng_uniform(g) + 0.1 : 0, hand = 0.008 * rng_uniform(g);
	const double rare = 0.3 + 0.5 * rng_uniform(g);
	s->key = tonic + 12 * minor;
	for (int bar = 0; bar < bars; bar++) {
		const char c = chords[bar % 4];
		const int third = c >= 'a' ? 3 : 4, root = (white[(c | 32) - 'a'] + tonic - (minor ? 9 : 0) + 24) % 12;
		const int tones[] = {0, third, 7};
		for (int i = 0; i < 4 * beats; i++) {
			const double off = (rng_uniform(g) - 0.5) * hand * r->phrase.tempo / 60;
			const double at = fmax(0, late + beats * bar + 0.25 * (i + (i & 1 ? swing : 0)) + off);
			for (int p = HEAR_KICK; p <= HEAR_PERC; p++) {
				const bool struck = groove[p][i % 16] == 'x' || (p != HEAR_KICK && bar % 4 == 3 && rng_uniform(g) < 0.08);
				if (part[p] >= 0 && struck)
					hear_note(r, at, 0.25, 60, (i % 4 ? 0.45 : 0.65) + 0.35 * rng_uniform(g), part[p]);
			}
			if (part[HEAR_BASS] >= 0 && groove[4][i % 16] == 'x')
				hear_note(r, at, 0.4, 36 + (root + 3) % 12 - 3 + s->tune, 0.6 + 0.3 * rng_uniform(g), part[HEAR_BASS]);
			if (part[HEAR_LEAD] >= 0 && i % 2 == 0 && rng_uniform(g) < rare) {
				/* notes of the chord, and between them of the scale */
				static const int scales[2][7] = {{0, 2, 4, 5, 7, 9, 11}, {0, 2, 3, 5, 7, 8, 10}};
				const int step = i % 4 ? scales[minor][rng_below(g, 7)] + tonic : root + tones[rng_below(g, 3)];
				hear_note(r, at, 0.45, 72 + step % 12 + s->tune, 0.5 + 0.4 * rng_uniform(g), part[HEAR_LEAD]);
			}
		}
		for (int k = 0; part[HEAR_CHORDS] >= 0 && k < 3; k++)
			hear_note(r, fmax(0, late + beats * bar), 0.95 * beats, 60 + (root + tones[k] + 4) % 12 - 4 + s->tune, 0.6, part[HEAR_CHORDS]);
	}
}

/* Four combs and two all-passes (Schroeder 1962). */
static inline void
hear_room(float *x, size_t n, double seconds, double wet)
{
	static const size_t lag[] = {1687, 1601, 2053, 2251, 347, 113};
	float *sum = calloc(n + 1, sizeof *sum), *y = calloc(n + 1, sizeof *y);
	for (int c = 0; sum && y && c < 4; c++) {
		const float back = (float)fm_exp(-6.9 * (double)lag[c] / HEAR_RATE / seconds);
		for (size_t i = 0; i < n; i++) {
			y[i] = x[i] + (i >= lag[c] ? back * y[i - lag[c]] : 0);
			sum[i] += i >= lag[c] ? 0.25f * y[i - lag[c]] : 0;
		}
	}
	for (int c = 4; sum && y && c < 6; c++)
		for (size_t i = 0; i < n; i++) {
			y[i] = sum[i] + (i >= lag[c] ? 0.7f * y[i - lag[c]] : 0);
			sum[i] = (i >= lag[c] ? y[i - lag[c]] : 0) - 0.7f * y[i];
		}
	for (size_t i = 0; sum && y && i < n; i++)
		x[i] += (float)wet * sum[i];
	free(sum);
	free(y);
}

/* Noise so far below the peak. */
static inline void
hear_hiss(float *x, size_t n, double level, struct rng *g)
{
	float most = 0;
	for (size_t i = 0; i < n; i++)
		most = fmaxf(most, fabsf(x[i]));
	for (size_t i = 0; i < n; i++)
		x[i] += most * (float)(level * (rng_uniform(g) - 0.5));
}

/* Renders a song. 0, or -1. `dir` holds the patches. */
static inline int
hear_make(struct engine *e, const char *dir, struct hear_song *s, struct err *err)
{
	static struct note notes[HEAR_NOTES];
	static struct part parts[HEAR_PARTS];
	struct arena a;
	struct rng g = {s->seed, 0};
	struct recipe r = {.engine = ENGINE_VERSION, .rate = HEAR_RATE, .seed = s->seed, .parts = parts};
	const struct lua_settings settings = {.rate = HEAR_RATE};
	int part[HEAR_PARTS], got = 0;
	if (!(s->bpm > 0))
		s->bpm = 70 + 110 * rng_uniform(&g);
	const int beats = s->beats ? s->beats : 4;
	const double wanted = s->seconds * s->bpm / 60 / beats, bars = wanted < 0.75 ? 0.5 : floor(wanted + 0.5);
	const double late = s->late * s->bpm / 60;
	r.phrase = (struct phrase){.tempo = s->bpm, .beats = beats * bars + late, .tail = s->tail, .notes = notes};
	arena_init(&a, (size_t)64 << 20);
	for (int p = 0; got == 0 && p < HEAR_PARTS; p++) {
		const char *const *of = hear_patches[p][s->half];
		size_t n = 0;
		char path[512];
		struct recipe one;
		part[p] = -1;
		while (n < 6 && of[n])
			n++;
		snprintf(path, sizeof path, "%s/%s.lua", dir, of[rng_below(&g, n)]);
		const double gain = hear_gains[p] * (0.7 + 0.6 * rng_uniform(&g));
		if (!(s->parts >> p & 1))
			continue;
		if ((got = patch_lua_file(path, &settings, &one, &a, err)) < 0)
			break;
		part[p] = (int)r.n_parts;
		parts[r.n_parts] = one.parts[0];
		parts[r.n_parts].gain *= (float)gain;
		hear_vary(&parts[r.n_parts++].patch, &g);
	}
	if (got == 0)
		hear_compose(&r, s, part, late, (int)ceil(bars), &g);
	struct job job = {.recipe = &r};
	if (got == 0)
		got = recipe_check(&r, err) < 0 || engine_render(e, &job, 1, err) < 0 || job.failed ? -1 : 0;
	if (got < 0 && job.failed)
		*err = job.err;
	arena_release(&a);
	if (got < 0)
		return -1;
	s->n = job.frames;
	s->length = (double)job.frames / HEAR_RATE;
	s->x = onsets_mono(job.samples, job.channels, job.frames);
	free(job.samples);
	const double wet = 0.5 * rng_uniform(&g), seconds = 0.3 + rng_uniform(&g);
	if (s->x && rng_uniform(&g) < 0.6)
		hear_room(s->x, s->n, seconds, wet);
	if (s->x && rng_uniform(&g) < 0.3)
		hear_hiss(s->x, s->n, fm_pow(10, -2 - 1.5 * rng_uniform(&g)), &g);
	s->truth = malloc((r.phrase.n_notes + 1) * sizeof *s->truth);
	for (size_t i = 0; s->truth && i < r.phrase.n_notes; i++)
		s->truth[i] = notes[i].start * 60 / s->bpm;
	if (!s->x || !s->truth)
		return err_set(err, "out of memory");
	qsort(s->truth, r.phrase.n_notes, sizeof *s->truth, hear_by_size);
	s->n_truth = 0;
	for (size_t i = 0; i < r.phrase.n_notes; i++)
		if (!s->n_truth || s->truth[i] > s->truth[s->n_truth - 1] + 0.03)
			s->truth[s->n_truth++] = s->truth[i];
	return 0;
}

static inline void
hear_free(struct hear_song *s)
{
	free(s->x);
	free(s->truth);
	s->x = NULL;
	s->truth = NULL;
}

/* Hits: pairs one to one within a window (the most there can be); their offsets, found less true, go to off[]
   from *n_off on. Both lists ascend. */
static inline size_t
hear_match(const double *truth, size_t n_truth, const struct onset *got, size_t n, double rate, double window, double *off,
    size_t *n_off)
{
	size_t hits = 0;
	for (size_t i = 0, j = 0; i < n_truth && j < n;) {
		const double d = (double)got[j].at / rate - truth[i];
		if (d < -window) {
			j++;
		} else if (d > window) {
			i++;
		} else {
			if (off)
				off[(*n_off)++] = d;
			hits++, i++, j++;
		}
	}
	return hits;
}

#endif
