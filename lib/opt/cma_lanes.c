/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A column's sum stays in a register, rows pass by; columns never meet, so the width does not matter.
   Where they do, in dots, there are CMA_LANES sums at every width. */
#include "opt/cma_lanes.h"

#include <string.h>

#define CAT(a, b)    a##_##b
#define SYMBOL(a, b) CAT(a, b)

#if LANES == 1
enum { WIDTH = 1 };
typedef double vd;
#else
enum { WIDTH = LANES / 2 };
typedef double vd __attribute__((vector_size(4 * LANES), may_alias));
#endif

static inline vd
load(const double *x)
{
	vd v;
	memcpy(&v, x, sizeof v);
	return v;
}

/* `vectors` registers' worth of columns. */
static inline __attribute__((always_inline)) void
tile(double *to, double keep, int vectors, const double *coef, const double *rows, size_t m, size_t stride, int square)
{
	vd sum[16];
#pragma GCC unroll 16
	for (int v = 0; v < vectors; v++)
		sum[v] = load(to + v * WIDTH) * keep;
	for (size_t p = 0; p < m; p++, rows += stride) {
		const double w = coef[p];
#pragma GCC unroll 16
		for (int v = 0; v < vectors; v++) {
			const vd x = load(rows + v * WIDTH);
			sum[v] += square ? x * x * w : x * w;
		}
	}
#pragma GCC unroll 16
	for (int v = 0; v < vectors; v++)
		memcpy(to + v * WIDTH, &sum[v], sizeof sum[v]);
}

static inline __attribute__((always_inline)) void
tiles(double *to, double keep, size_t columns, const double *coef, const double *rows, size_t m, size_t stride, int square)
{
	enum { WIDE = WIDTH == 1 ? CMA_LANES : WIDTH == 2 ? 2 * CMA_LANES : 4 * CMA_LANES };
	size_t a = 0;
	for (; a + WIDE <= columns; a += WIDE)
		tile(to + a, keep, WIDE / WIDTH, coef, rows + a, m, stride, square);
	for (; a < columns; a += CMA_LANES)
		tile(to + a, keep, CMA_LANES / WIDTH, coef, rows + a, m, stride, square);
}

void
SYMBOL(cma_combine, ISA)(double *to, double keep, size_t columns, const double *coef, const double *rows, size_t m,
    size_t stride)
{
	tiles(to, keep, columns, coef, rows, m, stride, 0);
}

void
SYMBOL(cma_squares, ISA)(double *to, double keep, size_t columns, const double *coef, const double *rows, size_t m,
    size_t stride)
{
	tiles(to, keep, columns, coef, rows, m, stride, 1);
}

/* `count` rows side by side. */
static inline __attribute__((always_inline)) void
dot_tile(double *to, const double *x, const double *rows, int count, size_t stride)
{
	enum { PARTS = CMA_LANES / WIDTH };
	vd sum[4][PARTS] = {0};
	for (size_t a = 0; a < stride; a += CMA_LANES)
#pragma GCC unroll 4
		for (int p = 0; p < count; p++)
#pragma GCC unroll 8
			for (int v = 0; v < PARTS; v++)
				sum[p][v] += load(x + a + v * WIDTH) * load(rows + (size_t)p * stride + a + v * WIDTH);
	for (int p = 0; p < count; p++) {
		double part[CMA_LANES];
		memcpy(part, sum[p], sizeof part);
		to[p] = ((part[0] + part[4]) + (part[2] + part[6])) + ((part[1] + part[5]) + (part[3] + part[7]));
	}
}

void
SYMBOL(cma_dots, ISA)(double *to, const double *x, const double *rows, size_t m, size_t stride)
{
	enum { BLOCK = WIDTH == 1 ? 1 : WIDTH == 2 ? 2 : 4 };
	size_t p = 0;
	for (; p + BLOCK <= m; p += BLOCK)
		dot_tile(to + p, x, rows + p * stride, BLOCK, stride);
	for (; p < m; p++)
		dot_tile(to + p, x, rows + p * stride, 1, stride);
}
