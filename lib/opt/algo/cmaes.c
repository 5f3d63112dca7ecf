/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * CMA-ES (opt/cma.h) of the unit cube (opt/walls.h), begun again when it has settled (opt/restarts.h). A larger population
 * then looks for other valleys, and learns its covariance more slowly: else it takes the first slope
 * of many for the whole. With categories the population grows by half, not twice, and learns as before: as many
 * runs as possible count.
 *
 * Integers have a margin, categories probabilities of their own (opt/discrete.h), and what does
 * not matter in a proposal teaches nothing; what matters with one choice is ranked among those that
 * chose it (opt/groups.h). Of several starts, known to be good, the best is
 * where it begins, the spread of the others about it is the first step's (no wider than sigma),
 * they stand in the first generation themselves (injected: Hansen, "Injecting external
 * solutions into CMA-ES", arXiv 1110.4181), and their categories are favoured.
 *
 * Memory: 2 n² doubles for model=full, 130 n for vkd; beside, and for model=separable, 3 population n.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fmath.h"
#include "base/rng.h"
#include "opt/batch.h"
#include "opt/cma.h"
#include "opt/discrete.h"
#include "opt/groups.h"
#include "opt/kinds.h"
#include "opt/restarts.h"
#include "opt/walls.h"

#define PATIENT 0.25 /* of the usual pace of learning, in restarts */

enum { FULL_MOST = 2000 /* n of a full covariance */, AUTO_FULL = 400 };

enum { POPULATION, SIGMA, MODEL, RESTARTS };
enum { AUTO, FULL, SEPARABLE, VKD };
static const char *const models[] = {"auto", "full", "separable", "vkd", NULL};
static const char *const restart_names[] = {"none", "ipop", "bipop", NULL};
static const struct knob knobs[] = {
    [POPULATION] = {"population", "takes in the first generation; 0: 4 + 3 ln n", 0, 0, 100000, NULL},
    [SIGMA] = {"sigma", "how far from the start to begin, as a part of each range; 0: 0.25, with categories 0.07, where they "
        "have settings of their own 0.06", 0, 0, 1, NULL},
    [MODEL] = {"model", "what is learnt: how each pair depends, each alone, or vkd: each alone and a few directions; auto: "
        "full to 400 parameters, then vkd", AUTO, 0, 3, models},
    [RESTARTS] = {"restarts", "when it has settled: go on, double the population, or by turns a large and a small one",
        RESTARTS_IPOP, 0, 2, restart_names},
    {0},
};

/* The first step, evaluations a coordinate and gain within them that it has settled after, growth of the population;
   without and with categories, without and with conditions. With categories it has settled when other levels promise more
   than what is left to gain here, unless they have settings of their own, which are being learnt beside; and as
   many of its runs as possible count. */
static const struct habit {
	double sigma, patience, tolerance, growth;
} habits[2][2] = {
    {{0.25, 30, 1e-13, 2}, {0.25, 60, 1e-13, 2}},
    {{0.07, 10, 1e-6, 1.5}, {0.06, 60, 1e-9, 1.5}},
};

struct cmaes {
	struct kinds kinds;
	bool hurry;
	struct algo_settings set; /* what a batch is made by: of steady and how many results */
	double *starts, *y;       /* starts: [set.n_starts][n] as they were given; y: a row, scratch */
	double sigma0;
	struct cma cma;
	struct categories categories;
	struct groups groups; /* where it is conditional */
	struct restarts restarts;
	struct {
		struct rng rng;
		uint64_t lambda;
	} now;
	double **ranked, *fitness; /* [lambda] */
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
	categories_release(&s->categories);
	groups_release(&s->groups);
	kinds_release(&s->kinds);
	free(s->starts);
	free(s->ranked);
	free(s);
}

/* Whether this is a larger population that looks for other valleys. */
static bool
patient(const struct cmaes *s)
{
	return s->restarts.now.count && !s->restarts.now.small && s->restarts.kind != RESTARTS_NONE && !s->categories.n;
}

static void
set_pace(struct cmaes *s)
{
	cma_pace(&s->cma, patient(s) ? PATIENT : 1);
}

/* Another population: points that are still out are forgotten. */
static int
resize(struct cmaes *s, size_t lambda, struct err *err)
{
	double **ranked = calloc(lambda, sizeof *ranked + sizeof *s->fitness);
	struct batch batch = {0};
	struct cma cma = {0};
	struct groups groups = {0};
	if (!ranked || (s->kinds.conditional && groups_init(&groups, &s->kinds, lambda, err) < 0)
	    || batch_init(&batch, s->kinds.width, lambda, &s->set, err) < 0
	    || cma_init(&cma, kinds_coordinates(&s->kinds), lambda, s->cma.model, err) < 0) {
		free(ranked);
		groups_release(&groups);
		batch_release(&batch);
		return err_set(err, "out of memory for a population of %zu", lambda);
	}
	if (s->hurry)
		cma_hurry(&cma);
	cma_decode(&cma);
	batch.asked = s->batch.asked;
	if (s->batch.generation)
		batch.generation = s->batch.generation;
	batch_release(&s->batch);
	cma_release(&s->cma);
	groups_release(&s->groups);
	free(s->ranked);
	s->groups = groups;
	s->batch = batch;
	s->cma = cma;
	s->ranked = ranked;
	s->fitness = (double *)(ranked + lambda);
	s->now.lambda = lambda;
	return 0;
}

/* Where it never waits and many are out, what comes back is of distributions long past: with a thousand workers a
   population of 12 gets nowhere. As many as are out make a generation then, so that what comes back is of the last
   one; what was learnt and what is out stay. Out of memory: goes on with the size there is. */
static void
keep_up(struct cmaes *s)
{
	struct blob b = {0};
	if (!s->set.steady || s->batch.n_out < 2 * s->now.lambda)
		return;
	cma_save(&s->cma, &b);
	batch_save(&s->batch, &b);
	if (!b.bad && resize(s, s->batch.n_out, NULL) == 0) {
		set_pace(s);
		cma_load(&s->cma, &b);
		batch_load(&s->batch, &b);
	}
	blob_free(&b);
}

static size_t
injected(const struct cmaes *s)
{
	const size_t half = s->now.lambda / 2;
	return s->set.n_starts < 2 || s->restarts.now.count ? 0 : s->set.n_starts < half ? s->set.n_starts : half;
}

/* Root mean square of the other starts' distances from the first, in the reals. */
static double
spread_of_starts(const struct cmaes *s)
{
	double sum = 0;
	for (size_t j = 1; j < s->set.n_starts; j++)
		for (size_t i = 0; i < s->kinds.reals; i++) {
			const size_t k = s->kinds.which[i];
			const double d = s->starts[j * s->kinds.n + k] - s->starts[k];
			sum += d * d;
		}
	return sqrt(sum / fmax(1, (double)((s->set.n_starts - 1) * s->kinds.reals)));
}

static void
begin(struct cmaes *s)
{
	const struct kinds *k = &s->kinds;
	double sigma = s->sigma0;
	categories_begin(&s->categories);
	if (k->conditional)
		groups_begin(&s->groups);
	s->y[0] = 0;
	if (s->restarts.now.count) {
		/* far out, a level is blamed for where the reals stand */
		const double wide = s->categories.n ? (s->restarts.now.count % 2 ? 0.1 : 0.5) : 1;
		for (size_t i = 0; i < k->ordered; i++)
			s->y[i] = 0.5 + wide * (rng_uniform(&s->now.rng) - 0.5);
		if (s->restarts.now.small)
			sigma *= fm_pow(10, -2 * rng_uniform(&s->now.rng));
	} else if (s->set.n_starts) {
		for (size_t j = s->set.n_starts; s->set.n_starts > 1 && j-- > 0;) { /* the best last: it weighs most */
			kinds_row(k, s->starts + j * k->n, s->y);
			categories_favour(&s->categories, s->y + kinds_coordinates(k), 0.5 / (double)s->set.n_starts);
		}
		kinds_row(k, s->starts, s->y);
		if (s->set.n_starts > 1 && k->reals)
			sigma = fmin(sigma, fmax(spread_of_starts(s), 0.02));
	} else
		for (size_t i = 0; i < k->ordered; i++)
			s->y[i] = 0.5;
	set_pace(s);
	cma_begin(&s->cma, s->y, sigma);
	restarts_begin(&s->restarts, s->batch.asked);
}

static void *
create(const struct space *space, const struct algo_settings *set, struct err *err)
{
	const size_t n = space->n;
	if (n == 0)
		return err_set(err, "cmaes: nothing is open"), NULL;
	struct cmaes *s = calloc(1, sizeof *s);
	if (!s)
		return err_set(err, "out of memory"), NULL;
	*s = (struct cmaes){.set = *set, .now.rng.seed = set->seed};
	s->set.starts = s->set.worth = NULL; /* the caller's */
	s->set.measures = NULL;
	s->starts = calloc(n * set->n_starts + n + 1, sizeof *s->starts);
	if (!s->starts || kinds_init(&s->kinds, space, err) < 0 || categories_init(&s->categories, &s->kinds, err) < 0)
		return err_set(err, "out of memory for %zu parameters and %zu starts", n, set->n_starts), cmaes_free(s), NULL;
	s->y = s->starts + n * set->n_starts;
	for (size_t j = 0; j < set->n_starts; j++) {
		memcpy(s->starts + j * n, set->starts + j * n, n * sizeof *s->starts);
		space_settle(space, s->starts + j * n);
	}
	const bool choices = s->categories.n > 0;
	const struct habit *habit = &habits[choices][s->kinds.conditional];
	s->sigma0 = set->knobs[SIGMA] > 0 ? fmax(set->knobs[SIGMA], 1e-6) : habit->sigma;

	const int model = (int)set->knobs[MODEL];
	const double budget = set->budget ? (double)set->budget : INFINITY, m = (double)kinds_coordinates(&s->kinds);
	/* vkd is faster where it is large, and learns as much in up to 100 n evaluations */
	const bool full = model == FULL || (model == AUTO && s->kinds.ordered <= AUTO_FULL);
	if (full && s->kinds.ordered > FULL_MOST)
		return err_set(err, "cmaes: %zu open parameters are too many for a full covariance matrix (%d): set model=vkd",
		           s->kinds.ordered, FULL_MOST), cmaes_free(s), NULL;
	s->cma.model = full ? CMA_FULL : model == SEPARABLE ? CMA_SEPARABLE : CMA_VKD;
	s->hurry = !choices && budget < 60 * m; /* reals that settle early blame the choices */
	const double population = set->knobs[POPULATION] > 0 ? set->knobs[POPULATION] : (double)cma_usual_lambda(n);
	const size_t lambda = population < 4 ? 4 : (size_t)population;
	s->restarts = (struct restarts){.kind = (enum restarts_kind)set->knobs[RESTARTS], .growth = habit->growth,
	    .patience = habit->patience * (double)n, .tolerance = habit->tolerance, .first = lambda, .now.large = lambda};
	if (resize(s, lambda, err) < 0)
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
	const struct kinds *k = &s->kinds;
	const size_t n = kinds_coordinates(k);
	const uint64_t nth = s->batch.asked - s->restarts.now.begun;
	cma_sample(&s->cma, &s->now.rng, s->y);
	categories_sample(&s->categories, &s->now.rng, s->y + n);
	if (nth < injected(s))
		kinds_row(k, s->starts + nth * k->n, s->y);
	for (size_t i = 0; i < k->ordered; i++)
		x[k->which[i]] = i < k->reals ? walls_place(&s->cma, i, s->y[i]) : s->y[i];
	for (size_t i = k->ordered; i < k->n; i++)
		x[k->which[i]] = level_at((uint32_t)s->y[kinds_place(k, i)], kinds_levels(k, i));
	if (k->space.dimension)
		space_settle(&k->space, x);
	if (k->conditional)
		kinds_hide(k, x, s->y);
	*number = batch_ask(&s->batch, s->y);
	return true;
}

/* The widest of the reals, of the integers where there are none. */
static double
spread(const struct cmaes *s)
{
	double widest = 0;
	if (s->kinds.reals == 0 || s->kinds.reals == s->kinds.ordered)
		return cma_spread(&s->cma);
	for (size_t i = 0; i < s->kinds.reals; i++)
		widest = fmax(widest, cma_deviation(&s->cma, i));
	return widest;
}

/* Out of memory: goes on with the size there is. */
static void
begin_again(struct cmaes *s)
{
	const size_t lambda = restarts_next(&s->restarts, &s->now.rng, s->now.lambda, s->batch.asked);
	if (lambda != s->now.lambda)
		resize(s, lambda, NULL);
	begin(s);
}

/* An injected point counts as one no farther away than samples are. */
static void
shorten(struct cmaes *s, double *y)
{
	const double n = (double)kinds_coordinates(&s->kinds), most = sqrt(n) + 2 * n / (n + 2);
	double d = 0;
	for (size_t i = 0; i < s->kinds.ordered; i++)
		if (!isnan(y[i]))
			d += (y[i] - s->cma.mean[i]) * (y[i] - s->cma.mean[i]);
	d = sqrt(d) / s->cma.now.sigma;
	for (size_t i = 0; d > most && i < s->kinds.ordered; i++)
		y[i] = s->cma.mean[i] + (y[i] - s->cma.mean[i]) * most / d;
}

/* What the distribution may not be: between mirrors one apart, a spread much over a half explores nothing new, and a
   small population that is wide sees little but noise, in which the step wanders: it is drawn in, by a third in n
   generations. */
static void
confine(struct cmaes *s)
{
	const struct kinds *k = &s->kinds;
	const double wide = spread(s), n = (double)k->n;
	if (wide > 0.1 && !patient(s))
		s->cma.now.sigma *= fmin(1 - 0.3 / n, 0.7 / wide);
	for (size_t i = 0; i < k->reals; i++) {
		double wall;
		const size_t out = walls_keep(&s->cma, i, &wall) ? s->batch.n_out : 0;
		for (size_t j = 0; j < out; j++)
			s->batch.out[j].x[i] = 2 * wall - s->batch.out[j].x[i];
	}
	for (size_t i = k->reals; i < k->ordered; i++)
		discrete_margin(&s->cma, i, kinds_levels(k, i), 1 / (n * (double)s->now.lambda));
}

static void
tell(void *self, const struct told *told)
{
	struct cmaes *s = self;
	if (!batch_tell(&s->batch, told))
		return;
	batch_sort(&s->batch);
	const struct point *points = s->batch.told;
	for (size_t i = 0; i < s->now.lambda; i++) {
		s->ranked[i] = points[i].x;
		s->fitness[i] = points[i].fitness;
		if (points[i].number - s->restarts.now.begun <= injected(s) && s->cma.now.generation == 0)
			shorten(s, points[i].x);
	}
	const double best = points[0].fitness;
	if (s->kinds.conditional)
		groups_rank(&s->groups, s->ranked, s->fitness, s->now.lambda);
	const double *const *ranked = (const double *const *)s->ranked;
	if (s->categories.n)
		categories_learn(&s->categories, ranked, kinds_coordinates(&s->kinds), s->cma.weight, s->cma.mu);
	const bool sane = s->kinds.ordered == 0 || cma_learn(&s->cma, ranked);
	if (s->kinds.ordered == 0)
		s->cma.now.generation++;
	batch_clear(&s->batch);
	if (sane)
		confine(s);
	const bool settled = sane && restarts_settled(&s->restarts, s->cma.now.generation, s->now.lambda, best);
	const bool still = s->kinds.reals && spread(s) < 1e-12; /* steps are too small to matter */
	if (!sane || ((settled || still) && s->restarts.kind != RESTARTS_NONE))
		begin_again(s);
	keep_up(s);
}

static void
save(const void *self, struct blob *b)
{
	const struct cmaes *s = self;
	blob_put(b, &s->now, sizeof s->now);
	blob_put(b, &s->restarts.now, sizeof s->restarts.now);
	cma_save(&s->cma, b);
	categories_save(&s->categories, b);
	groups_save(&s->groups, b);
	batch_save(&s->batch, b);
}

static int
load(void *self, struct blob *b, struct err *err)
{
	struct cmaes *s = self;
	const uint64_t lambda = s->now.lambda;
	blob_get(b, &s->now, sizeof s->now);
	blob_get(b, &s->restarts.now, sizeof s->restarts.now);
	if (b->bad || s->now.lambda < 4 || s->now.lambda > 1 << 20 || s->restarts.now.small > 1)
		return err_set(err, "the saved state is not one of cmaes");
	if (lambda != s->now.lambda && resize(s, s->now.lambda, err) < 0)
		return -1;
	set_pace(s);
	cma_load(&s->cma, b);
	categories_load(&s->categories, b);
	groups_load(&s->groups, b);
	batch_load(&s->batch, b);
	return blob_done(b, err);
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
	snprintf(text, n, "sigma %.2g, restart %llu, population %llu", s->cma.now.sigma, (unsigned long long)s->restarts.now.count,
	    (unsigned long long)s->now.lambda);
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
