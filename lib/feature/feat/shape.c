/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The shape of the spectrum, one number each. With m_k the magnitude of bin k at
 * f_k Hz and p_k = m_k / sum m:
 *   centroid   sum f p                              Hz
 *   bandwidth  sqrt(sum (f - centroid)² p)          Hz
 *   rolloff    lowest f below which 85 % of m lies  Hz
 *   flatness   geometric / arithmetic mean of max(m², 1e-10)
 *   zcr        sign changes a sample over a frame's samples, edges repeated
 *   flux       |max(0, m - m of the frame before)| / |m|, Euclidean: 0 to 1
 * As librosa's functions of these names, but for flux. Silence is all 0, and flatness 1.
 */
#include "feature/feat/shape.h"

#include <stdlib.h>
#include <string.h>

#include "dsp/fft.h"
#include "dsp/sums.h"
#include "feature/analysis.h"

static const char *const labels[] = {"centroid", "bandwidth", "rolloff", "flatness", "zcr", "flux", NULL};

static size_t
columns(const struct analysis *a)
{
	(void)a;
	return SHAPE_COLUMNS;
}

static void
release(void *state)
{
	struct shape *s = state;
	if (!s)
		return;
	fft_release(s->sums);
	fft_release(s->before);
	fft_release(s->ignored);
	free(s);
}

static int
begin(struct analysis *a, void **state)
{
	const size_t bins = analysis_bins(a), blocks = (bins + SHAPE_BLOCK - 1) / SHAPE_BLOCK;
	if (*state)
		return 0;
	struct shape *s = *state = calloc(1, sizeof *s);
	if (!s)
		return -1;
	s->sums = fft_alloc(3 * blocks * STFT_LANES);
	s->before = fft_alloc(bins);
	s->ignored = fft_alloc(bins);
	if (s->sums && s->before && s->ignored) {
		memset(s->before, 0, bins * sizeof *s->before);
		return 0;
	}
	release(s);
	*state = NULL;
	return -1;
}

/* Sign changes between neighbours i-1, i for i in [from, to), beyond the ends none. */
static size_t
changes(const float *x, size_t n, ptrdiff_t from, ptrdiff_t to)
{
	from = from < 1 ? 1 : from;
	to = to < (ptrdiff_t)n ? to : (ptrdiff_t)n;
	return from < to ? sums_best()->changes(x + from, (size_t)(to - from)) : 0;
}

/* The zero crossings: what comes into a frame is added, what leaves it taken off. */
static int
run(struct analysis *a, float *out)
{
	const size_t frames = analysis_frames(a);
	const ptrdiff_t size = (ptrdiff_t)analysis_framing(a)->n_fft, step = (ptrdiff_t)analysis_framing(a)->hop;
	size_t n, sum = 0;
	const float *x = analysis_samples(a, &n);
	ptrdiff_t low = -(size / 2), high = low; /* of what is in the sum */
	for (size_t t = 0; t < frames; t++, out += SHAPE_COLUMNS) {
		const ptrdiff_t from = (ptrdiff_t)t * step - size / 2;
		if (from >= high) { /* frames that do not touch */
			sum = 0;
			low = high = from;
		}
		sum += changes(x, n, high, from + size);
		sum -= changes(x, n, low, from);
		low = from;
		high = from + size;
		/* a frame's first sample has no neighbour in it */
		out[SHAPE_ZCR] = (float)((double)(sum - changes(x, n, from, from + 1)) / (double)size);
	}
	return 0;
}

const struct feature feature_shape = {
    .name = "shape",
    .axis = "descriptor",
    .help = "centroid, bandwidth, roll-off, flatness, zero crossings (librosa), flux",
    .columns = columns,
    .labels = labels,
    .run = run,
    .group = ISA_TABLE(shape_group),
    .begin = begin,
    .release = release,
};
