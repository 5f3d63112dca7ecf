/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Annealing: valleys, many peaks, choices, noise, results that never come; with and without its quench. */
#include "../bench/optimise_run.h"

#include <string.h>

#include "tap.h"

enum { SEEDS = 5 };

/* Median evaluations to below the goal are at most `limit`. */
static void
reaches(const char *set, const char *name, size_t n, double goal, uint64_t limit)
{
	const struct named_function *f = continuous;
	while (strcmp(f->name, name))
		f++;
	double best, evaluations;
	const uint64_t budget = 2 * limit;
	struct run r = {.algo = "anneal", .set = set, .f = plain_function, .of = &f->f, .space = {n, NULL}, .goal = goal,
	    .marks = &budget, .n_marks = 1, .best = &best};
	const size_t solved = run_seeds(&r, SEEDS, &evaluations);
	ok(best < goal && evaluations <= (double)limit, "%s n=%zu %s: %.0f evaluations to %g (at most %llu), %zu of %d", name, n, set,
	    evaluations, goal, (unsigned long long)limit, solved, SEEDS);
}

enum { N = 12 };
static const struct dimension odd[N] = {
    {.kind = DIMENSION_CATEGORY, .levels = 3},
    {.of_1 = 1, .when = 1}, {.of_1 = 1, .when = 2}, {.of_1 = 1, .when = 4}, {.of_1 = 1, .when = 4},
    {.kind = DIMENSION_INTEGER, .levels = 40}, {.kind = DIMENSION_INTEGER, .levels = 5},
    {.kind = DIMENSION_REAL}, {.kind = DIMENSION_REAL}, {.kind = DIMENSION_REAL},
    {.kind = DIMENSION_CATEGORY, .levels = 6}, {.kind = DIMENSION_CATEGORY, .levels = 1},
};

/* The third level is the best where its own two settings are right, and the worst in the middle. */
static double
branches(const double *u)
{
	const uint32_t c = level_of(u[0], 3);
	double f = c == 2 ? 30 * ((u[3] - 0.1) * (u[3] - 0.1) + (u[4] - 0.9) * (u[4] - 0.9)) : 1 + c + (u[1 + c] - 0.5) * (u[1 + c] - 0.5);
	f += fabs((double)level_of(u[5], 40) - 29) + fabs((double)level_of(u[6], 5) - 3) + 0.5 * (level_of(u[10], 6) != 4);
	for (int i = 7; i < 10; i++)
		f += 10 * (u[i] - 0.3) * (u[i] - 0.3);
	return f;
}

/* The least f after `budget` proposals, of which one of `lost` is never told and one of `failing` fails. */
static double
search(uint64_t seed, bool steady, uint64_t budget, uint64_t lost, uint64_t failing, double noise)
{
	struct err err = {""};
	const struct space space = {N, odd};
	const struct algo *a = algo_find("anneal");
	struct algo_settings set = {.seed = seed, .steady = steady, .budget = budget};
	struct rng r = {seed, 5000};
	double x[N], least = INFINITY;
	uint64_t number;
	algo_defaults(a, &set);
	void *self = a->create(&space, &set, &err);
	for (uint64_t k = 1; k <= budget && a->ask(self, &number, x); k++) {
		const double f = branches(x), heard = failing && k % failing == 0 ? NAN : -f - noise * rng_normal(&r);
		least = fmin(least, f);
		if (!lost || k % lost)
			a->tell(self, &(struct told){.number = number, .fitness = heard});
	}
	a->free(self);
	return least;
}

static double
median_search(bool steady, uint64_t budget, uint64_t lost, uint64_t failing, double noise)
{
	double v[SEEDS];
	for (uint64_t s = 0; s < SEEDS; s++)
		v[s] = search(s + 1, steady, budget, lost, failing, noise);
	return run_median(v, SEEDS);
}

int
main(void)
{
	reaches("", "sphere", 20, 1e-8, 1000);
	reaches("", "ellipsoid", 10, 1e-8, 1000);
	reaches("", "rosenbrock", 10, 1e-8, 7500);
	reaches("", "ackley", 20, 1e-8, 10000);
	reaches("", "griewank", 10, 1e-8, 2000);
	reaches("", "rastrigin", 10, 1e-8, 30000);
	reaches("", "schwefel", 10, 1e-8, 10000);
	reaches("quench=off", "sphere", 10, 1e-4, 15000);
	reaches("quench=off", "rastrigin", 10, 1, 15000);

	const double plain = median_search(false, 4000, 0, 0, 0);
	ok(plain < 1e-8, "whole numbers, choices, conditions: %.3g", plain);
	const double noisy = median_search(false, 4000, 0, 0, 0.01);
	ok(noisy < 0.02, "with noise of 0.01: %.3g", noisy);
	const double late = median_search(true, 4000, 5, 7, 0);
	ok(late < 1e-3, "steady, a fifth never told, a seventh failed: %.3g", late);
	return done();
}
