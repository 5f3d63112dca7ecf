/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The stereo picture of the first two channels, over 2048 samples about each frame. With
 * the sums of squares L and R and of the products C:
 *   width        (L + R - 2C) / (2 (L + R)): the part of the energy that is in the
 *                difference; 0 mono, 0.5 unrelated sides, 1 opposite
 *   correlation  C / sqrt(L R); 1 where a side is silent and in mono
 *   balance      (R - L) / (L + R): -1 left to 1 right
 */
#include <math.h>

#include "dsp/sums.h"
#include "feature/analysis.h"

enum { WIDTH, CORRELATION, BALANCE, COLUMNS };
enum { HOPS = ANALYSIS_FFT / ANALYSIS_HOP };
static const char *const labels[] = {"width", "correlation", "balance", NULL};

enum { L, R, C, SUMS };

static size_t
columns(const struct analysis *a)
{
	(void)a;
	return COLUMNS;
}

/* Over one hop, which may reach beyond the ends. */
static void
hop(const float *x, uint32_t channels, size_t n, ptrdiff_t from, double sum[SUMS])
{
	float l[ANALYSIS_HOP], r[ANALYSIS_HOP];
	const ptrdiff_t start = from < 0 ? 0 : from;
	const ptrdiff_t end = from + ANALYSIS_HOP < (ptrdiff_t)n ? from + ANALYSIS_HOP : (ptrdiff_t)n;
	sum[L] = sum[R] = sum[C] = 0;
	if (start >= end)
		return;
	const size_t count = (size_t)(end - start);
	sums_pick(x + (size_t)start * channels, channels, count, l);
	sums_pick(x + (size_t)start * channels + 1, channels, count, r);
	sums_best()->products(l, r, count, sum);
}

static int
run(struct analysis *a, float *out)
{
	const size_t frames = analysis_frames(a);
	uint32_t channels;
	const float *x = analysis_sound(a, &channels);
	size_t n;
	analysis_samples(a, &n);
	double ring[HOPS][SUMS] = {{0}};
	const ptrdiff_t step = ANALYSIS_HOP, half = ANALYSIS_FFT / 2;
	for (ptrdiff_t j = 0; channels > 1 && j < HOPS - 1; j++)
		hop(x, channels, n, j * step - half, ring[j]);
	for (size_t t = 0; t < frames; t++, out += COLUMNS) {
		double s[SUMS] = {0};
		if (channels > 1)
			hop(x, channels, n, (ptrdiff_t)(t + HOPS - 1) * step - half, ring[(t + HOPS - 1) % HOPS]);
		for (size_t j = 0; j < HOPS; j++) /* the oldest first, in every frame */
			for (int i = 0; i < SUMS; i++)
				s[i] += ring[(t + j) % HOPS][i];
		const double both = s[L] + s[R], product = sqrt(s[L]) * sqrt(s[R]);
		out[WIDTH] = both > 0 ? (float)fmin(1, fmax(0, 0.5 - s[C] / both)) : 0;
		out[CORRELATION] = product > 0 ? (float)fmin(1, fmax(-1, s[C] / product)) : 1;
		out[BALANCE] = both > 0 ? (float)((s[R] - s[L]) / both) : 0;
	}
	return 0;
}

const struct feature feature_stereo = {
    .name = "stereo",
    .axis = "descriptor",
    .help = "width, correlation and balance of the first two channels",
    .columns = columns,
    .labels = labels,
    .run = run,
    .of = FEATURE_TOGETHER,
};
