/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Reference directions: many objectives leave nearly everything undominated, and distances
 * among neighbours say little then. Each point belongs to the nearest of directions that are
 * spread evenly between the axes, and directions with few points are filled first (NSGA-III: Deb
 * and Jain 2014).
 */
#ifndef OPT_NICHE_H
#define OPT_NICHE_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/rng.h"

enum { NICHES_MAX = 2000 };

struct niches {
	size_t n, m;
	double *d; /* [n][m], each of length 1 */
};

/* Das and Dennis's (1998) simplex lattice as fine as `count`, but no more than NICHES_MAX, allow; where that has
   none inside (m large), an inner layer half as wide beside it. */
int niches_init(struct niches *s, size_t m, size_t count, struct err *err);
void niches_release(struct niches *s);

/* Of points f[count][m], finite, higher is better, the first `sure` are in and `more` of the others are chosen: the
   chosen come to the front of index[sure..count) (which is a permutation of places). crowd[i], of the i-th
   place: how many of the chosen share its direction. */
int niches_choose(const struct niches *s, const double *f, uint32_t *index, size_t count, size_t sure, size_t more,
    struct rng *rng, double *crowd, struct err *err);

#endif
