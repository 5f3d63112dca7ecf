/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "opt/seek.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/fmath.h"
#include "opt/climb.h"

enum { CLIMBS = 4 };

int
seek_init(struct seek *s, struct surrogate *model, struct err *err)
{
	const size_t n = model->n;
	*s = (struct seek){.model = model, .low = calloc((3 + CLIMBS) * n + climb_work(n) + 1, sizeof *s->low)};
	if (!s->low)
		return err_set(err, "out of memory for %zu coordinates", n);
	for (size_t d = 0; d < n; d++) {
		s->choices |= space_category(model->space, d);
		s->levels |= space_levels(model->space, d) > 0;
	}
	s->high = s->low + n;
	s->centre = s->high + n;
	s->tops = s->centre + n;
	s->work = s->tops + CLIMBS * n;
	return 0;
}

void
seek_release(struct seek *s)
{
	free(s->low);
	*s = (struct seek){0};
}

/* The k-th candidate: anywhere in the box, or the centre with some coordinates replaced, or moved by little. */
static void
candidate(const struct seek *s, struct rng *r, size_t k, double *x)
{
	const size_t n = s->model->n, surely = n ? rng_below(r, n) : 0;
	const double rate = k % 4 == 0 ? 1 : fmin(1, (k % 4 == 1 ? 5.0 : 3.0) / (double)n);
	const double step = fm_exp2(-1 - 9 * rng_uniform(r));
	for (size_t d = 0; d < n; d++) {
		const uint32_t levels = space_levels(s->model->space, d);
		const double side = s->high[d] - s->low[d];
		x[d] = s->centre[d];
		if (!space_active(s->model->space, s->centre, d)) {
			x[d] = s->low[d] + side * rng_uniform(r); /* in case it matters here */
			continue;
		}
		if (rng_uniform(r) >= rate && d != surely)
			continue;
		if (levels && k % 4 == 0 && rng_uniform(r) < 0.5)
			continue;
		if (k % 4 < 2 || levels)
			x[d] = s->low[d] + side * rng_uniform(r);
		else
			x[d] += step * side * rng_normal(r);
		x[d] = fmin(fmax(x[d], s->low[d]), s->high[d]);
	}
	space_settle(s->model->space, x);
}

static double
uphill(void *of, const double *x, double *gradient)
{
	return surrogate_slope(of, x, gradient);
}

/* Other levels of one coordinate after another, where they are better. */
static double
levels_uphill(struct seek *s, struct rng *r, double *x, double value)
{
	double *const other = s->work; /* [GP_LANES][n] is less than climb_work */
	const struct space *space = s->model->space;
	for (size_t d = 0; d < space->n; d++) {
		const uint32_t levels = space_levels(space, d);
		if (levels < 2 || !space_active(space, x, d))
			continue;
		const uint32_t here = level_of(x[d], levels);
		uint32_t try[GP_LANES];
		size_t count = 0;
		for (size_t k = 0; k < GP_LANES && count + 1 < levels; k++) {
			if (levels <= GP_LANES + 1)
				try[count] = (uint32_t)(k + (k >= here));
			else if (!space_category(space, d) && k < 4) { /* next to it, and one away */
				const int64_t to = (int64_t)here + (int[]){-1, 1, -2, 2}[k];
				if (to < 0 || to >= levels)
					continue;
				try[count] = (uint32_t)to;
			} else
				try[count] = (uint32_t)rng_below(r, levels);
			memcpy(other + count * space->n, x, space->n * sizeof *x);
			other[count * space->n + d] = level_at(try[count], levels);
			count++;
		}
		double values[GP_LANES];
		surrogate_improvement(s->model, other, count, values);
		for (size_t k = 0; k < count; k++)
			if (values[k] > value) {
				value = values[k];
				x[d] = level_at(try[k], levels);
			}
	}
	return value;
}

/* Keeps x among the best `most`, best first; how many there are. */
static size_t
enter(double *top, double *tops, size_t n_top, size_t most, double value, const double *x, size_t n)
{
	size_t at = n_top;
	while (at > 0 && top[at - 1] < value)
		at--;
	if (at == most)
		return n_top;
	n_top += n_top < most;
	memmove(top + at + 1, top + at, (n_top - at - 1) * sizeof *top);
	memmove(tops + (at + 1) * n, tops + at * n, (n_top - at - 1) * n * sizeof *tops);
	top[at] = value;
	memcpy(tops + at * n, x, n * sizeof *tops);
	return n_top;
}

/* Whether x differs from the centre in a choice that matters there. */
static bool
elsewhere(const struct seek *s, const double *x)
{
	const struct space *space = s->model->space;
	for (size_t d = 0; d < space->n; d++)
		if (space_category(space, d) && x[d] != s->centre[d] && space_active(space, s->centre, d))
			return true;
	return false;
}

/* The best candidates in tops; how many. Half of the room is for those of other choices: they need to climb first to be seen. */
static size_t
scatter(struct seek *s, struct rng *r, size_t candidates, bool other, double *top)
{
	const size_t n = s->model->n, most = s->choices ? CLIMBS / 2 : CLIMBS;
	double values[GP_LANES], *const of = s->work, *const others = s->tops + most * n;
	size_t here = 0, there = 0;
	for (size_t k = 0; k < candidates; k += GP_LANES) {
		for (size_t i = 0; i < GP_LANES; i++)
			candidate(s, r, k + i, of + i * n);
		surrogate_improvement(s->model, of, GP_LANES, values);
		for (size_t i = 0; i < GP_LANES; i++)
			if (elsewhere(s, of + i * n))
				there = enter(top + most, others, there, CLIMBS - most, values[i], of + i * n, n);
			else
				here = enter(top, s->tops, here, most, values[i], of + i * n, n);
	}
	if (other && there)
		here = 0;
	memmove(top + here, top + most, there * sizeof *top);
	memmove(s->tops + here * n, others, there * n * sizeof *others);
	return here + there;
}

void
seek_best(struct seek *s, struct rng *r, size_t candidates, bool other, double *x)
{
	const struct space *space = s->model->space;
	const size_t n = space->n;
	double top[CLIMBS], best = -INFINITY, wide = 0;
	const size_t n_top = scatter(s, r, candidates, other, top);
	for (size_t d = 0; d < n; d++)
		wide = fmax(wide, s->high[d] - s->low[d]);
	const struct climb c = {.n = n, .f = uphill, .of = s->model, .low = s->low, .high = s->high, .first_step = 0.1 * wide,
	    .steps = 20, .enough = 1e-4};
	for (size_t k = 0; k < n_top; k++) {
		double *const p = s->tops + k * n, value = top[k];
		for (int round = 0; round < (s->levels ? 2 : 1); round++) {
			if (s->fine)
				climb_from(&c, p, s->work);
			space_settle(space, p);
			surrogate_improvement(s->model, p, 1, &value);
			if (s->levels)
				value = levels_uphill(s, r, p, value);
		}
		if ((value > best || k == 0) && !surrogate_knows(s->model, p)) {
			best = value;
			memcpy(x, p, n * sizeof *x);
		}
	}
	for (int tries = 0; best == -INFINITY && tries < 100; tries++) { /* all known: anything that is not */
		candidate(s, r, (size_t)tries, x);
		if (!surrogate_knows(s->model, x))
			break;
	}
}
