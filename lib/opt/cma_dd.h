/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Scales beside a full covariance that are learnt as fast as a diagonal alone, as far as coordinates do not
 * hang together (Akimoto and Hansen, "Diagonal acceleration for covariance matrix adaptation evolution
 * strategies", Evolutionary Computation 28(3), 2020). What they find of a coordinate is measured along it, which is
 * cheaper than in the frame of C's root, and the same as long as it matters.
 */
#ifndef OPT_CMA_DD_H
#define OPT_CMA_DD_H

#include <stdbool.h>
#include <stddef.h>

struct cma;

/* Numbers of its state, behind U. */
size_t dd_numbers(const struct cma *c);
void dd_begin(struct cma *c);

/* After C has learnt: so do the scales, from rows[lambda], their coefficients, whose weights are `sum`, and g times the
   step, which the path goes. y: the samples, where some coordinate of one is NaN, or NULL. */
void dd_learn(struct cma *c, const double *coef, double sum, double g, const double *step,
    const double *const *y);
/* Now and then: C's variances become one, the scales take what they were. false: not now. */
bool dd_normalise(struct cma *c);
/* After that, with C's factor new: how far coordinates hang together. */
void dd_condition(struct cma *c);

#endif
