/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One algorithm on one function, from a start that is uniform and a function of the seed. */
#ifndef BENCH_OPTIMISE_RUN_H
#define BENCH_OPTIMISE_RUN_H

#include <stdio.h>
#include <stdlib.h>

#include "base/rng.h"
#include "opt/algo.h"
#include "optimise_functions.h"

enum { RUN_MAX_N = 1000, RUN_MAX_SEEDS = 31 };

/* Values are made small. At each of marks[], ascending, best[] is the best so far; the run ends at the last
   of them, or where it is below goal, and later marks have what was reached then. */
struct run {
	const char *algo, *set; /* the algorithm's settings, "" as they are; sigma etc. are among them */
	double (*f)(const double *u, size_t n, const void *of);
	const void *of;
	struct space space;
	bool blind;        /* nothing is said of where to begin */
	double goal;
	const uint64_t *marks;
	size_t n_marks;
	double *best;      /* [n_marks] */
	uint64_t used;     /* evaluations */
};

static inline void
run_once(struct run *r, uint64_t seed)
{
	struct err err = {""};
	double start[RUN_MAX_N], x[RUN_MAX_N], best = INFINITY;
	struct rng rng = {seed, 1000};
	const struct algo *a = algo_find(r->algo);
	struct algo_settings s = {.seed = seed, .starts = start, .n_starts = !r->blind, .budget = r->marks[r->n_marks - 1]};
	for (size_t i = 0; i < r->space.n; i++)
		start[i] = rng_uniform(&rng);
	space_settle(&r->space, start);
	if (a)
		algo_defaults(a, &s);
	void *self = a && algo_set(a, r->set, &s, &err) == 0 ? a->create(&r->space, &s, &err) : NULL;
	if (!self) {
		fprintf(stderr, "%s: %s\n", r->algo, a ? err.text : "there is no such algorithm");
		exit(1);
	}
	size_t mark = 0;
	for (r->used = 0; mark < r->n_marks && best >= r->goal;) {
		uint64_t number;
		if (!a->ask(self, &number, x))
			break;
		const double f = r->f(x, r->space.n, r->of);
		a->tell(self, &(struct told){.number = number, .fitness = -f});
		best = fmin(best, f);
		if (++r->used == r->marks[mark])
			r->best[mark++] = best;
	}
	for (; mark < r->n_marks; mark++)
		r->best[mark] = best;
	a->free(self);
}

/* `of` points to one of optimise_functions.h. */
static inline double
plain_function(const double *u, size_t n, const void *of)
{
	return (*(function *const *)of)(u, n);
}

static inline int
run_ascending(const void *a, const void *b)
{
	const double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

/* In place. */
static inline double
run_median(double *v, size_t n)
{
	qsort(v, n, sizeof *v, run_ascending);
	return n % 2 ? v[n / 2] : (v[n / 2 - 1] + v[n / 2]) / 2;
}

/* Medians over seeds 1..seeds: of best[] at each mark, and of the evaluations used. Returns how many
   seeds came below the goal. */
static inline size_t
run_seeds(struct run *r, size_t seeds, double *evaluations)
{
	double used[RUN_MAX_SEEDS], *of = calloc(r->n_marks * seeds, sizeof *of), *to = r->best;
	size_t solved = 0;
	double *one = calloc(r->n_marks, sizeof *one);
	r->best = one;
	for (size_t s = 0; s < seeds; s++) {
		run_once(r, s + 1);
		used[s] = (double)r->used;
		solved += one[r->n_marks - 1] < r->goal;
		for (size_t m = 0; m < r->n_marks; m++)
			of[m * seeds + s] = one[m];
	}
	r->best = to;
	for (size_t m = 0; m < r->n_marks; m++)
		to[m] = run_median(of + m * seeds, seeds);
	*evaluations = run_median(used, seeds);
	free(of);
	free(one);
	return solved;
}

#endif
