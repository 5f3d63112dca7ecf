/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "stats.h"

#include <stdlib.h>
#include <string.h>

#include "base/fmath.h"
#include "feature/key.h"

static double tempo_of(const struct member *m) { return m->t->m->loop->tempo; }
static double centroid_of(const struct member *m) { return fm_exp2(summary_value(m->t, "centroid_mean")); }
static double loudness_of(const struct member *m) { return m->t->m->loop->loudness; }
static double loopness_of(const struct member *m) { return m->t->m->loop->loopness; }
static double seconds_of(const struct member *m) { return (double)m->t->m->audio->frames / m->t->m->audio->rate; }

const struct axis axes[AXES] = {
    {"tempo", "BPM", tempo_of, {80, 90, 100, 120, 140, 160, 180}},
    {"centroid", "Hz", centroid_of, {125, 250, 500, 1000, 2000, 4000, 8000}},
    {"loudness", "LUFS", loudness_of, {-36, -30, -24, -20, -16, -12, -8}},
    {"seconds", "s", seconds_of, {0.25, 0.5, 1, 2, 4, 8, 16}},
    {"loopness", "", loopness_of, {0.1, 0.25, 0.4, 0.5, 0.6, 0.75, 0.9}},
};

int
octave_is(double part)
{
	return part >= 0.2 ? CROWDED : part < 0.025 ? FREE : USUAL;
}

static int
by_size(const void *a, const void *b)
{
	const double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

static double
median(double *x, size_t n)
{
	if (!n)
		return 0;
	qsort(x, n, sizeof *x, by_size);
	return n % 2 ? x[n / 2] : (x[n / 2 - 1] + x[n / 2]) / 2;
}

void
stats_of(const struct set *s, struct stats *x)
{
	double *swing8 = calloc(s->n + 1, sizeof *swing8), *swing16 = calloc(s->n + 1, sizeof *swing16);
	size_t n8 = 0, n16 = 0, whole = 0;
	*x = (struct stats){0};
	for (size_t i = 0; i < s->n; i++) {
		const struct member *m = &s->member[i];
		const Assay__Loop *l = m->t->m->loop;
		x->same += m->same >= 0;
		x->copies += m->copy >= 0;
		if (!counts(m))
			continue;
		x->sounds++;
		x->twins += m->twin;
		x->outliers += m->outlier;
		x->loops += l->loopness >= 0.5;
		for (int a = 0; a < AXES; a++) {
			int band = 0;
			while (band < EDGES && axes[a].of(m) >= axes[a].edge[band])
				band++;
			x->cover[a][band]++;
		}
		int key = 0;
		while (key < KEYS && strcmp(key_name(key), l->key))
			key++;
		x->key[key]++;
		whole++;
		for (size_t o = 0; o < OCTAVES && o < l->n_octaves; o++)
			x->octave[o] += l->octaves[o];
		if (l->loopness < 0.5 || l->n_steps != RHYTHM_STEPS)
			continue;
		x->rhythms++;
		for (int k = 0; k < RHYTHM_STEPS; k++)
			x->step[k] += l->steps[k];
		if (swing8 && l->swing8 > 0)
			swing8[n8++] = l->swing8;
		if (swing16 && l->swing16 > 0)
			swing16[n16++] = l->swing16;
	}
	for (int o = 0; o < OCTAVES; o++)
		x->octave[o] /= whole ? (double)whole : 1;
	for (int k = 0; k < RHYTHM_STEPS; k++)
		x->step[k] /= x->rhythms ? (double)x->rhythms : 1;
	x->swing8 = swing8 ? median(swing8, n8) : 0;
	x->swing16 = swing16 ? median(swing16, n16) : 0;
	free(swing8);
	free(swing16);
}
