/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Coordinates that matter under the same condition are ranked among the samples in which they do. Else
 * those of a branch that is worse so far would only ever be ranked last, whatever they are, and the branch
 * would never show what it can be.
 */
#ifndef OPT_GROUPS_H
#define OPT_GROUPS_H

#include "opt/space.h"

struct groups {
	size_t n, n_members;
	size_t *first;   /* [n + 1]: where a group's members begin */
	size_t *member;  /* [n_members]: places in a row */
	double *scratch; /* [rows][n_members] */
	size_t *active;  /* [rows] */
};

/* place[i]: in a row, of the space's coordinate which[i], i < space->n. rows: in a generation, at most. */
int groups_init(struct groups *g, const struct space *space, const size_t *which, const size_t *place, size_t rows,
    struct err *err);
void groups_release(struct groups *g);

/* row[count], best first, NaN where a coordinate does not matter: each group's values are spread evenly over
   the ranks, in the order that they have among themselves. */
void groups_rank(struct groups *g, double *const *row, size_t count);

#endif
