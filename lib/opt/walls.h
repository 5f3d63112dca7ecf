/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A distribution over reals in [0, 1]. While a coordinate still varies much, the walls are mirrors (samples are folded
 * into the cube on their way out), so nothing piles up at an edge. Once it varies little, walls are ends:
 * samples beyond stand on them, where the optimum may be, and the mean stays within reach.
 */
#ifndef OPT_WALLS_H
#define OPT_WALLS_H

#include "opt/cma.h"

/* Where a sample's coordinate i is, that was drawn at u. */
double walls_place(const struct cma *c, size_t i, double u);
/* Brings the mean of coordinate i back. true: all of it was reflected about *wall, 0 or 1, and so are samples that are
   out to be. */
bool walls_keep(struct cma *c, size_t i, double *wall);

#endif
