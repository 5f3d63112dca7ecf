/* SPDX-License-Identifier: GPL-3.0-or-later */
/* nsga: fronts of known shape, of two and of five objectives, with choices, and of one. */
#include <math.h>
#include <stdlib.h>

#include "opt/algo.h"
#include "opt/front.h"
#include "opt/volume.h"
#include "tap.h"

enum { N = 12, MOST = 5 };

struct search {
	struct space space;
	size_t m;
	void (*f)(const double *u, double *f); /* to be made small */
	const char *set;
	bool plain; /* nothing but a fitness */
};

/* All that was heard goes into *all; returns the best fitness. */
static double
run(const struct search *s, uint64_t seed, int budget, struct front *all)
{
	struct err err = {""};
	const struct algo *a = algo_find("nsga");
	struct algo_settings set = {.seed = seed, .n_objectives = s->plain ? 0 : s->m};
	double u[N], f[MOST], best = -INFINITY;
	algo_defaults(a, &set);
	void *self = algo_set(a, s->set, &set, &err) == 0 ? a->create(&s->space, &set, &err) : NULL;
	if (!self) {
		ok(0, "%s", err.text);
		exit(1);
	}
	front_init(all, N, s->m, 5000);
	for (int i = 0; i < budget; i++) {
		struct told told = {.objectives = f};
		if (!a->ask(self, &told.number, u))
			break;
		s->f(u, f);
		for (size_t k = 0; k < s->m; k++)
			f[k] = -f[k];
		told.fitness = f[0];
		if (i % 17 == 3)
			told = (struct told){told.number, NAN, NULL, NULL};
		else {
			front_add(all, &told, u, &err);
			best = fmax(best, told.fitness);
		}
		a->tell(self, &told);
	}
	a->free(self);
	return best;
}

/* ZDT1 of twelve coordinates. */
static void
root(const double *u, double *f)
{
	double g = 1;
	for (int i = 1; i < N; i++)
		g += 9 * u[i] / (N - 1);
	f[0] = u[0];
	f[1] = g * (1 - sqrt(u[0] / g));
}

/* The same; the second coordinate is a choice that has to be another in each half of the front, the third a whole number that
   has to be 6. */
static const struct dimension mixed[N] = {[1] = {DIMENSION_CATEGORY, 4, 0, 0, NULL}, [2] = {DIMENSION_INTEGER, 10, 0, 0, NULL}};
static void
halves(const double *u, double *f)
{
	double g = 1 + (level_of(u[1], 4) != (u[0] < 0.5 ? 3 : 1)) + fabs((double)level_of(u[2], 10) - 6) / 9;
	for (int i = 3; i < N; i++)
		g += 3 * u[i] / (N - 1);
	f[0] = u[0];
	f[1] = g * (1 - sqrt(u[0] / g));
}

/* DTLZ2 with five objectives: the front is the unit sphere's. */
static void
sphere(const double *u, double *f)
{
	double g = 1;
	for (int i = MOST - 1; i < N; i++)
		g += (u[i] - 0.5) * (u[i] - 0.5);
	for (int k = 0; k < MOST; k++) {
		f[k] = g;
		for (int i = 0; i < MOST - 1 - k; i++)
			f[k] *= cos(u[i] * 1.5707963267948966);
		if (k)
			f[k] *= sin(u[MOST - 1 - k] * 1.5707963267948966);
	}
}

static void
bowl(const double *u, double *f)
{
	f[0] = 0;
	for (int i = 0; i < N; i++)
		f[0] += (u[i] - 0.3) * (u[i] - 0.3);
}

int
main(void)
{
	static const double worst[MOST] = {-1.1, -1.1, -1.1, -1.1, -1.1};
	struct front all;
	struct err err;
	for (int kind = 0; kind < 2; kind++) {
		double open = 0;
		for (uint64_t seed = 1; seed <= 3; seed++) {
			run(&(struct search){{N, kind ? mixed : NULL}, 2, kind ? halves : root, "population=60", false}, seed, 5000, &all);
			open += (1 - volume(all.f, all.n, 2, worst, &err) / (1.21 - 1 / 3.0)) / 3;
			front_release(&all);
		}
		ok(open < (kind ? 0.03 : 0.015), "%s: 5,000 evaluations leave %.4f of the front's volume open", kind ? "mixed" : "zdt1", open);
	}
	run(&(struct search){{N, NULL}, 5, sphere, "population=70", false}, 1, 7000, &all);
	double far = 0, least[MOST] = {2, 2, 2, 2, 2};
	for (size_t i = 0; i < all.n; i++) {
		double square = 0;
		for (int k = 0; k < MOST; k++) {
			square += all.f[i * MOST + k] * all.f[i * MOST + k];
			least[k] = fmin(least[k], -all.f[i * MOST + k]);
		}
		far += (sqrt(square) - 1) / (double)all.n;
	}
	ok(far < 0.1 && all.n > 100, "five objectives: %zu points are %.3f from the sphere on average", all.n, far);
	double widest = 0;
	for (int k = 0; k < MOST; k++)
		widest = fmax(widest, least[k]);
	ok(widest < 0.1, "and reach the end of each (to %.3f)", widest);
	front_release(&all);
	const double best = run(&(struct search){{N, NULL}, 1, bowl, "population=20", true}, 1, 3000, &all);
	ok(best > -1e-3, "without objectives the fitness is one: %.2g", -best);
	front_release(&all);
	return done();
}
