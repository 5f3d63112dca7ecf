/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The bookkeeping that population methods share: which points are out, and what
 * has come back. A generation asks `size` points and is full when as many have
 * been told. Where it is not steady, no more are asked until then, so the order
 * of the tells cannot matter: batch_sort orders by fitness, then by number.
 */
#ifndef OPT_BATCH_H
#define OPT_BATCH_H

#include "opt/algo.h"

struct point {
	uint64_t number;
	double fitness; /* -INFINITY where it failed */
	double *x;      /* n coordinates */
	double *measures, *objectives; /* of what has been told; NaN where it failed */
};

struct batch {
	size_t n, size, n_measures, n_objectives;
	bool steady;
	uint64_t asked;   /* points ever asked: the last number */
	uint64_t generation; /* from 1 */
	struct point *out, *told; /* out: in the order of their numbers */
	size_t n_out, max_out, n_told;
	struct point *points; /* [2 max_out]: out moves along in it */
	double *memory, **rows; /* rows that are free, the next one last */
	size_t n_rows;
};

/* n: coordinates, and what else is to come back with a point. */
int batch_init(struct batch *b, size_t n, size_t size, const struct algo_settings *set, struct err *err);
void batch_release(struct batch *b);

bool batch_may_ask(const struct batch *b);

/* Takes note of a point that goes out, returns its number. */
uint64_t batch_ask(struct batch *b, const double *x);

/* Returns true when this tell has filled the batch: sort, learn from told[0..size), clear. */
bool batch_tell(struct batch *b, const struct told *told);
void batch_sort(struct batch *b);     /* best first */
void batch_in_order(struct batch *b); /* as they were asked */
void batch_clear(struct batch *b);

void batch_save(const struct batch *b, struct blob *blob);
void batch_load(struct batch *b, struct blob *blob);
/* After that: what a damaged state would bring back becomes points of the space. What else comes back with them is the
   caller's to check. */
void batch_settle(struct batch *b, const struct space *space);

#endif
