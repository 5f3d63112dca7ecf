/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Several objectives: which part of the true front's hypervolume all that was tried leaves open after 5,000 and
 * 25,000 evaluations; medians of eleven seeds, populations of 100. ZDT1 to 4 and 6 (Zitzler, Deb, Thiele 2000), DTLZ2
 * (Deb and others 2002) with three objectives and 12 coordinates, over 1.1 in each objective; and `trade`, which is mixed:
 * ZDT1's front, whose first choice has another right level in each quarter.
 *
 * The peer is DEAP 1.3.1 (Debian's python3-deap), measured in these definitions: its NSGA-II with SBX (0.9, eta
 * 20) and polynomial mutation (1/n, eta 20) as in its example, on `trade` with uniform crossover and resetting of
 * levels beside them; for DTLZ2 the better of that and its NSGA-III (92 points, eta 30).
 */
#include "bench.h"
#include "opt/front.h"
#include "opt/volume.h"
#include "optimise_functions.h"
#include "optimise_run.h"

enum { OBJECTIVES_N = 30, OBJECTIVES_SEEDS = 11 };

/* ZDT's shapes: 0 a root, 1 a square, 2 a root and waves. */
static inline void
zdt_front(double f1, double g, int shape, double *f)
{
	const double r = f1 / g;
	f[0] = f1;
	f[1] = g * (shape == 1 ? 1 - r * r : shape == 2 ? 1 - sqrt(r) - r * fm_sin(5 * TWO_PI * f1) : 1 - sqrt(r));
}

static inline double
zdt_mean(const double *u, size_t n)
{
	double sum = 0;
	for (size_t i = 1; i < n; i++)
		sum += u[i];
	return sum / (double)(n - 1);
}

static inline void zdt1(const double *u, double *f) { zdt_front(u[0], 1 + 9 * zdt_mean(u, 30), 0, f); }
static inline void zdt2(const double *u, double *f) { zdt_front(u[0], 1 + 9 * zdt_mean(u, 30), 1, f); }
static inline void zdt3(const double *u, double *f) { zdt_front(u[0], 1 + 9 * zdt_mean(u, 30), 2, f); }

static inline void
zdt4(const double *u, double *f)
{
	double g = 1 + 10 * 9;
	for (int i = 1; i < 10; i++) {
		const double x = 10 * u[i] - 5;
		g += x * x - 10 * fm_cos(2 * TWO_PI * x);
	}
	zdt_front(u[0], g, 0, f);
}

static inline void
zdt6(const double *u, double *f)
{
	const double s = fm_sin(3 * TWO_PI * u[0]);
	zdt_front(1 - fm_exp(-4 * u[0]) * s * s * s * s * s * s, 1 + 9 * sqrt(sqrt(zdt_mean(u, 10))), 1, f);
}

static inline void
dtlz2(const double *u, double *f)
{
	double g = 1;
	for (int i = 2; i < 12; i++)
		g += (u[i] - 0.5) * (u[i] - 0.5);
	const double a = u[0] * TWO_PI / 4, b = u[1] * TWO_PI / 4;
	f[0] = g * fm_cos(a) * fm_cos(b);
	f[1] = g * fm_cos(a) * fm_sin(b);
	f[2] = g * fm_sin(a);
}

/* A choice of 4, three of 5, three whole numbers of 16, twelve reals whose optimum is the first choice's, and five that matter
   with levels 1 and 2 of the second choice, five with 0 and 4 of the third. */
static const struct dimension trade_space[OBJECTIVES_N] = {
    {.kind = DIMENSION_REAL},
    {DIMENSION_CATEGORY, 4, 0, 0, NULL},
    {DIMENSION_CATEGORY, 5, 0, 0, NULL}, {DIMENSION_CATEGORY, 5, 0, 0, NULL}, {DIMENSION_CATEGORY, 5, 0, 0, NULL},
    {DIMENSION_INTEGER, 16, 0, 0, NULL}, {DIMENSION_INTEGER, 16, 0, 0, NULL}, {DIMENSION_INTEGER, 16, 0, 0, NULL},
    [20] = {DIMENSION_REAL, 0, 3, 6, NULL}, {DIMENSION_REAL, 0, 3, 6, NULL}, {DIMENSION_REAL, 0, 3, 6, NULL},
    {DIMENSION_REAL, 0, 3, 6, NULL}, {DIMENSION_REAL, 0, 3, 6, NULL},
    {DIMENSION_REAL, 0, 4, 17, NULL}, {DIMENSION_REAL, 0, 4, 17, NULL}, {DIMENSION_REAL, 0, 4, 17, NULL},
    {DIMENSION_REAL, 0, 4, 17, NULL}, {DIMENSION_REAL, 0, 4, 17, NULL},
};

static inline void
trade(const double *u, double *f)
{
	const struct space s = {OBJECTIVES_N, trade_space};
	const uint32_t quarter = level_of(u[0], 4), c = level_of(u[1], 4);
	double g = 1 + 0.5 * (c != (3 * quarter + 1) % 4);
	for (uint32_t j = 0; j < 3; j++) {
		g += 0.5 * (level_of(u[2 + j], 5) != (3 * j + 1) % 5);
		g += 0.5 * fabs((double)level_of(u[5 + j], 16) - (5 + 4 * j)) / 15;
	}
	for (size_t i = 8; i < OBJECTIVES_N; i++) {
		const double d = u[i] - optimum_at((double)i + 1 + (i < 20 ? 5.0 * c : 0));
		if (space_active(&s, u, i))
			g += (i < 20 ? 10.0 / 12 : 2) * d * d;
	}
	zdt_front(u[0], g, 0, f);
}

struct trade_off {
	const char *name;
	void (*f)(const double *u, double *f);
	struct space space;
	size_t m;
	double whole;   /* volume of the true front */
	double peer[2]; /* what DEAP leaves open */
	double at_half; /* the last objective in the middle: a check of the definition */
};
static const struct trade_off trade_offs[] = {
    {"zdt1", zdt1, {30, NULL}, 2, 1.21 - 1 / 3.0, {0.26456, 0.002444}, 3.841687605},
    {"zdt2", zdt2, {30, NULL}, 2, 1.21 - 2 / 3.0, {0.73174, 0.0043684}, 5.454545455},
    {"zdt3", zdt3, {30, NULL}, 2, 1.3317620217540476, {0.20339, 0.0012284}, 3.841687605},
    {"zdt4", zdt4, {10, NULL}, 2, 1.21 - 1 / 3.0, {1, 0.0088585}, 0.2928932188},
    {"zdt6", zdt6, {10, NULL}, 2, 0.5078775146036889, {1, 0.020981}, 8.451355308},
    {"dtlz2", dtlz2, {12, NULL}, 3, 1.331 - TWO_PI / 12, {0.06326, 0.016272}, 0.7071067812},
    {"trade", trade, {OBJECTIVES_N, trade_space}, 2, 1.21 - 1 / 3.0, {0.40867, 0.030624}, 2.093766112},
};

static inline void
trade_once(const struct trade_off *t, const char *algo, const char *set, uint64_t seed, const uint64_t *marks, double *open)
{
	struct err err = {""};
	struct front all;
	double u[OBJECTIVES_N], f[3], worst[3] = {-1.1, -1.1, -1.1};
	struct algo_settings s = {.seed = seed, .n_objectives = t->m, .budget = marks[1]};
	const struct algo *a = algo_find(algo);
	if (a)
		algo_defaults(a, &s);
	void *self = a && algo_set(a, set, &s, &err) == 0 ? a->create(&t->space, &s, &err) : NULL;
	if (!self) {
		fprintf(stderr, "%s: %s\n", algo, a ? err.text : "there is no such algorithm");
		exit(1);
	}
	front_init(&all, 0, t->m, marks[1]);
	for (uint64_t k = 1; k <= marks[1]; k++) {
		struct told told = {.objectives = f};
		if (!a->ask(self, &told.number, u))
			break;
		t->f(u, f);
		for (size_t i = 0; i < t->m; i++)
			f[i] = -f[i];
		told.fitness = f[0] + f[1];
		a->tell(self, &told);
		front_add(&all, &told, NULL, &err);
		for (int i = 0; i < 2; i++)
			if (k == marks[i])
				open[i] = 1 - volume(all.f, all.n, t->m, worst, &err) / t->whole;
	}
	a->free(self);
	front_release(&all);
}

static inline void
bench_objectives(void)
{
	static const uint64_t marks[2] = {5000, 25000};
	double half[OBJECTIVES_N], f[3];
	for (int i = 0; i < OBJECTIVES_N; i++)
		half[i] = 0.5;
	for (size_t k = 0; k < sizeof trade_offs / sizeof *trade_offs; k++) {
		const struct trade_off *t = &trade_offs[k];
		double open[2][OBJECTIVES_SEEDS], one[2];
		t->f(half, f);
		if (!(fabs(f[t->m - 1] - t->at_half) < 1e-6)) {
			fprintf(stderr, "%s is not what it should be: %.10g in the middle\n", t->name, f[t->m - 1]);
			exit(1);
		}
		for (uint64_t s = 0; s < OBJECTIVES_SEEDS; s++) {
			trade_once(t, "nsga", "", s + 1, marks, one);
			open[0][s] = one[0];
			open[1][s] = one[1];
		}
		for (int i = 0; i < 2; i++) {
			char name[64];
			snprintf(name, sizeof name, "nsga/%s at %llu", t->name, (unsigned long long)marks[i]);
			bench_say(name, run_median(open[i], OBJECTIVES_SEEDS), "volume open", "DEAP", t->peer[i]);
		}
	}
}
