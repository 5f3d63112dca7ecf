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
 * Memory: `points` rows of coordinates.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fmath.h"
#include "base/rng.h"
#include "opt/trials.h"

enum { BATCH, FIRST, CANDIDATES, GOOD, POINTS };
static const struct knob knobs[] = {
    [BATCH] = {"batch", "takes chosen at a time", 1, 1, 1000, NULL},
    [FIRST] = {"first", "takes spread evenly to begin with", 10, 1, 1000, NULL},
    [CANDIDATES] = {"candidates", "drawn for each proposal", 48, 1, 10000, NULL},
    [GOOD] = {"good", "part of the results that is followed", 0.1, 0.01, 0.5, NULL},
    [POINTS] = {"points", "results kept; beyond, the worst of the older ones are forgotten", 1000, 20, 10000, NULL},
    {0},
};

#define HALF_LOG_2PI 0.9189385332046727

enum { MOST_GOOD = 25 };

/* A part of the results: the kernels' places and weights. */
struct part {
	size_t n;
	const double **x; /* [n] */
	double *weight;   /* [n + 1], the last of the even one; sum 1 */
	double *width;    /* [n of the space]; of choices: the chance of another level */
	double *same, *other; /* [n]: logarithms of a kernel's factor at its place, and of a choice's elsewhere */
};

struct tpe {
	struct trials trials;
	size_t n, candidates, max_batch;
	double good;
	/* scratch */
	struct rank { double y; size_t at; } *order; /* [points]: best first, the older ahead of its equals */
	struct part l, g;
	double *try, *logs; /* [n], [points + max_batch + TRIALS_MAX_OUT + 1] */
};

static void
part_release(struct part *p)
{
	free(p->x);
	free(p->weight);
	free(p->width);
}

static void
tpe_free(void *self)
{
	struct tpe *t = self;
	if (!t)
		return;
	trials_release(&t->trials);
	part_release(&t->l);
	part_release(&t->g);
	free(t->order);
	free(t->try);
	free(t->logs);
	free(t);
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
	const size_t n = space->n, points = (size_t)s->knobs[POINTS];
	t->n = n;
	t->max_batch = (size_t)s->knobs[BATCH];
	t->candidates = (size_t)s->knobs[CANDIDATES];
	t->good = s->knobs[GOOD];
	if (trials_init(&t->trials, space, s, (size_t)s->knobs[FIRST], t->max_batch, points, err) < 0)
		return tpe_free(t), NULL;
	const size_t max = points + t->max_batch + TRIALS_MAX_OUT;
	t->order = calloc(points, sizeof *t->order);
	t->try = calloc(n + 1, sizeof *t->try);
	t->logs = calloc(max + 1, sizeof *t->logs);
	if (part_init(&t->l, max, n) < 0 || part_init(&t->g, max, n) < 0 || !t->order || !t->try || !t->logs) {
		err_set(err, "out of memory for %zu coordinates", n);
		return tpe_free(t), NULL;
	}
	return t;
}

/* Widths of a part: Scott's rule on its spread, no less than what so many results could tell apart. */
static void
widths(const struct tpe *t, struct part *p, size_t all)
{
	const double shrink = fm_pow((double)p->n + 1, -1.0 / (4 + fmin((double)t->n, 8)));
	const double least = 0.5 / fmin(100, 1 + (double)all);
	for (size_t d = 0; d < t->n; d++) {
		const uint32_t levels = space_levels(&t->trials.space, d);
		if (space_category(&t->trials.space, d)) {
			p->width[d] = levels > 1 ? fmin(0.5, (levels - 1.0) / ((double)p->n + levels)) : 0;
			p->same[d] = fm_log(levels * (1 - p->width[d]));
			p->other[d] = levels > 1 ? fm_log(levels * p->width[d] / (levels - 1)) : 0;
			continue;
		}
		double count = 1, sum = 0.5, squares = 0.25 + 1.0 / 12; /* the even kernel counts as one */
		for (size_t i = 0; i < p->n; i++)
			if (space_active(&t->trials.space, p->x[i], d)) {
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
		if (t->trials.space.dimension && (!space_active(&t->trials.space, x, d) || !space_active(&t->trials.space, p->x[i], d)))
			continue;
		if (space_category(&t->trials.space, d))
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
	struct rng *r = &t->trials.now.rng;
	const struct part *l = &t->l;
	const size_t from = draw(l, r), surely = t->n ? rng_below(r, t->n) : 0;
	const double rate = all ? 1 : fmin(1, fm_exp2(3 * rng_uniform(r)) / (double)t->n);
	for (size_t d = 0; d < t->n; d++) {
		const uint32_t levels = space_levels(&t->trials.space, d);
		const bool change = rng_uniform(r) < rate || d == surely;
		size_t k = from;
		if (change && !all && from < l->n && rng_uniform(r) < 0.5)
			k = draw(l, r);
		if (k == l->n || !space_active(&t->trials.space, l->x[k], d))
			x[d] = rng_uniform(r);
		else if (!change)
			x[d] = l->x[k][d];
		else if (space_category(&t->trials.space, d)) {
			x[d] = l->x[k][d];
			if (levels > 1 && rng_uniform(r) < l->width[d]) {
				const uint32_t other = (uint32_t)rng_below(r, levels - 1);
				x[d] = level_at(other + (other >= level_of(x[d], levels)), levels);
			}
		} else
			x[d] = space_fold(l->x[k][d] + l->width[d] * rng_normal(r));
	}
	space_settle(&t->trials.space, x);
}

static int
better_first(const void *va, const void *vb)
{
	const struct rank *a = va, *b = vb;
	if (a->y != b->y)
		return a->y > b->y ? -1 : 1;
	return a->at < b->at ? -1 : a->at > b->at;
}

/* l and g of what has been heard; what is out counts as not good. */
static void
split(struct tpe *t)
{
	const struct trials *const r = &t->trials;
	const size_t n = r->now.kept;
	size_t good = (size_t)(t->good * (double)n) + 1;
	good = good > MOST_GOOD ? MOST_GOOD : good;
	for (size_t i = 0; i < n; i++)
		t->order[i] = (struct rank){r->y[i], i};
	qsort(t->order, n, sizeof *t->order, better_first);
	t->l.n = good < n ? good : n;
	t->g.n = 0;
	for (size_t i = 0; i < n; i++)
		if (i < t->l.n)
			t->l.x[i] = r->x + t->order[i].at * t->n;
		else
			t->g.x[t->g.n++] = r->x + t->order[i].at * t->n;
	for (size_t i = trials_out(r); i < r->batch.n_out; i++)
		t->g.x[t->g.n++] = r->batch.out[i].x;
	const double k = (double)t->l.n;
	for (size_t i = 0; i < t->l.n; i++)
		t->l.weight[i] = (k - (double)i) / (k * (k + 1) / 2) * k / (k + 1);
	t->l.weight[t->l.n] = 1 / (k + 1);
	widths(t, &t->l, n);
}

static void
plan(void *self)
{
	struct tpe *const t = self;
	struct trials *const r = &t->trials;
	split(t);
	for (size_t k = 0; k < t->max_batch; k++) {
		double best = -INFINITY, *const to = r->plan + k * t->n;
		for (size_t i = 0; i <= t->g.n; i++)
			t->g.weight[i] = 1 / (double)(t->g.n + 1);
		widths(t, &t->g, r->now.kept);
		for (size_t i = 0; i < t->candidates; i++) {
			candidate(t, i % 2, t->try);
			const double ratio = log_density(t, &t->l, t->try) - log_density(t, &t->g, t->try);
			if (ratio > best || !i) {
				best = ratio;
				memcpy(to, t->try, t->n * sizeof *to);
			}
		}
		t->g.x[t->g.n++] = to; /* chosen: as if it were out */
	}
	trials_planned(r, t->max_batch);
}

static bool
ask(void *self, uint64_t *number, double *x)
{
	struct tpe *t = self;
	return trials_ask(&t->trials, plan, t, number, x);
}

static void
tell(void *self, const struct told *told)
{
	struct tpe *t = self;
	trials_tell(&t->trials, told);
}

static void
save(const void *self, struct blob *b)
{
	const struct tpe *t = self;
	trials_save(&t->trials, b);
}

static int
load(void *self, struct blob *b, struct err *err)
{
	struct tpe *t = self;
	trials_load(&t->trials, b);
	return blob_done(b, err);
}

static uint64_t
generation(const void *self)
{
	const struct tpe *t = self;
	return t->trials.batch.generation;
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
