/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef FEATURE_FEAT_DELTA_H
#define FEATURE_FEAT_DELTA_H

#include <stddef.h>

#include "base/isa.h"

enum { DELTA_COEFFICIENTS = 20, DELTA_COLUMNS = 2 * DELTA_COEFFICIENTS, DELTA_WIDTH = 9 };

/* The slopes and curvatures of n <= DELTA_WIDTH rows x[n][coefficients] by their weights, which add up to 0; and of
   as many rows from each of the `count` - 1 after it: out[count][columns]. */
typedef void delta_fit_run(const float *x, size_t n, const float *slope, const float *curve, size_t count, float *out);
ISA_DECLARE(delta_fit_run, delta_fit);

#endif
