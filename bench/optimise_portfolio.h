/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The portfolio beside each of what it is made of, on functions of every kind and at every
 * budget, one seed each: a scorecard a kind.
 */
#ifndef BENCH_OPTIMISE_PORTFOLIO_H
#define BENCH_OPTIMISE_PORTFOLIO_H

#include "optimise_mixed.h"
#include "optimise_run.h"
#include "scorecard.h"

enum { PORTFOLIO_SEEDS = 1 };
static const char *portfolio[SCORECARD_MAX + 1] = {"auto", "cmaes", "ga", "de", "anneal"}; /* and those that are named */

struct portfolio_kind {
	const char *name;
	uint64_t budgets[3];
	struct {
		const char *name;
		size_t n;
	} of[5];
};
static const struct portfolio_kind portfolio_kinds[] = {
    {"small", {100, 200, 0}, {{"sphere", 6}, {"rosenbrock", 6}, {"ackley", 10}, {"rastrigin", 6}, {"mixed", 10}}},
    {"smooth", {1000, 10000, 0}, {{"sphere", 10}, {"rot_ell", 10}, {"rosenbrock", 10}, {"ackley", 10}, {"rosenbrock", 40}}},
    {"peaks", {1000, 10000, 0}, {{"rastrigin", 10}, {"schwefel", 10}, {"griewank", 10}, {"rastrigin", 40}, {"schwefel", 40}}},
    {"mixed", {500, 3000, 0}, {{"mixed", 10}, {"mixed", 20}, {"mixed", 40}, {NULL, 0}}},
};

static inline double
portfolio_value(const char *algo, const char *name, size_t n, uint64_t budget)
{
	const struct mixed m = {n, n / 5, 4};
	struct dimension d[RUN_MAX_N] = {0};
	double best, used;
	struct run r = {.algo = algo, .set = "", .f = plain_function, .space = {n, NULL}, .goal = 1e-8, .marks = &budget,
	    .n_marks = 1, .best = &best};
	const struct named_function *f = continuous;
	while (f->name && strcmp(f->name, name))
		f++;
	if (f->name)
		r.of = &f->f;
	else {
		for (size_t j = 0; j < m.categories; j++)
			d[n + j] = (struct dimension){.kind = DIMENSION_CATEGORY, .levels = m.levels};
		r.f = mixed_at;
		r.of = &m;
		r.space = (struct space){n + m.categories, d};
	}
	run_seeds(&r, PORTFOLIO_SEEDS, &used);
	return best;
}

static inline void
bench_portfolio(void)
{
	struct scorecard all = {.algo = portfolio, .floor = 1e-8};
	for (size_t k = 0; k < sizeof portfolio_kinds / sizeof *portfolio_kinds; k++) {
		const struct portfolio_kind *kind = &portfolio_kinds[k];
		for (size_t b = 0; kind->budgets[b]; b++) {
			struct scorecard s = {.algo = portfolio, .floor = 1e-8};
			for (size_t i = 0; i < 5 && kind->of[i].name; i++) {
				double value[SCORECARD_MAX];
				for (size_t a = 0; portfolio[a]; a++)
					value[a] = portfolio_value(portfolio[a], kind->of[i].name, kind->of[i].n, kind->budgets[b]);
				scorecard_add(&s, value);
				scorecard_add(&all, value);
			}
			char what[64];
			snprintf(what, sizeof what, "%s/%llu", kind->name, (unsigned long long)kind->budgets[b]);
			scorecard_say(&s, what);
		}
	}
	scorecard_say(&all, "all");
}

#endif
