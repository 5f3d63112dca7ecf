/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Algorithms on functions whose answer is known: convergence, determinism, resuming. */
#include "opt/algo.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/fmath.h"
#include "base/rng.h"
#include "opt/eigen.h"
#include "tap.h"

#define PHI 0.6180339887498949
enum { MAX_N = 100 };

static double
optimum(size_t i)
{
	const double t = ((double)i + 1) * PHI;
	return 0.2 + 0.6 * (t - floor(t));
}

static double
sphere(const double *u, size_t n)
{
	double f = 0;
	for (size_t i = 0; i < n; i++) {
		const double z = 10 * (u[i] - optimum(i));
		f += z * z;
	}
	return f;
}

static double
ellipsoid(const double *u, size_t n)
{
	double f = 0;
	for (size_t i = 0; i < n; i++) {
		const double z = 10 * (u[i] - optimum(i));
		f += fm_pow(10, 6.0 * (double)i / (double)(n - 1)) * z * z;
	}
	return f;
}

static double
rosenbrock(const double *u, size_t n)
{
	double f = 0;
	for (size_t i = 0; i + 1 < n; i++) {
		const double y = 10 * (u[i] - optimum(i)) + 1, y1 = 10 * (u[i + 1] - optimum(i + 1)) + 1;
		f += 100 * (y * y - y1) * (y * y - y1) + (1 - y) * (1 - y);
	}
	return f;
}

static double
rastrigin(const double *u, size_t n)
{
	double f = 10.0 * (double)n;
	for (size_t i = 0; i < n; i++) {
		const double z = 10.24 * (u[i] - optimum(i));
		f += z * z - 10 * fm_cos(6.283185307179586 * z);
	}
	return f;
}

typedef double function(const double *u, size_t n);

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
	void *self = a->create(&space, &(struct algo_settings){.seed = seed, .sigma = 0.25, .start = start}, &err);
	uint64_t number, k = 0;
	*best = INFINITY;
	while (k < budget && *best >= goal && a->ask(self, &number, x)) {
		const double v = f(x, n);
		*best = fmin(*best, v);
		a->tell(self, number, -v);
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

/* What an algorithm asks after some generations, as one number. Tells come in the
   order of asking, or backwards; one in each generation is NaN. */
static double
trace(const struct algo *a, const struct algo_settings *set, int generations, bool backwards, int save_at)
{
	struct err err = {""};
	const uint32_t levels[6] = {0, 0, 3, 0, 0, 0};
	const struct space space = {6, levels};
	void *self = a->create(&space, set, &err);
	double x[64][6];
	uint64_t number[64];
	for (int g = 0; g < generations; g++) {
		int n = 0;
		while (n < 40 && a->ask(self, &number[n], x[n]))
			n++;
		if (g == save_at) { /* killed here, points out and all */
			struct blob b = {0};
			a->save(self, &b);
			a->free(self);
			self = a->create(&space, set, &err);
			ok(a->load(self, &b, &err) == 0 && b.at == b.n, "%s: state of %zu bytes loads", a->name, b.n);
			struct blob cut = b;
			cut.at = 0;
			cut.n /= 2;
			void *half = a->create(&space, set, &err);
			ok(a->load(half, &cut, &err) < 0, "%s: half a state is refused", a->name);
			a->free(half);
			blob_free(&b);
		}
		for (int i = 0; i < n; i++) {
			const int k = backwards ? n - 1 - i : i;
			double f = 0;
			for (int j = 0; j < 6; j++)
				f += (x[k][j] - 0.3) * (x[k][j] - 0.3);
			a->tell(self, number[k], k == 3 ? NAN : -f);
		}
	}
	uint64_t last;
	double y[6];
	const bool asked = a->ask(self, &last, y);
	const double sum = !asked ? NAN : y[0] + 3 * y[1] + 5 * y[2] + 7 * y[3] + 11 * y[4] + 13 * y[5];
	a->free(self);
	return sum;
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

	const double half[10] = {.5, .5, .5, .5, .5, .5, .5, .5, .5, .5};
	ok(fabs(sphere(half, 10) - 27.16926111) < 1e-7 && fabs(rosenbrock(half, 10) - 26988.79604) < 1e-4
	        && fabs(ellipsoid(half, 10) / 4055644.783 - 1) < 1e-9 && fabs(rastrigin(half, 10) - 129.5950981) < 1e-6,
	    "the functions are the published ones");

	/* medians of pycma: 1613, 5597, 4154, 5215 */
	median_run("cmaes", "sphere", sphere, 10, 20000, 1e-8, 1.15 * 1613);
	median_run("cmaes", "sphere", sphere, 40, 20000, 1e-8, 1.15 * 5597);
	median_run("cmaes", "ellipsoid", ellipsoid, 10, 20000, 1e-8, 1.15 * 4154);
	median_run("cmaes", "rosenbrock", rosenbrock, 10, 30000, 1e-8, 1.25 * 5215);
	median_run("ga", "sphere", sphere, 10, 20000, 1e-3, 4000);
	median_run("ga", "rastrigin", rastrigin, 10, 20000, 1, 20000);

	double by_chance, bred;
	run("random", sphere, 10, 1, 2000, 0, &by_chance);
	run("ga", sphere, 10, 1, 2000, 0, &bred);
	ok(bred < by_chance / 10, "2,000 evaluations: bred %.3g, by chance %.3g", bred, by_chance);

	for (const struct algo *const *a = algos; *a; a++) {
		struct algo_settings set = {.seed = 7};
		const double plain = trace(*a, &set, 12, false, -1);
		ok(plain == trace(*a, &set, 12, false, -1), "%s: the same seed asks the same", (*a)->name);
		ok(plain == trace(*a, &set, 12, true, -1), "%s: the order of the tells does not matter", (*a)->name);
		ok(plain == trace(*a, &set, 12, false, 5), "%s: saved and loaded, it goes on the same", (*a)->name);
		set.seed = 8;
		ok(plain != trace(*a, &set, 12, false, -1), "%s: another seed asks something else", (*a)->name);

		/* steady: never waits, takes late and out-of-order tells, ignores strangers */
		const struct space space = {4, NULL};
		struct err err = {""};
		void *self = (*a)->create(&space, &(struct algo_settings){.seed = 3, .steady = true}, &err);
		uint64_t number, told = 1;
		double x[4];
		int asked = 0, inside = 1;
		for (int i = 0; i < 500; i++) {
			asked += (*a)->ask(self, &number, x);
			for (int k = 0; k < 4; k++)
				inside &= x[k] >= 0 && x[k] <= 1;
			if (i >= 20)
				(*a)->tell(self, told++, -fabs(x[0] - 0.3));
			(*a)->tell(self, 999999, 5);
		}
		ok(asked == 500 && inside, "%s: steady, it never waits and stays in the cube", (*a)->name);
		(*a)->free(self);
		(*a)->free(NULL);
	}
	return done();
}
