/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Pieces are compared by the summary of their first 150 ms, without what says
 * how loud or long they are, and joined from the bottom up by average linkage.
 * The number of kinds is the one of the best mean silhouette (Rousseeuw, 1987).
 */
#include "feature/slices.h"

#include <limits.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/fmath.h"
#include "base/rng.h"
#include "dsp/sums.h"
#include "feature/silhouette.h"
#include "feature/summary.h"

_Static_assert((int)SLICES_MAX_KINDS <= (int)SILHOUETTE_KINDS, "kinds of slices");

/* --- cutting --------------------------------------------------------------------------- */

static int
by_strength(const void *a, const void *b)
{
	const float x = ((const struct onset *)a)->strength, y = ((const struct onset *)b)->strength;
	return (x < y) - (x > y);
}

static int
by_place(const void *a, const void *b)
{
	const size_t x = ((const struct onset *)a)->at, y = ((const struct onset *)b)->at;
	return (x > y) - (x < y);
}

int
slices_cut(const float *x, size_t n, const struct envelope *e, double gap, struct slice **list, size_t *count,
    struct err *err)
{
	struct onset *onset = NULL;
	size_t onsets;
	*list = NULL;
	*count = 0;
	const struct sums_kernel *sums = sums_best();
	const float peak = sums->largest(x, n);
	if (peak < 1e-5f)
		return 0;
	if (onsets_find(x, n, e, gap, &onset, &onsets, err) < 0)
		return -1;
	struct slice *s = calloc(SLICES_MAX + 1, sizeof *s);
	if (!s) {
		free(onset);
		return err_set(err, "out of memory");
	}
	if (onsets > SLICES_MAX - 1) {
		qsort(onset, onsets, sizeof *onset, by_strength);
		onsets = SLICES_MAX - 1;
		qsort(onset, onsets, sizeof *onset, by_place);
	}
	/* what sounds before the first onset is a slice of its own, unless it is the first
	   onset's own beginning */
	const size_t near = (size_t)(gap * e->rate), first = onsets ? onset[0].at : n;
	size_t used = 0;
	if (first >= near && sums->largest(x, first) > 0.003f * peak)
		s[used++] = (struct slice){.strength = 0};
	for (size_t i = 0; i < onsets; i++) {
		s[used] = (struct slice){.start = onset[i].at, .strength = onset[i].strength};
		if (!used && first < near)
			s[used].start = 0;
		used++;
	}
	if (!used)
		s[used++] = (struct slice){.strength = 0}; /* sound without an onset: one slice */
	free(onset);
	size_t kept = 0;
	for (size_t i = 0; i < used; i++) {
		struct slice c = s[i];
		c.length = (i + 1 < used ? s[i + 1].start : n) - c.start;
		c.peak = sums->largest(x + c.start, c.length);
		/* 50 dB below the loudest is not a sound of its own */
		if (kept && c.peak < 0.003f * peak)
			s[kept - 1].length += c.length;
		else
			s[kept++] = c;
	}
	*list = s;
	*count = kept;
	return 0;
}

/* --- kinds ------------------------------------------------------------------------------- */

/* Columns that say how loud, long or wide a piece is, rather than what it is. */
static bool
ignored(const char *label)
{
	static const char *const no[] = {"duration", "loudness", "width", "sustain", "temporal_centroid"};
	for (size_t i = 0; i < sizeof no / sizeof *no; i++)
		if (!strcmp(label, no[i]))
			return true;
	return false;
}

static size_t
piece(double rate)
{
	return (size_t)fmax(1, 0.15 * rate);
}

/* The piece is heard over noise 60 dB below its peak: the tail of what came before it, and
   the room, are not what it is. `room` holds 150 ms. */
static int
portray(struct analysis *a, const float *x, double rate, const struct slice *s, float *room, float v[SUMMARY_COLUMNS],
    struct err *err)
{
	const size_t most = piece(rate), n = s->length < most ? s->length : most;
	struct rng r = {1, 0};
	for (size_t i = 0; i < n; i++)
		room[i] = x[s->start + i] + 0.001f * s->peak * (float)(rng_uniform(&r) - 0.5);
	if (summary_of(a, room, (uint32_t)rate, 1, n, v, err) < 0)
		return -1;
	for (int i = 0; i < SUMMARY_COLUMNS; i++)
		if (ignored(summary_columns[i].label))
			v[i] = 0;
	return 0;
}

static double
distance(const float *a, const float *b)
{
	double sum = 0;
	for (int i = 0; i < SUMMARY_COLUMNS; i++)
		sum += ((double)a[i] - b[i]) * ((double)a[i] - b[i]);
	return sqrt(sum);
}

/* Kinds numbered in the order in which they are first heard. */
static void
renumber(unsigned *kind, size_t n)
{
	unsigned name[SLICES_MAX], used = 0;
	for (size_t i = 0; i < n; i++)
		name[i] = UINT_MAX;
	for (size_t i = 0; i < n; i++) {
		if (name[kind[i]] == UINT_MAX)
			name[kind[i]] = used++;
		kind[i] = name[kind[i]];
	}
}

/* Joins the two nearest groups until `kinds` are left; or, for 0, keeps the partition of at
   most 8 with the best silhouette. Returns how many there are. */
static int
join(const double *d, size_t n, int kinds, unsigned *best)
{
	double *between = malloc(n * n * sizeof *between), score = -INFINITY;
	unsigned group[SLICES_MAX], work[SLICES_MAX];
	int size[SLICES_MAX], found = 0;
	if (!between)
		return -1;
	memcpy(between, d, n * n * sizeof *between);
	for (size_t i = 0; i < n; i++) {
		group[i] = (unsigned)i;
		size[i] = 1;
	}
	/* the coarsest split often scores best, one odd piece against all others; but a loop of
	   only two sounds is rare */
	const size_t least = kinds > 0 ? (size_t)kinds : n < 6 ? 2 : 3;
	for (size_t left = n;; left--) {
		const bool wanted = kinds > 0 ? left <= (size_t)kinds : left <= 8;
		if (wanted || left <= least) {
			memcpy(work, group, n * sizeof *work);
			renumber(work, n);
			const double s = kinds > 0 ? 0 : silhouette(d, work, n, left) * (left == 3 ? 0.9 : 1);
			if (s > score) {
				score = s;
				found = (int)left;
				memcpy(best, work, n * sizeof *best);
			}
		}
		if (left <= least)
			break;
		size_t a = 0, b = 0;
		double nearest = INFINITY;
		for (size_t i = 0; i < n; i++)
			for (size_t j = i + 1; size[i] && j < n; j++)
				if (size[j] && between[i * n + j] < nearest) {
					nearest = between[i * n + j];
					a = i;
					b = j;
				}
		for (size_t k = 0; k < n; k++) {
			const double mean = (between[a * n + k] * size[a] + between[b * n + k] * size[b]) / (size[a] + size[b]);
			between[a * n + k] = between[k * n + a] = mean;
		}
		size[a] += size[b];
		size[b] = 0;
		for (size_t k = 0; k < n; k++)
			if (group[k] == b)
				group[k] = (unsigned)a;
	}
	free(between);
	return found;
}

/* The exemplar is near the rest of its kind; being quiet, short or crowded counts against it. */
static void
choose_exemplars(const double *d, struct slice *list, size_t n, int kinds, double rate)
{
	for (int k = 0; k < kinds; k++) {
		double best = INFINITY, loudest = 0;
		size_t chosen = 0;
		for (size_t i = 0; i < n; i++)
			if ((int)list[i].kind == k)
				loudest = fmax(loudest, list[i].peak);
		for (size_t i = 0; i < n; i++) {
			if ((int)list[i].kind != k)
				continue;
			double sum = 0, size = 0;
			for (size_t j = 0; j < n; j++)
				if ((int)list[j].kind == k) {
					sum += d[i * n + j];
					size++;
				}
			const double quiet = loudest > 0 ? 20 * fm_log10(fmax(list[i].peak / loudest, 1e-4)) : 0;
			const double seconds = (double)list[i].length / rate, cut = fmax(0, 1 - seconds / 0.2);
			const double cost = sum / size - quiet / 6 + cut;
			if (cost < best) {
				best = cost;
				chosen = i;
			}
		}
		list[chosen].exemplar = 1;
	}
}

int
slices_sort(struct analysis *a, const float *x, double rate, struct slice *list, size_t n, int kinds, struct err *err)
{
	if (!n)
		return 0;
	if (kinds > SLICES_MAX_KINDS)
		kinds = SLICES_MAX_KINDS;
	if (kinds > (int)n)
		kinds = (int)n;
	float(*v)[SUMMARY_COLUMNS] = malloc(n * sizeof *v);
	double *d = malloc(n * n * sizeof *d);
	float *room = malloc(piece(rate) * sizeof *room);
	unsigned kind[SLICES_MAX] = {0};
	int got = v && d && room ? 0 : err_set(err, "out of memory");
	for (size_t i = 0; got == 0 && i < n; i++)
		got = portray(a, x, rate, &list[i], room, v[i], err);
	for (size_t i = 0; got == 0 && i < n; i++)
		for (size_t j = 0; j < n; j++)
			d[i * n + j] = distance(v[i], v[j]);
	if (got == 0) {
		/* two pieces have no silhouette to go by: each is a kind */
		got = n <= 2 && !kinds ? (int)n : join(d, n, kinds, kind);
		for (size_t i = 0; n <= 2 && !kinds && i < n; i++)
			kind[i] = (unsigned)i;
		if (got < 0)
			err_set(err, "out of memory");
	}
	if (got > 0) {
		for (size_t i = 0; i < n; i++) {
			list[i].kind = kind[i];
			list[i].exemplar = 0;
		}
		choose_exemplars(d, list, n, got, rate);
	}
	free(v);
	free(d);
	free(room);
	return got;
}
