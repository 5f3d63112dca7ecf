/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The place in a box where a model (surrogate.h) expects the greatest improvement: scattered candidates about a centre,
 * then the best of them climb, uphill on real coordinates and level by level on the others.
 */
#ifndef OPT_SEEK_H
#define OPT_SEEK_H

#include "opt/surrogate.h"

struct seek {
	struct surrogate *model; /* the caller's, lasts; so is its space */
	double *low, *high, *centre; /* [n]: the box, and the place about which candidates are; the centre is a point of the space */
	bool choices, levels; /* whether the space has any */
	/* scratch */
	double *work, *tops;
};

int seek_init(struct seek *s, struct surrogate *model, struct err *err);
void seek_release(struct seek *s);

/* To x: the best that was found and is not known; of so many candidates. other: with other choices than the
   centre's, if there are any. */
void seek_best(struct seek *s, struct rng *r, size_t candidates, bool other, double *x);

#endif
