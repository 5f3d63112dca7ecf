/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The stereo picture of the first two channels, over the samples of each frame. With
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
enum { STRETCH = 512 };
static const char *const labels[] = {"width", "correlation", "balance", NULL};

enum { L, R, C, SUMS };

static size_t
columns(const struct analysis *a)
{
	(void)a;
	return COLUMNS;
}

/* Over a piece of `size` samples, which may reach beyond the ends. */
static void
piece(const float *x, uint32_t channels, size_t n, ptrdiff_t from, size_t size, double sum[SUMS])
{
	float l[STRETCH], r[STRETCH];
	const ptrdiff_t end = from + (ptrdiff_t)size;
	const size_t to = end < 0 ? 0 : (size_t)end < n ? (size_t)end : n;
	sum[L] = sum[R] = sum[C] = 0;
	for (size_t i = from < 0 ? 0 : (size_t)from; i < to; i += STRETCH) {
		const size_t count = to - i < STRETCH ? to - i : STRETCH;
		sums_pick(x + i * channels, channels, count, l);
		sums_pick(x + i * channels + 1, channels, count, r);
		sums_best()->products(l, r, count, sum);
	}
}

static int
run(struct analysis *a, float *out)
{
	const size_t frames = analysis_frames(a);
	uint32_t channels;
	const float *x = analysis_sound(a, &channels);
	size_t n;
	analysis_samples(a, &n);
	double ring[ANALYSIS_PIECES][SUMS] = {{0}};
	size_t size;
	const size_t pieces = analysis_pieces(a, &size), hop = analysis_framing(a)->hop;
	const ptrdiff_t half = (ptrdiff_t)(analysis_framing(a)->n_fft / 2);
	for (size_t j = 0; channels > 1 && j + 1 < pieces; j++)
		piece(x, channels, n, (ptrdiff_t)(j * size) - half, size, ring[j]);
	for (size_t t = 0; t < frames; t++, out += COLUMNS) {
		double s[SUMS] = {0};
		if (channels > 1)
			piece(x, channels, n, (ptrdiff_t)(t * hop + (pieces - 1) * size) - half, size, ring[(t + pieces - 1) % pieces]);
		for (size_t j = 0; j < pieces; j++) /* the oldest first, in every frame */
			for (int i = 0; i < SUMS; i++)
				s[i] += ring[(t + j) % pieces][i];
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
