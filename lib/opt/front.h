/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Several objectives at once: what is not dominated (at least as good in each, better in one) is the front.
 * Points are rows of f[count][m], higher is better; NaN counts as the worst there is.
 */
#ifndef OPT_FRONT_H
#define OPT_FRONT_H

#include "opt/algo.h"
#include "opt/niche.h"

/* Non-dominated sorting (efficient, by binary search: Zhang, Tian, Cheng, Jin 2015): rank 0 is the front, 1 the
   front of the rest, and so on; equals share theirs. Up to three objectives it takes count log^2 count steps, beyond
   that count^2 at worst. Returns how many fronts, -1 out of memory. */
int front_sort(const double *f, size_t count, size_t m, uint32_t *rank, struct err *err);

/* How many of `count` points are chosen, and which: whole fronts, then part of the one that does not fit. */
struct selection {
	uint32_t *order; /* [count]: the chosen, lower ranks first, then higher `apart` */
	uint32_t *rank;  /* [count], of each point */
	double *apart;   /* [count], of the chosen: how far from others of their front */
};

/* Of the last front the most crowded is left out, one at a time, its neighbours' distance measured anew after each
   (crowding distance: Deb and others 2002; renewed: Kukkonen and Deb 2006). With directions (may be NULL) it is
   chosen for these instead. Of equals the earlier stays. */
int front_select(const double *f, size_t count, size_t m, size_t keep, const struct niches *niches, struct rng *rng,
    const struct selection *to, struct err *err);

/* What is not dominated of all that was ever added, in no order. More than `most` are thinned out as above, a
   fifth at a time; until then it does not depend on the order of adding.
   Memory: 16 + 8 (n_x + m) bytes a point, half as much again while it grows. */
struct front {
	size_t n, n_x, m, most, room;
	uint64_t *number;
	double *fitness, *x, *f; /* [n], [n][n_x], [n][m] */
};

void front_init(struct front *a, size_t n_x, size_t m, size_t most);
void front_release(struct front *a);

/* 1: it belongs to the front, 0: it does not, or failed; -1 out of memory. Of equals the lowest number stays. */
int front_add(struct front *a, const struct told *told, const double *x, struct err *err);

void front_save(const struct front *a, struct blob *b);
void front_load(struct front *a, struct blob *b); /* into one just begun alike; b->bad if it does not fit */

#endif
