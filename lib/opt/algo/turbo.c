/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Bayesian optimisation in a trust region (Eriksson et al., "Scalable Global Optimization via
 * Local Bayesian Optimization", NeurIPS 2019: TuRBO-1). A Gaussian process (opt/gp.h) is fitted to what
 * has been heard; the next points are those of greatest expected improvement (log EI, Ament et al. 2023) in
 * a box around the best, whose sides stretch as the process's lengths do. The box doubles after a few successes
 * in a row, halves after as many failures as there are coordinates, and below 2^-7 the search begins anew
 * elsewhere. Within a batch each point counts as known to be what is expected there (Kriging believer),
 * as do points that are out. Improvement is looked for at scattered candidates, then by
 * climbing the best of them: uphill on real coordinates, neighbour by neighbour on the others.
 *
 * Choices are equal or not, whole numbers are rounded, what does not matter stands in the middle. Fitness
 * enters as it is down to the middle of all, below that by its logarithm, so that terrible takes do not
 * flatten what is near the best; failures count as the worst.
 *
 * Memory: 5 `points` rows of coordinates, and points² + 40,000 doubles.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fmath.h"
#include "base/rng.h"
#include "opt/batch.h"
#include "opt/climb.h"
#include "opt/gp.h"
#include "opt/sample.h"

enum { BATCH, FIRST, POINTS, CANDIDATES, LENGTH };
static const struct knob knobs[] = {
    [BATCH] = {"batch", "takes chosen at a time", 1, 1, 100, NULL},
    [FIRST] = {"first", "takes spread evenly to begin with; 0: by the number of coordinates", 0, 0, 1000, NULL},
    [POINTS] = {"points", "results the model is made of, the nearest to the best", 400, 20, 1500, NULL},
    [CANDIDATES] = {"candidates", "points among which improvement is looked for, before climbing", 256, 16, 10000, NULL},
    [LENGTH] = {"length", "of the region's sides to begin with, as a part of each range", 0.8, 0.01, 4, NULL},
    {0},
};

enum { MAX_PENDING = 64, CLIMBS = 4 };
static const double LONGEST = 1.6, SHORTEST = 0x1p-7;

struct turbo {
	struct space space;
	size_t n, first, candidates, max_data, max_batch;
	double length_0;
	bool *choice; /* [n] */
	struct batch batch;
	struct gp gp;
	/* state */
	struct {
		struct rng rng;
		uint64_t n_data, region, since; /* results heard; regions so far; the first result of this one */
		uint64_t planned, given, fitted; /* proposals made, of which asked; results at the last fit */
		uint64_t successes, failures;
		double length, best; /* of the region */
	} now;
	double *x, *y;  /* [max_data][n] as the process sees them, [max_data] fitness, -INFINITY failed */
	double *plan;   /* [max_batch][n] */
	/* scratch */
	double *warped; /* [max_data]: fitness as the process sees it */
	struct place { double far; size_t at; } *order; /* [max_data] */
	double *low, *high, *centre, *block, *slope; /* [n], slope [2][n], block [GP_LANES][n] */
	double *work, *tops; /* [CLIMBS][n] */
	double incumbent;
};

static void
turbo_free(void *self)
{
	struct turbo *t = self;
	if (!t)
		return;
	batch_release(&t->batch);
	gp_release(&t->gp);
	space_release(&t->space);
	free(t->choice);
	free(t->x);
	free(t->y);
	free(t->plan);
	free(t->warped);
	free(t->order);
	free(t->low);
	free(t);
}

/* As the process sees it: what does not matter in the middle, of a choice a level of its own. */
static void
neutral(const struct turbo *t, const double *x, double *to)
{
	for (size_t i = 0; i < t->n; i++)
		to[i] = space_active(&t->space, x, i) ? x[i] : t->choice[i] ? -1 : 0.5;
}

static double
bounded(double fitness)
{
	return isnan(fitness) ? -INFINITY : fitness == -INFINITY ? fitness : fmin(fmax(fitness, -1e100), 1e100);
}

/* Takes note of a result; where there is no room the worst goes. */
static void
hear(struct turbo *t, const double *x, double fitness)
{
	if (t->now.n_data == t->max_data) {
		size_t worst = 0;
		for (size_t i = 1; i < t->max_data; i++)
			if (t->y[i] < t->y[worst])
				worst = i;
		const size_t after = t->max_data - worst - 1;
		memmove(t->x + worst * t->n, t->x + (worst + 1) * t->n, after * t->n * sizeof *t->x);
		memmove(t->y + worst, t->y + worst + 1, after * sizeof *t->y);
		t->now.n_data--;
		t->now.since -= worst < t->now.since;
		t->now.fitted -= t->now.fitted > 0;
	}
	neutral(t, x, t->x + t->now.n_data * t->n);
	t->y[t->now.n_data++] = bounded(fitness);
}

/* Begins elsewhere: the plan is points that are spread evenly. */
static void
begin(struct turbo *t, size_t count)
{
	t->now.region++;
	t->now.since = t->now.n_data;
	t->now.length = t->length_0;
	t->now.successes = t->now.failures = 0;
	t->now.best = -INFINITY;
	latin_hypercube(&t->now.rng, t->n, count, t->plan);
	for (size_t i = 0; i < count; i++)
		space_settle(&t->space, t->plan + i * t->n);
	t->now.planned = count;
	t->now.given = 0;
}

static void *
create(const struct space *space, const struct algo_settings *s, struct err *err)
{
	struct turbo *t = calloc(1, sizeof *t);
	if (!t)
		return err_set(err, "out of memory"), NULL;
	const size_t n = space->n, points = (size_t)s->knobs[POINTS];
	size_t unknown = 0;
	for (size_t i = 0; i < s->n_starts; i++)
		unknown += !s->worth || isnan(s->worth[i]);
	t->n = n;
	t->max_batch = (size_t)s->knobs[BATCH];
	t->candidates = (size_t)s->knobs[CANDIDATES];
	t->length_0 = s->knobs[LENGTH];
	t->max_data = 4 * points;
	t->first = s->knobs[FIRST] > 0 ? (size_t)s->knobs[FIRST] : n < 90 ? 5 + n / 2 : 50;
	if (s->budget && t->first > s->budget / 4 + 1)
		t->first = s->budget / 4 + 1;
	unknown = unknown < t->first ? unknown : t->first;
	t->now.rng.seed = s->seed;
	const size_t plan = t->first > t->max_batch ? t->first : t->max_batch;
	t->choice = calloc(n + 1, sizeof *t->choice);
	t->x = calloc(t->max_data * n + 1, sizeof *t->x);
	t->y = calloc(t->max_data, sizeof *t->y);
	t->plan = calloc(plan * n + 1, sizeof *t->plan);
	t->warped = calloc(t->max_data, sizeof *t->warped);
	t->order = calloc(t->max_data, sizeof *t->order);
	t->low = calloc((5 + GP_LANES + CLIMBS) * n + climb_work(n) + 1, sizeof *t->low);
	if (!t->choice || !t->x || !t->y || !t->plan || !t->warped || !t->order || !t->low) {
		err_set(err, "out of memory for %zu coordinates", n);
		return turbo_free(t), NULL;
	}
	t->high = t->low + n;
	t->centre = t->high + n;
	t->slope = t->centre + n;
	t->block = t->slope + 2 * n;
	t->tops = t->block + GP_LANES * n;
	t->work = t->tops + CLIMBS * n;
	for (size_t i = 0; i < n; i++)
		t->choice[i] = space_category(space, i);
	if (batch_init(&t->batch, n, t->max_batch, s, err) < 0 || space_copy(&t->space, space, err) < 0 ||
	    gp_init(&t->gp, n, t->choice, points, err) < 0)
		return turbo_free(t), NULL;
	/* what is known is data; what is not is asked first */
	size_t known = 0;
	for (size_t i = s->n_starts; i-- > 0;)
		if (s->worth && !isnan(s->worth[i])) {
			memcpy(t->block, s->starts + i * n, n * sizeof *t->block);
			space_settle(space, t->block);
			hear(t, t->block, s->worth[i]);
			known++;
		}
	const size_t spread = t->first > known + unknown ? t->first - known - unknown : 0;
	begin(t, spread + unknown);
	t->now.since = 0;
	for (size_t i = 0, k = 0; i < s->n_starts && k < unknown; i++)
		if (!s->worth || isnan(s->worth[i])) {
			memcpy(t->plan + k * n, s->starts + i * n, n * sizeof *t->plan);
			space_settle(space, t->plan + k++ * n);
		}
	return t;
}

static int
by_distance(const void *va, const void *vb)
{
	const struct place *a = va, *b = vb;
	if (a->far != b->far)
		return a->far < b->far ? -1 : 1;
	return a->at < b->at ? -1 : a->at > b->at;
}

/* Fitness of zero mean and unit deviation, its lower half by its logarithm. */
static void
warp(struct turbo *t)
{
	const size_t n = t->now.n_data;
	size_t finite = 0;
	for (size_t i = 0; i < n; i++)
		if (t->y[i] > -INFINITY)
			t->order[finite++] = (struct place){-t->y[i], i};
	qsort(t->order, finite, sizeof *t->order, by_distance);
	const double best = finite ? -t->order[0].far : 0, middle = finite ? -t->order[finite / 2].far : 0,
	    worst = finite ? -t->order[finite - 1].far : 0, unit = best - middle;
	double mean = 0, variance = 0;
	for (size_t i = 0; i < n; i++) {
		const double y = t->y[i] > -INFINITY ? t->y[i] : worst;
		t->warped[i] = unit <= 0 ? 0 : y >= middle ? (y - middle) / unit : -fm_log(1 + (middle - y) / unit);
		mean += t->warped[i] / (double)n;
	}
	for (size_t i = 0; i < n; i++)
		variance += (t->warped[i] - mean) * (t->warped[i] - mean) / (double)n;
	const double scale = variance > 0 ? 1 / sqrt(variance) : 1;
	for (size_t i = 0; i < n; i++)
		t->warped[i] = (t->warped[i] - mean) * scale;
}

/* The process of the results nearest to the centre, and what is out. */
static void
model(struct turbo *t)
{
	struct gp *g = &t->gp;
	const size_t n = t->n, room = g->max - MAX_PENDING < g->max / 2 ? g->max / 2 : g->max - MAX_PENDING;
	for (size_t i = 0; i < t->now.n_data; i++) {
		double far = 0;
		for (size_t d = 0; d < n; d++) {
			const double off = t->x[i * n + d] - t->centre[d];
			far += (t->choice[d] ? off != 0 : off * off) * fm_exp(-2 * g->theta[d]);
		}
		t->order[i] = (struct place){far, i};
	}
	qsort(t->order, t->now.n_data, sizeof *t->order, by_distance);
	const size_t used = t->now.n_data < room ? t->now.n_data : room;
	gp_keep(g, 0);
	for (size_t i = 0; i < used; i++)
		gp_put(g, t->x + t->order[i].at * n, t->warped[t->order[i].at]);
	const uint64_t fitted = t->now.fitted, heard = t->now.n_data;
	if (!fitted || heard < fitted || (heard > fitted && (heard < 60 || heard >= fitted + fitted / 25))) {
		gp_fit(g, NULL, g->n, fitted && heard > 30 ? 12 : 40);
		t->now.fitted = heard;
	}
	gp_factor(g);
	t->incumbent = -INFINITY;
	for (size_t i = 0; i < used; i++)
		if (t->order[i].at >= t->now.since)
			t->incumbent = fmax(t->incumbent, gp_smooth(g, i));
	for (size_t i = t->batch.n_out > MAX_PENDING ? t->batch.n_out - MAX_PENDING : 0; i < t->batch.n_out; i++) {
		neutral(t, t->batch.out[i].x, t->block);
		gp_believe(g, t->block);
	}
}

/* The box about the centre, its sides as the lengths are, their geometric mean the region's. */
static void
box(struct turbo *t)
{
	double mean = 0;
	size_t reals = 0;
	for (size_t d = 0; d < t->n; d++)
		if (!t->choice[d]) {
			mean += t->gp.theta[d];
			reals++;
		}
	mean /= reals ? (double)reals : 1;
	for (size_t d = 0; d < t->n; d++) {
		const uint32_t levels = space_levels(&t->space, d);
		double half = t->choice[d] ? 1 : 0.5 * t->now.length * fm_exp(fmin(fmax(t->gp.theta[d] - mean, -3), 3));
		if (levels)
			half = fmax(half, 1.0 / levels);
		t->low[d] = fmax(0, t->centre[d] - half);
		t->high[d] = fmin(1, t->centre[d] + half);
	}
}

/* A candidate: anywhere in the box, or the centre with some coordinates replaced, or moved by little. */
static void
candidate(struct turbo *t, size_t k, double *x)
{
	struct rng *r = &t->now.rng;
	const double rate = k % 4 == 0 ? 1 : fmin(1, (k % 4 == 1 ? 20.0 : 3.0) / (double)t->n);
	const double step = fm_exp2(-1 - 9 * rng_uniform(r));
	const size_t surely = t->n ? rng_below(r, t->n) : 0;
	for (size_t d = 0; d < t->n; d++) {
		const uint32_t levels = space_levels(&t->space, d);
		x[d] = t->centre[d];
		if (rng_uniform(r) >= rate && d != surely)
			continue;
		if (levels && k % 4 == 0 && rng_uniform(r) < 0.5)
			continue;
		if (k % 4 < 2 || levels)
			x[d] = t->low[d] + (t->high[d] - t->low[d]) * rng_uniform(r);
		else
			x[d] += step * (t->high[d] - t->low[d]) * rng_normal(r);
		x[d] = fmin(fmax(x[d], t->low[d]), t->high[d]);
	}
	space_settle(&t->space, x);
}

/* Improvement at x[count][n]; scratch. */
static void
improvement(struct turbo *t, const double *x, size_t count, double *value)
{
	double mean[GP_LANES], deviation[GP_LANES];
	for (size_t i = 0; i < count; i++)
		neutral(t, x + i * t->n, t->block + i * t->n);
	gp_at(&t->gp, t->block, count, mean, deviation);
	for (size_t i = 0; i < count; i++)
		value[i] = log_improvement(mean[i], deviation[i], t->incumbent, NULL, NULL);
}

static double
uphill(void *of, const double *x, double *gradient)
{
	struct turbo *t = of;
	double mean, deviation, by_mean, by_deviation;
	neutral(t, x, t->block);
	gp_slope(&t->gp, t->block, &mean, &deviation, t->slope, t->slope + t->n);
	const double value = log_improvement(mean, deviation, t->incumbent, &by_mean, &by_deviation);
	for (size_t d = 0; d < t->n; d++)
		gradient[d] = space_levels(&t->space, d) || !space_active(&t->space, x, d)
		                  ? 0
		                  : by_mean * t->slope[d] + by_deviation * t->slope[t->n + d];
	return value;
}

/* Other levels of one coordinate after another, where they are better. */
static double
levels_uphill(struct turbo *t, double *x, double value)
{
	double *const other = t->work; /* [GP_LANES][n] is less than climb_work */
	for (size_t d = 0; d < t->n; d++) {
		const uint32_t levels = space_levels(&t->space, d);
		if (levels < 2 || !space_active(&t->space, x, d))
			continue;
		const uint32_t here = level_of(x[d], levels);
		uint32_t try[GP_LANES];
		size_t count = 0;
		for (size_t k = 0; k < GP_LANES && count + 1 < levels; k++) {
			if (levels <= GP_LANES + 1)
				try[count] = (uint32_t)(k + (k >= here));
			else if (!t->choice[d] && k < 4) { /* next to it, and one away */
				const int64_t to = (int64_t)here + (int[]){-1, 1, -2, 2}[k];
				if (to < 0 || to >= levels)
					continue;
				try[count] = (uint32_t)to;
			} else
				try[count] = (uint32_t)rng_below(&t->now.rng, levels);
			memcpy(other + count * t->n, x, t->n * sizeof *x);
			other[count * t->n + d] = level_at(try[count], levels);
			count++;
		}
		double values[GP_LANES];
		improvement(t, other, count, values);
		for (size_t k = 0; k < count; k++)
			if (values[k] > value) {
				value = values[k];
				x[d] = level_at(try[k], levels);
			}
	}
	return value;
}

static bool
known(const struct turbo *t, const double *x)
{
	neutral(t, x, t->block);
	for (size_t i = 0; i < t->gp.n; i++)
		if (!memcmp(t->block, t->gp.x + i * t->n, t->n * sizeof *x))
			return true;
	return false;
}

/* The point of greatest improvement that could be found. */
static void
propose(struct turbo *t, double *x)
{
	double values[GP_LANES], top[CLIMBS], best = -INFINITY, *const of = t->work;
	size_t n_top = 0;
	for (size_t k = 0; k < t->candidates; k += GP_LANES) {
		for (size_t i = 0; i < GP_LANES; i++)
			candidate(t, k + i, of + i * t->n);
		improvement(t, of, GP_LANES, values);
		for (size_t i = 0; i < GP_LANES; i++) {
			size_t at = n_top;
			while (at > 0 && top[at - 1] < values[i])
				at--;
			if (at == CLIMBS)
				continue;
			n_top += n_top < CLIMBS;
			memmove(top + at + 1, top + at, (n_top - at - 1) * sizeof *top);
			memmove(t->tops + (at + 1) * t->n, t->tops + at * t->n, (n_top - at - 1) * t->n * sizeof *t->tops);
			top[at] = values[i];
			memcpy(t->tops + at * t->n, of + i * t->n, t->n * sizeof *t->tops);
		}
	}
	const struct climb c = {.n = t->n, .f = uphill, .of = t, .low = t->low, .high = t->high,
	    .first_step = 0.1 * t->now.length, .steps = 20};
	for (size_t k = 0; k < n_top; k++) {
		double *const p = t->tops + k * t->n;
		double value = top[k];
		for (int round = 0; round < (t->space.dimension ? 2 : 1); round++) {
			climb_from(&c, p, t->work);
			space_settle(&t->space, p);
			improvement(t, p, 1, &value);
			if (t->space.dimension)
				value = levels_uphill(t, p, value);
		}
		if ((value > best || k == 0) && !known(t, p)) {
			best = value;
			memcpy(x, p, t->n * sizeof *x);
		}
	}
	for (int tries = 0; best == -INFINITY && tries < 100; tries++) { /* all known: anything that is not */
		candidate(t, (size_t)tries, x);
		if (!known(t, x))
			break;
	}
}

/* The next proposals. */
static void
plan(struct turbo *t)
{
	if (t->now.n_data == t->now.since || t->now.length < SHORTEST) {
		begin(t, t->now.length < SHORTEST || !t->now.n_data ? t->first : 1);
		return;
	}
	size_t centre = t->now.since;
	for (size_t i = centre; i < t->now.n_data; i++)
		if (t->y[i] > t->y[centre])
			centre = i;
	memcpy(t->centre, t->x + centre * t->n, t->n * sizeof *t->centre);
	warp(t);
	model(t);
	for (size_t d = 0; d < t->n; d++)
		if (t->choice[d] && t->centre[d] < 0)
			t->centre[d] = level_at(0, t->space.dimension[d].levels); /* it did not matter: any */
	box(t);
	for (size_t i = 0; i < t->max_batch; i++) {
		propose(t, t->plan + i * t->n);
		if (i + 1 < t->max_batch) {
			neutral(t, t->plan + i * t->n, t->block);
			gp_believe(&t->gp, t->block);
		}
	}
	t->now.planned = t->max_batch;
	t->now.given = 0;
}

static bool
ask(void *self, uint64_t *number, double *x)
{
	struct turbo *t = self;
	if (!batch_may_ask(&t->batch))
		return false;
	if (t->now.given == t->now.planned)
		plan(t);
	memcpy(x, t->plan + t->now.given++ * t->n, t->n * sizeof *x);
	*number = batch_ask(&t->batch, x);
	return true;
}

/* The region grows or shrinks by what a batch has found. */
static void
judge(struct turbo *t, double best, size_t results)
{
	const double before = t->now.best;
	t->now.best = fmax(before, best);
	if (before == -INFINITY || t->now.n_data - t->now.since <= t->first)
		return;
	if (best > before + 1e-3 * fabs(before)) {
		t->now.successes++;
		t->now.failures = 0;
	} else {
		t->now.failures += results;
		t->now.successes = 0;
	}
	if (t->now.successes == 3) {
		t->now.length = fmin(2 * t->now.length, LONGEST);
		t->now.successes = 0;
	}
	if (t->now.failures >= (t->n < 4 ? 4 : t->n)) {
		t->now.length /= 2;
		t->now.failures = 0;
	}
}

static void
tell(void *self, const struct told *told)
{
	struct turbo *t = self;
	const size_t before = t->batch.n_told;
	batch_tell(&t->batch, told);
	if (t->batch.n_told == before || (!t->batch.steady && t->batch.n_told < t->batch.size))
		return;
	batch_in_order(&t->batch);
	double best = -INFINITY;
	for (size_t i = 0; i < t->batch.n_told; i++) {
		hear(t, t->batch.told[i].x, t->batch.told[i].fitness);
		best = fmax(best, bounded(t->batch.told[i].fitness));
	}
	judge(t, best, t->batch.n_told);
	batch_clear(&t->batch);
}

static void
save(const void *self, struct blob *b)
{
	const struct turbo *t = self;
	blob_put(b, &t->now, sizeof t->now);
	batch_save(&t->batch, b);
	blob_put(b, t->gp.theta, (t->n + 1) * sizeof *t->gp.theta);
	blob_put(b, t->plan, t->now.planned * t->n * sizeof *t->plan);
	blob_put(b, t->x, t->now.n_data * t->n * sizeof *t->x);
	blob_put(b, t->y, t->now.n_data * sizeof *t->y);
}

static int
load(void *self, struct blob *b, struct err *err)
{
	struct turbo *t = self;
	const size_t room = t->first > t->max_batch ? t->first : t->max_batch;
	blob_get(b, &t->now, sizeof t->now);
	batch_load(&t->batch, b);
	if (b->bad || t->now.planned > room || t->now.given > t->now.planned || t->now.n_data > t->max_data ||
	    t->now.since > t->now.n_data) {
		t->now.planned = t->now.given = t->now.n_data = t->now.since = 0;
		return err_set(err, "the saved state is cut short");
	}
	blob_get(b, t->gp.theta, (t->n + 1) * sizeof *t->gp.theta);
	blob_get(b, t->plan, t->now.planned * t->n * sizeof *t->plan);
	blob_get(b, t->x, t->now.n_data * t->n * sizeof *t->x);
	blob_get(b, t->y, t->now.n_data * sizeof *t->y);
	return blob_done(b, err);
}

static uint64_t
generation(const void *self)
{
	const struct turbo *t = self;
	return t->batch.generation;
}

static void
words(const void *self, char *text, size_t n)
{
	const struct turbo *t = self;
	snprintf(text, n, "region %llu, length %.3g", (unsigned long long)t->now.region, t->now.length);
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
