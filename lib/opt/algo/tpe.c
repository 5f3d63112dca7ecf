/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The tree-structured Parzen estimator (Bergstra, Bardenet, Bengio, Kégl, "Algorithms for Hyper-Parameter
 * Optimization", NIPS 2011; Watanabe, "Tree-Structured Parzen Estimator: Understanding Its
 * Algorithm Components", arXiv 2304.11127). What has been heard is split into the best part and the rest;
 * l and g are densities of either, mixtures of a kernel at every result and one that is even over the cube.
 * Of some candidates drawn from l the one with the greatest l / g is asked.
 *
 * Kernels are products over coordinates: normal ones, as wide as the part is spread and folded back at the walls
 * (in the ratio the fold is left out), and for choices (Aitchison and Aitken 1976) mostly the same
 * level. A coordinate that does not matter at a point has no factor; one that did not at the kernel's has that of the
 * even density, so conditions need no group of their own. Better results of the best part weigh more. Half of the
 * candidates change all of a good result, the others a few of its coordinates only: in many dimensions
 * a draw that changes all is never near. What is out counts among the rest, so that it is not asked twice.
 *
 * Memory: 2 `points` rows of coordinates.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fmath.h"
#include "base/rng.h"
#include "opt/batch.h"
#include "opt/sample.h"

enum { BATCH, FIRST, CANDIDATES, GOOD, POINTS };
static const struct knob knobs[] = {
    [BATCH] = {"batch", "takes chosen at a time", 1, 1, 1000, NULL},
    [FIRST] = {"first", "takes spread evenly to begin with", 10, 1, 1000, NULL},
    [CANDIDATES] = {"candidates", "drawn for each proposal", 48, 1, 10000, NULL},
    [GOOD] = {"good", "part of the results that is followed", 0.1, 0.01, 0.5, NULL},
    [POINTS] = {"points", "results kept; beyond, the worst are forgotten", 1000, 20, 10000, NULL},
    {0},
};

#define HALF_LOG_2PI 0.9189385332046727

enum { MAX_PENDING = 64, MOST_GOOD = 25 };

/* A part of the results: the kernels' places and weights. */
struct part {
	size_t n;
	const double **x; /* [n] */
	double *weight;   /* [n + 1], the last of the even one; sum 1 */
	double *width;    /* [n of the space]; of choices: the chance of another level */
	double *same, *other; /* [n]: logarithms of a kernel's factor at its place, and of a choice's elsewhere */
};

struct tpe {
	struct space space;
	size_t n, first, candidates, points, max_batch;
	double good;
	struct batch batch;
	struct {
		struct rng rng;
		uint64_t n_data, planned, given;
	} now;
	double *x, *y; /* [points][n], [points]: best first, the older ahead of its equals */
	double *plan;  /* [max(first, max_batch)][n] */
	struct part l, g;
	double *try, *logs; /* scratch: [n], [points + max_batch + MAX_PENDING + 1] */
};

static void
tpe_free(void *self)
{
	struct tpe *t = self;
	if (!t)
		return;
	batch_release(&t->batch);
	space_release(&t->space);
	free(t->x);
	free(t->y);
	free(t->plan);
	free(t->l.x);
	free(t->l.weight);
	free(t->l.width);
	free(t->g.x);
	free(t->g.weight);
	free(t->g.width);
	free(t->try);
	free(t->logs);
	free(t);
}

/* Puts a result in its place; where there is no room the worst goes. */
static void
hear(struct tpe *t, const double *x, double fitness)
{
	size_t at = t->now.n_data;
	fitness = isnan(fitness) ? -INFINITY : fitness;
	while (at > 0 && t->y[at - 1] < fitness)
		at--;
	if (at == t->points)
		return;
	t->now.n_data += t->now.n_data < t->points;
	const size_t after = t->now.n_data - at - 1;
	memmove(t->x + (at + 1) * t->n, t->x + at * t->n, after * t->n * sizeof *t->x);
	memmove(t->y + at + 1, t->y + at, after * sizeof *t->y);
	memcpy(t->x + at * t->n, x, t->n * sizeof *x);
	t->y[at] = fitness;
}

static int
part_init(struct part *p, size_t max, size_t n)
{
	p->x = calloc(max, sizeof *p->x);
	p->weight = calloc(max + 1, sizeof *p->weight);
	p->width = calloc(3 * n + 1, sizeof *p->width);
	p->same = p->width + n;
	p->other = p->same + n;
	return p->x && p->weight && p->width ? 0 : -1;
}

static void *
create(const struct space *space, const struct algo_settings *s, struct err *err)
{
	struct tpe *t = calloc(1, sizeof *t);
	if (!t)
		return err_set(err, "out of memory"), NULL;
	const size_t n = space->n;
	t->n = n;
	t->max_batch = (size_t)s->knobs[BATCH];
	t->first = (size_t)s->knobs[FIRST];
	t->candidates = (size_t)s->knobs[CANDIDATES];
	t->good = s->knobs[GOOD];
	t->points = (size_t)s->knobs[POINTS];
	t->now.rng.seed = s->seed;
	const size_t max = t->points + t->max_batch + MAX_PENDING;
	t->x = calloc(t->points * n + 1, sizeof *t->x);
	t->y = calloc(t->points, sizeof *t->y);
	t->plan = calloc((t->first > t->max_batch ? t->first : t->max_batch) * n + 1, sizeof *t->plan);
	t->try = calloc(n + 1, sizeof *t->try);
	t->logs = calloc(max + 1, sizeof *t->logs);
	if (part_init(&t->l, max, n) < 0 || part_init(&t->g, max, n) < 0 || !t->x || !t->y || !t->plan || !t->try || !t->logs) {
		err_set(err, "out of memory for %zu coordinates", n);
		return tpe_free(t), NULL;
	}
	if (batch_init(&t->batch, n, t->max_batch, s, err) < 0 || space_copy(&t->space, space, err) < 0)
		return tpe_free(t), NULL;
	/* what is known is data; what is not is asked first */
	latin_hypercube(&t->now.rng, n, t->first, t->plan);
	size_t unknown = 0;
	for (size_t i = 0; i < s->n_starts; i++) {
		const bool known = s->worth && !isnan(s->worth[i]);
		if (!known && unknown == t->first)
			continue;
		double *const to = known ? t->try : t->plan + unknown++ * n;
		memcpy(to, s->starts + i * n, n * sizeof *to);
		space_settle(space, to);
		if (known)
			hear(t, to, s->worth[i]);
	}
	for (size_t i = 0; i < t->first; i++)
		space_settle(space, t->plan + i * n);
	t->now.planned = t->now.n_data + unknown >= t->first ? unknown : t->first - t->now.n_data;
	return t;
}

/* Widths of a part: Scott's rule on its spread, no less than what so many results could tell apart. */
static void
widths(const struct tpe *t, struct part *p, size_t all)
{
	const double shrink = fm_pow((double)p->n + 1, -1.0 / (4 + fmin((double)t->n, 8)));
	const double least = 0.5 / fmin(100, 1 + (double)all);
	for (size_t d = 0; d < t->n; d++) {
		const uint32_t levels = space_levels(&t->space, d);
		if (space_category(&t->space, d)) {
			p->width[d] = levels > 1 ? fmin(0.5, (levels - 1.0) / ((double)p->n + levels)) : 0;
			p->same[d] = fm_log(levels * (1 - p->width[d]));
			p->other[d] = levels > 1 ? fm_log(levels * p->width[d] / (levels - 1)) : 0;
			continue;
		}
		double count = 1, sum = 0.5, squares = 0.25 + 1.0 / 12; /* the even kernel counts as one */
		for (size_t i = 0; i < p->n; i++)
			if (space_active(&t->space, p->x[i], d)) {
				sum += p->x[i][d];
				squares += p->x[i][d] * p->x[i][d];
				count++;
			}
		const double spread = sqrt(fmax(0, squares / count - sum / count * sum / count));
		p->width[d] = fmax(spread * shrink, fmax(least, levels ? 0.4 / levels : 0));
		p->same[d] = -fm_log(p->width[d]) - HALF_LOG_2PI;
	}
}

/* The logarithm of kernel i at x, in units of the even density. */
static double
log_kernel(const struct tpe *t, const struct part *p, size_t i, const double *x)
{
	double sum = 0;
	for (size_t d = 0; d < t->n; d++) {
		if (t->space.dimension && (!space_active(&t->space, x, d) || !space_active(&t->space, p->x[i], d)))
			continue;
		if (space_category(&t->space, d))
			sum += x[d] == p->x[i][d] ? p->same[d] : p->other[d];
		else {
			const double z = (x[d] - p->x[i][d]) / p->width[d];
			sum += p->same[d] - 0.5 * z * z;
		}
	}
	return sum;
}

static double
log_density(const struct tpe *t, const struct part *p, const double *x)
{
	double most = fm_log(p->weight[p->n]), sum = 0;
	t->logs[p->n] = most;
	for (size_t i = 0; i < p->n; i++) {
		t->logs[i] = log_kernel(t, p, i, x) + fm_log(p->weight[i]);
		most = fmax(most, t->logs[i]);
	}
	for (size_t i = 0; i <= p->n; i++)
		sum += fm_exp(t->logs[i] - most);
	return most + fm_log(sum);
}

/* A kernel by its weight; n: the even one. */
static size_t
draw(const struct part *p, struct rng *r)
{
	double u = rng_uniform(r);
	size_t i = 0;
	while (i < p->n && (u -= p->weight[i]) >= 0)
		i++;
	return i;
}

/* A draw from l: all of a good result, or few of its coordinates, each then moved or taken from another good one. */
static void
candidate(struct tpe *t, bool all, double *x)
{
	struct rng *r = &t->now.rng;
	const struct part *l = &t->l;
	const size_t from = draw(l, r), surely = t->n ? rng_below(r, t->n) : 0;
	const double rate = all ? 1 : fmin(1, fm_exp2(3 * rng_uniform(r)) / (double)t->n);
	for (size_t d = 0; d < t->n; d++) {
		const uint32_t levels = space_levels(&t->space, d);
		const bool change = rng_uniform(r) < rate || d == surely;
		size_t k = from;
		if (change && !all && from < l->n && rng_uniform(r) < 0.5)
			k = draw(l, r);
		if (k == l->n || !space_active(&t->space, l->x[k], d))
			x[d] = rng_uniform(r);
		else if (!change)
			x[d] = l->x[k][d];
		else if (space_category(&t->space, d)) {
			x[d] = l->x[k][d];
			if (levels > 1 && rng_uniform(r) < l->width[d]) {
				const uint32_t other = (uint32_t)rng_below(r, levels - 1);
				x[d] = level_at(other + (other >= level_of(x[d], levels)), levels);
			}
		} else
			x[d] = space_fold(l->x[k][d] + l->width[d] * rng_normal(r));
	}
	space_settle(&t->space, x);
}

/* l and g of what has been heard; what is out and the first `chosen` of the plan count as not good. */
static void
split(struct tpe *t, size_t chosen)
{
	const size_t n = t->now.n_data;
	size_t good = (size_t)(t->good * (double)n) + 1;
	good = good > MOST_GOOD ? MOST_GOOD : good;
	t->l.n = good < n ? good : n;
	t->g.n = 0;
	for (size_t i = 0; i < n; i++)
		if (i < t->l.n)
			t->l.x[i] = t->x + i * t->n;
		else
			t->g.x[t->g.n++] = t->x + i * t->n;
	for (size_t i = t->batch.n_out > MAX_PENDING ? t->batch.n_out - MAX_PENDING : 0; i < t->batch.n_out; i++)
		t->g.x[t->g.n++] = t->batch.out[i].x;
	for (size_t i = 0; i < chosen; i++)
		t->g.x[t->g.n++] = t->plan + i * t->n;
	const double k = (double)t->l.n;
	for (size_t i = 0; i < t->l.n; i++)
		t->l.weight[i] = (k - (double)i) / (k * (k + 1) / 2) * k / (k + 1);
	t->l.weight[t->l.n] = 1 / (k + 1);
	for (size_t i = 0; i <= t->g.n; i++)
		t->g.weight[i] = 1 / (double)(t->g.n + 1);
	widths(t, &t->l, n);
	widths(t, &t->g, n);
}

static void
plan(struct tpe *t)
{
	for (size_t k = 0; k < t->max_batch; k++) {
		double best = -INFINITY;
		split(t, k);
		for (size_t i = 0; i < t->candidates; i++) {
			candidate(t, i % 2, t->try);
			const double ratio = log_density(t, &t->l, t->try) - log_density(t, &t->g, t->try);
			if (ratio > best || !i) {
				best = ratio;
				memcpy(t->plan + k * t->n, t->try, t->n * sizeof *t->try);
			}
		}
	}
	t->now.planned = t->max_batch;
	t->now.given = 0;
}

static bool
ask(void *self, uint64_t *number, double *x)
{
	struct tpe *t = self;
	if (!batch_may_ask(&t->batch))
		return false;
	if (t->now.given == t->now.planned)
		plan(t);
	memcpy(x, t->plan + t->now.given++ * t->n, t->n * sizeof *x);
	*number = batch_ask(&t->batch, x);
	return true;
}

static void
tell(void *self, const struct told *told)
{
	struct tpe *t = self;
	const size_t before = t->batch.n_told;
	batch_tell(&t->batch, told);
	if (t->batch.n_told == before || (!t->batch.steady && t->batch.n_told < t->batch.size))
		return;
	batch_in_order(&t->batch);
	for (size_t i = 0; i < t->batch.n_told; i++)
		hear(t, t->batch.told[i].x, t->batch.told[i].fitness);
	batch_clear(&t->batch);
}

static void
save(const void *self, struct blob *b)
{
	const struct tpe *t = self;
	blob_put(b, &t->now, sizeof t->now);
	batch_save(&t->batch, b);
	blob_put(b, t->plan, t->now.planned * t->n * sizeof *t->plan);
	blob_put(b, t->x, t->now.n_data * t->n * sizeof *t->x);
	blob_put(b, t->y, t->now.n_data * sizeof *t->y);
}

static int
load(void *self, struct blob *b, struct err *err)
{
	struct tpe *t = self;
	const size_t room = t->first > t->max_batch ? t->first : t->max_batch;
	blob_get(b, &t->now, sizeof t->now);
	batch_load(&t->batch, b);
	if (b->bad || t->now.planned > room || t->now.given > t->now.planned || t->now.n_data > t->points) {
		t->now.planned = t->now.given = t->now.n_data = 0;
		return err_set(err, "the saved state is cut short");
	}
	blob_get(b, t->plan, t->now.planned * t->n * sizeof *t->plan);
	blob_get(b, t->x, t->now.n_data * t->n * sizeof *t->x);
	blob_get(b, t->y, t->now.n_data * sizeof *t->y);
	return blob_done(b, err);
}

static uint64_t
generation(const void *self)
{
	const struct tpe *t = self;
	return t->batch.generation;
}

const struct algo algo_tpe = {
    .name = "tpe",
    .help = "tree-structured Parzen estimator (Bergstra et al. 2011), for small budgets and many choices",
    .knobs = knobs,
    .create = create,
    .ask = ask,
    .tell = tell,
    .save = save,
    .load = load,
    .free = tpe_free,
    .generation = generation,
};
