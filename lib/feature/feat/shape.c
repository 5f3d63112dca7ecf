/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The shape of the spectrum, one number each. With m_k the magnitude of bin k at
 * f_k Hz and p_k = m_k / sum m:
 *   centroid   sum f p                              Hz
 *   bandwidth  sqrt(sum (f - centroid)² p)          Hz
 *   rolloff    lowest f below which 85 % of m lies  Hz
 *   flatness   geometric / arithmetic mean of max(m², 1e-10)
 *   zcr        sign changes a sample over 2048 samples, edges repeated
 *   flux       |max(0, m - m of the frame before)| / |m|, Euclidean: 0 to 1
 * As librosa's functions of these names, but for flux. Silence is all 0, and flatness 1.
 */
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/fmath.h"
#include "feature/analysis.h"

enum { CENTROID, BANDWIDTH, ROLLOFF, FLATNESS, ZCR, FLUX, COLUMNS };
static const char *const labels[] = {"centroid", "bandwidth", "rolloff", "flatness", "zcr", "flux", NULL};

static size_t
columns(const struct analysis *a)
{
	(void)a;
	return COLUMNS;
}

/* The logarithm of a product is that of its mantissa and its exponent: one logarithm for
   all factors. Eight factors at a time, of 1e-10 to 1e26, stay in a double's range. */
static double
mean_log(const float *p, size_t n)
{
	double mantissa = 1;
	int64_t exponent = 0;
	for (size_t k = 0; k < n; k++) {
		mantissa *= p[k] > 1e-10f ? p[k] : 1e-10f;
		if (k % 8 == 7 || k == n - 1) {
			uint64_t u;
			memcpy(&u, &mantissa, sizeof u);
			exponent += (int64_t)(u >> 52) - 1023;
			u = (u & 0xfffffffffffffu) | 0x3ff0000000000000u;
			memcpy(&mantissa, &u, sizeof u);
		}
	}
	return (fm_log(mantissa) + (double)exponent * 0.69314718055994531) / (double)n;
}

/* Sum, mean and second moment about the mean, in bins. */
static void
moments(const double *m, double *sum, double *mid, double *second)
{
	double first = 0;
	*sum = *second = 0;
	for (size_t k = 0; k < ANALYSIS_BINS; k++) {
		*sum += m[k];
		first += (double)k * m[k];
	}
	*mid = *sum > 0 ? first / *sum : 0;
	for (size_t k = 0; k < ANALYSIS_BINS; k++)
		*second += ((double)k - *mid) * ((double)k - *mid) * m[k];
}

/* Whether the rounding of the transform (some 2e-8 of the largest bin in every bin)
   adds up to more than 3e-5 of the second moment, as it does for pure tones. */
static bool
rounding_shows(const double *m, double mid, double second)
{
	double most = 0;
	for (size_t k = 0; k < ANALYSIS_BINS; k++)
		most = m[k] > most ? m[k] : most;
	const double up = ANALYSIS_BINS - mid;
	return 2e-8 * most * (mid * mid * mid + up * up * up) / 3 > 3e-5 * second;
}

static int
shape(const struct analysis *a, size_t t, const float *p, const float *m, const float *before, float *out)
{
	const double bin_hz = analysis_rate(a) / ANALYSIS_FFT;
	double sum, mid, second, floored = 0, power = 0, rise = 0, below = 0;
	double d[ANALYSIS_BINS];
	for (size_t k = 0; k < ANALYSIS_BINS; k++)
		d[k] = m[k];
	moments(d, &sum, &mid, &second);
	if (sum > 0 && rounding_shows(d, mid, second)) {
		if (analysis_magnitude_double(a, t, d) < 0)
			return -1;
		moments(d, &sum, &mid, &second);
	}
	size_t at = 0;
	for (size_t k = 0; k < ANALYSIS_BINS; k++) {
		const double up = m[k] - before[k];
		rise += up > 0 ? up * up : 0;
		power += p[k];
		floored += p[k] > 1e-10f ? p[k] : 1e-10f;
		below += d[k];
		at += below < 0.85 * sum;
	}
	out[CENTROID] = (float)(mid * bin_hz);
	out[BANDWIDTH] = sum > 0 ? (float)(sqrt(second / sum) * bin_hz) : 0;
	out[ROLLOFF] = (float)((double)at * bin_hz);
	out[FLATNESS] = (float)(fm_exp(mean_log(p, ANALYSIS_BINS)) / (floored / ANALYSIS_BINS));
	out[FLUX] = power > 0 ? (float)sqrt(rise / power) : 0;
	return 0;
}

static int
negative(const float *x, size_t n, ptrdiff_t i)
{
	const float v = x[i < 0 ? 0 : i >= (ptrdiff_t)n ? (ptrdiff_t)n - 1 : i];
	return v < -1e-10f;
}

/* Sign changes between neighbours i-1, i for i in [from, to), beyond the ends none. */
static size_t
changes(const float *x, size_t n, ptrdiff_t from, ptrdiff_t to)
{
	size_t sum = 0;
	for (ptrdiff_t i = from < 1 ? 1 : from; i < to && i < (ptrdiff_t)n; i++)
		sum += negative(x, n, i) != negative(x, n, i - 1);
	return sum;
}

static int
run(struct analysis *a, float *out)
{
	const size_t frames = analysis_frames(a);
	float m[2][ANALYSIS_BINS] = {{0}};
	for (size_t t = 0; t < frames; t++) {
		const size_t start = t / ANALYSIS_BLOCK * ANALYSIS_BLOCK;
		const size_t n = frames - start < ANALYSIS_BLOCK ? frames - start : ANALYSIS_BLOCK;
		const float *p = analysis_power(a, start, n);
		if (!p)
			return -1;
		p += (t - start) * ANALYSIS_BINS;
		for (size_t k = 0; k < ANALYSIS_BINS; k++)
			m[t & 1][k] = sqrtf(p[k]);
		/* what was before the first frame is not known: no flux */
		if (shape(a, t, p, m[t & 1], m[t ? ~t & 1 : 0], out + t * COLUMNS) < 0)
			return -1;
	}

	/* a frame is four hops, so the changes of each hop are counted once */
	size_t n;
	const float *x = analysis_samples(a, &n);
	size_t hop[4] = {0};
	const ptrdiff_t half = ANALYSIS_FFT / 2, step = ANALYSIS_HOP;
	for (ptrdiff_t j = 1; j < 4; j++)
		hop[j] = changes(x, n, (j - 1) * step - half, j * step - half);
	for (size_t t = 0; t < frames; t++) {
		const ptrdiff_t from = (ptrdiff_t)t * step - half;
		for (int j = 0; j < 3; j++)
			hop[j] = hop[j + 1];
		hop[3] = changes(x, n, from + 3 * step, from + 4 * step);
		size_t sum = hop[0] + hop[1] + hop[2] + hop[3];
		/* a frame's first sample has no neighbour in it */
		sum -= changes(x, n, from, from + 1);
		out[t * COLUMNS + ZCR] = (float)((double)sum / ANALYSIS_FFT);
	}
	return 0;
}

const struct feature feature_shape = {
    "shape", "descriptor", "centroid, bandwidth, roll-off, flatness, zero crossings (librosa), flux", columns, labels, run};
