/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Simulated annealing (Kirkpatrick, Gelatt, Vecchi 1983) in several chains side by
 * side, begun again when they are cold. Each chain proposes one neighbour a round; a
 * worse one is taken with probability exp(d / T), d being the fitness lost.
 *
 *   temperature  from the spread of the first points over the root of n, which is what one coordinate
 *                may cost, down to 1e-4 of it, by the same factor each
 *                round of a cycle; the first cycle takes a `restarts` part of the budget, or 4,000
 *                proposals where that is unknown, and each further one begins at a third of the heat
 *   neighbours   one coordinate, seldom two or three, by normal steps whose width is either any
 *                (over eight octaves) or follows the coordinate's own luck, so that two of five are
 *                taken (Corana and others 1987); a choice moves to any other
 *   a new cycle  half of the chains begin at the best of all, the others where they are
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fmath.h"
#include "opt/batch.h"
#include "opt/sample.h"

enum { CHAINS, RESTARTS, SIGMA };
static const struct knob knobs[] = {
    [CHAINS] = {"chains", "side by side", 8, 1, 10000, NULL},
    [RESTARTS] = {"restarts", "cycles in the budget", 3, 1, 1000, NULL},
    [SIGMA] = {"sigma", "how far from the start to begin, as a part of each range; 0: anywhere", 0, 0, 1, NULL},
    {0},
};

enum { USUAL = 4000 };
enum { CHAIN, MOVED, TAGS = 4 }; /* behind a proposal's coordinates: its chain, -1 for a first point; up to three it moved */
#define COLD    1e-4
#define TAKEN   0.4
#define NARROW  1e-7 /* least width of a step */

struct anneal {
	struct space space;
	size_t n, chains;
	uint64_t cycle; /* proposals */
	double *x, *fitness; /* [chains][n]: where they are */
	double *best, *width; /* [n] */
	double *y, *cube; /* scratch: [n + TAGS]; first points [chains][n] */
	struct {
		struct rng rng;
		double best, hot; /* fitness; the spread of first points */
		uint64_t told, cycles, began, next, cubed, filled;
	} now;
	struct batch batch;
};

static void
anneal_free(void *self)
{
	struct anneal *s = self;
	if (!s)
		return;
	batch_release(&s->batch);
	space_release(&s->space);
	free(s->x);
	free(s->fitness);
	free(s->y);
	free(s->cube);
	free(s);
}

static void *
create(const struct space *space, const struct algo_settings *set, struct err *err)
{
	struct anneal *s = calloc(1, sizeof *s);
	if (!s)
		return err_set(err, "out of memory"), NULL;
	const size_t n = s->n = space->n;
	s->chains = (size_t)set->knobs[CHAINS];
	s->cycle = set->budget ? (uint64_t)((double)set->budget / set->knobs[RESTARTS]) : USUAL;
	s->cycle = s->cycle < 4 * s->chains ? 4 * s->chains : s->cycle;
	s->x = calloc(s->chains * n + 2 * n + 1, sizeof *s->x);
	s->fitness = calloc(s->chains, sizeof *s->fitness);
	s->y = calloc(n + TAGS, sizeof *s->y);
	s->cube = calloc(s->chains * n + 1, sizeof *s->cube);
	if (!s->x || !s->fitness || !s->y || !s->cube) {
		err_set(err, "out of memory for %zu chains", s->chains);
		return anneal_free(s), NULL;
	}
	s->best = s->x + s->chains * n;
	s->width = s->best + n;
	if (space_copy(&s->space, space, err) < 0 || batch_init(&s->batch, n + TAGS, s->chains, set, err) < 0)
		return anneal_free(s), NULL;
	s->now.rng.seed = set->seed;
	s->now.best = -INFINITY;
	latin_hypercube(&s->now.rng, n, s->chains, s->cube);
	const double sigma = set->knobs[SIGMA];
	for (size_t i = 0; i < s->chains; i++) {
		double *x = s->cube + i * n;
		if (i < set->n_starts)
			memcpy(x, set->starts + i * n, n * sizeof *x);
		else
			for (size_t k = 0; set->n_starts && sigma > 0 && k < n; k++)
				x[k] = space_levels(space, k) ? set->starts[k] : space_fold(set->starts[k] + sigma * rng_normal(&s->now.rng));
		space_settle(space, x);
	}
	for (size_t k = 0; k < n; k++)
		s->width[k] = sigma > 0 ? sigma : 0.25;
	return s;
}

/* A neighbour of y, in place; says which coordinates it moved. */
static void
step(struct anneal *s, double *y)
{
	struct rng *r = &s->now.rng;
	const size_t count = s->n < 3 || rng_uniform(r) < 0.7 ? s->n > 0 : 1 + rng_below(r, 3);
	for (size_t j = 0; j < 3; j++)
		y[s->n + MOVED + j] = -1;
	for (size_t j = 0; j < count; j++) {
		size_t k = rng_below(r, s->n);
		for (int again = 0; again < 8 && !space_active(&s->space, y, k); again++) /* what does not matter need not move */
			k = rng_below(r, s->n);
		const uint32_t levels = space_levels(&s->space, k);
		y[s->n + MOVED + j] = (double)k;
		if (space_category(&s->space, k)) {
			y[k] = level_at((uint32_t)rng_below(r, levels), levels);
			continue;
		}
		const double any = fm_exp2(-1 - 8 * rng_uniform(r)), wide = rng_uniform(r) < 0.5 ? s->width[k] : any;
		const double jump = wide * rng_normal(r);
		if (levels && fabs(jump) < 1.0 / levels) /* to the next at least */
			y[k] = space_fold(y[k] + (jump < 0 ? -1.0 : 1.0) / levels);
		else
			y[k] = space_fold(y[k] + fmin(fmax(jump, -1), 1));
	}
	space_settle(&s->space, y);
}

static bool
ask(void *self, uint64_t *number, double *x)
{
	struct anneal *s = self;
	if (!batch_may_ask(&s->batch))
		return false;
	double *y = s->y;
	const uint64_t chain = s->now.next++ % s->chains;
	if (s->now.cubed < s->chains) {
		memcpy(y, s->cube + s->now.cubed++ * s->n, s->n * sizeof *y);
		y[s->n + CHAIN] = -1;
	} else if (s->now.filled < s->chains) { /* steady, and the first are not back yet */
		for (size_t k = 0; k < s->n; k++)
			y[k] = rng_uniform(&s->now.rng);
		space_settle(&s->space, y);
		y[s->n + CHAIN] = -1;
	} else {
		memcpy(y, s->x + chain * s->n, s->n * sizeof *y);
		step(s, y);
		y[s->n + CHAIN] = (double)chain;
	}
	*number = batch_ask(&s->batch, y);
	memcpy(x, y, s->n * sizeof *x);
	return true;
}

static double
temperature(const struct anneal *s)
{
	const double part = fmin((double)(s->now.told - s->now.began) / (double)s->cycle, 1);
	const double hot = s->now.hot * (s->now.cycles ? 1.0 / 3 : 1);
	return hot * fm_pow(COLD, part);
}

/* The spread of what is finite. */
static void
heat(struct anneal *s)
{
	double n = 0, mean = 0, square = 0;
	for (size_t i = 0; i < s->chains; i++)
		if (isfinite(s->fitness[i]) && fabs(s->fitness[i]) < 1e150) {
			n++;
			const double d = s->fitness[i] - mean;
			mean += d / n;
			square += d * (s->fitness[i] - mean);
		}
	s->now.hot = n > 1 ? sqrt(square / n / (double)s->n) : 0;
	if (!(s->now.hot > 0))
		s->now.hot = 1e-3;
}

/* Whether a chain goes on at p; the widths of what it moved learn from that. */
static void
weigh(struct anneal *s, const struct point *p, double t)
{
	const size_t i = (size_t)p->x[s->n + CHAIN];
	const double gain = p->fitness - s->fitness[i];
	const double u = rng_uniform(&s->now.rng);
	const bool take = p->fitness >= s->fitness[i] || u < fm_exp(fmax(gain / t, -700));
	for (int j = 0; j < 3; j++) {
		const double k = p->x[s->n + MOVED + j];
		if (k < 0)
			continue;
		double *w = &s->width[(size_t)k];
		*w *= fm_exp(0.3 * ((take ? 1 : 0) - TAKEN));
		*w = fmin(fmax(*w, NARROW), 0.5);
	}
	if (take) {
		memcpy(s->x + i * s->n, p->x, s->n * sizeof *s->x);
		s->fitness[i] = p->fitness;
	}
}

static void
begin_again(struct anneal *s)
{
	s->now.cycles++;
	s->now.began = s->now.told;
	for (size_t i = 0; i < (s->chains + 1) / 2; i++) {
		memcpy(s->x + i * s->n, s->best, s->n * sizeof *s->x);
		s->fitness[i] = s->now.best;
	}
	for (size_t k = 0; k < s->n; k++)
		s->width[k] = fmax(s->width[k], 0.1);
}

static void
learn(struct anneal *s)
{
	const double t = s->now.filled == s->chains ? temperature(s) : 1;
	batch_in_order(&s->batch);
	for (size_t i = 0; i < s->batch.n_told; i++) {
		const struct point *p = &s->batch.told[i];
		if (p->fitness > s->now.best) {
			s->now.best = p->fitness;
			memcpy(s->best, p->x, s->n * sizeof *s->best);
		}
		if (p->x[s->n + CHAIN] >= 0)
			weigh(s, p, t);
		else if (s->now.filled < s->chains) {
			memcpy(s->x + s->now.filled * s->n, p->x, s->n * sizeof *s->x);
			s->fitness[s->now.filled++] = p->fitness;
			if (s->now.filled == s->chains)
				heat(s);
		}
	}
	s->now.told += s->batch.n_told;
	if (s->now.filled == s->chains && s->now.told - s->now.began >= s->cycle)
		begin_again(s);
}

static void
tell(void *self, const struct told *told)
{
	struct anneal *s = self;
	if (!batch_tell(&s->batch, told))
		return;
	learn(s);
	batch_clear(&s->batch);
}

static void
save(const void *self, struct blob *b)
{
	const struct anneal *s = self;
	blob_put(b, &s->now, sizeof s->now);
	blob_put(b, &s->cycle, sizeof s->cycle); /* a run that goes on with a larger budget keeps its cycles */
	blob_put(b, s->x, (s->chains + 2) * s->n * sizeof *s->x);
	blob_put(b, s->fitness, s->chains * sizeof *s->fitness);
	blob_put(b, s->cube, s->chains * s->n * sizeof *s->cube);
	batch_save(&s->batch, b);
}

static int
load(void *self, struct blob *b, struct err *err)
{
	struct anneal *s = self;
	blob_get(b, &s->now, sizeof s->now);
	blob_get(b, &s->cycle, sizeof s->cycle);
	blob_get(b, s->x, (s->chains + 2) * s->n * sizeof *s->x);
	blob_get(b, s->fitness, s->chains * sizeof *s->fitness);
	blob_get(b, s->cube, s->chains * s->n * sizeof *s->cube);
	batch_load(&s->batch, b);
	return b->bad || s->now.filled > s->chains || !s->cycle ? err_set(err, "the saved state is cut short") : 0;
}

static uint64_t
generation(const void *self)
{
	const struct anneal *s = self;
	return s->batch.generation;
}

static void
words(const void *self, char *text, size_t n)
{
	const struct anneal *s = self;
	snprintf(text, n, "cycle %llu, temperature %.2g", (unsigned long long)s->now.cycles + 1, temperature(s));
}

const struct algo algo_anneal = {
    .name = "anneal",
    .help = "simulated annealing in several chains, with restarts",
    .knobs = knobs,
    .create = create,
    .ask = ask,
    .tell = tell,
    .save = save,
    .load = load,
    .free = anneal_free,
    .generation = generation,
    .words = words,
};
