/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Annealing beside the best of the libraries' (scipy 1.10's dual_annealing, begun anew where it ends): median
 * evaluations to f < 1e-8 of eleven seeds (rastrigin 40: its of five).
 */
#ifndef BENCH_OPTIMISE_ANNEAL_H
#define BENCH_OPTIMISE_ANNEAL_H

#include <string.h>

#include "bench.h"
#include "optimise_functions.h"
#include "optimise_run.h"

static inline void
bench_anneal(void)
{
	static const struct {
		const char *name;
		size_t n;
		uint64_t budget;
		double peer; /* evaluations; 0: it is not there within the budget */
	} of[] = {
	    {"sphere", 20, 100000, 105}, {"ellipsoid", 10, 100000, 0}, {"rot_ell", 10, 30000, 0}, {"schwefel12", 10, 100000, 297},
	    {"rosenbrock", 10, 100000, 946}, {"rosenbrock", 40, 100000, 11111}, {"ackley", 20, 30000, 0},
	    {"griewank", 10, 100000, 31162}, {"schwefel", 10, 100000, 1555}, {"schwefel", 40, 100000, 11401},
	    {"rastrigin", 10, 100000, 5448}, {"rastrigin", 40, 100000, 27623},
	};
	for (size_t k = 0; k < sizeof of / sizeof *of; k++) {
		const struct named_function *f = continuous;
		while (strcmp(f->name, of[k].name))
			f++;
		double best, evaluations;
		struct run r = {.algo = "anneal", .set = "", .f = plain_function, .of = &f->f, .space = {of[k].n, NULL}, .goal = 1e-8,
		    .marks = &of[k].budget, .n_marks = 1, .best = &best};
		const size_t solved = run_seeds(&r, 11, &evaluations);
		char name[80];
		snprintf(name, sizeof name, "anneal/%s/%zu (%zu of 11 solved)", of[k].name, of[k].n, solved);
		bench_say(name, evaluations, "evaluations", of[k].peer > 0 ? "dual_annealing" : NULL, of[k].peer);
	}
}

#endif
