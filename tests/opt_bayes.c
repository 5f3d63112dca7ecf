/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Bayesian choosing: the process, expected improvement, and what both find in few evaluations. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../bench/optimise_functions.h"
#include "base/rng.h"
#include "opt/algo.h"
#include "opt/climb.h"
#include "opt/gp.h"
#include "tap.h"

enum { POINTS = 40, DIMS = 3 };

static double
wave(const double *x)
{
	return fm_sin(6 * x[0]) + x[1] * x[1] + (x[2] > 0.5);
}

/* A wave of two reals and a choice, none of which depends on noise. */
static void
process(void)
{
	struct err err = {""};
	struct gp g;
	struct rng r = {5, 0};
	const bool choice[DIMS] = {false, false, true};
	ok(gp_init(&g, DIMS, choice, POINTS + 2, &err) == 0, "a process of %d points", POINTS);
	for (int i = 0; i < POINTS; i++) {
		const double x[DIMS] = {rng_uniform(&r), rng_uniform(&r), (double)(rng_below(&r, 2) + 0.5) / 2};
		gp_put(&g, x, wave(x));
	}
	gp_factor(&g);
	double x[GP_LANES][DIMS], mean[GP_LANES], deviation[GP_LANES], worst = 0, before = 0, surest = 1;
	for (int k = 0; k < 2; k++) {
		before = worst;
		worst = 0;
		for (size_t i = 0; i < GP_LANES; i++) {
			x[i][0] = (double)(i + 1) / 9;
			x[i][1] = (double)(i * 5 % 8) / 8;
			x[i][2] = i % 2 ? 0.25 : 0.75;
		}
		gp_at(&g, x[0], GP_LANES, mean, deviation);
		for (size_t i = 0; i < GP_LANES; i++)
			worst = fmax(worst, fabs(mean[i] - wave(x[i])));
		if (!k) {
			gp_fit(&g, NULL, g.n, GP_MUCH_NOISE | GP_LITTLE_NOISE);
			gp_factor(&g);
		}
	}
	ok(worst < 0.05 && worst < before, "fitted, it knows the wave between the points to %.3g (before: %.3g)", worst, before);
	ok(g.theta[0] < g.theta[1], "the coordinate that waves has the shorter length (%.3g, %.3g)", g.theta[0], g.theta[1]);
	for (size_t i = 0; i < POINTS; i++) {
		gp_at(&g, g.x + i * DIMS, 1, mean, deviation);
		surest = fmin(surest, deviation[0]);
		worst = i ? fmax(worst, fabs(mean[0] - g.y[i])) : 0;
	}
	ok(worst < 1e-3 && surest < 1e-2, "at the points it is sure (%.2g) and right to %.2g", surest, worst);

	double m, s, dm[DIMS], ds[DIMS], off = 0;
	const double h = 1e-5, at[DIMS] = {0.437, 0.61, 0.75};
	gp_slope(&g, at, &m, &s, dm, ds);
	for (int d = 0; d < 2; d++) {
		double pair[2][DIMS] = {{at[0], at[1], at[2]}, {at[0], at[1], at[2]}};
		pair[0][d] -= h;
		pair[1][d] += h;
		gp_at(&g, pair[0], 2, mean, deviation);
		off = fmax(off, fabs(dm[d] - (mean[1] - mean[0]) / (2 * h)) / (1 + fabs(dm[d])));
		off = fmax(off, fabs(ds[d] - (deviation[1] - deviation[0]) / (2 * h)) / (1 + fabs(ds[d])));
	}
	ok(off < 1e-3 && dm[2] == 0, "its slopes are those of differences to %.2g", off);
	gp_at(&g, at, 1, mean, deviation);
	gp_believe(&g, at);
	gp_at(&g, at, 1, mean + 1, deviation + 1);
	ok(fabs(mean[0] - mean[1]) < 1e-9 && deviation[1] < 0.3 * deviation[0], "believed, a point is surer and expected the same");
	gp_keep(&g, 0);
	for (int i = 0; i < POINTS; i++)
		gp_put(&g, at, 1);
	gp_fit(&g, NULL, g.n, GP_MUCH_NOISE | GP_LITTLE_NOISE);
	gp_factor(&g);
	gp_at(&g, at, 1, mean, deviation);
	ok(fabs(mean[0] - 1) < 1e-6 && isfinite(deviation[0]), "one point forty times does no harm");
	gp_release(&g);
}

static double
alone(const double *x, size_t dims)
{
	double f = 0;
	for (size_t d = 0; d < dims; d++)
		f += fm_sin(9 * x[d] + (double)d);
	return f;
}

static double
product(const double *x, size_t dims)
{
	double f = 1;
	for (size_t d = 0; d < dims; d++)
		f *= fm_sin(3 * x[d] + 0.3);
	return f;
}

/* Which covariance it takes, its slopes, and that rows of the factor are the same bits one at a time or all at once. */
static void
apart(void)
{
	enum { N = 6, SEEN = 61 };
	struct err err = {""};
	struct gp g, one;
	const bool choice[N] = {0};
	double x[GP_LANES][N], mean[GP_LANES], deviation[GP_LANES], worst = 0, off = 0, m, s, dm[N], ds[N];
	for (int sum = 0; sum < 2; sum++) {
		struct rng r = {11, 0};
		gp_init(&g, N, choice, SEEN, &err);
		for (int i = 0; i < SEEN; i++) {
			for (size_t d = 0; d < N; d++)
				x[0][d] = rng_uniform(&r);
			gp_put(&g, x[0], sum ? alone(x[0], N) : product(x[0], N));
		}
		gp_fit(&g, NULL, g.n, GP_MUCH_NOISE | GP_LITTLE_NOISE | GP_OTHER);
		gp_factor(&g);
		ok(g.apart == sum, "coordinates %s each by itself", sum ? "matter" : "do not matter");
		if (!sum)
			gp_release(&g);
	}
	struct rng r = {12, 0};
	for (size_t i = 0; i < GP_LANES; i++)
		for (size_t d = 0; d < N; d++)
			x[i][d] = rng_uniform(&r);
	gp_at(&g, x[0], GP_LANES, mean, deviation);
	for (size_t i = 0; i < GP_LANES; i++)
		worst = fmax(worst, fabs(mean[i] - alone(x[i], N)));
	ok(worst < 0.7, "then %d results of six waves tell their sum, 12 high, to %.2g", SEEN, worst);
	gp_slope(&g, x[0], &m, &s, dm, ds);
	for (size_t d = 0; d < N; d++) {
		const double h = 1e-5;
		memcpy(x[1], x[0], sizeof x[0]);
		memcpy(x[2], x[0], sizeof x[0]);
		x[1][d] -= h;
		x[2][d] += h;
		gp_at(&g, x[1], 2, mean, deviation);
		off = fmax(off, fabs(dm[d] - (mean[1] - mean[0]) / (2 * h)) / (1 + fabs(dm[d])));
		off = fmax(off, fabs(ds[d] - (deviation[1] - deviation[0]) / (2 * h)) / (1 + fabs(ds[d])));
	}
	ok(off < 1e-3, "its slopes are those of differences to %.2g", off);
	gp_init(&one, N, choice, SEEN, &err);
	memcpy(one.theta, g.theta, (N + 1) * sizeof *g.theta);
	one.apart = g.apart;
	for (size_t i = 0; i < g.n; i++) {
		gp_put(&one, g.x + i * N, g.y[i]);
		gp_factor(&one);
	}
	bool same = one.noise == g.noise;
	for (size_t i = 0; i < g.n; i++)
		same &= !memcmp(one.L + i * one.stride, g.L + i * g.stride, (i + 1) * sizeof *g.L);
	ok(same, "a factor that grew is the one made at once, bit by bit");
	gp_release(&g);
	gp_release(&one);
}

/* Of a standard normal: phi(z) + z Phi(z). */
static void
expected(void)
{
	static const struct { double z, h; } known[] = {{0, 0.398942280401}, {1, 1.08331547059}, {-1, 0.0833154705876},
	    {-3, 3.82154317e-4}, {4, 4.00000714526}};
	for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
		const double v = fm_exp(log_improvement(known[i].z, 1, 0, NULL, NULL));
		ok(fabs(v / known[i].h - 1) < 1e-6, "expected improvement at %g deviations: %.9g", known[i].z, v);
	}
	double worst = 0, by_mean, by_deviation;
	for (double z = -60; z < 20; z += 0.37) {
		const double h = 1e-6;
		log_improvement(z, 1, 0, &by_mean, &by_deviation);
		const double up = log_improvement(z + h, 1, 0, NULL, NULL), down = log_improvement(z - h, 1, 0, NULL, NULL);
		worst = fmax(worst, fabs((up - down) / (2 * h) - by_mean) / (1 + by_mean));
		const double wide = log_improvement(z, 1 + h, 0, NULL, NULL), thin = log_improvement(z, 1 - h, 0, NULL, NULL);
		worst = fmax(worst, fabs((wide - thin) / (2 * h) - by_deviation) / (1 + by_deviation));
	}
	ok(worst < 1e-5, "its derivatives are those of differences to %.2g, sixty deviations down", worst);
}

static double
valley(void *of, const double *x, double *g)
{
	(void)of;
	const double a = x[1] - x[0] * x[0];
	g[0] = 400 * a * x[0] + 2 * (1 - x[0]);
	g[1] = -200 * a;
	return -100 * a * a - (1 - x[0]) * (1 - x[0]);
}

static void
climbing(void)
{
	double work[64], x[2] = {-1.2, 1}, low[2] = {-2, -2}, high[2] = {2, 2};
	struct climb c = {.n = 2, .f = valley, .low = low, .high = high, .first_step = 0.1, .steps = 200};
	ok(climb_work(2) <= 64, "room");
	const double top = climb_from(&c, x, work);
	ok(top > -1e-8, "Rosenbrock's valley is climbed to %.2g", top);
	x[0] = -1.2, x[1] = 1, high[0] = 0.5;
	climb_from(&c, x, work);
	ok(fabs(x[0] - 0.5) < 1e-6 && fabs(x[1] - 0.25) < 1e-3, "with a wall in it to the wall (%.4f, %.4f)", x[0], x[1]);
}

static double
regret(const char *name, function *f, size_t n, uint64_t seed, int budget, double optimum)
{
	struct err err = {""};
	double x[32], best = INFINITY;
	const struct algo *a = algo_find(name);
	struct algo_settings set = {.seed = seed, .budget = (uint64_t)budget};
	algo_defaults(a, &set);
	void *self = a->create(&(struct space){n, NULL}, &set, &err);
	uint64_t number;
	for (int k = 0; k < budget && a->ask(self, &number, x); k++) {
		const double v = f(x, n);
		best = fmin(best, v);
		a->tell(self, &(struct told){.number = number, .fitness = -v});
	}
	a->free(self);
	return best - optimum;
}

static double
middle_of_three(const char *name, function *f, size_t n, int budget, double optimum)
{
	double r[3];
	for (uint64_t k = 0; k < 3; k++)
		r[k] = regret(name, f, n, k + 1, budget, optimum);
	return fmax(fmin(r[0], r[1]), fmin(fmax(r[0], r[1]), r[2]));
}

/* What is known is not asked again, what is not is asked first. */
static void
warm(const char *name)
{
	struct err err = {""};
	const double starts[3][2] = {{0.1, 0.9}, {0.54, 0.15}, {0.3, 0.3}}, worth[3] = {-5, -0.5, NAN};
	const struct algo *a = algo_find(name);
	struct algo_settings set = {.seed = 1, .starts = starts[0], .worth = worth, .n_starts = 3};
	algo_defaults(a, &set);
	void *self = a->create(&(struct space){2, NULL}, &set, &err);
	double x[2];
	uint64_t number;
	int again = 0, first = 0;
	for (int k = 0; k < 25 && a->ask(self, &number, x); k++) {
		first += k == 0 && !memcmp(x, starts[2], sizeof x);
		again += !memcmp(x, starts[0], sizeof x) || !memcmp(x, starts[1], sizeof x);
		a->tell(self, &(struct told){.number = number, .fitness = -branin(x, 2)});
	}
	ok(first && !again, "%s: a start of unknown worth is asked first, known ones are not", name);
	a->free(self);
}

int
main(void)
{
	process();
	apart();
	expected();
	climbing();
	static const struct { const char *name, *what; function *f; size_t n; int budget; double optimum, limit; } cases[] = {
	    {"turbo", "branin", branin, 2, 50, 0.39788735772973816, 1e-4},
	    {"turbo", "sphere", sphere, 6, 60, 0, 1e-3},
	    {"tpe", "branin", branin, 2, 100, 0.39788735772973816, 0.043},
	    {"tpe", "ackley", ackley, 10, 200, 0, 15.4},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const double r = middle_of_three(cases[i].name, cases[i].f, cases[i].n, cases[i].budget, cases[i].optimum);
		ok(r < cases[i].limit, "%s %s n=%zu: %.3g from the optimum after %d (at most %g)", cases[i].name, cases[i].what, cases[i].n, r,
		    cases[i].budget, cases[i].limit);
	}
	warm("turbo");
	warm("tpe");
	return done();
}
