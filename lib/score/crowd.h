/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A crowd: vectors of one kind (summaries) as a distribution, and how far others
 * are from it. All distances are taken after whitening by the crowd's own
 * covariance C, which is drawn towards a sphere while there are few of them:
 * (n C + d s I) / (n + d), d columns, s = tr C / d.
 *
 *   Fréchet  of two Gaussians: |m - m'|² + tr(C + C' - 2 (C^½ C' C^½)^½)
 *            (Dowson and Landau 1982; Heusel et al. 2017)
 *   kernel   squared maximum mean discrepancy, Gaussian kernel as wide as the
 *            median distance in the crowd (Gretton et al. 2012)
 */
#ifndef SCORE_CROWD_H
#define SCORE_CROWD_H

#include <stddef.h>

#include "base/err.h"

enum { CROWD_MAX_COLUMNS = 256 };

struct crowd;
/* rows[n][columns], at least two. NULL with the reason. */
struct crowd *crowd_new(const float *rows, size_t n, size_t columns, struct err *err);
void crowd_free(struct crowd *c);

/* The vector along the crowd's axes, each with a variance of about 1 and none correlated: out[columns]. */
void crowd_whiten(const struct crowd *c, const float *x, double *out);

/* Of one vector, which is a distribution without a spread: |w|, w being whitened (the
   Fréchet distance but for the spread of the crowd itself); and squared MMD. Either is
   relative to the median of the crowd's own members: 1 is one like the others. */
double crowd_frechet_one(const struct crowd *c, const float *x);
double crowd_kernel_one(const struct crowd *c, const float *x);

/* Of n vectors, at least two. Squared MMD is the unbiased one, and may be a little below 0.
   0, or -1 out of memory. */
int crowd_distance(const struct crowd *c, const float *rows, size_t n, double *frechet, double *kernel);

#endif
