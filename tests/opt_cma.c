/* SPDX-License-Identifier: GPL-3.0-or-later */
/* CMA-ES where it is more than a sphere's descent: lanes, walls, integers, categories, conditions, starts. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../bench/optimise_functions.h"
#include "../bench/optimise_odd.h"
#include "base/isa.h"
#include "base/rng.h"
#include "opt/algo.h"
#include "opt/cma.h"
#include "opt/discrete.h"
#include "tap.h"

enum { MAX_N = 1000 };

struct problem {
	struct space space;
	double (*f)(const double *x, const struct space *s);
	const double *starts;
	size_t n_starts;
};

/* Evaluations until f < goal, budget at most. */
static uint64_t
solve(const struct problem *p, const char *knobs, uint64_t seed, uint64_t budget, double goal, double *best)
{
	struct err err = {""};
	static double x[MAX_N];
	const struct algo *a = algo_find("cmaes");
	struct algo_settings set = {.seed = seed, .budget = budget, .starts = p->starts, .n_starts = p->n_starts};
	algo_defaults(a, &set);
	uint64_t k = 0, number;
	*best = INFINITY;
	if (algo_set(a, knobs, &set, &err) < 0) {
		ok(0, "%s", err.text);
		return 0;
	}
	void *self = a->create(&p->space, &set, &err);
	ok(self != NULL, "made: %s", self ? knobs : err.text);
	while (self && k < budget && *best >= goal && a->ask(self, &number, x)) {
		const double f = p->f(x, &p->space);
		*best = fmin(*best, f);
		a->tell(self, &(struct told){.number = number, .fitness = -f});
		k++;
	}
	a->free(self);
	return k;
}

/* The same sums at every width, of odd counts of rows. */
static void
test_lanes(void)
{
	enum { COLUMNS = 56, ROWS = 7 };
	cma_combine *const combine[] = ISA_TABLE(cma_combine), *const squares[] = ISA_TABLE(cma_squares);
	cma_dots *const dots[] = ISA_TABLE(cma_dots);
	double rows[ROWS * COLUMNS], coef[ROWS], first[2][COLUMNS], to[2][COLUMNS], dot[ROWS], first_dot[ROWS];
	struct rng r = {1, 0};
	for (int i = 0; i < ROWS * COLUMNS; i++)
		rows[i] = rng_normal(&r);
	for (int i = 0; i < ROWS; i++)
		coef[i] = rng_normal(&r);
	for (int isa = 0; isa < 4; isa++) {
		if (!isa_machine_has((enum isa)(ISA_SCALAR + isa)))
			continue;
		for (int i = 0; i < COLUMNS; i++)
			to[0][i] = to[1][i] = i;
		combine[isa](to[0], 0.9, COLUMNS, coef, rows, ROWS, COLUMNS);
		squares[isa](to[1], 0.9, COLUMNS, coef, rows, ROWS, COLUMNS);
		dots[isa](dot, rows, rows, ROWS, COLUMNS);
		if (isa == 0) {
			memcpy(first, to, sizeof to);
			memcpy(first_dot, dot, sizeof dot);
		}
		double sum = 0.9 * 11, product = 0;
		for (int i = 0; i < COLUMNS; i++)
			product += rows[i] * rows[4 * COLUMNS + i];
		for (int p = 0; p < ROWS; p++)
			sum += coef[p] * rows[p * COLUMNS + 11];
		ok(!memcmp(first, to, sizeof to) && fabs(to[0][11] - sum) < 1e-12 && !memcmp(first_dot, dot, sizeof dot)
		    && fabs(dot[4] - product) < 1e-12, "%s: the same bits", isa_name((enum isa)(ISA_SCALAR + isa)));
	}
}

/* What is learnt from points of a known covariance is it, and a reflection of one coordinate changes nothing else. */
static void
test_learn(void)
{
	enum { N = 3, LAMBDA = 400 };
	struct err err;
	struct cma c;
	const double mean[N] = {0};
	static double y[LAMBDA][N];
	const double *rows[LAMBDA];
	struct rng r = {5, 0};
	ok(cma_init(&c, N, LAMBDA, CMA_FULL, &err) == 0, "three coordinates");
	cma_begin(&c, mean, 1);
	for (int g = 0; g < 30; g++) {
		for (int i = 0; i < LAMBDA; i++) {
			cma_sample(&c, &r, y[i]);
			rows[i] = y[i];
		}
		for (int i = 1; i < LAMBDA; i++) /* a valley along x = y, ten times as long as wide; z is not told of */
			for (int k = i; k > 0; k--) {
				double f[2];
				for (int j = 0; j < 2; j++) {
					const double *p = rows[k - j], u = p[0] + p[1], v = p[0] - p[1];
					f[j] = u * u + 100 * v * v;
				}
				if (f[0] >= f[1])
					break;
				const double *swap = rows[k];
				rows[k] = rows[k - 1];
				rows[k - 1] = swap;
			}
		for (int i = 0; i < LAMBDA; i++)
			y[i][2] = NAN;
		cma_learn(&c, rows);
	}
	const double xx = c.C[0], xy = c.C[1], yy = c.C[c.stride + 1], zz = c.C[2 * c.stride + 2];
	ok(xy / sqrt(xx * yy) > 0.9, "x and y go together: correlation %.3f", xy / sqrt(xx * yy));
	ok(zz > 0.5 && zz < 2 && c.mean[2] == 0, "z, which did not matter, is as it was: variance %.2f", zz);
	double put[N], z[2] = {0};
	const double *U = c.U, ps = c.ps[1];
	cma_reflect(&c, 1, 1);
	for (size_t k = 0; k < N; k++) {
		z[0] += U[k * c.stride] * U[k * c.stride + 1];
		z[1] += U[k * c.stride + 1] * U[k * c.stride + 1];
	}
	struct rng again = {9, 0};
	cma_sample(&c, &again, put);
	ok(c.C[1] == -xy && c.ps[1] == -ps && c.mean[1] == 1 && z[0] * xy < 0 && z[1] > 0 && isfinite(put[1]),
	    "reflected, with its factor and paths");
	cma_release(&c);
}

static function *function_of;
static double
plain(const double *x, const struct space *s)
{
	return function_of(x, s->n);
}

static uint64_t
evaluations(function *f, size_t n, const char *knobs, uint64_t budget, double *best)
{
	function_of = f;
	return solve(&(struct problem){{n, NULL}, plain, NULL, 0}, knobs, 1, budget, 1e-8, best);
}

/* Scales beside a covariance, and a few directions beside scales. */
static void
test_models(void)
{
	double best;
	uint64_t k = evaluations(ellipsoid, 40, "", 20000, &best);
	ok(best < 1e-8 && k < 12000, "an ellipsoid of a million, n = 40: %d evaluations, where scales are not learnt apart 38,000",
	    (int)k);
	k = evaluations(rot_cigar, 60, "model=vkd", 40000, &best);
	ok(best < 1e-8 && k < 22000, "vkd: a valley along the diagonal, n = 60: %d evaluations", (int)k);
	k = evaluations(ell_cigar, 60, "model=vkd", 40000, &best);
	ok(best < 1e-8 && k < 24000, "vkd: a valley across axes of a thousand: %d evaluations", (int)k);
	k = evaluations(rot_cigar, 60, "model=separable", 30000, &best);
	ok(best > 1, "which each coordinate alone does not find: %.2g", best);
}

/* What is sampled has the covariance that is said, what is whitened has none; one direction is found. */
static void
test_directions(void)
{
	enum { N = 24, LAMBDA = 12, SAMPLES = 4000 };
	struct err err;
	struct cma c;
	static double y[LAMBDA][N], z[32];
	double start[N], variance[N] = {0}, white = 0, along = 0, all = 0;
	double *row[LAMBDA], worth[LAMBDA];
	struct rng r = {6, 0};
	for (int i = 0; i < N; i++)
		start[i] = 0.5;
	ok(cma_init(&c, N, LAMBDA, CMA_VKD, &err) == 0, "vkd: 24 coordinates");
	cma_begin(&c, start, 0.25);
	for (int g = 0; g < 400; g++) {
		for (int i = 0; i < LAMBDA; i++) {
			cma_sample(&c, &r, y[i]);
			int k = i;
			const double f = rot_cigar(y[i], N);
			for (; k > 0 && worth[k - 1] > f; k--) {
				worth[k] = worth[k - 1];
				row[k] = row[k - 1];
			}
			worth[k] = f;
			row[k] = y[i];
		}
		cma_learn(&c, (const double *const *)row);
	}
	for (int i = 0; i < SAMPLES; i++) {
		double sum = 0, square = 0, step[32] = {0};
		cma_sample(&c, &r, y[0]);
		for (int k = 0; k < N; k++) {
			step[k] = (y[0][k] - c.mean[k]) / c.now.sigma;
			variance[k] += step[k] * step[k] / SAMPLES;
			sum += step[k];
			square += step[k] * step[k];
		}
		along += sum * sum / N;
		all += square;
		white += cma_whiten(&c, step, z) / SAMPLES / N;
	}
	double worst = 0;
	for (int k = 0; k < N; k++)
		worst = fmax(worst, fabs(sqrt(variance[k]) * c.now.sigma / cma_deviation(&c, (size_t)k) - 1));
	ok(c.now.vectors >= 1 && along / all > 0.9, "%d vectors; %.3f of the variance is along the valley", (int)c.now.vectors,
	    along / all);
	ok(worst < 0.06 && fabs(white - 1) < 0.03, "samples have the deviations it says (within %.3f), whitened %.3f", worst, white);
	cma_release(&c);
}

/* A weighted sphere about a point of the wall, or beyond it, in every other coordinate. */
static double wall;
static double
walled(const double *x, const struct space *s)
{
	double f = 0;
	for (size_t i = 0; i < s->n; i++) {
		const double at = i % 2 ? 0.4 : wall, least = at < 0 ? at * at : 0;
		f += 100 * ((x[i] - at) * (x[i] - at) - least);
	}
	return f;
}

/* Downhill to the corner of all zeros, of which only 0.3 beyond is the bottom. */
static double
cornered(const double *x, const struct space *s)
{
	double f = 0;
	for (size_t i = 0; i < s->n; i++)
		f += x[i] * (x[i] + 0.6);
	return f;
}

static void
test_walls(void)
{
	static const double at[] = {0.4, 0, -0.3};
	uint64_t k[3];
	double best;
	for (int i = 0; i < 3; i++) {
		wall = at[i];
		k[i] = solve(&(struct problem){{10, NULL}, walled, NULL, 0}, "", 1, 10000, 1e-8, &best);
	}
	ok(k[1] < 1.3 * k[0], "an optimum on five walls takes %d evaluations, within %d", (int)k[1], (int)k[0]);
	ok(k[2] < 1.5 * k[0], "beyond them %d", (int)k[2]);
	const uint64_t corner = solve(&(struct problem){{40, NULL}, cornered, NULL, 0}, "", 2, 10000, 1e-8, &best);
	ok(best < 1e-8 && corner < 5000, "in a corner of 40 coordinates: %d evaluations", (int)corner);
}

/* Half of the coordinates are integers of 21 levels. */
static double
integers(const double *x, const struct space *s)
{
	double f = 0;
	for (size_t i = 0; i < s->n; i++) {
		const double d = space_levels(s, i) ? floor(x[i] * 21) - 17 : 21 * (x[i] - 0.3);
		f += d * d * (i % 4 == 1 ? 100 : 1);
	}
	return f;
}

static void
test_kinds(void)
{
	double best;
	struct dimension d[48] = {0};
	for (int i = 0; i < 10; i += 2)
		d[i] = (struct dimension){DIMENSION_INTEGER, 21, 0, 0, NULL};
	uint64_t k = solve(&(struct problem){{10, d}, integers, NULL, 0}, "restarts=none", 2, 10000, 1e-8, &best);
	ok(best < 1e-8 && k < 5000, "five integers and five reals: %d evaluations to %.2g", (int)k, best);
	for (int i = 0; i < 6; i++)
		d[i] = (struct dimension){DIMENSION_CATEGORY, 21, 0, 0, NULL};
	k = solve(&(struct problem){{6, d}, integers, NULL, 0}, "", 2, 20000, 1e-8, &best);
	ok(best < 1e-8, "categories alone: the one best of 21^6 after %d evaluations", (int)k);
}

/* Begun again where there are many valleys; evaluations in the mean. */
static void
test_restarts(void)
{
	static const struct { function *f; const char *name, *knobs; int found; } cases[] = {
	    {schwefel, "schwefel", "restarts=ipop", 4}, {schwefel, "schwefel", "restarts=bipop", 4}, {rastrigin, "rastrigin", "", 2},
	};
	for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
		double best;
		uint64_t sum = 0;
		int found = 0;
		function_of = cases[k].f;
		for (uint64_t seed = 1; seed <= 5; seed++) {
			sum += solve(&(struct problem){{10, NULL}, plain, NULL, 0}, cases[k].knobs, seed, 100000, 1e-8, &best);
			found += best < 1e-8;
		}
		ok(found >= cases[k].found, "%s of 10, %s: %d of 5 solved, %d evaluations", cases[k].name, cases[k].knobs, found,
		    (int)(sum / 5));
	}
}

static const struct mixed published = {40, 8, 4};
static double
published_mixed(const double *x, const struct space *s)
{
	(void)s;
	return mixed_function(x, &published);
}

static void
test_mixed(void)
{
	struct dimension d[48] = {0};
	double best;
	int reached = 0, solved = 0;
	for (int j = 40; j < 48; j++)
		d[j] = (struct dimension){DIMENSION_CATEGORY, 4, 0, 0, NULL};
	for (uint64_t seed = 1; seed <= 5; seed++) {
		solve(&(struct problem){{48, d}, published_mixed, NULL, 0}, "", seed, 1500, 0, &best);
		reached += best < 0.7;
		solve(&(struct problem){{48, d}, published_mixed, NULL, 0}, "", seed, 30000, 1e-8, &best);
		solved += best < 1e-8;
	}
	ok(reached >= 3, "8 categories that 40 reals depend on: under 0.7 at 1,500 evaluations with %d of 5 seeds", reached);
	ok(solved >= 3, "all of them right, and the reals, with %d of 5 within 30,000", solved);
}

/* A choice of two, each with three settings of its own. */
static double
chosen(const double *x, const struct space *s)
{
	double f = x[0] < 0.5 ? 0 : 1;
	for (size_t i = 1; i < s->n; i++)
		if (space_active(s, x, i))
			f += 100 * (x[i] - 0.1 * (double)i) * (x[i] - 0.1 * (double)i);
	return f;
}

static void
test_starts(void)
{
	struct dimension d[7] = {{DIMENSION_CATEGORY, 2, 0, 0, NULL}};
	for (int i = 1; i < 7; i++)
		d[i] = (struct dimension){DIMENSION_REAL, 0, 1, i < 4 ? 1 : 2, NULL};
	double best, near[4 * 10];
	uint64_t k = 0;
	int found = 0;
	for (uint64_t seed = 1; seed <= 5; seed++) {
		k += solve(&(struct problem){{7, d}, chosen, NULL, 0}, "", seed, 5000, 1e-8, &best) / 5;
		found += best < 1e-8;
	}
	ok(found == 5 && k < 2000, "the choice that is worse at first, with settings of its own: %d of 5, %d evaluations", found,
	    (int)k);

	struct dimension branch[25] = {0};
	odd_four_branches(branch, 25);
	k = solve(&(struct problem){{25, branch}, odd_branches, NULL, 0}, "", 1, 8000, 1e-4, &best);
	ok(best < 1e-4, "of four choices the one that is worst until its six settings are far out: %d evaluations", (int)k);

	struct rng r = {4, 0};
	wall = 0.4;
	for (int i = 0; i < 40; i++)
		near[i] = 0.4 + 0.03 * rng_normal(&r);
	const struct problem p = {{10, NULL}, walled, near, 1}, four = {{10, NULL}, walled, near, 4};
	k = solve(&p, "", 1, 5000, 1e-4, &best);
	const uint64_t with = solve(&four, "", 1, 5000, 1e-4, &best);
	ok(with < 0.8 * (double)k, "four starts near the optimum: %d evaluations, of one %d", (int)with, (int)k);
}

static void
test_large(void)
{
	double best;
	wall = 0.2;
	solve(&(struct problem){{MAX_N, NULL}, walled, NULL, 0}, "model=full", 1, 200, 0, &best);
	ok(best < 10500, "a full covariance of 1,000 coordinates: %.0f", best);
	solve(&(struct problem){{MAX_N, NULL}, walled, NULL, 0}, "", 1, 3000, 0, &best);
	ok(best < 2500, "auto, 3,000 evaluations: %.0f", best);
}

int
main(void)
{
	test_lanes();
	test_learn();
	test_models();
	test_directions();
	test_walls();
	test_kinds();
	test_restarts();
	test_mixed();
	test_starts();
	test_large();
	return done();
}
