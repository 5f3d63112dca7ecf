/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A column's sum stays in a register, rows pass by; columns never meet, so the width does not matter. */
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
