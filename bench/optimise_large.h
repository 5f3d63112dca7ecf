/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Many coordinates and time enough: median evaluations to f < 1e-8 of three seeds within 2e5 at n = 100, of one within
 * 3e5 at n = 300, else the best f; what cmaes learns by turns of all pairs, of a few directions, of each alone.
 * Beside libcmaes' separable active CMA where that was measured.
 */
#ifndef BENCH_OPTIMISE_LARGE_H
#define BENCH_OPTIMISE_LARGE_H

#include "bench.h"
#include "optimise_functions.h"
#include "optimise_run.h"

static inline void
bench_large(void)
{
	static const char *const functions[] = {"ellipsoid", "cigar", "rot_cigar", "discus", "rot_discus", "two_axes", "ell_cigar",
	    "rosenbrock", "rot_ell"}, *const models[] = {"full", "vkd", "separable"};
	static const size_t sizes[] = {100, 300}, seeds[] = {3, 1};
	static const uint64_t budgets[] = {200000, 300000};
	static const double libcmaes[] = {37200, 166805}; /* ellipsoid */
	for (size_t d = 0; d < 2; d++)
		for (size_t k = 0; k < sizeof functions / sizeof *functions; k++)
			for (size_t m = 0; m < 3; m++) {
				const struct named_function *f = continuous;
				while (strcmp(f->name, functions[k]))
					f++;
				double best, evaluations;
				char set[64], name[80];
				snprintf(set, sizeof set, "sigma=0.25,model=%s", models[m]);
				struct run r = {.algo = "cmaes", .set = set, .f = plain_function, .of = &f->f, .space = {sizes[d], NULL},
				    .goal = 1e-8, .marks = &budgets[d], .n_marks = 1, .best = &best};
				const size_t solved = run_seeds(&r, seeds[d], &evaluations);
				const bool most = 2 * solved > seeds[d];
				snprintf(name, sizeof name, "cmaes %s/%s/%zu", models[m], f->name, sizes[d]);
				bench_say(name, most ? evaluations : best, most ? "evaluations" : "best f", k == 0 ? "libcmaes" : NULL,
				    libcmaes[d]);
			}
}

#endif
