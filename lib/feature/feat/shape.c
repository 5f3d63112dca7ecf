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
#include "dsp/sums.h"
#include "feature/analysis.h"

enum { CENTROID, BANDWIDTH, ROLLOFF, FLATNESS, ZCR, FLUX, COLUMNS };
static const char *const labels[] = {"centroid", "bandwidth", "rolloff", "flatness", "zcr", "flux", NULL};

static size_t
columns(const struct analysis *a)
{
	(void)a;
	return COLUMNS;
}

/* Sums run in four lanes, so that one addition need not wait for the last, and in blocks
   of bins, of which the roll-off is found first. */
enum { WIDTH = 4, BLOCK = 32, BLOCKS = ANALYSIS_BINS / BLOCK };
_Static_assert(BLOCKS * BLOCK + 1 == ANALYSIS_BINS, "one bin is left over: the highest");

struct sums {
	double m, km, kkm;             /* of magnitudes, and times k and k² */
	double power, floored, rise;   /* of squares; of squares from 1e-10; of squared rises */
	double log;                    /* of the logarithms of floored squares */
	double block[BLOCKS];          /* of magnitudes */
};

static double
across(const double s[WIDTH])
{
	return (s[0] + s[1]) + (s[2] + s[3]);
}

/* Takes a number apart: its mantissa from 1 to 2 stays, its exponent is returned. */
static int64_t
split(double *x)
{
	uint64_t u;
	memcpy(&u, x, sizeof u);
	const int64_t exponent = (int64_t)(u >> 52) - 1023;
	u = (u & 0xfffffffffffffu) | 0x3ff0000000000000u;
	memcpy(x, &u, sizeof u);
	return exponent;
}

/* The logarithm of a product is that of its mantissa and its exponent: one logarithm for all
   factors. Eight factors at a time, of 1e-10 to 1e26, stay in a double's range. */
static void
add_up(const float *p, const float *m, const float *before, struct sums *s)
{
	double mantissa[WIDTH] = {1, 1, 1, 1}, km[WIDTH] = {0}, kkm[WIDTH] = {0}, power[WIDTH] = {0}, floored[WIDTH] = {0},
	       rise[WIDTH] = {0};
	int64_t exponent = 0;
	*s = (struct sums){0};
	for (size_t b = 0; b < BLOCKS; b++) {
		double sum[WIDTH] = {0};
		for (size_t k = b * BLOCK; k < (b + 1) * BLOCK; k += WIDTH)
			for (size_t l = 0; l < WIDTH; l++) {
				const double x = m[k + l], q = p[k + l], at = (double)(int)(k + l), up = x - before[k + l];
				const double low = q > 1e-10f ? q : 1e-10f, r = up > 0 ? up : 0;
				sum[l] += x;
				km[l] += at * x;
				kkm[l] += at * at * x;
				power[l] += q;
				floored[l] += low;
				rise[l] += r * r;
				mantissa[l] *= low;
			}
		s->m += s->block[b] = across(sum);
		for (size_t l = 0; l < WIDTH; l++)
			exponent += split(&mantissa[l]);
	}
	const size_t k = ANALYSIS_BINS - 1;
	const double low = p[k] > 1e-10f ? p[k] : 1e-10f, up = m[k] - before[k];
	s->m += m[k];
	s->km = across(km) + (double)k * m[k];
	s->kkm = across(kkm) + (double)(k * k) * m[k];
	s->power = across(power) + p[k];
	s->floored = across(floored) + low;
	s->rise = across(rise) + (up > 0 ? up * up : 0);
	double product = low;
	exponent += split(&product);
	for (size_t l = 0; l < WIDTH; l++)
		product *= mantissa[l];
	s->log = fm_log(product) + (double)exponent * 0.69314718055994531;
}

/* The same moments from a transform in double precision. */
static int
moments_again(const struct analysis *a, size_t t, double *mid, double *second)
{
	double m[ANALYSIS_BINS], sum = 0, first = 0;
	if (analysis_magnitude_double(a, t, m) < 0)
		return -1;
	for (size_t k = 0; k < ANALYSIS_BINS; k++) {
		sum += m[k];
		first += (double)k * m[k];
	}
	*mid = first / sum;
	*second = 0;
	for (size_t k = 0; k < ANALYSIS_BINS; k++)
		*second += ((double)k - *mid) * ((double)k - *mid) * m[k];
	*second /= sum;
	return 0;
}

/* Whether the rounding of the transform (some 2e-8 of the largest bin in every bin)
   adds up to more than 3e-5 of the second moment, as it does for pure tones. */
static bool
rounding_shows(const float *m, double mid, double second)
{
	float most = 0;
	for (size_t k = 0; k < ANALYSIS_BINS; k++)
		most = m[k] > most ? m[k] : most;
	const double up = ANALYSIS_BINS - mid;
	return 2e-8 * most * (mid * mid * mid + up * up * up) / 3 > 3e-5 * second;
}

/* The lowest bin at which the sum from below reaches 85 %. */
static size_t
roll_off(const float *m, const struct sums *s)
{
	double below = 0;
	size_t k = 0;
	for (size_t b = 0; b < BLOCKS && below + s->block[b] < 0.85 * s->m; b++, k += BLOCK)
		below += s->block[b];
	while (k < ANALYSIS_BINS - 1 && below + m[k] < 0.85 * s->m)
		below += m[k++];
	return k;
}

static int
shape(const struct analysis *a, size_t t, const float *p, const float *m, const float *before, float *out)
{
	const double bin_hz = analysis_rate(a) / ANALYSIS_FFT;
	struct sums s;
	add_up(p, m, before, &s);
	double mid = 0, second = 0; /* in bins and squared bins */
	if (s.m > 0) {
		mid = s.km / s.m;
		second = fmax(0, s.kkm / s.m - mid * mid);
		if (rounding_shows(m, mid, second * s.m) && moments_again(a, t, &mid, &second) < 0)
			return -1;
	}
	out[CENTROID] = (float)(mid * bin_hz);
	out[BANDWIDTH] = (float)(sqrt(second) * bin_hz);
	out[ROLLOFF] = (float)((double)roll_off(m, &s) * bin_hz);
	out[FLATNESS] = (float)(fm_exp(s.log / ANALYSIS_BINS) / (s.floored / ANALYSIS_BINS));
	out[FLUX] = s.power > 0 ? (float)sqrt(s.rise / s.power) : 0;
	return 0;
}

/* Sign changes between neighbours i-1, i for i in [from, to), beyond the ends none. */
static size_t
changes(const float *x, size_t n, ptrdiff_t from, ptrdiff_t to)
{
	from = from < 1 ? 1 : from;
	to = to < (ptrdiff_t)n ? to : (ptrdiff_t)n;
	return from < to ? sums_best()->changes(x + from, (size_t)(to - from)) : 0;
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
    "shape", "descriptor", "centroid, bandwidth, roll-off, flatness, zero crossings (librosa), flux", columns, labels, run, 0};
