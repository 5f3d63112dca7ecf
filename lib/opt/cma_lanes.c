/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A column's sum stays in a register, rows pass by; columns never meet, so the width does not matter.
   Where they do, in dots, there are CMA_LANES sums at every width. */
#include "opt/cma_lanes.h"

#include "base/isa.h"
#include "base/lanes_double.h"

/* `vectors` registers' worth of columns. */
static inline __attribute__((always_inline)) void
tile(double *to, double keep, int vectors, const double *coef, const double *rows, size_t m, size_t stride, int square)
{
	vd sum[16];
#pragma GCC unroll 16
	for (int v = 0; v < vectors; v++)
		sum[v] = load_d(to + v * WIDE) * keep;
	for (size_t p = 0; p < m; p++, rows += stride) {
		const double w = coef[p];
#pragma GCC unroll 16
		for (int v = 0; v < vectors; v++) {
			const vd x = load_d(rows + v * WIDE);
			sum[v] += square ? x * x * w : x * w;
		}
	}
#pragma GCC unroll 16
	for (int v = 0; v < vectors; v++)
		store_d(to + v * WIDE, sum[v]);
}

static inline __attribute__((always_inline)) void
tiles(double *to, double keep, size_t columns, const double *coef, const double *rows, size_t m, size_t stride, int square)
{
	enum { MANY = WIDE == 1 ? CMA_LANES : WIDE == 2 ? 2 * CMA_LANES : 4 * CMA_LANES };
	size_t a = 0;
	for (; a + MANY <= columns; a += MANY)
		tile(to + a, keep, MANY / WIDE, coef, rows + a, m, stride, square);
	for (; a < columns; a += CMA_LANES)
		tile(to + a, keep, CMA_LANES / WIDE, coef, rows + a, m, stride, square);
}

void
LANE_NAME(cma_combine)(double *to, double keep, size_t columns, const double *coef, const double *rows, size_t m,
    size_t stride)
{
	tiles(to, keep, columns, coef, rows, m, stride, 0);
}

void
LANE_NAME(cma_squares)(double *to, double keep, size_t columns, const double *coef, const double *rows, size_t m,
    size_t stride)
{
	tiles(to, keep, columns, coef, rows, m, stride, 1);
}

/* `count` rows side by side. */
static inline __attribute__((always_inline)) void
dot_tile(double *to, const double *x, const double *rows, int count, size_t stride)
{
	enum { PARTS = CMA_LANES / WIDE };
	vd sum[4][PARTS] = {0};
	for (size_t a = 0; a < stride; a += CMA_LANES)
#pragma GCC unroll 4
		for (int p = 0; p < count; p++)
#pragma GCC unroll 8
			for (int v = 0; v < PARTS; v++)
				sum[p][v] += load_d(x + a + v * WIDE) * load_d(rows + (size_t)p * stride + a + v * WIDE);
	for (int p = 0; p < count; p++) {
		double part[CMA_LANES];
		memcpy(part, sum[p], sizeof part);
		to[p] = ((part[0] + part[4]) + (part[2] + part[6])) + ((part[1] + part[5]) + (part[3] + part[7]));
	}
}

void
LANE_NAME(cma_dots)(double *to, const double *x, const double *rows, size_t m, size_t stride)
{
	enum { BLOCK = WIDE == 1 ? 1 : WIDE == 2 ? 2 : 4 };
	size_t p = 0;
	for (; p + BLOCK <= m; p += BLOCK)
		dot_tile(to + p, x, rows + p * stride, BLOCK, stride);
	for (; p < m; p++)
		dot_tile(to + p, x, rows + p * stride, 1, stride);
}
