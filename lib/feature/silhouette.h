/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How well sounds fall into kinds (Rousseeuw 1987): what decides how many kinds there are. */
#ifndef FEATURE_SILHOUETTE_H
#define FEATURE_SILHOUETTE_H

#include <stddef.h>

enum { SILHOUETTE_KINDS = 64 }; /* at most */

/* Of n sounds at distances d[n][n], kind[n] from 0 to kinds - 1, none of them empty: the mean of (b - a) / max(a, b),
   -1 to 1; a is a sound's mean distance to its own kind, b that to the nearest other. */
double silhouette(const double *d, const unsigned *kind, size_t n, size_t kinds);

#endif
