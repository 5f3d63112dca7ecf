/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A covariance of few directions, D (I + V'S V) D: what cma.c needs of the model CMA_VKD. D is diagonal, V are k
 * orthonormal rows, S how much more than one the variance along each is (Akimoto and Hansen, "Projection-based
 * restricted covariance matrix adaptation for high dimension", GECCO 2016). k begins at 0 and follows what is
 * found (Akimoto and Hansen, "Online model selection for restricted covariance matrix adaptation", PPSN 2016).
 * O((lambda + k) n) a proposal.
 */
#ifndef OPT_CMA_VKD_H
#define OPT_CMA_VKD_H

#include <stdbool.h>
#include <stddef.h>

struct cma;

/* Vectors at most. */
size_t vkd_most(size_t n);
/* Numbers of its state behind D, and of scratch. */
size_t vkd_numbers(const struct cma *c);
size_t vkd_scratch(const struct cma *c);
/* Learning rates, which depend on how many vectors there are. */
void vkd_rates(struct cma *c);
/* Sets out from no vectors. */
void vkd_begin(struct cma *c);

/* Coordinate i runs the other way. */
void vkd_reflect(struct cma *c, size_t i);

/* v[stride] = D (I + V'S V)^1/2 v; and (I + V'S V)^-1/2 D^-1 v. */
void vkd_colour(struct cma *c, double *v);
void vkd_whiten(struct cma *c, double *v);

/* Learns from rows[lambda + 1] with their weights; more[n] is added to the variances. false: no longer sane. */
bool vkd_learn(struct cma *c, double keep, const double *coef, const double *more);
/* After sigma: whether there are to be more vectors or fewer. */
void vkd_select(struct cma *c);

#endif
