/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What results (trials.h) tell of a space: a Gaussian process (gp.h) of them, and the improvement that is to
 * be expected anywhere. Choices are equal or not, whole numbers are numbers, what does not matter stands in the middle
 * (of choices: is a level of its own), so that nothing is made of it. Fitness enters as it is down to the middle
 * of all, below that by its logarithm, so that terrible results do not flatten what is near the best; failures
 * count as the worst.
 *
 * The process grows by what is new as long as there is room; beyond, it is of the results nearest to a centre.
 * Its lengths are fitted anew when there are 4 % more results: always from where they are, up to 50 results from three other
 * beginnings as well, then from one of them in turn.
 */
#ifndef OPT_SURROGATE_H
#define OPT_SURROGATE_H

#include "opt/gp.h"
#include "opt/trials.h"

struct surrogate {
	const struct space *space; /* the caller's, lasts */
	size_t n, used;            /* coordinates; results that the process is made of */
	struct gp gp;
	bool *choice;              /* [n] */
	size_t *result;            /* [used]: where among those kept */
	double incumbent;          /* improvement is above this */
	uint64_t fitted, fits;     /* results heard at the last fit; how many there were */
	/* scratch */
	uint64_t *when; /* [used]: of the results */
	double *warped; /* [max_kept] */
	struct rank { double by; size_t at; } *order; /* [max_kept] */
	size_t *nearest; /* [gp.max] */
	double *block, *slope; /* [GP_LANES][n], [2][n] */
};

/* points: results of which the process is made at most; kept: results there may be. */
int surrogate_init(struct surrogate *s, const struct space *space, size_t points, size_t kept, struct err *err);
void surrogate_release(struct surrogate *s);

/* From all that is kept, about the place `centre`; what is out counts as known to be what is expected there. Improvement
   is then above the best that is expected of results from number `since` on (trials.when); returns which that is. */
size_t surrogate_learn(struct surrogate *s, const struct trials *t, const double *centre, uint64_t since);

/* One more place of which nothing is known but what is expected there. */
void surrogate_believe(struct surrogate *s, const double *x);

/* Whether the process is of this very place. */
bool surrogate_knows(const struct surrogate *s, const double *x);

/* The logarithm of the improvement expected at up to GP_LANES places x[count][n]; and at one place, with its
   gradient by the real coordinates that matter there. */
void surrogate_improvement(const struct surrogate *s, const double *x, size_t count, double *value);
double surrogate_slope(const struct surrogate *s, const double *x, double *gradient);

/* Of coordinate d, the logarithm of the length over which it matters. */
static inline double
surrogate_length(const struct surrogate *s, size_t d)
{
	return s->gp.theta[d];
}

/* Whether coordinates matter mostly each by itself, as far as is known. */
static inline bool
surrogate_apart(const struct surrogate *s)
{
	return s->gp.apart;
}

void surrogate_save(const struct surrogate *s, struct blob *b);
void surrogate_load(struct surrogate *s, struct blob *b);

#endif
