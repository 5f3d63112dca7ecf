/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Algorithms on functions whose answer is known: convergence. */
#include "opt/algo.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/fmath.h"
#include "base/rng.h"
#include "base/eigen.h"
#include "../bench/optimise_functions.h"
#include "tap.h"

enum { MAX_N = 100 };

/* Evaluations until f < goal, or budget; *best is the best f. */
static uint64_t
run(const char *name, function *f, size_t n, uint64_t seed, uint64_t budget, double goal, double *best)
{
	struct err err = {""};
	double start[MAX_N], x[MAX_N];
	struct rng r = {seed, 1000};
	for (size_t i = 0; i < n; i++)
		start[i] = rng_uniform(&r);
	const struct space space = {n, NULL};
	const struct algo *a = algo_find(name);
	struct algo_settings set = {.seed = seed, .starts = start, .n_starts = 1, .budget = budget};
	algo_defaults(a, &set);
	if (algo_set(a, "sigma=0.25", &set, &err) < 0 && strcmp(name, "random"))
		diag("%s: %s", name, err.text);
	void *self = a->create(&space, &set, &err);
	uint64_t number, k = 0;
	*best = INFINITY;
	while (k < budget && *best >= goal && a->ask(self, &number, x)) {
		const double v = f(x, n);
		*best = fmin(*best, v);
		a->tell(self, &(struct told){.number = number, .fitness = -v});
		k++;
	}
	a->free(self);
	return k;
}

static int
ascending(const void *a, const void *b)
{
	const double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

static void
median_run(const char *name, const char *what, function *f, size_t n, uint64_t budget, double goal, double limit)
{
	double evals[5], best[5];
	for (uint64_t s = 0; s < 5; s++)
		evals[s] = (double)run(name, f, n, s + 1, budget, goal, &best[s]);
	qsort(evals, 5, sizeof *evals, ascending);
	qsort(best, 5, sizeof *best, ascending);
	ok(evals[2] <= limit && best[2] < goal, "%s %s n=%zu: median %.0f evaluations to %g (at most %.0f; best %.3g)", name,
	    what, n, evals[2], goal, limit, best[2]);
}

static void
test_eigen(void)
{
	enum { N = 40 };
	static double a[N * N], v[N * N], d[N], work[N];
	struct rng r = {3, 0};
	for (int i = 0; i < N; i++)
		for (int k = 0; k <= i; k++)
			a[i * N + k] = a[k * N + i] = rng_normal(&r);
	ok(eigen_symmetric(N, a, d, v, work) == 0, "a random symmetric matrix decomposes");
	double worst = 0, ortho = 0;
	for (int i = 0; i < N; i++)
		for (int k = 0; k < N; k++) {
			double av = 0, vv = 0;
			for (int j = 0; j < N; j++) {
				av += a[i * N + j] * v[j * N + k];
				vv += v[j * N + i] * v[j * N + k];
			}
			worst = fmax(worst, fabs(av - d[k] * v[i * N + k]));
			ortho = fmax(ortho, fabs(vv - (i == k)));
		}
	ok(worst < 1e-12 && ortho < 1e-13, "A v = d v within %.1e, v orthonormal within %.1e", worst, ortho);
	double one[1] = {4}, d1[1], v1[1], w1[1];
	ok(eigen_symmetric(1, one, d1, v1, w1) == 0 && d1[0] == 4 && v1[0] == 1, "a matrix of one number");
	a[5] = NAN;
	ok(eigen_symmetric(N, a, d, v, work) < 0, "NaN is refused");
}

int
main(void)
{
	test_eigen();

	double half[48] = {0};
	for (int i = 0; i < 40; i++)
		half[i] = 0.5;
	for (const struct named_function *f = continuous; f->name; f++)
		ok(fabs(f->f(half, 10) / f->at_half - 1) < 1e-8, "%s is the one that is meant", f->name);
	const struct mixed m = {40, 8, 4};
	ok(fabs(mixed_function(half, &m) - 5.923805855) < 1e-8, "the mixed function is the published one");
	for (int j = 0; j < 8; j++)
		half[40 + j] = ((3 * j + 1) % 4 + 0.5) / 4;
	ok(fabs(mixed_function(half, &m) - 3.336273787) < 1e-8, "where its categories are right, too");
	const double low[2] = {(3.141592653589793 + 5) / 15, 2.275 / 15};
	ok(fabs(branin(low, 2) - 0.39788736) < 1e-7, "branin's least is the published one");
	const double least[6] = {.20169, .150011, .476874, .275332, .311652, .6573};
	ok(fabs(hartmann6(least, 6) + 3.32237) < 1e-5, "hartmann6's least is the published one");

	/* medians of pycma: 1613, 5597, 4154, 5215 */
	median_run("cmaes", "sphere", sphere, 10, 20000, 1e-8, 1.05 * 1613);
	median_run("cmaes", "sphere", sphere, 40, 20000, 1e-8, 1.05 * 5597);
	median_run("cmaes", "ellipsoid", ellipsoid, 10, 20000, 1e-8, 1.05 * 4154);
	median_run("cmaes", "rosenbrock", rosenbrock, 10, 30000, 1e-8, 1.1 * 5215);
	median_run("ga", "sphere", sphere, 10, 20000, 1e-8, 4000);
	median_run("ga", "rosenbrock", rosenbrock, 10, 30000, 1e-8, 30000);
	median_run("ga", "schwefel", schwefel, 10, 30000, 1e-8, 8639);
	median_run("ga", "rastrigin", rastrigin, 10, 20000, 1, 20000);

	double by_chance, bred;
	run("random", sphere, 10, 1, 2000, 0, &by_chance);
	run("ga", sphere, 10, 1, 2000, 0, &bred);
	ok(bred < by_chance / 10, "2,000 evaluations: bred %.3g, by chance %.3g", bred, by_chance);

	return done();
}
