/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What size costs: populations of 10,000, a thousand coordinates, a million cells, a thousand
 * workers. Memory is what became resident, CPU time that of the algorithm and of a sphere.
 */
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"
#include "opt/archive.h"
#include "optimise_run.h"
#include "optimise_workers.h"

static inline double
resident(void)
{
	long pages = 0, unused;
	FILE *f = fopen("/proc/self/statm", "r");
	if (!f || fscanf(f, "%ld %ld", &unused, &pages) != 2)
		pages = 0;
	if (f)
		fclose(f);
	return (double)pages * (double)sysconf(_SC_PAGESIZE) / 1048576;
}

/* In a process of its own, so that nobody inherits another's memory. */
static inline void
apart(void (*run)(const void *of), const void *of)
{
	int status = 0;
	fflush(stdout);
	const pid_t child = fork();
	if (child == 0) {
		run(of);
		fflush(stdout);
		_exit(0);
	}
	if (child < 0 || waitpid(child, &status, 0) < 0 || status)
		fprintf(stderr, "scale: a part of it failed\n"), exit(1);
}

struct sized {
	const char *algo, *set;
	size_t n;
	uint64_t evaluations;
};

static inline void
run_sized(const void *of)
{
	static const struct measure measures[2] = {{"first", 0, 1, 100}, {"second", 0, 1, 100}};
	const struct sized *w = of;
	const struct algo *a = algo_find(w->algo);
	const struct space space = {w->n, NULL};
	struct err err = {""};
	struct algo_settings s = {.seed = 1, .budget = w->evaluations, .measures = measures, .n_measures = 2};
	double *x = calloc(w->n, sizeof *x), best = INFINITY;
	uint64_t asked = 0, number, *out = calloc(w->evaluations, sizeof *out);
	double *value = calloc(w->evaluations, sizeof *value), *m = calloc(2 * w->evaluations, sizeof *m);
	char name[96];
	for (uint64_t i = 0; i < w->evaluations; i++) /* ours, not the algorithm's */
		value[i] = m[2 * i] = m[2 * i + 1] = 1, out[i] = 1;
	const double before = resident(), began = bench_cpu();
	algo_defaults(a, &s);
	void *self = algo_set(a, w->set, &s, &err) == 0 ? a->create(&space, &s, &err) : NULL;
	if (!self)
		fprintf(stderr, "%s: %s\n", w->algo, err.text), _exit(1);
	while (asked < w->evaluations) {
		uint64_t k = 0;
		for (; asked < w->evaluations && a->ask(self, &number, x); k++, asked++) {
			out[k] = number;
			value[k] = sphere(x, w->n);
			m[2 * k] = x[0];
			m[2 * k + 1] = x[1];
			best = fmin(best, value[k]);
			if (!a->generation && k == 99) { /* it never waits */
				k++, asked++;
				break;
			}
		}
		if (!k)
			fprintf(stderr, "%s waits with nothing under way\n", w->algo), _exit(1);
		for (uint64_t i = 0; i < k; i++)
			a->tell(self, &(struct told){.number = out[i], .fitness = -value[i], .measures = m + 2 * i});
	}
	snprintf(name, sizeof name, "%s%s%s n=%zu", w->algo, *w->set ? " " : "", w->set, w->n);
	bench_say(name, (bench_cpu() - began) / (double)w->evaluations * 1e6, "us/evaluation", NULL, 0);
	snprintf(name, sizeof name, "%s%s%s n=%zu, memory", w->algo, *w->set ? " " : "", w->set, w->n);
	bench_say(name, resident() - before, "MB", NULL, 0);
	a->free(self);
}

static inline void
run_cells(const void *of)
{
	(void)of;
	enum { SIDE = 1000, N = 20 };
	static const struct measure measures[2] = {{"x", 0, 1, SIDE}, {"y", 0, 1, SIDE}};
	struct archive a, b;
	struct err err;
	struct blob blob = {0};
	struct rng r = {1, 2};
	double x[N] = {0}, m[2];
	const double before = resident();
	double t = bench_cpu();
	archive_init(&a, measures, 2, N, 1, 0, &err);
	for (uint64_t k = 0; a.filled < a.cells; k++) {
		m[0] = (double)(k / SIDE % SIDE) / SIDE + 0.5 / SIDE;
		m[1] = (double)(k % SIDE) / SIDE + 0.5 / SIDE;
		archive_add(&a, &(struct told){.number = k + 1, .fitness = rng_uniform(&r), .measures = m}, x, NULL, &err);
	}
	bench_say("a million cells, to fill", (bench_cpu() - t), "us/evaluation", NULL, 0);
	bench_say("a million cells, memory", resident() - before, "MB", NULL, 0);
	t = bench_cpu();
	for (uint64_t k = 0; k < 1000000; k++) {
		m[0] = rng_uniform(&r);
		m[1] = rng_uniform(&r);
		archive_add(&a, &(struct told){.number = k + 1, .fitness = rng_uniform(&r), .measures = m}, x, NULL, &err);
	}
	bench_say("a million cells, full", (bench_cpu() - t), "us/evaluation", NULL, 0);
	t = bench_cpu();
	archive_save(&a, &blob);
	bench_say("a million cells, to save", bench_cpu() - t, "s", NULL, 0);
	archive_init(&b, measures, 2, N, 1, 0, &err);
	t = bench_cpu();
	archive_load(&b, &blob);
	bench_say("a million cells, to load", bench_cpu() - t, "s", NULL, 0);
	if (blob.bad || b.filled != a.filled)
		fprintf(stderr, "scale: the archive did not load\n"), _exit(1);
	archive_release(&a);
	archive_release(&b);
	blob_free(&blob);
}

static inline void
run_workers(const void *of)
{
	struct workers w = *(const struct workers *)of;
	struct err err = {""};
	char name[96];
	for (int crowd = 0; crowd < 2; crowd++)
		for (int steady = 0; steady < 2; steady++) {
			double used[5], time[5];
			w.workers = crowd ? 1000 : 1;
			if (!crowd && steady)
				continue;
			for (uint64_t seed = 1; seed <= 5; seed++) {
				w.steady = steady;
				if (workers_run(&w, seed, &err) < 0)
					fprintf(stderr, "scale: %s\n", err.text), _exit(1);
				used[seed - 1] = w.best <= w.goal ? (double)w.used : INFINITY; /* not reached */
				time[seed - 1] = w.time;
			}
			snprintf(name, sizeof name, "%s%s%s, %zu worker%s%s", w.algo->name, *w.set ? " " : "", w.set, w.workers,
			    crowd ? "s" : "", !crowd ? "" : steady ? ", steady" : ", in generations");
			bench_say(name, run_median(used, 5), "evaluations", NULL, 0);
			bench_say(name, run_median(time, 5), "takes' time", NULL, 0);
		}
}

static inline void
bench_scale(void)
{
	static const struct sized sized[] = {
	    {"ga", "population=10000", 40, 50000}, {"de", "population=10000", 40, 50000}, {"cmaes", "population=10000", 40, 50000},
	    {"mapelites", "batch=10000", 40, 50000}, {"novelty", "population=10000", 40, 50000},
	    {"anneal", "chains=10000", 40, 50000}, {"random", "", 1000, 10000}, {"sobol", "", 1000, 10000}, {"lhs", "", 1000, 10000},
	    {"ga", "", 1000, 10000}, {"de", "", 1000, 10000}, {"anneal", "", 1000, 10000}, {"cmaes", "model=separable", 1000, 10000},
	    {"cmaes", "model=full", 1000, 2000}, {"cmaes", "", 1000, 10000}, {"mapelites", "", 1000, 10000}, {"cmame", "", 1000, 10000},
	    {"cmamae", "", 1000, 10000}, {"novelty", "", 1000, 10000}, {"auto", "", 1000, 10000}, {"tpe", "", 1000, 300}, {"turbo", "", 1000, 50},
	};
	static const char *const crowd[][2] = {{"cmaes", ""}, {"cmaes", "population=1000"}, {"de", ""}, {"ga", ""}, {"anneal", ""}, {"auto", ""}};
	for (size_t i = 0; i < sizeof sized / sizeof *sized; i++)
		apart(run_sized, &sized[i]);
	apart(run_cells, NULL);
	for (size_t i = 0; i < sizeof crowd / sizeof *crowd; i++)
		apart(run_workers, &(struct workers){.algo = algo_find(crowd[i][0]), .set = crowd[i][1], .f = sphere, .n = 20, .goal = 1e-3, .most = 200000});
}
