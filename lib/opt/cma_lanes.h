/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The inner loops of cma, once for each instruction set; the same bits from all. */
#ifndef OPT_CMA_LANES_H
#define OPT_CMA_LANES_H

#include <stddef.h>

enum { CMA_LANES = 8 }; /* rows are padded to a multiple of it */

/* to[columns] = keep to + the sum over p < m of coef[p] rows[p][columns], in the order of p. */
typedef void cma_combine(double *to, double keep, size_t columns, const double *coef, const double *rows, size_t m,
    size_t stride);
/* The same of the squares of rows. */
extern cma_combine cma_combine_scalar, cma_combine_sse, cma_combine_avx2, cma_combine_avx512;
extern cma_combine cma_squares_scalar, cma_squares_sse, cma_squares_avx2, cma_squares_avx512;

/* to[m] = rows[m][stride] x */
typedef void cma_dots(double *to, const double *x, const double *rows, size_t m, size_t stride);
extern cma_dots cma_dots_scalar, cma_dots_sse, cma_dots_avx2, cma_dots_avx512;

#endif
