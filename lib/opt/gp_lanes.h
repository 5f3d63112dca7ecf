/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The inner loops of gp, once for each instruction set; the same bits from all: sums have eight
 * parts, whatever the width, that meet in one order.
 */
#ifndef OPT_GP_LANES_H
#define OPT_GP_LANES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/isa.h"

enum { GP_LANES = 8 }; /* strides and the room of results are multiples of it */

/* Points side by side: coordinate d of point i is at[d * stride + i]. */
struct gp_points {
	size_t dims, stride;
	const bool *choice;    /* [dims]: equal or not */
	const double *inverse; /* [dims]: 1 / length² */
	const double *at;
	double apart;          /* part of the covariance that is of each coordinate by itself, below 1 */
};

/* Of x and each of the first n points, with a² = 5 sum delta² inverse and q_d = 2 dims delta_d² inverse_d:
   k = (1 - apart) (1 + a + a²/3) e^-a + apart mean_d 1 / (1 + q_d), and slope = (1 - apart) 5/3 (1 + a) e^-a, unless it
   is NULL. Both have room for n rounded up to GP_LANES. */
typedef void gp_cover(const struct gp_points *p, size_t n, const double *x, double *k, double *slope);

/* sums[d] += the sum over i < n of w delta_id, where w = weight[i] slope[i] + 4 apart weight[i] / (1 + q_id)²; of w delta_id² if it
   is square. If not, 0 of choices. */
typedef void gp_gather(const struct gp_points *p, size_t n, const double *x, const double *weight, const double *slope, bool square,
    double *sums);

typedef double gp_dot(const double *a, const double *b, size_t n);

/* to[n] -= by from[n] */
typedef void gp_take(double *to, double by, const double *from, size_t n);

/* v[n][GP_LANES] = L^-1 v, or L'^-1 v; L lower, its rows `stride` apart. */
typedef void gp_forward(const double *L, size_t stride, size_t n, double *v);
typedef void gp_back(const double *L, size_t stride, size_t n, double *v);

/* corner[GP_LANES][GP_LANES] -= v' v, one row of v[n][GP_LANES] after another. */
typedef void gp_corner(const double *v, size_t n, double *corner);

ISA_DECLARE(gp_cover, gp_cover);
ISA_DECLARE(gp_gather, gp_gather);
ISA_DECLARE(gp_dot, gp_dot);
ISA_DECLARE(gp_take, gp_take);
ISA_DECLARE(gp_forward, gp_forward);
ISA_DECLARE(gp_back, gp_back);
ISA_DECLARE(gp_corner, gp_corner);

#endif
