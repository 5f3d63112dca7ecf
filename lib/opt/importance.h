/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which coordinates mattered. PED-ANOVA (Watanabe, Bansal, Hutter, "PED-ANOVA:
 * Efficiently Quantifying Hyperparameter Importance in Arbitrary Subspaces",
 * IJCAI 2023): the Pearson divergence between how a coordinate is spread among
 * the best and among the rest, which needs no even sampling, so a search's own
 * evaluations do.
 */
#ifndef OPT_IMPORTANCE_H
#define OPT_IMPORTANCE_H

#include "opt/space.h"

/* Of n points x[n][space->n] (float) with fitness f[n], NaN left out: out[space->n], which
   sum to 1, or are all 0 where nothing can be told (fewer than twenty points, all equal).
   0, or -1 out of memory. */
int importance(const struct space *space, const float *x, const double *f, size_t n, double *out, struct err *err);

#endif
