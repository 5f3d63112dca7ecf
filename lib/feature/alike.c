/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "feature/alike.h"

#include <math.h>
#include <string.h>

#include "base/fmath.h"
#include "dsp/fft.h"

enum { TAPS = 16, STEPS = 8 };

/* c[size], which is circular, at lag + part: a sinc under a Hann window. */
static double
between(const float *c, size_t size, size_t lag, double part)
{
	const double pi = 3.14159265358979323846;
	double sum = 0;
	for (int k = -TAPS; k <= TAPS; k++) {
		const double d = part - k, w = 0.5 + 0.5 * fm_cos(pi * d / (TAPS + 1));
		sum += c[(lag + size + (size_t)(k + TAPS) - TAPS) % size] * w * (d == 0 ? 1 : fm_sin(pi * d) / (pi * d));
	}
	return sum;
}

static double
weight(double hz)
{
	const double f = hz / 2000, f2 = f * f;
	return f / (1 + f2 * f2);
}

int
alike(const float *a, size_t na, const float *b, size_t nb, double rate, double *value, struct err *err)
{
	*value = 0;
	size_t size = 64;
	while (size < na + nb + 2 * TAPS)
		size *= 2;
	const struct fft *f = fft_real(size);
	float *x = fft_alloc(size), *A = fft_alloc(size + 2), *B = fft_alloc(size + 2);
	int got = f && x && A && B ? 0 : -1;
	if (got == 0) {
		memcpy(x, a, na * sizeof *x);
		memset(x + na, 0, (size - na) * sizeof *x);
		got = fft_forward(f, x, A);
	}
	if (got == 0) {
		memcpy(x, b, nb * sizeof *x);
		memset(x + nb, 0, (size - nb) * sizeof *x);
		got = fft_forward(f, x, B);
	}
	double ea = 0, eb = 0;
	for (size_t k = 0; got == 0 && k <= size / 2; k++) {
		const double twice = k == 0 || 2 * k == size ? 1 : 2, w = weight(rate * (double)k / (double)size);
		const double ar = w * A[2 * k], ai = w * A[2 * k + 1], br = w * B[2 * k], bi = w * B[2 * k + 1];
		ea += twice * (ar * ar + ai * ai);
		eb += twice * (br * br + bi * bi);
		A[2 * k] = (float)(ar * br + ai * bi);
		A[2 * k + 1] = (float)(ai * br - ar * bi);
	}
	if (got == 0)
		got = fft_backward(f, A, x);
	if (got == 0 && ea > 0 && eb > 0) {
		size_t top = 0;
		double most = 0;
		for (size_t i = 1; i < size; i++)
			if (fabsf(x[i]) > fabsf(x[top]))
				top = i;
		for (int i = -STEPS; i <= STEPS; i++)
			most = fmax(most, fabs(between(x, size, top, (double)i / STEPS)));
		*value = fmin(1, most / sqrt(ea * eb));
	} else if (got < 0) {
		err_set(err, "out of memory");
	}
	fft_release(x);
	fft_release(A);
	fft_release(B);
	return got < 0 ? -1 : 0;
}

double
energy_spread(const float *x, size_t n, double rate)
{
	double all = 0, first = 0, second = 0;
	for (size_t i = 0; i < n; i++) {
		const double e = (double)x[i] * x[i];
		all += e;
		first += e * (double)i;
	}
	if (!(all > 0))
		return 0;
	first /= all;
	for (size_t i = 0; i < n; i++)
		second += (double)x[i] * x[i] * ((double)i - first) * ((double)i - first);
	return sqrt(second / all) / rate;
}

static double
decibels(double part)
{
	return 10 * fm_log10(part + 1e-4);
}

int
may_be_alike(const float a[OCTAVES], double spread_a, const float b[OCTAVES], double spread_b)
{
	if (fabs(fm_log2((spread_a + 1e-4) / (spread_b + 1e-4))) > 1)
		return 0;
	for (int o = 0; o < 8; o++)
		if (fabs(decibels(a[o]) - decibels(b[o])) > 3)
			return 0;
	return 1;
}
