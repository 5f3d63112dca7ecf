/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How genetic methods make a child of parents: crossover and mutation of numbers, whole numbers and
 * choices. Only what matters is varied: a coordinate that does not keeps its first parent's value. What matters in one
 * parent alone is that one's; what wakes because a choice has become another takes its values from a good point
 * in which it is awake, where there is one.
 */
#ifndef OPT_VARY_H
#define OPT_VARY_H

#include "base/err.h"
#include "base/rng.h"
#include "opt/space.h"

enum crossover {
	CROSS_NONE,    /* the first parent */
	CROSS_BLEND,   /* BLX-alpha (Eshelman and Schaffer 1993), alpha 0.3: anywhere between, and a little beyond */
	CROSS_UNIFORM, /* each coordinate is one of the parents' (Syswerda 1989) */
	CROSS_SBX,     /* simulated binary, bounded (Deb and Agrawal 1995): near one of the parents; choices as uniform */
	CROSS_KINDS
};

enum mutation {
	MUTATE_STEPS,      /* normal, of the size that `scale` says */
	MUTATE_POLYNOMIAL, /* Deb and Goyal 1996, bounded */
	MUTATE_ANYWHERE,
	MUTATE_KINDS
};

/* Sizes of steps: octaves from 0.35 downwards, and as far as two good points are apart. */
enum { VARY_OCTAVES = 20, VARY_APART = VARY_OCTAVES, VARY_SCALES };

struct vary {
	const struct space *space;
	struct rng *rng;
	const double *good; /* [n_good][space->n], better ones first */
	size_t n_good;
	double eta;         /* of SBX and polynomial: how near to the parents, 1 far to 100 near */
	size_t of, donor;   /* whose settings were woken last, and from where */
	bool *awake;        /* [space->n], where there are conditions */
};

/* The space and the chance stay the caller's. */
int vary_init(struct vary *v, const struct space *space, struct rng *rng, struct err *err);
void vary_release(struct vary *v);

/* The child of a and b, settled. */
void vary_cross(struct vary *v, enum crossover how, const double *a, const double *b, double *x);

/* Changes about `count` of the coordinates of x that matter, at least one if `surely`; x is settled then. Whole
   numbers move by one level at least, choices become another. scale: one of VARY_SCALES. */
void vary_mutate(struct vary *v, enum mutation how, size_t scale, double count, bool surely, double *x);

#endif
