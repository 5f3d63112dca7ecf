/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How crowded the points of a front are: the distance between the two neighbours of a point in each objective, as a
 * part of its range, summed up (Deb and others 2002); the outermost are alone. The most crowded leaves, its
 * neighbours are measured anew, and so on (Kukkonen and Deb 2006): n m log n steps for all of them.
 */
#ifndef OPT_CROWD_H
#define OPT_CROWD_H

#include <stddef.h>
#include <stdint.h>

/* Of the points index[n], places in the rows f[][m], which are finite: moves the `keep` that stay, in their order, to
   the front of index; apart[keep] is how far from others they are then. Of equals the one of the lower place
   stays. -1: out of memory. */
int crowd_thin(const double *f, size_t m, uint32_t *index, size_t n, size_t keep, double *apart);

#endif
