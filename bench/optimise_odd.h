/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What is not smooth: whole numbers, settings that matter with one choice, noise, walls, plateaus, regions
 * that fail. Median of eleven seeds of what the best proposal was worth without noise, beside the best of
 * random, ga and de in the same run; nothing is said of where to begin.
 */
#ifndef BENCH_OPTIMISE_ODD_H
#define BENCH_OPTIMISE_ODD_H

#include "bench.h"
#include "optimise_functions.h"
#include "optimise_run.h"

enum { ODD_MAX_N = 64 };

struct odd {
	const char *name;
	size_t n;
	double (*f)(const double *u, const struct space *s);
	void (*shape)(struct dimension *d, size_t n); /* NULL: all real */
	double noise;
	uint64_t budget;
};

/* Levels from an optimum of whole numbers: 0 where it is the right one, else how many off; reals in tenths. */
static inline double
odd_off(const double *u, const struct space *s, size_t i)
{
	const uint32_t levels = space_levels(s, i);
	if (!levels)
		return from_optimum(u, i, 10);
	return (double)level_of(u[i], levels) - (double)level_of(optimum_at((double)i + 1), levels);
}

static inline double
odd_sphere(const double *u, const struct space *s)
{
	double f = 0;
	for (size_t i = 0; i < s->n; i++)
		f += odd_off(u, s, i) * odd_off(u, s, i);
	return f;
}

static inline double
odd_rosenbrock(const double *u, const struct space *s)
{
	double f = 0;
	for (size_t i = 0; i + 1 < s->n; i++) {
		const double y = odd_off(u, s, i) + 1, next = odd_off(u, s, i + 1) + 1;
		f += 100 * (y * y - next) * (y * y - next) + (1 - y) * (1 - y);
	}
	return f;
}

/* Axes of 1e-4 to 1e4 by turns. */
static inline double
odd_scaled(const double *u, const struct space *s)
{
	double f = 0;
	for (size_t i = 0; i < s->n; i++)
		f += fm_pow(10, (double)(i * 5 % 9) - 4) * odd_off(u, s, i) * odd_off(u, s, i);
	return f;
}

/* Down into the corner, each coordinate to another end. */
static inline double
odd_corner(const double *u, const struct space *s)
{
	double f = 0;
	for (size_t i = 0; i < s->n; i++)
		f += (i % 2 ? u[i] : 1 - u[i]) * (1 + (double)(i % 7));
	return f;
}

/* A sphere on a wall in every other coordinate, axes of a thousand. */
static inline double
odd_wall(const double *u, const struct space *s)
{
	double f = 0;
	for (size_t i = 0; i < s->n; i++) {
		const double d = i % 2 ? 10 * u[i] : from_optimum(u, i, 10);
		f += fm_pow(10, 3.0 * (double)i / (double)(s->n - 1)) * d * d;
	}
	return f;
}

static inline double
odd_steps(const double *u, const struct space *s)
{
	double f = 0;
	for (size_t i = 0; i < s->n; i++)
		f += floor(fabs(from_optimum(u, i, 10)) + 0.5) * (1 + (double)(i % 5));
	return f;
}

/* Fails beyond a plane that is a fifth of the way from the optimum: about half of the cube. */
static inline double
odd_failing(const double *u, const struct space *s)
{
	double beyond = 0;
	for (size_t i = 0; i < s->n; i++)
		beyond += (i % 2 ? -1 : 1) * (u[i] - optimum_at((double)i + 1));
	return beyond > 0.1 ? NAN : odd_scaled(u, s);
}

/* The first is a choice of four, each with six settings of its own. The best has its optimum far out, so the others
   are better at first, by as much as 20. */
static inline double
odd_branches(const double *u, const struct space *s)
{
	const uint32_t c = level_of(u[0], 4);
	double f = c == 2 ? 0 : 1 + c;
	for (size_t i = 1; i < s->n; i++)
		if (space_active(s, u, i)) {
			const double at = c == 2 ? (i % 2 ? 0.1 : 0.9) : 0.5 + 0.02 * (double)(i % 3);
			f += 20 * (u[i] - at) * (u[i] - at);
		}
	return f;
}

static inline void
odd_half_integers(struct dimension *d, size_t n)
{
	static const uint32_t levels[] = {3, 50, 7, 20, 12};
	for (size_t i = 0; i < n; i += 2)
		d[i] = (struct dimension){.kind = DIMENSION_INTEGER, .levels = levels[i / 2 % 5]};
}

static inline void
odd_all_integers(struct dimension *d, size_t n)
{
	for (size_t i = 0; i < n; i++)
		d[i] = (struct dimension){.kind = DIMENSION_INTEGER, .levels = i % 3 ? 33 : 5};
}

static inline void
odd_four_branches(struct dimension *d, size_t n)
{
	d[0] = (struct dimension){.kind = DIMENSION_CATEGORY, .levels = 4};
	for (size_t i = 1; i < n; i++)
		d[i] = (struct dimension){.of_1 = 1, .when = 1u << ((i - 1) / 6)};
}

static const struct odd odds[] = {
    {"half integers, sphere", 20, odd_sphere, odd_half_integers, 0, 3000},
    {"half integers, scaled", 20, odd_scaled, odd_half_integers, 0, 6000},
    {"half integers, rosenbrock", 10, odd_rosenbrock, odd_half_integers, 0, 10000},
    {"all integers, scaled", 20, odd_scaled, odd_all_integers, 0, 3000},
    {"four branches", 25, odd_branches, odd_four_branches, 0, 5000},
    {"noise 0.01, sphere", 20, odd_sphere, NULL, 0.01, 5000},
    {"noise 0.1, wall", 20, odd_wall, NULL, 0.1, 10000},
    {"scaled", 20, odd_scaled, NULL, 0, 5000},
    {"corner", 20, odd_corner, NULL, 0, 3000},
    {"wall", 20, odd_wall, NULL, 0, 6000},
    {"steps", 20, odd_steps, NULL, 0, 3000},
    {"half fails", 20, odd_failing, NULL, 0, 6000},
};

static inline double
odd_once(const char *algo, const struct odd *o, uint64_t seed)
{
	struct err err = {""};
	struct dimension d[ODD_MAX_N] = {0};
	if (o->shape)
		o->shape(d, o->n);
	const struct space space = {o->n, d};
	const struct algo *a = algo_find(algo);
	struct algo_settings set = {.seed = seed, .budget = o->budget};
	struct rng r = {seed, 2000};
	double x[ODD_MAX_N], best = INFINITY, clean = INFINITY;
	uint64_t number;
	algo_defaults(a, &set);
	void *self = a->create(&space, &set, &err);
	for (uint64_t k = 0; self && k < o->budget && a->ask(self, &number, x); k++) {
		const double f = o->f(x, &space), heard = f + o->noise * rng_normal(&r);
		a->tell(self, &(struct told){.number = number, .fitness = -heard});
		if (heard < best) {
			best = heard;
			clean = f;
		}
	}
	a->free(self);
	return clean;
}

static inline void
bench_odd(void)
{
	enum { SEEDS = 11 };
	static const char *const plain[] = {"random", "ga", "de"}, *const ours[] = {"cmaes", "auto"};
	for (size_t k = 0; k < sizeof odds / sizeof *odds; k++) {
		double v[SEEDS], least = INFINITY;
		size_t least_of = 0;
		char name[80];
		for (size_t b = 0; b < 3; b++) {
			for (uint64_t s = 0; s < SEEDS; s++)
				v[s] = odd_once(plain[b], &odds[k], s + 1);
			const double m = run_median(v, SEEDS);
			if (m < least) {
				least = m;
				least_of = b;
			}
		}
		for (size_t b = 0; b < sizeof ours / sizeof *ours; b++) {
			for (uint64_t s = 0; s < SEEDS; s++)
				v[s] = odd_once(ours[b], &odds[k], s + 1);
			snprintf(name, sizeof name, "%s/%s/%zu", ours[b], odds[k].name, odds[k].n);
			bench_say(name, run_median(v, SEEDS), "best f", plain[least_of], least);
		}
	}
}

#endif
