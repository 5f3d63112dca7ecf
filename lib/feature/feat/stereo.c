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

#include "feature/analysis.h"

enum { WIDTH, CORRELATION, BALANCE, COLUMNS };
enum { HOPS = ANALYSIS_FFT / ANALYSIS_HOP };
static const char *const labels[] = {"width", "correlation", "balance", NULL};

struct sums {
	double l, r, c;
};

static size_t
columns(const struct analysis *a)
{
	(void)a;
	return COLUMNS;
}

/* Over one hop, which may reach beyond the ends. */
static struct sums
hop(const float *x, uint32_t channels, size_t n, ptrdiff_t from)
{
	struct sums s = {0};
	const ptrdiff_t end = from + ANALYSIS_HOP < (ptrdiff_t)n ? from + ANALYSIS_HOP : (ptrdiff_t)n;
	for (ptrdiff_t i = from < 0 ? 0 : from; i < end; i++) {
		const double l = x[(size_t)i * channels], r = x[(size_t)i * channels + 1];
		s.l += l * l;
		s.r += r * r;
		s.c += l * r;
	}
	return s;
}

static int
run(struct analysis *a, float *out)
{
	const size_t frames = analysis_frames(a);
	uint32_t channels;
	const float *x = analysis_sound(a, &channels);
	size_t n;
	analysis_samples(a, &n);
	struct sums ring[HOPS] = {0};
	const ptrdiff_t step = ANALYSIS_HOP, half = ANALYSIS_FFT / 2;
	for (ptrdiff_t j = 0; channels > 1 && j < HOPS - 1; j++)
		ring[j] = hop(x, channels, n, j * step - half);
	for (size_t t = 0; t < frames; t++, out += COLUMNS) {
		struct sums s = {0};
		if (channels > 1)
			ring[(t + HOPS - 1) % HOPS] = hop(x, channels, n, (ptrdiff_t)(t + HOPS - 1) * step - half);
		for (size_t j = 0; j < HOPS; j++) { /* the oldest first, in every frame */
			const struct sums *h = &ring[(t + j) % HOPS];
			s.l += h->l;
			s.r += h->r;
			s.c += h->c;
		}
		const double both = s.l + s.r, product = sqrt(s.l) * sqrt(s.r);
		out[WIDTH] = both > 0 ? (float)fmin(1, fmax(0, 0.5 - s.c / both)) : 0;
		out[CORRELATION] = product > 0 ? (float)fmin(1, fmax(-1, s.c / product)) : 1;
		out[BALANCE] = both > 0 ? (float)((s.r - s.l) / both) : 0;
	}
	return 0;
}

const struct feature feature_stereo = {
    "stereo", "descriptor", "width, correlation and balance of the first two channels", columns, labels, run,
    FEATURE_TOGETHER};
