/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Small budgets: how far the best of 100 and of 200 evaluations is from the optimum, medians of
 * eleven seeds, beside the best of what TuRBO-1, Optuna's GP, TPE and CMA-ES reach (none of them was
 * measured on the functions that follow hartmann6 and ackley); and what a proposal costs.
 */
#include "bench.h"
#include "optimise_functions.h"
#include "optimise_run.h"

struct small_problem {
	const char *name;
	function *f;
	size_t n;
	double optimum;
	const struct dimension *dimension;
	double peer[2]; /* the best library after 100 and 200; 0: none was measured */
	double tpe[2];  /* Optuna's TPE */
	const char *who[2];
};

/* Levy's: a hill-side of waves, w = 1 + z / 4 where z is 20 wide. */
static inline double
levy(const double *u, size_t n)
{
	const double pi = TWO_PI / 2;
	double f = 0;
	for (size_t i = 0; i < n; i++) {
		const double w = 1 + from_optimum(u, i, 20) / 4, first = fm_sin(pi * w), wave = fm_sin(pi * w + 1), last = fm_sin(TWO_PI * w);
		f += i ? 0 : first * first;
		f += (w - 1) * (w - 1) * (i + 1 < n ? 1 + 10 * wave * wave : 1 + last * last);
	}
	return f;
}

/* Styblinski's and Tang's: two valleys in every coordinate, 14 apart, of a cube that is 10 wide. */
static inline double
styblinski(const double *u, size_t n)
{
	double f = 39.16616570377142 * (double)n;
	for (size_t i = 0; i < n; i++) {
		const double x = from_optimum(u, i, 10) - 2.903534027771177;
		f += (x * x * x * x - 16 * x * x + 5 * x) / 2;
	}
	return f;
}

/* A choice of four that moves the optimum of three reals; one of three with settings of its own each, a
   whole number among them, the last but one choice the best; a whole number and two reals that depend on each other. */
enum { BRANCHES = 12 };
static const struct dimension branches_dimensions[BRANCHES] = {
    {.kind = DIMENSION_REAL}, {.kind = DIMENSION_REAL}, {.kind = DIMENSION_REAL},
    {DIMENSION_CATEGORY, 4, 0, 0, NULL}, {DIMENSION_CATEGORY, 3, 0, 0, NULL},
    {DIMENSION_REAL, 0, 5, 1, NULL}, {DIMENSION_REAL, 0, 5, 1, NULL},
    {DIMENSION_REAL, 0, 5, 2, NULL}, {DIMENSION_INTEGER, 9, 5, 2, NULL},
    {DIMENSION_REAL, 0, 5, 4, NULL},
    {DIMENSION_INTEGER, 16, 0, 0, NULL}, {.kind = DIMENSION_REAL},
};

static inline double
branches(const double *u, size_t n)
{
	(void)n;
	static const double dear[4] = {.3, .6, 0, .6};
	const uint32_t c = level_of(u[3], 4), k = level_of(u[4], 3);
	const double eighth = (level_of(u[8], 9) - 6.0) / 9, sixteenth = (level_of(u[10], 16) - 11.0) / 16, along = u[11] - .35 - .3 * u[0];
	double f = dear[c] + (k == 1 ? 0 : .25) + 4 * sixteenth * sixteenth + 10 * along * along;
	for (size_t i = 0; i < 3; i++) {
		const double off = u[i] - optimum_at((double)i + 1 + 3.0 * c);
		f += 8 * off * off;
	}
	return f + (k == 0   ? 3 * (fabs(u[5] - .3) + fabs(u[6] - .8))
	            : k == 1 ? 6 * (u[7] - .63) * (u[7] - .63) + 6 * eighth * eighth
	                     : 2 * fabs(u[9] - .2));
}

static const struct small_problem small_problems[] = {
    {"branin", branin, 2, 0.39788735772973816, NULL, {1.5e-5, 1.2e-5}, {.043, .0041}, {"GP (Optuna)", "CMA (Optuna)"}},
    {"hartmann6", hartmann6, 6, -3.322368011391339, NULL, {5.3e-5, .0019}, {.39, .11}, {"GP (Optuna)", "TuRBO-1"}},
    {"ackley10", ackley, 10, 0, NULL, {9.4, 2.75}, {16.5, 15.4}, {"GP (Optuna)", "TuRBO-1"}},
    {"ackley20", ackley, 20, 0, NULL, {16.6, 13.4}, {19.3, 18.6}, {"CMA (Optuna)", "CMA (Optuna)"}},
    {"rosenbrock6", rosenbrock, 6, 0, NULL, {0}, {0}, {NULL}},
    {"levy10", levy, 10, 0, NULL, {0}, {0}, {NULL}},
    {"griewank10", griewank, 10, 0, NULL, {0}, {0}, {NULL}},
    {"styblinski10", styblinski, 10, 0, NULL, {0}, {0}, {NULL}},
    {"branches12", branches, BRANCHES, 0, branches_dimensions, {0}, {0}, {NULL}},
};

/* hartmann6 with noise of deviation 0.1, a function of the place; what counts is the truth where it seemed best. */
struct small_noisy {
	double best, truth; /* at what seemed best so far */
};

static inline double
small_noisy(const double *u, size_t n, const void *of)
{
	struct small_noisy *s = (struct small_noisy *)of;
	struct rng r = {1, 0};
	for (size_t i = 0; i < n; i++) {
		uint64_t bits;
		memcpy(&bits, &u[i], sizeof bits);
		r.seed = rng_mix(r.seed ^ bits);
	}
	const double truth = hartmann6(u, n), f = truth + 0.1 * rng_normal(&r);
	if (f < s->best)
		*s = (struct small_noisy){f, truth};
	return f;
}

static inline void
bench_small_noisy(const char *algo)
{
	static const uint64_t marks[2] = {100, 200};
	char name[64];
	for (int i = 0; i < 2; i++) {
		double truth[11], best;
		for (uint64_t seed = 0; seed < 11; seed++) {
			struct small_noisy s = {INFINITY, 0};
			struct run r = {.algo = algo, .set = "", .f = small_noisy, .of = &s, .space = {6, NULL}, .goal = -INFINITY,
			    .marks = &marks[i], .n_marks = 1, .best = &best};
			run_once(&r, seed + 1);
			truth[seed] = s.truth + 3.322368011391339;
		}
		snprintf(name, sizeof name, "%s/noisy hartmann6/%d", algo, (int)marks[i]);
		bench_say(name, run_median(truth, 11), "regret", NULL, 0);
	}
}

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
			struct run r = {.algo = algorithms[a], .set = "", .f = plain_function, .of = &p->f, .space = {p->n, p->dimension},
			    .goal = -INFINITY, .marks = marks, .n_marks = 2, .best = best};
			const double began = bench_cpu();
			run_seeds(&r, 11, &used);
			const double cost = (bench_cpu() - began) / (11 * 200) * 1e3;
			char name[64];
			for (int i = 0; i < 2; i++) {
				snprintf(name, sizeof name, "%s/%s/%d", algorithms[a], p->name, (int)marks[i]);
				bench_say(name, best[i] - p->optimum, "regret", !p->who[i] ? NULL : tpe ? "TPE (Optuna)" : p->who[i], tpe ? p->tpe[i] : p->peer[i]);
			}
			snprintf(name, sizeof name, "%s/%s/cost", algorithms[a], p->name);
			bench_say(name, cost, "ms/proposal", NULL, 0);
		}
		bench_small_noisy(algorithms[a]);
		if (!strcmp(algorithms[a], "tpe") || !strcmp(algorithms[a], "ga"))
			bench_small_mixed(algorithms[a]);
	}
}
