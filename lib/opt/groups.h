/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Coordinates that matter under the same condition are ranked among the samples in which they do. Else
 * those of a branch that is worse so far would only ever be ranked last, whatever they are, and the branch
 * would never show what it can be. Samples of a branch that is rarely chosen wait until a few can be compared.
 */
#ifndef OPT_GROUPS_H
#define OPT_GROUPS_H

#include "opt/algo.h"
#include "opt/kinds.h"

struct groups {
	size_t n, n_members;
	size_t *first;   /* [n + 1]: where a group's members begin */
	size_t *member;  /* [n_members]: places in a row */
	double *scratch; /* [rows + GROUPS_FEW][n_members], and their fitness */
	/* state: of each group how many wait, their fitness, and their values */
	double *waiting; /* [n_waiting] */
	size_t n_waiting;
};

enum { GROUPS_FEW = 2 /* samples that can be compared */ };

/* Of the rows of kinds, which lasts for this call. rows: in a generation, at most. */
int groups_init(struct groups *g, const struct kinds *kinds, size_t rows, struct err *err);
void groups_release(struct groups *g);

/* row[count], best first, and their fitness, NaN where a coordinate does not matter: each group's values are spread
   evenly over the ranks, in the order that they have among themselves. count is at least GROUPS_FEW. */
void groups_rank(struct groups *g, double *const *row, const double *fitness, size_t count);
/* Nobody waits. */
void groups_begin(struct groups *g);

void groups_save(const struct groups *g, struct blob *b);
void groups_load(struct groups *g, struct blob *b);

#endif
