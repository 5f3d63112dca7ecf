/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Continuous coordinates and categories they depend on: median best f at 100, 300, 1,000 and 3,000
 * evaluations, and how many of eleven seeds come below 1e-8 within 3e4; nothing is said of where to
 * begin. Beside CatCMA with margin, the best of the libraries at 1,000.
 */
#ifndef BENCH_OPTIMISE_MIXED_H
#define BENCH_OPTIMISE_MIXED_H

#include "bench.h"
#include "optimise_functions.h"
#include "optimise_run.h"

static inline double
mixed_at(const double *u, size_t n, const void *of)
{
	(void)n;
	return mixed_function(u, of);
}

static inline void
mixed_table(const char *algo, const struct mixed *m, const uint64_t *marks, size_t n_marks, const double *peer, size_t seeds)
{
	struct dimension d[RUN_MAX_N] = {0};
	double best[8], evaluations;
	for (size_t j = 0; j < m->categories; j++)
		d[m->continuous + j] = (struct dimension){.kind = DIMENSION_CATEGORY, .levels = m->levels};
	struct run r = {.algo = algo, .set = "", .f = mixed_at, .of = m, .space = {m->continuous + m->categories, d},
	    .blind = true, .goal = 1e-8, .marks = marks, .n_marks = n_marks, .best = best};
	const size_t solved = run_seeds(&r, seeds, &evaluations);
	char name[80];
	for (size_t k = 0; k < n_marks; k++) {
		snprintf(name, sizeof name, "%s/mixed(%zu,%zu,%u)/%llu", algo, m->continuous, m->categories, m->levels,
		    (unsigned long long)marks[k]);
		bench_say(name, best[k], "best f", peer[k] > 0 ? "CatCMAwM" : NULL, peer[k]);
	}
	snprintf(name, sizeof name, "%s/mixed(%zu,%zu,%u) not solved", algo, m->continuous, m->categories, m->levels);
	bench_say(name, (double)(seeds - solved) / (double)seeds, "of seeds", n_marks == 5 ? "CatCMAwM" : NULL, 8 / 11.0);
}

static inline void
bench_mixed(void)
{
	static const char *const algorithms[] = {"cmaes", "ga", "de", "tpe", "auto"};
	static const struct mixed small = {40, 8, 4}, large = {200, 20, 5};
	static const uint64_t marks[] = {100, 300, 1000, 3000, 30000}, few[] = {1000, 10000};
	static const double peer[] = {3.55, 1.86, 0.59, 0.50, 0}, large_peer[] = {1.9, 6e-4};
	for (size_t a = 0; a < sizeof algorithms / sizeof *algorithms; a++) {
		if (!algo_find(algorithms[a]))
			continue;
		mixed_table(algorithms[a], &small, marks, 5, peer, 11);
		mixed_table(algorithms[a], &large, few, 2, large_peer, 5);
	}
}

#endif
