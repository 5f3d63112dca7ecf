/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Functions of the unit cube with known optima, to be made small. u* is 0.2 to 0.8,
 * another in every coordinate; z = W (u - u*), so W is how wide the cube is. Angles,
 * exponents and roots are those of base/fmath.h: the same everywhere.
 */
#ifndef BENCH_OPTIMISE_FUNCTIONS_H
#define BENCH_OPTIMISE_FUNCTIONS_H

#include <math.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fmath.h"

#define GOLDEN_RATIO 0.6180339887498949
#define TWO_PI       6.283185307179586

typedef double function(const double *u, size_t n);

static inline double
optimum_at(double i)
{
	const double t = i * GOLDEN_RATIO;
	return 0.2 + 0.6 * (t - floor(t));
}

static inline double
from_optimum(const double *u, size_t i, double width)
{
	return width * (u[i] - optimum_at((double)i + 1));
}

static inline double
sphere(const double *u, size_t n)
{
	double f = 0;
	for (size_t i = 0; i < n; i++)
		f += from_optimum(u, i, 10) * from_optimum(u, i, 10);
	return f;
}

static inline double
ellipsoid_axis(size_t i, size_t n)
{
	return n > 1 ? fm_pow(10, 6.0 * (double)i / (double)(n - 1)) : 1;
}

static inline double
ellipsoid(const double *u, size_t n)
{
	double f = 0;
	for (size_t i = 0; i < n; i++)
		f += ellipsoid_axis(i, n) * from_optimum(u, i, 10) * from_optimum(u, i, 10);
	return f;
}

/* The ellipsoid mirrored at the plane across v, v_i = cos(i + 1) over its length. */
static inline double
rot_ell(const double *u, size_t n)
{
	double f = 0, norm = 0, along = 0;
	for (size_t i = 0; i < n; i++) {
		const double v = fm_cos((double)i + 1);
		norm += v * v;
		along += v * from_optimum(u, i, 10);
	}
	for (size_t i = 0; i < n; i++) {
		const double y = from_optimum(u, i, 10) - 2 * fm_cos((double)i + 1) * along / norm;
		f += ellipsoid_axis(i, n) * y * y;
	}
	return f;
}

/* How far the optimum is along the diagonal, squared; all: in all directions. */
static inline double
diagonal(const double *u, size_t n, double *all)
{
	double along = 0;
	*all = 0;
	for (size_t i = 0; i < n; i++) {
		*all += from_optimum(u, i, 10) * from_optimum(u, i, 10);
		along += from_optimum(u, i, 10);
	}
	return along * along / (double)n;
}

/* One direction of a million times less: a valley along the diagonal, or along the first axis. */
static inline double
cigar(const double *u, size_t n)
{
	double f = 0;
	for (size_t i = 0; i < n; i++)
		f += (i ? 1e6 : 1) * from_optimum(u, i, 10) * from_optimum(u, i, 10);
	return f;
}

static inline double
rot_cigar(const double *u, size_t n)
{
	double all;
	const double along = diagonal(u, n, &all);
	return 1e6 * all - (1e6 - 1) * along;
}

/* One direction of a million times more: along the first axis, or along the diagonal. */
static inline double
discus(const double *u, size_t n)
{
	double f = 0;
	for (size_t i = 0; i < n; i++)
		f += (i ? 1 : 1e6) * from_optimum(u, i, 10) * from_optimum(u, i, 10);
	return f;
}

static inline double
rot_discus(const double *u, size_t n)
{
	double all;
	const double along = diagonal(u, n, &all);
	return all + (1e6 - 1) * along;
}

/* Half of the axes a million times the other half. */
static inline double
two_axes(const double *u, size_t n)
{
	double f = 0;
	for (size_t i = 0; i < n; i++)
		f += (i < n / 2 ? 1e6 : 1) * from_optimum(u, i, 10) * from_optimum(u, i, 10);
	return f;
}

/* A valley across axes of which the last is a thousand times the first: few directions, in a frame that is scaled. */
static inline double
ell_cigar(const double *u, size_t n)
{
	double square = 0, along = 0;
	for (size_t i = 0; i < n; i++) {
		const double y = fm_pow(10, n > 1 ? 1.5 * (double)i / (double)(n - 1) : 0) * from_optimum(u, i, 10);
		square += y * y;
		along += y;
	}
	return 1e4 * square - (1e4 - 1) * along * along / (double)n;
}

static inline double
rosenbrock(const double *u, size_t n)
{
	double f = 0;
	for (size_t i = 0; i + 1 < n; i++) {
		const double y = from_optimum(u, i, 10) + 1, next = from_optimum(u, i + 1, 10) + 1;
		f += 100 * (y * y - next) * (y * y - next) + (1 - y) * (1 - y);
	}
	return f;
}

static inline double
schwefel12(const double *u, size_t n)
{
	double f = 0, sum = 0;
	for (size_t i = 0; i < n; i++) {
		sum += from_optimum(u, i, 10);
		f += sum * sum;
	}
	return f;
}

static inline double
ackley(const double *u, size_t n)
{
	double squares = 0, waves = 0;
	for (size_t i = 0; i < n; i++) {
		const double z = from_optimum(u, i, 65.536);
		squares += z * z;
		waves += fm_cos(TWO_PI * z);
	}
	return -20 * fm_exp(-0.2 * sqrt(squares / (double)n)) - fm_exp(waves / (double)n) + 20 + 2.718281828459045;
}

static inline double
griewank(const double *u, size_t n)
{
	double sum = 0, product = 1;
	for (size_t i = 0; i < n; i++) {
		const double z = from_optimum(u, i, 1200);
		sum += z * z / 4000;
		product *= fm_cos(z / sqrt((double)i + 1));
	}
	return sum - product + 1;
}

static inline double
rastrigin(const double *u, size_t n)
{
	double f = 10.0 * (double)n;
	for (size_t i = 0; i < n; i++) {
		const double z = from_optimum(u, i, 10.24);
		f += z * z - 10 * fm_cos(TWO_PI * z);
	}
	return f;
}

static inline double
schwefel(const double *u, size_t n)
{
	double f = 418.9828872724339 * (double)n;
	for (size_t i = 0; i < n; i++) {
		const double x = (i % 2 ? -1 : 1) * (1000 * u[i] - 500);
		f -= x * fm_sin(sqrt(fabs(x)));
	}
	return f;
}

static inline double
branin(const double *u, size_t n)
{
	(void)n;
	const double x = -5 + 15 * u[0], y = 15 * u[1], pi = TWO_PI / 2;
	const double a = y - 5.1 / (4 * pi * pi) * x * x + 5 / pi * x - 6;
	return a * a + 10 * (1 - 1 / (8 * pi)) * fm_cos(x) + 10;
}

static inline double
hartmann6(const double *u, size_t n)
{
	static const double weight[4] = {1, 1.2, 3, 3.2}, a[4][6] = {{10, 3, 17, 3.5, 1.7, 8}, {0.05, 10, 17, 0.1, 8, 14},
	    {3, 3.5, 1.7, 10, 17, 8}, {17, 8, 0.05, 10, 0.1, 14}}, p[4][6] = {
	    {.1312, .1696, .5569, .0124, .8283, .5886}, {.2329, .4135, .8307, .3736, .1004, .9991},
	    {.2348, .1451, .3522, .2883, .3047, .6650}, {.4047, .8828, .8732, .5743, .1091, .0381}};
	double f = 0;
	for (int k = 0; k < 4; k++) {
		double d = 0;
		for (size_t i = 0; i < n; i++)
			d += a[k][i] * (u[i] - p[k][i]) * (u[i] - p[k][i]);
		f -= weight[k] * fm_exp(-d);
	}
	return f;
}

/* `continuous` coordinates whose optimum depends on the `categories` behind them, of `levels` each. */
struct mixed {
	size_t continuous, categories;
	uint32_t levels;
};

static inline double
mixed_function(const double *u, const struct mixed *m)
{
	double f = 0;
	uint32_t c[64], wrong = 0;
	for (size_t j = 0; j < m->categories; j++) {
		c[j] = (uint32_t)fmin(u[m->continuous + j] * m->levels, m->levels - 1);
		wrong += c[j] != (3 * j + 1) % m->levels;
	}
	for (size_t i = 0; i < m->continuous; i++) {
		const double d = u[i] - optimum_at((double)i + 1 + 5.0 * c[i % m->categories]);
		f += d * d;
	}
	return f * 100 / (double)m->continuous + 0.5 * wrong;
}

struct named_function {
	const char *name;
	function *f;
	double at_half; /* its value in the middle of ten dimensions */
};
static const struct named_function continuous[] = {
    {"sphere", sphere, 27.16926111}, {"ellipsoid", ellipsoid, 4055644.783}, {"rot_ell", rot_ell, 4504068.559},
    {"rosenbrock", rosenbrock, 26988.79604}, {"schwefel12", schwefel12, 13.0133315}, {"ackley", ackley, 19.49410225},
    {"griewank", griewank, 98.78823441}, {"rastrigin", rastrigin, 129.5950981}, {"schwefel", schwefel, 4189.828873},
    /* not among the published: computed apart */
    {"cigar", cigar, 26667708.805}, {"rot_cigar", rot_cigar, 27169023.128}, {"discus", discus, 501579.47772}, {"rot_discus", rot_discus, 265.15408399},
    {"two_axes", two_axes, 13597840.602}, {"ell_cigar", ell_cigar, 55534605.652}, {0}};

#endif
