/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What an evaluation costs beside the function: CPU µs of ask and tell, the least of five
 * rounds, beside c-cmaes (full) and libcmaes (separable).
 */
#include "bench.h"
#include "optimise_functions.h"
#include "optimise_run.h"

/* The sphere about u*, less its logs: what it costs is taken off. */
static inline double
overhead_function(const double *x, const double *at, size_t n)
{
	double f = 0;
	for (size_t i = 0; i < n; i++)
		f += (x[i] - at[i]) * (x[i] - at[i]);
	return f;
}

static inline double
overhead(const char *name, const char *set, size_t n, uint64_t count)
{
	struct err err = {""};
	const struct algo *a = algo_find(name);
	const struct space space = {n, NULL};
	double x[RUN_MAX_N], at[RUN_MAX_N], least = INFINITY;
	for (size_t i = 0; i < n; i++)
		at[i] = optimum_at((double)i + 1);
	for (int round = 0; round < 5; round++) {
		struct algo_settings s = {.seed = 1};
		algo_defaults(a, &s);
		void *self = algo_set(a, set, &s, &err) == 0 ? a->create(&space, &s, &err) : NULL;
		if (!self) {
			fprintf(stderr, "%s: %s\n", name, err.text);
			exit(1);
		}
		uint64_t number;
		volatile double kept = 0;
		double t = bench_cpu();
		for (uint64_t k = 0; k < count && a->ask(self, &number, x); k++)
			a->tell(self, &(struct told){.number = number, .fitness = -overhead_function(x, at, n)});
		t = bench_cpu() - t;
		const double from = bench_cpu();
		for (uint64_t k = 0; k < count; k++)
			kept = overhead_function(x, at, n);
		(void)kept;
		least = fmin(least, (t - (bench_cpu() - from)) / (double)count * 1e6);
		a->free(self);
	}
	return least;
}

static inline void
bench_overhead(void)
{
	static const size_t sizes[] = {10, 40, 100, 300};
	static const double full[] = {0.48, 2.0, 10.3, 98}, separable[] = {0.51, 1.3, 3.2, 10};
	char name[64];
	for (size_t k = 0; k < 4; k++) {
		snprintf(name, sizeof name, "cmaes full/%zu", sizes[k]);
		bench_say(name, overhead("cmaes", "model=full,restarts=none", sizes[k], 300000 / sizes[k]), "us/evaluation", "c-cmaes",
		    full[k]);
		snprintf(name, sizeof name, "cmaes separable/%zu", sizes[k]);
		bench_say(name, overhead("cmaes", "model=separable,restarts=none", sizes[k], 300000 / sizes[k]), "us/evaluation",
		    "libcmaes", separable[k]);
	}
	bench_say("cmaes full/1000", overhead("cmaes", "model=full", 1000, 2000), "us/evaluation", NULL, 0);
	for (size_t k = 2; k < 4; k++) {
		snprintf(name, sizeof name, "cmaes vkd/%zu", sizes[k]);
		bench_say(name, overhead("cmaes", "model=vkd,restarts=none", sizes[k], 300000 / sizes[k]), "us/evaluation", NULL, 0);
	}
	bench_say("cmaes vkd/1000", overhead("cmaes", "model=vkd", 1000, 2000), "us/evaluation", NULL, 0);
	bench_say("cmaes separable/1000", overhead("cmaes", "model=separable", 1000, 2000), "us/evaluation", NULL, 0);
}
