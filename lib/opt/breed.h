/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A child of two parents: crossed over, then mutated (vary.h has the operators), in ways that are chosen anew for each
 * child with odds that follow what has worked lately (odds.h). How it was made stands behind its coordinates and
 * comes back with what it was worth.
 */
#ifndef OPT_BREED_H
#define OPT_BREED_H

#include "opt/batch.h"
#include "opt/odds.h"
#include "opt/vary.h"

/* What a child has behind its coordinates; -1 where that had no part in it. */
enum { BREED_CROSS, BREED_MUTATE, BREED_COUNT, BREED_SCALE, BREED_WAYS };

struct breed {
	struct vary vary;
	struct odds odds[BREED_WAYS];
	const enum crossover *kinds; /* what the ways to cross over are */
	/* What the user has said: a way, or the number of ways: as works best. */
	size_t crossover, mutation;
	double rate;  /* how many coordinates mutate; 0: as many as works best */
	double jumps; /* part of the children that goes to anywhere in one coordinate instead of mutating */
};

enum { BREED_MUTATIONS = 2 };
extern const char *const breed_mutations[]; /* names of steps, polynomial and "auto", for knobs */

/* The space, the chance and the kinds stay the caller's, who sets vary.good and vary.eta, too. */
int breed_init(struct breed *b, const struct space *space, struct rng *rng, const enum crossover *kinds, size_t n_kinds,
    struct err *err);
void breed_release(struct breed *b);

/* x: [n + BREED_WAYS], of which breed_none writes the ways alone: of none. */
void breed_child(struct breed *b, const double *first, const double *second, double *x);
void breed_none(const struct breed *b, double *x);

/* That a child was tried, and what it gained, 0 to 1; when a generation has been heard, the odds follow. */
void breed_hear(struct breed *b, const double *x, double credit);
void breed_learn(struct breed *b);

/* The way of a kind that has worked best lately. */
size_t breed_top(const struct breed *b, int kind);

void breed_save(const struct breed *b, struct blob *blob);
/* With the batch that its children are in, after that: blob->bad if there are ways that there are not. */
void breed_load(struct breed *b, const struct batch *batch, struct blob *blob);

#endif
