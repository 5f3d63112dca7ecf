/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Spectral contrast: in each of seven bands (to 200 Hz, then octaves, the last to half the
 * rate) the mean of the strongest 2 % of the magnitudes over that of the weakest, in dB. As librosa's
 * spectral_contrast(fmin=200, n_bands=6, quantile=0.02), floors included: peaks and
 * valleys are nowhere lower than 80 dB below the largest of their kind in the sound. A
 * band without bins has contrast 0. Jiang et al., ICME 2002.
 */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/fmath.h"
#include "feature/analysis.h"

enum { BANDS = 7, MOST = 64 };
static const char *const labels[] = {"contrast0", "contrast1", "contrast2", "contrast3", "contrast4", "contrast5",
    "contrast6", NULL};

struct band {
	size_t first, end; /* bins */
	size_t count;      /* that are strongest or weakest */
};

static size_t
columns(const struct analysis *a)
{
	(void)a;
	return BANDS;
}

/* Octave bands share the bin below their first one; the bin at their upper edge is left out. */
static void
lay_out(double rate, struct band *b)
{
	const double hz = rate / ANALYSIS_FFT;
	for (int i = 0; i < BANDS; i++) {
		const double low = i ? 200 * (double)(1 << (i - 1)) : 0, high = 200 * (double)(1 << i);
		size_t first = (size_t)fmin(ceil(low / hz), ANALYSIS_BINS), end = first;
		while (end < ANALYSIS_BINS && (double)end * hz <= high)
			end++;
		if (first == end && i < BANDS - 1) {
			b[i] = (struct band){0, 0, 0};
			continue;
		}
		first -= i && first;
		if (i == BANDS - 1)
			end = ANALYSIS_BINS;
		const double part = 0.02 * (double)(end - first);
		/* to the nearest, halves to even */
		double near = floor(part + 0.5);
		near -= near - part == 0.5 && near / 2 != floor(near / 2);
		const size_t count = near > 1 ? (size_t)near : 1;
		end -= i < BANDS - 1 && end > first + 1;
		b[i] = (struct band){first, end, count < end - first ? count : end - first};
	}
}

/* Four powers at a time are compared with what is to be beaten: most do not. */
typedef float four __attribute__((vector_size(16), aligned(4), may_alias));
typedef int32_t mask __attribute__((vector_size(16)));
typedef int64_t halves __attribute__((vector_size(16)));

static inline int
any_beats(const float *p, float than, int largest)
{
	mask m;
	if (largest)
		m = (*(const four *)p > than) | (*(const four *)(p + 4) > than);
	else
		m = (*(const four *)p < than) | (*(const four *)(p + 4) < than);
	const halves h = (halves)m;
	return (h[0] | h[1]) != 0;
}

/* The roots of the `count` largest, or smallest, of p[n] on average; `best` is the first of them. */
static inline __attribute__((always_inline)) double
mean_of_most(const float *p, size_t n, size_t count, int largest, float *best)
{
	float most[MOST];
	size_t have = 0;
	double sum = 0;
	for (size_t i = 0; i < n; i++) {
		while (have == count && i + 8 <= n && !any_beats(p + i, most[0], largest))
			i += 8;
		if (i == n)
			break;
		const float v = p[i];
		size_t at;
		if (have == count && (largest ? v <= most[0] : v >= most[0]))
			continue;
		if (have < count)
			for (at = have++; at > 0 && (largest ? most[at - 1] > v : most[at - 1] < v); at--)
				most[at] = most[at - 1];
		else
			for (at = 0; at + 1 < count && (largest ? most[at + 1] < v : most[at + 1] > v); at++)
				most[at] = most[at + 1];
		most[at] = v;
	}
	for (size_t i = 0; i < have; i++)
		sum += sqrtf(most[i]);
	*best = have ? most[have - 1] : 0;
	return have ? sum / (double)have : 0;
}

static float
decibels(double x)
{
	return (float)(10 * fm_log10(x > 1e-10 ? x : 1e-10));
}

/* Peaks and valleys of one frame, v[2][BANDS], from its powers. Returns whether a valley lies so near
   to what the transform rounds to, some 2e-8 of the largest bin, that it must be asked for in double. */
static int
frame(const float *p, const struct band *bands, float *v)
{
	double low[BANDS], least = 1e30;
	float most = 0, best;
	for (int b = 0; b < BANDS; b++) {
		const struct band k = bands[b];
		v[b] = decibels(mean_of_most(p + k.first, k.end - k.first, k.count, 1, &best));
		most = best > most ? best : most;
		low[b] = mean_of_most(p + k.first, k.end - k.first, k.count, 0, &best);
		v[BANDS + b] = decibels(low[b]);
		least = k.count && low[b] < least ? low[b] : least;
	}
	return least < 4e-5 * sqrt(most);
}

static int
frame_again(const struct analysis *a, size_t t, const struct band *bands, float *v)
{
	double m[ANALYSIS_BINS];
	float p[ANALYSIS_BINS];
	if (analysis_magnitude_double(a, t, m) < 0)
		return -1;
	for (size_t k = 0; k < ANALYSIS_BINS; k++)
		p[k] = (float)(m[k] * m[k]);
	frame(p, bands, v);
	return 0;
}

static int
run(struct analysis *a, float *out)
{
	const size_t frames = analysis_frames(a);
	struct band bands[BANDS];
	float top[2] = {-100, -100}, *v = malloc(frames * 2 * BANDS * sizeof *v);
	int got = v ? 0 : -1;
	lay_out(analysis_rate(a), bands);
	for (size_t t = 0; got == 0 && t < frames; t++) {
		const size_t start = t / ANALYSIS_BLOCK * ANALYSIS_BLOCK;
		const size_t n = frames - start < ANALYSIS_BLOCK ? frames - start : ANALYSIS_BLOCK;
		const float *p = analysis_power(a, start, n);
		float *to = v + t * 2 * BANDS;
		if (!p || (frame(p + (t - start) * ANALYSIS_BINS, bands, to) && frame_again(a, t, bands, to) < 0))
			got = -1;
		for (int b = 0; got == 0 && b < 2 * BANDS; b++)
			top[b / BANDS] = fmaxf(top[b / BANDS], to[b]);
	}
	for (size_t t = 0; got == 0 && t < frames; t++)
		for (size_t b = 0; b < BANDS; b++)
			out[t * BANDS + b] =
			    fmaxf(v[t * 2 * BANDS + b], top[0] - 80) - fmaxf(v[t * 2 * BANDS + BANDS + b], top[1] - 80);
	free(v);
	return got;
}

const struct feature feature_contrast = {
    "contrast", "band", "peaks over valleys of seven octave bands, in dB (librosa)", columns, labels, run, 0};
