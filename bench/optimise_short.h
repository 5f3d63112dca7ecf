/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Many coordinates, few evaluations: median best f of five seeds with a budget of 1e3 and of
 * 1e4, beside the better of pycma's full and separable covariance.
 */
#include "bench.h"
#include "optimise_functions.h"
#include "optimise_run.h"

struct short_peer {
	const char *name;
	size_t n;
	double at[2];
};
static const struct short_peer short_pycma[] = {
    {"sphere", 100, {229, 4e-7}}, {"sphere", 300, {1150, 0.009}}, {"ackley", 100, {19.1, 0.005}},
    {"rastrigin", 100, {1210, 298}}, {"rastrigin", 300, {4690, 1250}}, {"rosenbrock", 300, {1.4e6, 866}},
    {"rot_ell", 300, {2.9e7, 4e5}},
};

static inline void
bench_short(void)
{
	static const uint64_t budgets[2] = {1000, 10000};
	for (size_t k = 0; k < sizeof short_pycma / sizeof *short_pycma; k++)
		for (int b = 0; b < 2; b++) {
			const struct short_peer *p = &short_pycma[k];
			const struct named_function *f = continuous;
			while (strcmp(f->name, p->name))
				f++;
			double best, evaluations;
			struct run r = {.algo = "cmaes", .set = "", .f = plain_function, .of = &f->f, .space = {p->n, NULL},
			    .marks = &budgets[b], .n_marks = 1, .best = &best};
			run_seeds(&r, 5, &evaluations);
			char name[64];
			snprintf(name, sizeof name, "cmaes/%s/%zu at %llu", p->name, p->n, (unsigned long long)budgets[b]);
			bench_say(name, best, "best f", "pycma", p->at[b]);
		}
}
