/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Sums over samples, in lanes: sixteen partial sums in double precision whatever the vector width,
 * added up in one order, so that the bytes are the same everywhere.
 */
#ifndef DSP_SUMS_H
#define DSP_SUMS_H

#include <stddef.h>

struct sums_kernel {
	double (*energy)(const float *x, size_t n); /* sum x² */
	/* Adds sum x² and sum i x². */
	void (*moments)(const float *x, size_t n, double *energy, double *moment);
	/* Adds sum l², sum r² and sum l r. */
	void (*products)(const float *l, const float *r, size_t n, double sum[3]);
	float (*largest)(const float *x, size_t n); /* |x|; 0 of nothing */
	/* How often x[i - 1] and x[i], i in [0, n), lie on both sides of -1e-10. */
	size_t (*changes)(const float *x, size_t n);
	/* How many from the first on are neither NaN nor beyond ±limit. */
	size_t (*within)(const float *x, size_t n, float limit);
	void (*divide)(double *x, const double *by, size_t n); /* x /= by */
};

extern const struct sums_kernel sums_scalar, sums_sse, sums_avx2, sums_avx512;

/* Those of isa_best(). */
const struct sums_kernel *sums_best(void);

/* Every `stride`th sample of x, n of them. */
void sums_pick(const float *x, size_t stride, size_t n, float *out);

#endif
