/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The hypervolume of a set of results: how much of the objectives' space it dominates. */
#ifndef OPT_VOLUME_H
#define OPT_VOLUME_H

#include <stddef.h>

#include "base/err.h"

/* Of f[count][m], finite, m from 1 to 8, higher is better, over the corner `worst`[m]: exact, by WFG (While, Bradstreet, Barone
   2012), objective after objective sliced off. What is not over the corner in each adds nothing. It takes
   count^(m - 1) steps at worst: NaN with the reason if that is more than VOLUME_STEPS, or out of memory. */
#define VOLUME_STEPS 4000000000.0
double volume(const double *f, size_t count, size_t m, const double *worst, struct err *err);

#endif
