/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef FEATURE_FEAT_ONSET_H
#define FEATURE_FEAT_ONSET_H

#include <stddef.h>

#include "base/isa.h"

/* How far each row of x[count][n] rises over the row before it, what falls not counted, on average; there is a
   row before the first. */
typedef void onset_rise_run(const float *x, size_t n, size_t count, float *out);
ISA_DECLARE(onset_rise_run, onset_rise);

#endif
