/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The inner loops of likeness over rows of floats, in lanes. Sixteen partial
 * sums, whatever the width, and added up in one order: the same bits everywhere.
 */
#ifndef SCORE_KERNELS_H
#define SCORE_KERNELS_H

#include <stddef.h>

struct kernels {
	/* 10 log10(max(power, 1e-10)) + offset; in place is legal. */
	void (*decibels)(const float *power, size_t n, float offset, float *out);
	/* sqrt(max(power, 1e-8)); in place is legal. */
	void (*magnitudes)(const float *power, size_t n, float *out);
	/* 10^(x / 20) */
	void (*amplitudes)(const float *db, size_t n, float *out);
	/* sum |a - b|, sum (a - b)², sum a² */
	double (*sum_abs)(const float *a, const float *b, size_t n);
	double (*sum_squares)(const float *a, const float *b, size_t n);
	double (*sum_self)(const float *a, size_t n);
	/* Of magnitudes (> 0): adds sum (a - b)² and sum |ln a - ln b|. */
	void (*spectral)(const float *a, const float *b, size_t n, double *squares, double *logs);
	/* Sums over blocks of `rows` rows and KERNELS_BLOCK of n columns, the last block being
	   what is left: of x and, unless NULL, of log2 x (x > 0). */
	void (*blocks)(const float *x, size_t rows, size_t n, float *sum, float *log);
	/* Raises *peak to the largest |x|, adds how many are `clip` or more, or no number. */
	void (*peaks)(const float *x, size_t n, float clip, float *peak, size_t *clipped);
	/* sum over the columns of |a - b|: of KERNELS_ROWS rows a[row][column] and n, a multiple of
	   KERNELS_BLOCK, of b[column][n], to out[row][n]. */
	void (*distances)(const float *a, size_t columns, const float *b, size_t n, float *out);
};

enum { KERNELS_BLOCK = 16, KERNELS_ROWS = 4 };

extern const struct kernels kernels_scalar, kernels_sse, kernels_avx2, kernels_avx512;

/* Those of isa_best(). */
const struct kernels *kernels_best(void);

#endif
