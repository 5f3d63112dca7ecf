/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Many local optima: the best f after 1e5 evaluations, or, where BiteOpt solves them all,
 * evaluations to f < 1e-8; medians of five seeds, beside BiteOpt.
 */
#include "bench.h"
#include "optimise_functions.h"
#include "optimise_run.h"

struct multimodal_peer {
	const char *name;
	size_t n;
	double biteopt;
	int evaluations; /* it is evaluations */
};
static const struct multimodal_peer biteopt[] = {
    {"rastrigin", 10, 28880, 1}, {"schwefel", 10, 8639, 1}, {"rastrigin", 40, 1.99, 0}, {"schwefel", 40, 5e-6, 0},
    {"rastrigin", 100, 27, 0}, {"schwefel", 100, 810, 0}, {"rastrigin", 300, 364, 0},
};

static inline void
bench_multimodal(void)
{
	static const char *const algorithms[] = {"cmaes", "de", "ga", "anneal", "auto"};
	for (size_t a = 0; a < sizeof algorithms / sizeof *algorithms; a++)
		for (size_t k = 0; algo_find(algorithms[a]) && k < sizeof biteopt / sizeof *biteopt; k++) {
			const struct multimodal_peer *p = &biteopt[k];
			const struct named_function *f = continuous;
			while (strcmp(f->name, p->name))
				f++;
			double best, evaluations;
			const uint64_t mark = 100000;
			struct run r = {.algo = algorithms[a], .set = "", .f = plain_function, .of = &f->f, .space = {p->n, NULL},
			    .goal = 1e-8, .marks = &mark, .n_marks = 1, .best = &best};
			const size_t solved = run_seeds(&r, 5, &evaluations);
			char name[64];
			snprintf(name, sizeof name, "%s/%s/%zu (%zu of 5 solved)", algorithms[a], f->name, p->n, solved);
			bench_say(name, p->evaluations ? evaluations : best, p->evaluations ? "evaluations" : "best f", "BiteOpt",
			    p->biteopt);
		}
}
