/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "opt/vary.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/fmath.h"

enum { TRIES = 16, WALK = 256 };

static bool
conditional(const struct space *s, size_t i)
{
	return s->dimension && s->dimension[i].of_1;
}

int
vary_init(struct vary *v, const struct space *space, struct rng *rng, struct err *err)
{
	*v = (struct vary){.space = space, .rng = rng, .eta = 20};
	bool any = false;
	for (size_t i = 0; i < space->n; i++)
		any |= conditional(space, i);
	if (any && !(v->awake = calloc(space->n, sizeof *v->awake)))
		return err_set(err, "out of memory for %zu dimensions", space->n);
	return 0;
}

void
vary_release(struct vary *v)
{
	free(v->awake);
	*v = (struct vary){0};
}

static double
chance(struct vary *v)
{
	return rng_uniform(v->rng);
}

/* The better of two. */
static size_t
tournament(struct vary *v)
{
	const size_t a = rng_below(v->rng, v->n_good), b = rng_below(v->rng, v->n_good);
	return a < b ? a : b;
}

/* What coordinate i may be now that it wakes: as in a good point that has the same choice. Settings of one choice come
   from the same point; where there is none, it stays what it was when it mattered last. */
static void
wake(struct vary *v, double *x, size_t i)
{
	const size_t n = v->space->n, of = v->space->dimension[i].of_1;
	if (v->of != of) {
		v->of = of;
		v->donor = v->n_good; /* none */
		for (size_t k = 0; v->n_good && v->donor == v->n_good && k < v->n_good + TRIES && k < TRIES + WALK; k++) {
			const size_t j = k < TRIES ? tournament(v) : k - TRIES; /* where it is rare: the best that has it */
			const double *y = v->good + j * n;
			if (y[of - 1] == x[of - 1] && space_active(v->space, y, i))
				v->donor = j;
		}
	}
	if (v->donor < v->n_good)
		x[i] = v->good[v->donor * n + i];
}

/* One of the two children's values of a and b at random. */
static double
sbx(struct vary *v, double a, double b)
{
	const double lo = fmin(a, b), hi = fmax(a, b), apart = hi - lo;
	if (!(apart > 1e-14))
		return a;
	const bool upper = chance(v) < 0.5;
	const double u = chance(v), beta = 1 + 2 * (upper ? 1 - hi : lo) / apart, to = 1 / (v->eta + 1);
	const double alpha = 2 - fm_pow(beta, -(v->eta + 1));
	const double spread = u * alpha <= 1 ? fm_pow(u * alpha, to) : fm_pow(1 / (2 - u * alpha), to);
	return 0.5 * (lo + hi + (upper ? spread : -spread) * apart);
}

static double
settle(double u, uint32_t levels)
{
	u = fmin(fmax(u, 0), 1);
	return levels ? level_at(level_of(u, levels), levels) : u;
}

static double
cross(struct vary *v, enum crossover how, bool category, double a, double b)
{
	if (how == CROSS_UNIFORM || category)
		return chance(v) < 0.5 ? b : a;
	if (how == CROSS_BLEND)
		return space_fold(a + (b - a) * (1.6 * chance(v) - 0.3));
	return chance(v) < 0.5 ? sbx(v, a, b) : a;
}

void
vary_cross(struct vary *v, enum crossover how, const double *a, const double *b, double *x)
{
	const struct space *s = v->space;
	memcpy(x, a, s->n * sizeof *x);
	if (how == CROSS_NONE)
		return;
	v->of = 0;
	for (size_t i = 0; i < s->n; i++) { /* what i depends on stands before it */
		bool of_a = true, of_b = true;
		if (conditional(s, i)) {
			if (!space_active(s, x, i))
				continue;
			of_a = space_active(s, a, i);
			of_b = space_active(s, b, i);
		}
		if (of_a && of_b)
			x[i] = settle(cross(v, how, space_category(s, i), a[i], b[i]), space_levels(s, i));
		else if (of_b)
			x[i] = b[i];
		else if (!of_a)
			wake(v, x, i);
	}
}

/* --- mutation --------------------------------------------------------------------------------- */

static double
polynomial(struct vary *v, double x)
{
	const double u = chance(v), room = u < 0.5 ? x : 1 - x, w = u < 0.5 ? 2 * u : 2 * (1 - u);
	const double step = 1 - fm_pow(w + (1 - w) * fm_pow(1 - room, v->eta + 1), 1 / (v->eta + 1));
	return u < 0.5 ? x - step : x + step;
}

struct step {
	double far;
	const double *from, *to; /* NULL: `far` is the step */
};

static double
mutate(struct vary *v, enum mutation how, const struct step *step, double x, size_t i)
{
	if (how == MUTATE_POLYNOMIAL)
		return polynomial(v, x);
	if (how == MUTATE_ANYWHERE)
		return chance(v);
	return space_fold(x + (step->from ? step->from[i] - step->to[i] : step->far) * rng_normal(v->rng));
}

/* To another level: where the number has gone, or to the next one; any other of a choice. */
static double
another_level(struct vary *v, double was, double u, uint32_t levels, bool category)
{
	const uint32_t k = level_of(was, levels), to = level_of(fmin(fmax(u, 0), 1), levels);
	if (levels < 2)
		return was;
	if (category)
		return level_at((k + 1 + (uint32_t)rng_below(v->rng, levels - 1)) % levels, levels);
	if (to != k)
		return level_at(to, levels);
	const bool up = k == 0 || (k + 1 < levels && chance(v) < 0.5);
	return level_at(up ? k + 1 : k - 1, levels);
}

void
vary_mutate(struct vary *v, enum mutation how, size_t scale, double count, bool surely, double *x)
{
	const struct space *s = v->space;
	struct step step = {.far = 0};
	if (!(count > 0) && !surely)
		return;
	if (scale == VARY_APART && v->n_good) {
		step.from = v->good + rng_below(v->rng, v->n_good) * s->n;
		step.to = v->good + rng_below(v->rng, v->n_good) * s->n;
	} else
		step.far = fm_exp2(-1.5 - (double)scale - chance(v));
	size_t active = 0;
	for (size_t i = 0; i < s->n; i++) {
		const bool awake = !conditional(s, i) || space_active(s, x, i);
		active += awake;
		if (v->awake)
			v->awake[i] = awake;
	}
	if (!active)
		return;
	const double rate = fmin(1, count / (double)active);
	size_t sure = surely ? rng_below(v->rng, active) + 1 : 0;
	v->of = 0;
	for (size_t i = 0; i < s->n; i++) {
		const uint32_t levels = space_levels(s, i);
		if (conditional(s, i)) {
			if (!space_active(s, x, i))
				continue;
			if (!v->awake[i]) {
				wake(v, x, i);
				continue;
			}
		}
		if (!(chance(v) < rate) && --sure != 0)
			continue;
		const double u = space_category(s, i) ? 0 : mutate(v, how, &step, x[i], i);
		x[i] = levels ? another_level(v, x[i], u, levels, space_category(s, i)) : fmin(fmax(u, 0), 1);
	}
}
