/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How a chain of an annealing makes a neighbour of y, in place; the caller settles it. Numbers, whole numbers, choices and what
 * matters under them.
 */
#ifndef OPT_MOVE_H
#define OPT_MOVE_H

#include "base/rng.h"
#include "opt/space.h"

struct move { /* all of it the caller's */
	const struct space *space;
	struct rng *rng;
	const double *x; /* [chains][space->n]: where chains are */
	size_t chains;
};

/* A coordinate that matters, if there is one among a few. */
size_t move_pick(struct move *m, const double *y);

/* One number by a normal step; a whole number to the next at least. */
void move_number(struct move *m, double *y, size_t k, double width);

/* One choice to another level; what hangs on it is taken from a chain that has it, if one of a few is such. */
void move_choice(struct move *m, double *y, size_t k);

/* Numbers along the difference of two of `have` past states, all of them or a part (ter Braak and Vrugt, "Differential
   evolution Markov chain with snooker updater and fewer chains", 2008). */
void move_apart(struct move *m, double *y, const double *past, size_t have);

/* Some coordinates to those of a chain, or some way towards them (Mahfoud and Goldberg, "Parallel recombinative simulated
   annealing", 1995). What hangs on a choice comes, or stays, with it. */
void move_mix(struct move *m, double *y);

#endif
