/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Small budgets: how far the best of 100 and of 200 evaluations is from the optimum, medians of
 * eleven seeds, beside the best of what TuRBO-1, Optuna's GP, TPE and CMA-ES reach; and
 * what a proposal costs.
 */
#include "bench.h"
#include "optimise_functions.h"
#include "optimise_run.h"

struct small_problem {
	const char *name;
	function *f;
	size_t n;
	double optimum;
	double peer[2]; /* the best library after 100 and 200; 0: none was measured */
	double tpe[2];  /* Optuna's TPE */
	const char *who[2];
};

static const struct small_problem small_problems[] = {
    {"branin", branin, 2, 0.39788735772973816, {1.5e-5, 1.2e-5}, {.043, .0041}, {"GP (Optuna)", "CMA (Optuna)"}},
    {"hartmann6", hartmann6, 6, -3.322368011391339, {5.3e-5, .0019}, {.39, .11}, {"GP (Optuna)", "TuRBO-1"}},
    {"ackley10", ackley, 10, 0, {9.4, 2.75}, {16.5, 15.4}, {"GP (Optuna)", "TuRBO-1"}},
    {"ackley20", ackley, 20, 0, {16.6, 13.4}, {19.3, 18.6}, {"CMA (Optuna)", "CMA (Optuna)"}},
};

static inline double
small_mixed(const double *u, size_t n, const void *of)
{
	(void)n;
	return mixed_function(u, of);
}

/* mixed(40,8,4) after 100, 300 and 1,000, beside Optuna's TPE. */
static inline void
bench_small_mixed(const char *algo)
{
	static const struct mixed m = {40, 8, 4};
	static const double peer[3] = {7.8, 6.3, 4.5};
	static const uint64_t marks[3] = {100, 300, 1000};
	struct dimension d[48] = {0};
	for (size_t i = 40; i < 48; i++)
		d[i] = (struct dimension){.kind = DIMENSION_CATEGORY, .levels = 4};
	double best[3], used;
	struct run r = {.algo = algo, .set = "", .f = small_mixed, .of = &m, .space = {48, d}, .goal = -1, .marks = marks,
	    .n_marks = 3, .best = best};
	run_seeds(&r, 3, &used);
	for (int i = 0; i < 3; i++) {
		char name[64];
		snprintf(name, sizeof name, "%s/mixed(40,8,4)/%d", algo, (int)marks[i]);
		bench_say(name, best[i], "best f", "TPE (Optuna)", peer[i]);
	}
}

static inline void
bench_small(void)
{
	static const char *const algorithms[] = {"turbo", "tpe", "cmaes", "ga"};
	static const uint64_t marks[2] = {100, 200};
	for (size_t a = 0; a < sizeof algorithms / sizeof *algorithms; a++) {
		for (size_t k = 0; k < sizeof small_problems / sizeof *small_problems; k++) {
			const struct small_problem *p = &small_problems[k];
			const bool tpe = !strcmp(algorithms[a], "tpe");
			double best[2], used;
			struct run r = {.algo = algorithms[a], .set = "", .f = plain_function, .of = &p->f, .space = {p->n, NULL},
			    .goal = -INFINITY, .marks = marks, .n_marks = 2, .best = best};
			const double began = bench_cpu();
			run_seeds(&r, 11, &used);
			const double cost = (bench_cpu() - began) / (11 * 200) * 1e3;
			char name[64];
			for (int i = 0; i < 2; i++) {
				snprintf(name, sizeof name, "%s/%s/%d", algorithms[a], p->name, (int)marks[i]);
				bench_say(name, best[i] - p->optimum, "regret", tpe ? "TPE (Optuna)" : p->who[i], tpe ? p->tpe[i] : p->peer[i]);
			}
			snprintf(name, sizeof name, "%s/%s/cost", algorithms[a], p->name);
			bench_say(name, cost, "ms/proposal", NULL, 0);
		}
		if (!strcmp(algorithms[a], "tpe") || !strcmp(algorithms[a], "ga"))
			bench_small_mixed(algorithms[a]);
	}
}
