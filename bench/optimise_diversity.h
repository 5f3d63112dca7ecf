/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Quality-diversity on the linear projection of the CMA-ME and CMA-MAE papers: QD-score
 * (sum of the elites' objectives over the number of cells, of 100) after so many evaluations,
 * higher is better; means of three seeds, beside pyribs (five seeds). The cube is [-10.24, 10.24]^n. Overhead is
 * that of asking and telling alone, a generation at a time.
 */
#include "bench.h"
#include "opt/archive.h"
#include "optimise_run.h"

enum { DIVERSITY_CELLS = 100 };

struct projection {
	size_t n;
	bool waves; /* rastrigin, not sphere */
};

static inline double
projection_raw(const double *x, size_t n, bool waves)
{
	double f = waves ? 10 * (double)n : 0;
	for (size_t i = 0; i < n; i++) {
		const double z = x[i] - 2.048;
		f += z * z - (waves ? 10 * fm_cos(TWO_PI * z) : 0);
	}
	return f;
}

static inline double
projection(const double *u, const struct projection *p, double measures[2])
{
	double x[RUN_MAX_N], worst[RUN_MAX_N];
	measures[0] = measures[1] = 0;
	for (size_t i = 0; i < p->n; i++) {
		x[i] = 20.48 * u[i] - 10.24;
		worst[i] = -5.12;
		measures[i >= p->n / 2] += fabs(x[i]) <= 5.12 ? x[i] : 5.12 / x[i];
	}
	return 100 * (1 - projection_raw(x, p->n, p->waves) / projection_raw(worst, p->n, p->waves));
}

/* The score after each of two numbers of evaluations, and what a proposal costs in microseconds. */
static inline void
diversity_run(const char *algo, const char *set, const struct projection *p, uint64_t seed, const uint64_t marks[2], double qd[2],
    double coverage[2], double *micro)
{
	enum { WAVE = 1024 };
	struct err err = {""};
	const double reach = 2.56 * (double)p->n;
	const struct measure m[2] = {{"first", -reach, reach, DIVERSITY_CELLS}, {"second", -reach, reach, DIVERSITY_CELLS}};
	double start[RUN_MAX_N], cost = 0;
	const struct algo *a = algo_find(algo);
	struct algo_settings s = {.seed = seed, .starts = start, .n_starts = 1, .measures = m, .n_measures = 2, .budget = marks[1]};
	const struct space space = {p->n, NULL};
	struct archive archive;
	double *x = malloc(WAVE * p->n * sizeof *x), (*measures)[2] = malloc(WAVE * sizeof *measures);
	struct told *told = malloc(WAVE * sizeof *told);
	for (size_t i = 0; i < p->n; i++)
		start[i] = 0.5;
	algo_defaults(a, &s);
	void *self = x && measures && told && algo_set(a, set, &s, &err) == 0 ? a->create(&space, &s, &err) : NULL;
	if (!self || archive_init(&archive, m, 2, 0, 1, 0, &err) < 0) {
		fprintf(stderr, "%s: %s\n", algo, err.text);
		exit(1);
	}
	for (uint64_t k = 0, mark = 0; k < marks[1];) {
		size_t wave = 0;
		double began = bench_cpu();
		while (wave < WAVE && k + wave < marks[1] && a->ask(self, &told[wave].number, x + wave * p->n))
			wave++;
		cost += bench_cpu() - began;
		for (size_t i = 0; i < wave; i++) {
			told[i] = (struct told){told[i].number, projection(x + i * p->n, p, measures[i]), measures[i], NULL};
			archive_add(&archive, &told[i], NULL, NULL, &err);
			if (++k == marks[mark]) {
				qd[mark] = archive_sum(&archive) / (DIVERSITY_CELLS * DIVERSITY_CELLS);
				coverage[mark++] = 100 * archive_coverage(&archive);
			}
		}
		began = bench_cpu();
		for (size_t i = 0; i < wave; i++)
			a->tell(self, &told[i]);
		cost += bench_cpu() - began;
		if (!wave)
			break;
	}
	*micro = cost / (double)marks[1] * 1e6;
	archive_release(&archive);
	a->free(self);
	free(x);
	free(measures);
	free(told);
}

/* A million cells, over which points by chance fall evenly: adds, memory, a saved state, and what a proposal
   costs an algorithm that keeps such an archive. */
static inline void
bench_million(void)
{
	enum { N = 20, SIDE = 1000, ADDS = 3000000 };
	static const struct measure m[2] = {{"first", 0, 1, SIDE}, {"second", 0, 1, SIDE}};
	struct archive a, again;
	struct err err = {""};
	struct rng r = {.seed = 1};
	double x[N];
	struct blob b = {0};
	if (archive_init(&a, m, 2, N, 0.01, 0, &err) < 0 || archive_init(&again, m, 2, N, 0.01, 0, &err) < 0) {
		fprintf(stderr, "%s\n", err.text);
		exit(1);
	}
	double began = bench_cpu();
	for (uint64_t k = 1; k <= ADDS; k++) {
		for (int i = 0; i < N; i++)
			x[i] = rng_uniform(&r);
		archive_add(&a, &(struct told){k, x[2], x, NULL}, x, NULL, &err);
	}
	bench_say("archive/million/adds", ADDS / (bench_cpu() - began) / 1e6, "million/s", NULL, 0);
	bench_say("archive/million/coverage", 100 * archive_coverage(&a), "%", NULL, 0);
	const double bytes = (double)a.cells * (sizeof *a.at + sizeof *a.threshold)
	    + (double)a.room * (sizeof *a.elite + (N + 2) * sizeof *a.x);
	bench_say("archive/million/memory", bytes / 1e6, "MB", NULL, 0);
	began = bench_cpu();
	archive_save(&a, &b);
	bench_say("archive/million/save", (bench_cpu() - began) * 1e3, "ms", NULL, 0);
	bench_say("archive/million/state", (double)b.n / 1e6, "MB", NULL, 0);
	began = bench_cpu();
	archive_load(&again, &b);
	bench_say("archive/million/load", (bench_cpu() - began) * 1e3, "ms", NULL, 0);
	if (b.bad || again.filled != a.filled) {
		fprintf(stderr, "an archive of a million cells does not load\n");
		exit(1);
	}
	blob_free(&b);
	archive_release(&a);
	archive_release(&again);

	struct algo_settings s = {.seed = 1, .measures = m, .n_measures = 2};
	const struct algo *mapelites = algo_find("mapelites");
	const struct space space = {N, NULL};
	algo_defaults(mapelites, &s);
	void *self = mapelites->create(&space, &s, &err);
	began = bench_cpu();
	for (int k = 0; self && k < ADDS / 3; k++) {
		struct told told = {.measures = x};
		mapelites->ask(self, &told.number, x);
		told.fitness = x[2];
		mapelites->tell(self, &told);
	}
	bench_say("mapelites/million/overhead", (bench_cpu() - began) / (ADDS / 3) * 1e6, "us/evaluation", NULL, 0);
	mapelites->free(self);
}

static inline void
bench_diversity(void)
{
	bench_million();
	static const struct {
		const char *algo, *set;
		double qd[4][2]; /* pyribs: of four problems at 54,000 and 540,000 */
		double micro[2]; /* of 20 and 100 coordinates, the ends of what was measured */
	} of[] = {
	    {"mapelites", "iso=0.0244,line=0.2,batch=540,first=0", {{39.0, 58.9}, {21.3, 40.1}, {30.1, 48.4}, {15.3, 29.1}}, {1, 3}},
	    /* as it is when nothing is set: 128 points by chance come first, which sounds need and this does not */
	    {"mapelites", "", {{39.0, 58.9}, {21.3, 40.1}, {30.1, 48.4}, {15.3, 29.1}}, {1, 3}},
	    {"cmame", "sigma=0.0244", {{46.3, 64.9}, {18.9, 41.0}, {42.0, 54.6}, {20.2, 31.2}}, {6, 11}},
	    {"cmamae", "sigma=0.0244", {{33.1, 68.5}, {20.8, 50.9}, {26.3, 57.2}, {18.4, 40.7}}, {7, 16}},
	};
	static const struct projection problems[4] = {{20, false}, {100, false}, {20, true}, {100, true}};
	static const uint64_t marks[2] = {54000, 540000};
	enum { SEEDS = 3 };
	for (size_t k = 0; k < sizeof of / sizeof *of; k++)
		for (int p = 0; p < 4; p++) {
			double qd[2] = {0}, micro = 0;
			for (uint64_t seed = 1; seed <= SEEDS; seed++) {
				double one[2], coverage[2], cost;
				diversity_run(of[k].algo, of[k].set, &problems[p], seed, marks, one, coverage, &cost);
				qd[0] += one[0] / SEEDS;
				qd[1] += one[1] / SEEDS;
				micro += cost / SEEDS;
			}
			for (int m = 0; m < 2; m++) {
				char name[64];
				snprintf(name, sizeof name, "%s%s/%s%zu/%llu", of[k].algo, *of[k].set ? "" : "/untold", problems[p].waves ? "rastrigin" : "sphere", problems[p].n,
				    (unsigned long long)marks[m]);
				bench_say(name, qd[m], "QD-score", "pyribs", of[k].qd[p][m]);
			}
			char name[64];
			snprintf(name, sizeof name, "%s%s/overhead/%zu", of[k].algo, *of[k].set ? "" : "/untold", problems[p].n);
			bench_say(name, micro, "us/evaluation", "pyribs", of[k].micro[p % 2]);
		}
}
