/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The bookkeeping of methods that make a model of all that has been heard: which proposals come next (the plan:
 * first starts of unknown worth and points spread evenly, then what the method thinks best), what is out
 * (batch.h), and the results that are kept. Starts of known worth are results from the beginning.
 */
#ifndef OPT_TRIALS_H
#define OPT_TRIALS_H

#include "base/rng.h"
#include "opt/batch.h"

struct trials {
	struct space space;
	size_t n, max_plan, max_kept;
	struct batch batch;
	/* state */
	struct {
		struct rng rng; /* of all that the method does, too */
		uint64_t heard, kept, planned, given; /* results ever and kept; proposals made, of which asked */
	} now;
	double *x, *y;  /* [max_kept][n], [max_kept]: in the order of hearing; -INFINITY: it failed */
	uint64_t *when; /* [max_kept]: how many had been heard before it */
	double *plan;   /* [max_plan][n] */
};

/* first: the points to begin with, known starts among them; size: proposals made at a time; kept: results,
   beyond which the worst of the older ones are forgotten. */
int trials_init(struct trials *t, const struct space *space, const struct algo_settings *s, size_t first, size_t size,
    size_t kept, struct err *err);
void trials_release(struct trials *t);

/* The plan becomes `count` points spread evenly, at most max_plan. */
void trials_spread(struct trials *t, size_t count);
/* The plan is `count` proposals that stand in it. */
void trials_planned(struct trials *t, size_t count);

/* The next of the plan goes out, of a new one by plan(of) if there is none left. false: not before more is told. */
bool trials_ask(struct trials *t, void (*plan)(void *of), void *of, uint64_t *number, double *x);

/* How many results are new by this: the last ones heard. None until a batch is whole, if it is not steady. */
size_t trials_tell(struct trials *t, const struct told *told);

/* Of what is out, the newest at most TRIALS_MAX_OUT: where they begin in batch.out. More would flood a model. */
enum { TRIALS_MAX_OUT = 64 };
size_t trials_out(const struct trials *t);

void trials_save(const struct trials *t, struct blob *b);
void trials_load(struct trials *t, struct blob *b);

#endif
