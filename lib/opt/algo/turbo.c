/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Bayesian optimisation in a trust region (Eriksson et al., "Scalable Global Optimization via
 * Local Bayesian Optimization", NeurIPS 2019: TuRBO-1). A Gaussian process (opt/gp.h) is fitted to what
 * has been heard; the next points are those of greatest expected improvement (log EI, Ament et al. 2023) in
 * a box around the best, whose sides stretch as the process's lengths do. The box doubles after a few successes
 * in a row, halves after as many failures as there are coordinates, and below 2^-7 the search begins anew
 * elsewhere. Within a batch each point counts as known to be what is expected there (Kriging believer),
 * as do points that are out. While a region fails, every third proposal is one with other choices, in all of the
 * space: a choice that is wrong would stay.
 *
 * While the model says that coordinates matter each by itself (opt/gp.h), the box is the whole cube: such a
 * model tells valleys apart that the region would not leave.
 *
 * What there is to know of the model is in opt/surrogate.h, of the search for improvement in opt/seek.h.
 *
 * Memory: 5 `points` rows of coordinates, and points² + 80,000 doubles.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fmath.h"
#include "opt/seek.h"

enum { BATCH, FIRST, POINTS, CANDIDATES, LENGTH };
static const struct knob knobs[] = {
    [BATCH] = {"batch", "takes chosen at a time", 1, 1, 100, NULL},
    [FIRST] = {"first", "takes spread evenly to begin with; 0: by the number of coordinates", 0, 0, 1000, NULL},
    [POINTS] = {"points", "results the model is made of, the nearest to the best", 400, 20, 1500, NULL},
    [CANDIDATES] = {"candidates", "points among which improvement is looked for, before climbing", 256, 16, 10000, NULL},
    [LENGTH] = {"length", "of the region's sides to begin with, as a part of each range; 0: 0.8 up to five coordinates, 0.4 beyond", 0, 0, 4, NULL},
    {0},
};

static const double LONGEST = 1.6, SHORTEST = 0x1p-7;

struct turbo {
	struct trials trials;
	struct surrogate model;
	struct seek seek;
	size_t n, first, candidates, max_batch;
	double length_0;
	struct {
		uint64_t regions, since; /* so far; results heard before this one */
		uint64_t successes, failures;
		double length; /* of the region */
	} now;
};

static void
turbo_free(void *self)
{
	struct turbo *t = self;
	if (!t)
		return;
	trials_release(&t->trials);
	surrogate_release(&t->model);
	seek_release(&t->seek);
	free(t);
}

/* Another region, of which nothing is known. */
static void
begin(struct turbo *t, uint64_t since)
{
	t->now.regions++;
	t->now.since = since;
	t->now.length = t->length_0;
	t->now.successes = t->now.failures = 0;
}

static void *
create(const struct space *space, const struct algo_settings *s, struct err *err)
{
	struct turbo *t = calloc(1, sizeof *t);
	if (!t)
		return err_set(err, "out of memory"), NULL;
	const size_t n = space->n, points = (size_t)s->knobs[POINTS], kept = 4 * points;
	t->n = n;
	t->max_batch = (size_t)s->knobs[BATCH];
	t->candidates = (size_t)s->knobs[CANDIDATES];
	t->length_0 = s->knobs[LENGTH] > 0 ? s->knobs[LENGTH] : n <= 5 ? 0.8 : 0.4;
	t->first = s->knobs[FIRST] > 0 ? (size_t)s->knobs[FIRST] : n < 90 ? 5 + n / 2 : 50;
	if (s->budget && t->first > s->budget / 4 + 1)
		t->first = s->budget / 4 + 1;
	if (trials_init(&t->trials, space, s, t->first, t->max_batch, kept, err) < 0 ||
	    surrogate_init(&t->model, &t->trials.space, points, kept, err) < 0 || seek_init(&t->seek, &t->model, err) < 0)
		return turbo_free(t), NULL;
	begin(t, 0);
	return t;
}

/* The box about the centre, its sides as the lengths are, their geometric mean the region's; what does not matter at
   the centre may be anything where it does. Or the whole cube. */
static void
box(struct turbo *t, bool all)
{
	const struct space *space = &t->trials.space;
	double mean = 0;
	size_t numbers = 0;
	for (size_t d = 0; d < t->n; d++)
		if (!space_category(space, d)) {
			mean += surrogate_length(&t->model, d);
			numbers++;
		}
	mean /= numbers ? (double)numbers : 1;
	for (size_t d = 0; d < t->n; d++) {
		const uint32_t levels = space_levels(space, d);
		const double stretch = fm_exp(fmin(fmax(surrogate_length(&t->model, d) - mean, -3), 3));
		const bool free = all || space_category(space, d) || !space_active(space, t->seek.centre, d);
		double half = free ? 1 : 0.5 * t->now.length * stretch;
		if (levels)
			half = fmax(half, 1.0 / levels);
		t->seek.low[d] = fmax(0, t->seek.centre[d] - half);
		t->seek.high[d] = fmin(1, t->seek.centre[d] + half);
	}
}

/* The best of the region up to result `end`, or SIZE_MAX. */
static size_t
best_of_region(const struct turbo *t, size_t end)
{
	const struct trials *r = &t->trials;
	size_t best = SIZE_MAX;
	for (size_t i = 0; i < end; i++)
		if (r->when[i] >= t->now.since && (best == SIZE_MAX || r->y[i] > r->y[best]))
			best = i;
	return best;
}

/* So many failures in a row halve the region. */
static size_t
tolerance(const struct turbo *t)
{
	return t->n < 4 ? 4 : t->n;
}

/* The next proposals. */
static void
plan(void *self)
{
	struct turbo *const t = self;
	struct trials *r = &t->trials;
	const size_t centre = best_of_region(t, r->now.kept);
	if (centre == SIZE_MAX || t->now.length < SHORTEST) {
		/* nothing is known of the region, or no more to be had from it */
		const bool done = t->now.length < SHORTEST || !r->now.heard;
		begin(t, r->now.heard);
		trials_spread(r, done ? t->first : 1);
		return;
	}
	surrogate_learn(&t->model, r, r->x + centre * t->n, t->now.since);
	memcpy(t->seek.centre, r->x + centre * t->n, t->n * sizeof *t->seek.centre);
	const bool apart = surrogate_apart(&t->model); /* then what is far is known as well as what is near */
	t->seek.fine = apart || t->now.length <= t->length_0 / 4;
	for (size_t i = 0; i < t->max_batch; i++) {
		const bool afar = t->seek.choices && 2 * t->now.failures > tolerance(t) && (r->batch.asked + i) % 3 == 0;
		box(t, afar || apart);
		seek_best(&t->seek, &r->now.rng, t->candidates, afar, r->plan + i * t->n);
		if (i + 1 < t->max_batch)
			surrogate_believe(&t->model, r->plan + i * t->n);
	}
	trials_planned(r, t->max_batch);
}

static bool
ask(void *self, uint64_t *number, double *x)
{
	struct turbo *t = self;
	return trials_ask(&t->trials, plan, t, number, x);
}

/* Whether a point is beyond the region about another. */
static bool
beyond(const struct turbo *t, const double *x, const double *from)
{
	const struct space *space = &t->trials.space;
	for (size_t d = 0; d < t->n; d++)
		if (space_active(space, x, d) && (space_category(space, d) ? x[d] != from[d] : fabs(x[d] - from[d]) > t->now.length))
			return true;
	return false;
}

/* The region grows or shrinks by what has come back last; where the best is now far from where it was, it begins wide. */
static void
judge(struct turbo *t, size_t results)
{
	const struct trials *r = &t->trials;
	size_t old = r->now.kept;
	while (old > 0 && r->when[old - 1] + results >= r->now.heard)
		old--;
	const size_t before = best_of_region(t, old), best = best_of_region(t, r->now.kept);
	if (before == SIZE_MAX || r->now.heard - t->now.since <= t->first)
		return;
	if (r->y[best] > r->y[before] + 1e-3 * fabs(r->y[before])) {
		t->now.successes++;
		t->now.failures = 0;
		if (beyond(t, r->x + best * t->n, r->x + before * t->n))
			t->now.length = fmax(t->now.length, t->length_0);
	} else {
		t->now.failures += results;
		t->now.successes = 0;
	}
	if (t->now.successes == 3) {
		t->now.length = fmin(2 * t->now.length, LONGEST);
		t->now.successes = 0;
	}
	if (t->now.failures >= tolerance(t)) {
		t->now.length /= 2;
		t->now.failures = 0;
	}
}

static void
tell(void *self, const struct told *told)
{
	struct turbo *t = self;
	const size_t results = trials_tell(&t->trials, told);
	if (results)
		judge(t, results);
}

static void
save(const void *self, struct blob *b)
{
	const struct turbo *t = self;
	blob_put(b, &t->now, sizeof t->now);
	trials_save(&t->trials, b);
	surrogate_save(&t->model, b);
}

static int
load(void *self, struct blob *b, struct err *err)
{
	struct turbo *t = self;
	blob_get(b, &t->now, sizeof t->now);
	trials_load(&t->trials, b);
	surrogate_load(&t->model, b);
	return blob_done(b, err);
}

static uint64_t
generation(const void *self)
{
	const struct turbo *t = self;
	return t->trials.batch.generation;
}

static void
words(const void *self, char *text, size_t n)
{
	const struct turbo *t = self;
	snprintf(text, n, "region %llu, length %.3g", (unsigned long long)t->now.regions, t->now.length);
}

const struct algo algo_turbo = {
    .name = "turbo",
    .help = "Gaussian process in a trust region (TuRBO, Eriksson et al. 2019), for small budgets",
    .knobs = knobs,
    .create = create,
    .ask = ask,
    .tell = tell,
    .save = save,
    .load = load,
    .free = turbo_free,
    .generation = generation,
    .words = words,
};
