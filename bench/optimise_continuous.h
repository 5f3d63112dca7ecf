/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Continuous functions: median evaluations to f < 1e-8 (eleven seeds, uniform start,
 * sigma 0.25, no restart, at most 1e5), else the median best f; beside pycma.
 */
#include "bench.h"
#include "optimise_functions.h"
#include "optimise_run.h"

/* pycma's medians at n = 10, 40, 100: evaluations, or the best f. */
struct continuous_peer {
	const char *name;
	double n[3];
	int best[3]; /* it is a best f */
};
static const struct continuous_peer pycma[] = {
    {"sphere", {1613, 5597, 12531}, {0}},
    {"ellipsoid", {4154, 48533, 220}, {0, 0, 1}},
    {"rot_ell", {4962, 49637, 268}, {0, 0, 1}},
    {"rosenbrock", {5215, 62500, 67}, {0, 0, 1}},
    {"schwefel12", {1933, 15920, 75704}, {0}},
    {"ackley", {3104, 10678, 22841}, {0}},
    {"griewank", {100000, 8425, 22075}, {0}}, /* 3, 10 and 9 of 11 */
    {"rastrigin", {15.9, 82.6, 267}, {1, 1, 1}},
    {"schwefel", {1150, 5880, 14400}, {1, 1, 1}},
};

static inline void
bench_continuous(void)
{
	static const size_t sizes[3] = {10, 40, 100};
	for (size_t k = 0; k < sizeof pycma / sizeof *pycma; k++)
		for (int d = 0; d < 3; d++) {
			const struct named_function *f = continuous;
			while (strcmp(f->name, pycma[k].name))
				f++;
			double best, evaluations;
			const uint64_t mark = 100000;
			struct run r = {.algo = "cmaes", .set = "sigma=0.25,restarts=none", .f = plain_function, .of = &f->f,
			    .space = {sizes[d], NULL}, .goal = 1e-8, .marks = &mark, .n_marks = 1, .best = &best};
			const size_t solved = run_seeds(&r, 11, &evaluations);
			char name[64];
			snprintf(name, sizeof name, "cmaes/%s/%zu (%zu of 11 solved)", f->name, sizes[d], solved);
			bench_say(name, pycma[k].best[d] ? best : evaluations, pycma[k].best[d] ? "best f" : "evaluations", "pycma",
			    pycma[k].n[d]);
		}
}
