/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The place in a box where a model (surrogate.h) expects the greatest improvement: scattered candidates about a centre,
 * then the best of them climb, level by level on whole numbers and choices and, if it is to be fine, uphill on real
 * coordinates. In a wide box of many dimensions that ends in corners, of which nothing is known but that there are
 * more than can be tried (Swersky 2017); candidates that differ from the centre in few coordinates do not.
 */
#ifndef OPT_SEEK_H
#define OPT_SEEK_H

#include "opt/surrogate.h"

struct seek {
	struct surrogate *model; /* the caller's, lasts; so is its space */
	double *low, *high, *centre; /* [n]: the box, and the place about which candidates are; the centre is a point of the space */
	bool choices, levels; /* whether the space has any */
	bool fine; /* climb */
	/* scratch */
	double *work, *tops;
};

int seek_init(struct seek *s, struct surrogate *model, struct err *err);
void seek_release(struct seek *s);

/* To x: the best that was found and is not known; of so many candidates. other: with other choices than the
   centre's, if there are any. */
void seek_best(struct seek *s, struct rng *r, size_t candidates, bool other, double *x);

#endif
