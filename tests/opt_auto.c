/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The portfolio, beside those it is made of; killed and loaded in each of its stages. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../bench/optimise_functions.h"
#include "base/rng.h"
#include "opt/algo.h"
#include "tap.h"

enum { MOST = 48, ROUND = 24 };

static double
mixed_at(const double *u, size_t n)
{
	static const struct mixed m = {8, 2, 4};
	(void)n;
	return mixed_function(u, &m);
}

struct problem {
	const char *name;
	function *f;
	size_t n, categories; /* of 4 levels, the last of n */
	uint64_t budget;
};
static const struct problem problems[] = {
    {"ellipsoid", ellipsoid, 5, 0, 600},    /* smooth: turbo, then cmaes alone */
    {"rastrigin", rastrigin, 4, 0, 6000},   /* many peaks: all of them */
    {"mixed", mixed_at, 10, 2, 400},        /* choices */
};

static void *
begin(const struct problem *p, const char *name, const char *set, uint64_t seed, bool steady, struct space *space, struct dimension *d)
{
	struct err err = {""};
	double start[MOST];
	struct rng r = {seed, 1000};
	const struct algo *a = algo_find(name);
	for (size_t i = 0; i < p->n; i++)
		d[i] = i >= p->n - p->categories ? (struct dimension){DIMENSION_CATEGORY, 4, 0, 0, NULL} : (struct dimension){.kind = DIMENSION_REAL};
	*space = (struct space){p->n, d};
	for (size_t i = 0; i < p->n; i++)
		start[i] = rng_uniform(&r);
	space_settle(space, start);
	struct algo_settings s = {.seed = seed, .starts = start, .n_starts = 1, .budget = p->budget, .steady = steady};
	algo_defaults(a, &s);
	void *self = algo_set(a, set, &s, &err) < 0 ? NULL : a->create(space, &s, &err);
	if (!self)
		ok(0, "%s: %s", name, err.text);
	return self;
}

/* The best of the budget; a sum over all that was asked in *sum. It is killed and loaded before
   every `kill`-th round, and within it. */
static double
search(const struct problem *p, const char *name, const char *set, uint64_t seed, uint64_t kill, double *sum)
{
	struct err err = {""};
	struct space space;
	struct dimension d[MOST];
	const struct algo *a = algo_find(name);
	void *self = begin(p, name, set, seed, false, &space, d);
	double x[ROUND][MOST], best = INFINITY;
	uint64_t number[ROUND], asked = 0;
	*sum = 0;
	for (uint64_t round = 1; self && asked < p->budget; round++) {
		size_t n = 0;
		while (n < ROUND && asked < p->budget && a->ask(self, &number[n], x[n])) {
			for (size_t i = 0; i < p->n; i++)
				*sum += (double)(asked % 7 + i + 1) * x[n][i];
			n++, asked++;
		}
		if (!n)
			break;
		for (size_t i = 0; i < n; i++) {
			if (kill && round % kill == 0 && (i == 0 || i == n / 2)) {
				struct blob b = {0};
				a->save(self, &b);
				a->free(self);
				self = begin(p, name, set, seed, false, &space, d);
				if (a->load(self, &b, &err) < 0)
					ok(0, "%s: %s", name, err.text);
				blob_free(&b);
			}
			const double f = p->f(x[i], p->n);
			best = fmin(best, f);
			a->tell(self, &(struct told){.number = number[i], .fitness = -f});
		}
	}
	a->free(self);
	return asked == p->budget ? best : NAN;
}

static double
middle(double a, double b, double c)
{
	return fmax(fmin(a, b), fmin(fmax(a, b), c));
}

/* Median of three seeds. */
static double
median(const struct problem *p, const char *name, const char *set)
{
	double sum;
	return middle(search(p, name, set, 1, 0, &sum), search(p, name, set, 2, 0, &sum), search(p, name, set, 3, 0, &sum));
}

static void
beside_others(const struct problem *p, const char *set, double factor)
{
	static const char *const single[] = {"cmaes", "ga", "de", "random"}; /* what it is made of, and chance */
	double best = INFINITY, second = INFINITY;
	const char *who = "";
	for (size_t i = 0; i < sizeof single / sizeof *single; i++) {
		const double f = median(p, single[i], "");
		if (f < best) {
			second = best;
			best = f;
			who = single[i];
		} else
			second = fmin(second, f);
	}
	const double it = median(p, "auto", set);
	ok(it <= factor * best + 1e-8, "%s, n=%zu, %llu takes: %.3g, the best single (%s) %.3g, the next %.3g", p->name, p->n,
	    (unsigned long long)p->budget, it, who, best, second);
}

int
main(void)
{
	/* no more first takes than a test has the time for */
	beside_others(&problems[0], "first=80", 1);
	beside_others(&problems[1], "first=40", 3);
	beside_others(&problems[2], "first=60", 1.5);

	/* few first takes, so that all stages come within a short budget */
	const struct problem all = {"rastrigin", rastrigin, 4, 0, 1500};
	double plain, again, killed;
	const double f = search(&all, "auto", "first=24", 5, 0, &plain);
	search(&all, "auto", "first=24", 5, 0, &again);
	ok(isfinite(f) && plain == again, "the same seed asks the same, through all stages");
	search(&all, "auto", "first=24", 5, 1, &killed);
	ok(plain == killed, "killed and loaded in every round, it asks the same");
	search(&all, "auto", "first=24", 6, 0, &again);
	ok(plain != again, "another seed does not");

	/* nobody answers, or only one of three */
	struct space space;
	struct dimension d[MOST];
	const struct algo *a = algo_find("auto");
	void *self = begin(&all, "auto", "first=24", 7, true, &space, d);
	double x[MOST];
	uint64_t number, asked = 0;
	for (; asked < all.budget && a->ask(self, &number, x); asked++)
		if (asked % 3 == 0)
			a->tell(self, &(struct told){.number = number, .fitness = -rastrigin(x, all.n)});
	ok(asked == all.budget, "steady, it waits for nobody in any stage");
	a->free(self);
	return done();
}
