/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * CMA-ES (opt/cma.h), restarted with a doubled population when it has settled (IPOP:
 * Auger and Hansen 2005). The cube's walls are mirrors: the search space is unbounded, and a
 * coordinate is folded into [0, 1] on its way out, so nothing piles up at an edge.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fmath.h"
#include "base/rng.h"
#include "opt/batch.h"
#include "opt/cma.h"

enum { HISTORY = 256 };

enum { POPULATION, SIGMA, MODEL };
static const char *const models[] = {"full", "separable", NULL};
static const struct knob knobs[] = {
    [POPULATION] = {"population", "takes in the first generation; 0: 4 + 3 ln n", 0, 0, 100000, NULL},
    [SIGMA] = {"sigma", "how far from the start to begin, as a part of each range", 0.25, 1e-6, 1, NULL},
    [MODEL] = {"model", "what is learnt of the parameters: how each pair depends, or each alone", 0, 0, 1, models},
    {0},
};

struct cmaes {
	struct space space;
	size_t n;
	struct algo_settings set; /* what a batch is made by: of steady and how many results */
	double sigma0;
	double *start, *y; /* y: scratch */
	struct cma cma;
	struct {
		struct rng rng;
		uint64_t restarts, lambda;
		double best[HISTORY]; /* best fitness of the last generations, a ring */
	} now;
	const double **ranked; /* [lambda] */
	struct batch batch;
};

static void
cmaes_free(void *self)
{
	struct cmaes *s = self;
	if (!s)
		return;
	batch_release(&s->batch);
	cma_release(&s->cma);
	space_release(&s->space);
	free(s->start);
	free(s->ranked);
	free(s);
}

/* Another population: points that are still out are forgotten. */
static int
resize(struct cmaes *s, size_t lambda, struct err *err)
{
	const double **ranked = calloc(lambda, sizeof *ranked);
	struct batch batch = {0};
	struct cma cma = {0};
	if (!ranked || batch_init(&batch, s->n, lambda, &s->set, err) < 0 || cma_init(&cma, s->n, lambda, s->cma.model, err) < 0) {
		free(ranked);
		batch_release(&batch);
		return err_set(err, "out of memory for a population of %zu", lambda);
	}
	batch.asked = s->batch.asked;
	if (s->batch.generation)
		batch.generation = s->batch.generation;
	batch_release(&s->batch);
	cma_release(&s->cma);
	free(s->ranked);
	s->batch = batch;
	s->cma = cma;
	s->ranked = ranked;
	s->now.lambda = lambda;
	return 0;
}

static void
begin(struct cmaes *s)
{
	for (size_t i = 0; i < s->n; i++)
		s->y[i] = s->now.restarts ? rng_uniform(&s->now.rng) : s->start[i];
	cma_begin(&s->cma, s->y, s->sigma0);
	s->now.best[0] = 0;
}

static void *
create(const struct space *space, const struct algo_settings *set, struct err *err)
{
	const size_t n = space->n;
	if (n == 0)
		return err_set(err, "cmaes: nothing is open"), NULL;
	const enum cma_model model = (enum cma_model)set->knobs[MODEL];
	if (n > 2000 && model == CMA_FULL)
		return err_set(err, "cmaes: %zu open parameters are too many for a full covariance matrix (2000): set model=separable", n), NULL;
	struct cmaes *s = calloc(1, sizeof *s);
	if (!s)
		return err_set(err, "out of memory"), NULL;
	*s = (struct cmaes){.n = n, .set = *set, .sigma0 = set->knobs[SIGMA], .now.rng.seed = set->seed, .cma.model = model};
	s->start = calloc(2 * n, sizeof *s->start);
	if (!s->start)
		return err_set(err, "out of memory for %zu parameters", n), cmaes_free(s), NULL;
	s->y = s->start + n;
	s->set.starts = s->set.worth = NULL; /* the caller's */
	s->set.measures = NULL;
	if (space_copy(&s->space, space, err) < 0)
		return cmaes_free(s), NULL;
	for (size_t i = 0; i < n; i++)
		s->start[i] = set->n_starts ? set->starts[i] : 0.5;
	const double population = set->knobs[POPULATION];
	if (resize(s, population >= 4 ? (size_t)population : cma_usual_lambda(n), err) < 0)
		return cmaes_free(s), NULL;
	begin(s);
	return s;
}

static bool
ask(void *self, uint64_t *number, double *x)
{
	struct cmaes *s = self;
	if (!batch_may_ask(&s->batch))
		return false;
	cma_sample(&s->cma, &s->now.rng, s->y);
	*number = batch_ask(&s->batch, s->y);
	for (size_t i = 0; i < s->n; i++)
		x[i] = space_fold(s->y[i]);
	space_settle(&s->space, x);
	return true;
}

/* It has settled when steps are below what a float parameter can tell apart, or
   the best of the last generations are all the same. */
static bool
stalled(struct cmaes *s)
{
	const uint64_t generation = s->cma.now.generation;
	s->now.best[generation % HISTORY] = s->batch.told[0].fitness;
	if (cma_spread(&s->cma) < 1e-9)
		return true;
	uint64_t span = 10 + (uint64_t)ceil(30.0 * (double)s->n / (double)s->now.lambda);
	if (span > HISTORY)
		span = HISTORY;
	if (generation < span)
		return false;
	double lo = INFINITY, hi = -INFINITY;
	for (uint64_t g = 0; g < span; g++) {
		const double b = s->now.best[(generation - g) % HISTORY];
		lo = fmin(lo, b);
		hi = fmax(hi, b);
	}
	return lo == hi || hi - lo < 1e-13 * fabs(hi);
}

static void
tell(void *self, const struct told *told)
{
	struct cmaes *s = self;
	if (!batch_tell(&s->batch, told))
		return;
	batch_sort(&s->batch);
	for (size_t i = 0; i < s->now.lambda; i++)
		s->ranked[i] = s->batch.told[i].x;
	const bool sane = cma_learn(&s->cma, s->ranked);
	/* between mirrors one apart, a spread much over a half explores nothing new */
	s->cma.now.sigma *= fmin(1, 0.7 / fmax(cma_spread(&s->cma), 1e-150));
	const bool again = stalled(s) || !sane;
	batch_clear(&s->batch);
	if (again) {
		s->now.restarts++;
		if (s->now.lambda < 1024) /* out of memory: go on with the size there is */
			resize(s, 2 * s->now.lambda, NULL);
		begin(s);
	}
}

static void
save(const void *self, struct blob *b)
{
	const struct cmaes *s = self;
	blob_put(b, &s->now, sizeof s->now);
	cma_save(&s->cma, b);
	batch_save(&s->batch, b);
}

static int
load(void *self, struct blob *b, struct err *err)
{
	struct cmaes *s = self;
	const uint64_t lambda = s->now.lambda;
	blob_get(b, &s->now, sizeof s->now);
	if (b->bad || s->now.lambda < 4 || s->now.lambda > 1 << 20)
		return err_set(err, "the saved state is not one of cmaes");
	if (lambda != s->now.lambda && resize(s, s->now.lambda, err) < 0)
		return -1;
	cma_load(&s->cma, b);
	batch_load(&s->batch, b);
	return b->bad ? err_set(err, "the saved state is cut short") : 0;
}

static uint64_t
generation(const void *self)
{
	const struct cmaes *s = self;
	return s->batch.generation;
}

static void
words(const void *self, char *text, size_t n)
{
	const struct cmaes *s = self;
	snprintf(text, n, "sigma %.2g, restart %llu", s->cma.now.sigma, (unsigned long long)s->now.restarts);
}

const struct algo algo_cmaes = {
    .name = "cmaes",
    .help = "covariance matrix adaptation, active, with restarts",
    .knobs = knobs,
    .create = create,
    .ask = ask,
    .tell = tell,
    .save = save,
    .load = load,
    .free = cmaes_free,
    .generation = generation,
    .words = words,
};
