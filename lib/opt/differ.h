/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How differential evolution makes a trial u of x, one of its population, in one of two ways, and how F and CR
 * follow what has worked (Tanabe and Fukunaga, "Success-history based parameter adaptation for differential
 * evolution", CEC 2013).
 *
 *   dense    v = x + F (x_pbest - x) + F (x_r1 - x_r2)    current-to-pbest/1, r2 from an archive too
 *   sparse   v = x_r1 + F (x_r2 - x_r3)                   rand/1, of two coordinates or so
 *   u = v where a coordinate crosses over (CR), else x
 *
 * A choice crosses over from pbest or r1, or to any; seldom in dense trials, so that
 * branches live beside each other. What does not matter under the choices of u is x's, and what does is
 * made of rows in which it does.
 */
#ifndef OPT_DIFFER_H
#define OPT_DIFFER_H

#include "base/rng.h"
#include "opt/space.h"

enum { DIFFER_DENSE, DIFFER_SPARSE, DIFFER_WAYS, DIFFER_HISTORY = 6 };

/* F and CR that have worked in one of the ways. */
struct differ_history {
	double f[DIFFER_HISTORY], cr[DIFFER_HISTORY];
	size_t turn;
};

/* What worked in one generation: sums of w, w F, w F², w CR, w CR². */
struct differ_gains {
	double w, f, f2, cr, cr2;
};

struct differ { /* all of it the caller's */
	const struct space *space;
	struct rng *rng;
	const double *x;    /* [size][space->n], the population: two at least */
	const size_t *rank; /* [size], best first */
	const double *gone; /* [n_gone][space->n], the archive */
	size_t size, top, n_gone; /* top: how many count as the best */
};

/* Nothing is known of what works. */
void differ_forget(struct differ_history *h);
void differ_draw(const struct differ_history *h, int way, size_t n, struct rng *r, double *f, double *cr);
void differ_gain(struct differ_gains *g, double w, double f, double cr);
void differ_learn(struct differ_history *h, const struct differ_gains *g);

/* A trial of row i, settled. */
void differ_cross(const struct differ *d, size_t i, int way, double f, double cr, double *u);

#endif
