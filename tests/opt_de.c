/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Differential evolution: many peaks, choices with settings of their own, noise; what does not matter is left alone. */
#include <string.h>

#include "../bench/optimise_odd.h"
#include "../bench/optimise_run.h"
#include "tap.h"

enum { SEEDS = 5, BRANCHED = 25 };

/* Median evaluations to f < 1e-8, or infinity. */
static double
evaluations(function *f, size_t n, uint64_t budget)
{
	double used[SEEDS], best;
	struct run r = {.algo = "de", .set = "", .f = plain_function, .of = &f, .space = {n, NULL}, .blind = true, .goal = 1e-8,
	    .marks = &budget, .n_marks = 1, .best = &best};
	for (uint64_t s = 0; s < SEEDS; s++) {
		run_once(&r, 11 + s);
		used[s] = best < r.goal ? (double)r.used : INFINITY;
	}
	return run_median(used, SEEDS);
}

static double
odd_median(const char *name)
{
	double best[SEEDS];
	size_t k = 0;
	while (strcmp(odds[k].name, name))
		k++;
	for (uint64_t s = 0; s < SEEDS; s++)
		best[s] = odd_once("de", &odds[k], 11 + s);
	return run_median(best, SEEDS);
}

/* Of a trial's coordinates that do not matter, how many have a value that no proposal before it had. */
static size_t
drifted(uint64_t asks)
{
	struct err err = {""};
	struct dimension d[BRANCHED] = {0};
	odd_four_branches(d, BRANCHED);
	const struct space space = {BRANCHED, d};
	const struct algo *a = algo_find("de");
	struct algo_settings set = {.seed = 5, .budget = asks};
	algo_defaults(a, &set);
	double *x = calloc(asks * BRANCHED, sizeof *x);
	void *self = a->create(&space, &set, &err);
	uint64_t number;
	size_t drift = 0;
	for (uint64_t i = 0; i < asks && a->ask(self, &number, x + i * BRANCHED); i++) {
		const double *y = x + i * BRANCHED;
		for (size_t k = 0; i >= 100 && k < BRANCHED; k++) {
			bool had = space_active(&space, y, k);
			for (uint64_t j = 0; j < i && !had; j++)
				had = x[j * BRANCHED + k] == y[k];
			drift += !had;
		}
		a->tell(self, &(struct told){.number = number, .fitness = -odd_branches(y, &space)});
	}
	a->free(self);
	free(x);
	return drift;
}

int
main(void)
{
	double used = evaluations(rastrigin, 10, 10000);
	ok(used <= 10000, "rastrigin 10: solved after %g of 10,000", used);
	used = evaluations(schwefel, 40, 60000);
	ok(used <= 60000, "schwefel 40: solved after %g of 60,000", used);
	used = evaluations(rosenbrock, 10, 30000);
	ok(used <= 30000, "rosenbrock 10: solved after %g of 30,000", used);

	double best = odd_median("four branches");
	ok(best < 1e-3, "of four branches, the best of which is the worst at first: %.3g", best);
	best = odd_median("half integers, scaled");
	ok(best < 1e-6, "half of them whole numbers, axes of 1e-4 to 1e4: %.3g", best);
	best = odd_median("steps");
	ok(best == 0, "steps: %.3g", best);
	best = odd_median("noise 0.1, wall");
	ok(best < 0.1, "noise of 0.1, axes of a thousand: within %.3g", best);
	ok(drifted(1000) == 0, "what does not matter is what it was");
	return done();
}
