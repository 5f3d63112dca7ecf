/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * CMA-ES (opt/cma.h), begun again when it has settled: with a doubled population (IPOP: Auger
 * and Hansen 2005; where there are categories by half more, as many of its runs as possible count), or by turns with a small one of a smaller step (BIPOP: Hansen 2009).
 *
 * Bounds: while a coordinate still varies much, the cube's walls are mirrors (it is folded into
 * [0, 1] on its way out), so nothing piles up at an edge. Once it varies little, walls are ends:
 * samples beyond stand on them, where the optimum may be, and the mean stays within reach.
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

/* A real coordinate that varies by less is one whose walls are ends. */
#define WALL 0.03

enum { HISTORY = 256, FULL_MOST = 2000 /* n of a full covariance */, AUTO_FULL = 400 };

enum { POPULATION, SIGMA, MODEL, RESTARTS };
enum { AUTO, FULL, SEPARABLE, VKD };
enum { NONE, IPOP, BIPOP };
static const char *const models[] = {"auto", "full", "separable", "vkd", NULL};
static const char *const restarts[] = {"none", "ipop", "bipop", NULL};
static const struct knob knobs[] = {
    [POPULATION] = {"population", "takes in the first generation; 0: 4 + 3 ln n", 0, 0, 100000, NULL},
    [SIGMA] = {"sigma", "how far from the start to begin, as a part of each range; 0: 0.25, with categories 0.06", 0, 0, 1, NULL},
    [MODEL] = {"model", "what is learnt: how each pair depends, each alone, or vkd: each alone and a few directions; auto: "
        "full to 400 parameters, then vkd", AUTO, 0, 3, models},
    [RESTARTS] = {"restarts", "when it has settled: go on, double the population, or by turns a large and a small one", IPOP,
        0, 2, restarts},
    {0},
};

struct cmaes {
	struct space space;
	/* reals, then integers, then categories: which[] is their place in the space. If all are categories, one
	   coordinate that stands for nothing is before them. */
	size_t n, reals, ordered, width; /* width of a row: max(ordered, 1) + categories */
	size_t *which;                   /* [n] */
	bool conditional, hurry;
	struct algo_settings set; /* what a batch is made by: of steady and how many results */
	double *starts, *y;       /* starts: [set.n_starts][n] as they were given; y: a row, scratch */
	double sigma0;
	size_t lambda0;
	struct cma cma;
	struct categories categories;
	struct groups groups; /* where it is conditional */
	struct {
		struct rng rng;
		uint64_t restarts, lambda, large; /* large: the last large population */
		uint64_t begun, spent[2];         /* asked before this one; by large and by small ones */
		uint64_t small;                   /* this one is */
		double best[HISTORY];             /* best fitness of the last generations, a ring */
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
	space_release(&s->space);
	free(s->which);
	free(s->starts);
	free(s->ranked);
	free(s);
}

static size_t
coordinates(const struct cmaes *s)
{
	return s->ordered ? s->ordered : 1;
}

static int
group(const struct cmaes *s, struct groups *g, size_t rows, struct err *err)
{
	size_t *place = calloc(s->n, sizeof *place);
	for (size_t i = 0; place && i < s->n; i++)
		place[i] = i < s->ordered ? i : coordinates(s) + i - s->ordered;
	const int status = place ? groups_init(g, &s->space, s->which, place, rows, err) : err_set(err, "out of memory");
	free(place);
	return status;
}

/* Another population: points that are still out are forgotten. */
static int
resize(struct cmaes *s, size_t lambda, struct err *err)
{
	double **ranked = calloc(lambda, sizeof *ranked + sizeof *s->fitness);
	struct batch batch = {0};
	struct cma cma = {0};
	struct groups groups = {0};
	if (!ranked || (s->conditional && group(s, &groups, lambda, err) < 0) || batch_init(&batch, s->width, lambda, &s->set, err) < 0
	    || cma_init(&cma, coordinates(s), lambda, s->cma.model, err) < 0) {
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
		cma_load(&s->cma, &b);
		batch_load(&s->batch, &b);
	}
	blob_free(&b);
}

/* A start's coordinates and levels in the order of a row. */
static void
row_of(const struct cmaes *s, const double *start, double *row)
{
	row[0] = 0;
	for (size_t i = 0; i < s->ordered; i++)
		row[i] = start[s->which[i]];
	for (size_t j = 0; j < s->categories.n; j++) {
		const size_t k = s->which[s->ordered + j];
		row[coordinates(s) + j] = level_of(start[k], s->categories.levels[j]);
	}
}

static size_t
injected(const struct cmaes *s)
{
	return s->set.n_starts < 2 || s->now.restarts ? 0 : s->set.n_starts < s->now.lambda / 2 ? s->set.n_starts : s->now.lambda / 2;
}

/* Root mean square of the other starts' distances from the first, in the reals. */
static double
spread_of_starts(const struct cmaes *s)
{
	double sum = 0;
	for (size_t j = 1; j < s->set.n_starts; j++)
		for (size_t i = 0; i < s->reals; i++) {
			const double d = s->starts[j * s->n + s->which[i]] - s->starts[s->which[i]];
			sum += d * d;
		}
	return sqrt(sum / fmax(1, (double)((s->set.n_starts - 1) * s->reals)));
}

static void
begin(struct cmaes *s)
{
	double sigma = s->sigma0;
	const size_t n = coordinates(s);
	categories_begin(&s->categories);
	if (s->conditional)
		groups_begin(&s->groups);
	s->y[0] = 0;
	if (s->now.restarts) {
		/* far out, a level is blamed for where the reals stand */
		const double wide = s->categories.n ? (s->now.restarts % 2 ? 0.1 : 0.5) : 1;
		for (size_t i = 0; i < s->ordered; i++)
			s->y[i] = 0.5 + wide * (rng_uniform(&s->now.rng) - 0.5);
		if (s->now.small)
			sigma *= fm_pow(10, -2 * rng_uniform(&s->now.rng));
	} else if (s->set.n_starts) {
		for (size_t j = s->set.n_starts; s->set.n_starts > 1 && j-- > 0;) { /* the best last: it weighs most */
			row_of(s, s->starts + j * s->n, s->y);
			categories_favour(&s->categories, s->y + n, 0.5 / (double)s->set.n_starts);
		}
		row_of(s, s->starts, s->y);
		if (s->set.n_starts > 1 && s->reals)
			sigma = fmin(sigma, fmax(spread_of_starts(s), 0.02));
	} else
		for (size_t i = 0; i < s->ordered; i++)
			s->y[i] = 0.5;
	cma_begin(&s->cma, s->y, sigma);
	memset(s->now.best, 0, sizeof s->now.best);
	s->now.begun = s->batch.asked;
}

/* Puts reals, integers and categories, in this order, into which[]. */
static int
sort_kinds(struct cmaes *s, struct err *err)
{
	size_t at = 0;
	for (int pass = 0; pass < 3; pass++) {
		for (size_t i = 0; i < s->n; i++) {
			const bool category = space_category(&s->space, i), real = space_levels(&s->space, i) == 0;
			if (pass == (category ? 2 : real ? 0 : 1))
				s->which[at++] = i;
		}
		if (pass == 0)
			s->reals = at;
		if (pass == 1)
			s->ordered = at;
	}
	uint32_t *levels = calloc(s->n + 1, sizeof *levels);
	if (!levels)
		return err_set(err, "out of memory");
	for (size_t i = s->ordered; i < s->n; i++)
		levels[i - s->ordered] = space_levels(&s->space, s->which[i]);
	const int status = categories_init(&s->categories, s->n - s->ordered, levels, err);
	free(levels);
	s->width = coordinates(s) + s->n - s->ordered;
	return status;
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
	*s = (struct cmaes){.n = n, .set = *set, .now.rng.seed = set->seed};
	s->set.starts = s->set.worth = NULL; /* the caller's */
	s->set.measures = NULL;
	s->which = calloc(n, sizeof *s->which);
	s->starts = calloc(n * set->n_starts + n + 1, sizeof *s->starts);
	if (!s->starts || !s->which || space_copy(&s->space, space, err) < 0 || sort_kinds(s, err) < 0)
		return err_set(err, "out of memory for %zu parameters and %zu starts", n, set->n_starts), cmaes_free(s), NULL;
	s->y = s->starts + n * set->n_starts;
	for (size_t j = 0; j < set->n_starts; j++) {
		memcpy(s->starts + j * n, set->starts + j * n, n * sizeof *s->starts);
		space_settle(space, s->starts + j * n);
	}
	for (size_t i = 0; space->dimension && i < n; i++)
		s->conditional |= space->dimension[i].of_1 != 0;

	s->sigma0 = set->knobs[SIGMA] > 0 ? fmax(set->knobs[SIGMA], 1e-6) : s->categories.n ? 0.06 : 0.25;

	const int model = (int)set->knobs[MODEL];
	const double budget = set->budget ? (double)set->budget : INFINITY, m = (double)coordinates(s);
	/* vkd is faster where it is large, and learns as much in up to 100 n evaluations */
	const bool full = model == FULL || (model == AUTO && s->ordered <= AUTO_FULL);
	if (full && s->ordered > FULL_MOST)
		return err_set(err, "cmaes: %zu open parameters are too many for a full covariance matrix (%d): set model=vkd",
		           s->ordered, FULL_MOST), cmaes_free(s), NULL;
	s->cma.model = full ? CMA_FULL : model == SEPARABLE ? CMA_SEPARABLE : CMA_VKD;
	s->hurry = !s->categories.n && budget < 60 * m; /* reals that settle early blame the choices */
	const double population = set->knobs[POPULATION];
	s->lambda0 = s->now.large = population >= 4 ? (size_t)population : population > 0 ? 4 : cma_usual_lambda(n);
	if (s->lambda0 < 4)
		s->lambda0 = s->now.large = 4;
	if (resize(s, s->lambda0, err) < 0)
		return cmaes_free(s), NULL;
	begin(s);
	return s;
}

/* Of what is asked for, what does not matter is not a number in the row. */
static void
hide(struct cmaes *s, const double *x)
{
	for (size_t i = 0; i < s->n; i++)
		if (!space_active(&s->space, x, s->which[i]))
			s->y[i < s->ordered ? i : coordinates(s) + i - s->ordered] = NAN;
}

/* Whether coordinate i is so far settled that a wall is an end, and no mirror. */
static bool
at_wall(const struct cmaes *s, size_t i)
{
	return cma_deviation(&s->cma, i) < WALL;
}

/* The mean of a coordinate between mirrors comes back into [0, 1], everything of it reflected; at an end it goes
   no farther beyond than samples reach back from. */
static void
keep_inside(struct cmaes *s, size_t i)
{
	double *m = &s->cma.mean[i];
	if (*m >= 0 && *m <= 1)
		return;
	const double far = 3 * cma_deviation(&s->cma, i);
	if (at_wall(s, i)) {
		*m = fmin(fmax(*m, -far), 1 + far);
		return;
	}
	const double wall = *m > 1 ? 1 : 0;
	cma_reflect(&s->cma, i, fmin(fmax(2 * wall - *m, 0), 1));
	for (size_t k = 0; k < s->batch.n_out; k++)
		s->batch.out[k].x[i] = 2 * wall - s->batch.out[k].x[i];
}

static bool
ask(void *self, uint64_t *number, double *x)
{
	struct cmaes *s = self;
	if (!batch_may_ask(&s->batch))
		return false;
	const size_t n = coordinates(s);
	const uint64_t nth = s->batch.asked - s->now.begun;
	cma_sample(&s->cma, &s->now.rng, s->y);
	categories_sample(&s->categories, &s->now.rng, s->y + n);
	if (nth < injected(s))
		row_of(s, s->starts + nth * s->n, s->y);
	for (size_t i = 0; i < s->ordered; i++) {
		const double u = s->y[i];
		x[s->which[i]] = i >= s->reals || (u >= 0 && u <= 1) ? u : at_wall(s, i) ? u > 1 : space_fold(u);
	}
	for (size_t j = 0; j < s->categories.n; j++)
		x[s->which[s->ordered + j]] = level_at((uint32_t)s->y[n + j], s->categories.levels[j]);
	if (s->space.dimension)
		space_settle(&s->space, x);
	if (s->conditional)
		hide(s, x);
	*number = batch_ask(&s->batch, s->y);
	return true;
}

/* The widest of the reals, of the integers where there are none. */
static double
spread(const struct cmaes *s)
{
	double widest = 0;
	if (s->reals == 0 || s->reals == s->ordered)
		return cma_spread(&s->cma);
	for (size_t i = 0; i < s->reals; i++)
		widest = fmax(widest, cma_deviation(&s->cma, i));
	return widest;
}

/* It has settled when steps are too small to matter, or the best of the last generations are all the same;
   with categories, when other levels promise more than what is left to gain here, unless they have settings of
   their own, which are being learnt beside. */
static bool
stalled(struct cmaes *s, double best)
{
	const uint64_t generation = s->cma.now.generation;
	s->now.best[generation % HISTORY] = best;
	if (s->reals && spread(s) < 1e-12)
		return true;
	uint64_t span = 10 + (uint64_t)ceil((s->conditional ? 60.0 : s->categories.n ? 10.0 : 30.0) * (double)s->n / (double)s->now.lambda);
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
	return lo == hi || hi - lo < (s->categories.n ? 1e-9 : 1e-13) * fabs(hi);
}

/* Out of memory: goes on with the size there is. */
static void
begin_again(struct cmaes *s)
{
	const uint64_t kind = (uint64_t)s->set.knobs[RESTARTS];
	uint64_t lambda = s->now.lambda;
	s->now.spent[s->now.small] += s->batch.asked - s->now.begun;
	s->now.restarts++;
	s->now.small = kind == BIPOP && s->now.restarts > 1 && s->now.spent[1] < s->now.spent[0];
	if (s->now.small) {
		const double u = rng_uniform(&s->now.rng), most = 0.5 * (double)s->now.large / (double)s->lambda0;
		lambda = (uint64_t)((double)s->lambda0 * fm_pow(fmax(1, most), u * u));
	} else if (kind != NONE) {
		if (s->now.large < 1024)
			s->now.large += s->categories.n ? s->now.large / 2 : s->now.large;
		lambda = s->now.large;
	}
	if (lambda != s->now.lambda)
		resize(s, lambda, NULL);
	begin(s);
}

/* An injected point counts as one no farther away than samples are. */
static void
shorten(struct cmaes *s, double *y)
{
	const double n = (double)coordinates(s), most = sqrt(n) + 2 * n / (n + 2);
	double d = 0;
	for (size_t i = 0; i < s->ordered; i++)
		if (!isnan(y[i]))
			d += (y[i] - s->cma.mean[i]) * (y[i] - s->cma.mean[i]);
	d = sqrt(d) / s->cma.now.sigma;
	for (size_t i = 0; d > most && i < s->ordered; i++)
		y[i] = s->cma.mean[i] + (y[i] - s->cma.mean[i]) * most / d;
}

static void
tell(void *self, const struct told *told)
{
	struct cmaes *s = self;
	if (!batch_tell(&s->batch, told))
		return;
	batch_sort(&s->batch);
	for (size_t i = 0; i < s->now.lambda; i++) {
		s->ranked[i] = s->batch.told[i].x;
		s->fitness[i] = s->batch.told[i].fitness;
		if (s->batch.told[i].number - s->now.begun <= injected(s) && s->cma.now.generation == 0)
			shorten(s, s->batch.told[i].x);
	}
	const double best = s->batch.told[0].fitness;
	if (s->conditional)
		groups_rank(&s->groups, s->ranked, s->fitness, s->now.lambda);
	const double *const *ranked = (const double *const *)s->ranked;
	if (s->categories.n)
		categories_learn(&s->categories, ranked, coordinates(s), s->cma.weight, s->cma.mu);
	const bool sane = s->ordered == 0 || cma_learn(&s->cma, ranked);
	if (s->ordered == 0)
		s->cma.now.generation++;
	/* Between mirrors one apart, a spread much over a half explores nothing new, and a wide one sees little but
	   noise, in which the step wanders: it is drawn in, by a third in n generations. */
	const double wide = spread(s);
	if (wide > 0.1)
		s->cma.now.sigma *= fmin(1 - 0.3 / (double)s->n, 0.7 / wide);
	for (size_t i = 0; sane && i < s->reals; i++)
		keep_inside(s, i);
	for (size_t i = s->reals; sane && i < s->ordered; i++)
		discrete_margin(&s->cma, i, space_levels(&s->space, s->which[i]), 1 / ((double)s->n * (double)s->now.lambda));
	const bool again = !sane || (stalled(s, best) && s->set.knobs[RESTARTS] != NONE);
	batch_clear(&s->batch);
	if (again)
		begin_again(s);
	keep_up(s);
}

static void
save(const void *self, struct blob *b)
{
	const struct cmaes *s = self;
	blob_put(b, &s->now, sizeof s->now);
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
	if (b->bad || s->now.lambda < 4 || s->now.lambda > 1 << 20 || s->now.small > 1)
		return err_set(err, "the saved state is not one of cmaes");
	if (lambda != s->now.lambda && resize(s, s->now.lambda, err) < 0)
		return -1;
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
	snprintf(text, n, "sigma %.2g, restart %llu, population %llu", s->cma.now.sigma, (unsigned long long)s->now.restarts,
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
