/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Differential evolution that sets itself: L-SHADE (Tanabe and Fukunaga, "Improving
 * the search performance of SHADE using linear population size reduction", CEC 2014),
 * with a second way of making a trial beside its own (opt/differ.h). A trial replaces its target if it is no worse.
 *
 * Dense trials follow valleys, sparse ones look for other peaks along the axes; their odds follow how
 * much they gain (opt/odds.h). F and CR are drawn about what has worked lately, the better it
 * worked the more it counts. Where the budget is known the population begins with about 0.4 of its
 * root and shrinks in a straight line to four. When all are in one place it begins again, but for the best.
 *
 * A target that many trials could not replace is tried again, until three were worth the same: where
 * they are not, there is noise, and it is worth the mean.
 *
 * Memory: (2 + archive) rows of n for each of the population, and two for the batch.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "opt/batch.h"
#include "opt/differ.h"
#include "opt/odds.h"
#include "opt/sample.h"

enum { POPULATION, SIGMA, ARCHIVE, BEST };
static const struct knob knobs[] = {
    [POPULATION] = {"population", "in the beginning; 0: 0.4 of the budget's root, 0.6 with choices, at most 18 n", 0, 0, 100000, NULL},
    [SIGMA] = {"sigma", "how far from the start to begin, as a part of each range; 0: anywhere", 0, 0, 1, NULL},
    [ARCHIVE] = {"archive", "places that were left, for each of the population", 2.6, 0, 10, NULL},
    [BEST] = {"best", "part of the population that counts as the best", 0.11, 0.01, 1, NULL},
    {0},
};

enum { LEAST = 4, FEWEST = 10, USUAL = 100, TRIES = 4 /* to be another than the target */ };
enum { PATIENCE = 10, SAME = 3 }; /* trials that fail before a target is tried again; how often that tells nothing new */
enum { AGAIN = DIFFER_WAYS };     /* a way of its own: the target itself */
enum { TARGET, WAY, F, CR, TAGS }; /* what goes with a proposal, behind its coordinates; F is 0 of a first point */
#define FLOOR 0.15 /* of the odds of either way, together */
#define KEEP  0.9  /* of what has been heard of them, each generation */

struct de {
	struct space space;
	size_t n, first, archive_room; /* first: the population in the beginning */
	double best;
	uint64_t budget;
	double *x, *fitness;  /* [first][n], the population */
	struct luck {
		uint32_t failed, again; /* trials since it came or was tried again; how often that was */
	} *luck;              /* [first] */
	double *gone;         /* [archive_room][n] */
	double *y, *cube;     /* scratch: [n + TAGS]; first points [first][n] */
	size_t *rank;         /* the population, best first */
	struct {              /* saved, with x to gone and the cube */
		struct rng rng;
		size_t size, filled, n_gone, next, cubed; /* size of the population now; how many have a value; the next target */
		struct differ_history history[DIFFER_WAYS];
		struct odds odds;
		uint64_t told, same; /* same: targets that were worth the same again */
		bool noise;          /* one was not */
	} now;
	struct batch batch;
};

static void
de_free(void *self)
{
	struct de *s = self;
	if (!s)
		return;
	batch_release(&s->batch);
	space_release(&s->space);
	free(s->x);
	free(s->fitness);
	free(s->luck);
	free(s->gone);
	free(s->y);
	free(s->cube);
	free(s->rank);
	free(s);
}

/* Nothing is known of what works. */
static void
forget(struct de *s)
{
	for (int w = 0; w < DIFFER_WAYS; w++)
		differ_forget(&s->now.history[w]);
	odds_init(&s->now.odds, DIFFER_WAYS, FLOOR);
}

static void *
create(const struct space *space, const struct algo_settings *set, struct err *err)
{
	struct de *s = calloc(1, sizeof *s);
	if (!s)
		return err_set(err, "out of memory"), NULL;
	const size_t n = s->n = space->n;
	double root = 0.4;
	for (size_t i = 0; i < n; i++)
		root = space_category(space, i) ? 0.6 : root;
	const double by_budget = set->budget ? fmax(FEWEST, root * sqrt((double)set->budget)) : USUAL;
	s->first = set->knobs[POPULATION] > 0 ? (size_t)set->knobs[POPULATION] : (size_t)fmin(18 * (double)n, by_budget);
	s->first = s->first < LEAST ? LEAST : s->first;
	s->archive_room = (size_t)(set->knobs[ARCHIVE] * (double)s->first);
	s->best = set->knobs[BEST];
	s->budget = set->budget;
	s->x = calloc(s->first * n + 1, sizeof *s->x);
	s->fitness = calloc(s->first, sizeof *s->fitness);
	s->luck = calloc(s->first, sizeof *s->luck);
	s->gone = calloc(s->archive_room * n + 1, sizeof *s->gone);
	s->y = calloc(n + TAGS, sizeof *s->y);
	s->cube = calloc(s->first * n + 1, sizeof *s->cube);
	s->rank = calloc(s->first, sizeof *s->rank);
	if (!s->x || !s->fitness || !s->luck || !s->gone || !s->y || !s->cube || !s->rank) {
		err_set(err, "out of memory for a population of %zu", s->first);
		return de_free(s), NULL;
	}
	if (space_copy(&s->space, space, err) < 0 || batch_init(&s->batch, n + TAGS, s->first, set, err) < 0)
		return de_free(s), NULL;
	s->now.rng.seed = set->seed;
	s->now.size = s->first;
	forget(s);
	first_points(&s->now.rng, space, set, set->knobs[SIGMA], s->first, s->cube);
	return s;
}

static bool
better(const struct de *s, size_t a, size_t b)
{
	return s->fitness[a] > s->fitness[b] || (s->fitness[a] == s->fitness[b] && a < b);
}

static void
rank(struct de *s)
{
	/* nearly sorted from one generation to the next: insertion */
	for (size_t i = 0; i < s->now.filled; i++)
		s->rank[i] = i;
	for (size_t i = 1; i < s->now.filled; i++) {
		const size_t r = s->rank[i];
		size_t at = i;
		for (; at > 0 && better(s, r, s->rank[at - 1]); at--)
			s->rank[at] = s->rank[at - 1];
		s->rank[at] = r;
	}
}

/* A trial for target i. */
static void
cross(struct de *s, size_t i, double *y)
{
	const size_t n = s->n, size = s->now.filled, top = (size_t)fmax(2, s->best * (double)size + 0.5);
	const struct differ d = {.space = &s->space, .rng = &s->now.rng, .x = s->x, .rank = s->rank, .gone = s->gone, .size = size,
	    .top = top < size ? top : size, .n_gone = s->now.n_gone};
	const int way = (int)odds_pick(&s->now.odds, d.rng);
	double f, cr;
	differ_draw(&s->now.history[way], way, n, d.rng, &f, &cr);
	differ_cross(&d, i, way, f, cr, y);
	memcpy(y + n, (const double[TAGS]){[TARGET] = (double)i, [WAY] = way, [F] = f, [CR] = cr}, TAGS * sizeof *y);
}

/* Target i itself. */
static void
again(struct de *s, size_t i, double *y)
{
	memcpy(y, s->x + i * s->n, s->n * sizeof *y);
	memcpy(y + s->n, (const double[TAGS]){[TARGET] = (double)i, [WAY] = AGAIN, [F] = 1}, TAGS * sizeof *y);
	s->luck[i].failed = 0;
}

static bool
ask(void *self, uint64_t *number, double *x)
{
	struct de *s = self;
	if (!batch_may_ask(&s->batch))
		return false;
	double *y = s->y;
	if (s->now.cubed < s->now.size) {
		memcpy(y, s->cube + s->now.cubed++ * s->n, s->n * sizeof *y);
		memset(y + s->n, 0, TAGS * sizeof *y);
	} else if (s->now.filled < 2) { /* steady, and nothing is known yet */
		for (size_t k = 0; k < s->n; k++)
			y[k] = rng_uniform(&s->now.rng);
		space_settle(&s->space, y);
		memset(y + s->n, 0, TAGS * sizeof *y);
	} else {
		const size_t i = s->now.next++ % s->now.filled;
		const bool doubt = s->luck[i].failed >= PATIENCE && (s->now.noise || s->now.same < SAME);
		if (doubt)
			again(s, i, y);
		for (int k = 0; !doubt && k < TRIES && (k == 0 || !memcmp(y, s->x + i * s->n, s->n * sizeof *y)); k++)
			cross(s, i, y);
	}
	*number = batch_ask(&s->batch, y);
	memcpy(x, y, s->n * sizeof *x);
	return true;
}

static void
put(struct de *s, size_t i, const struct point *p)
{
	memcpy(s->x + i * s->n, p->x, s->n * sizeof *s->x);
	s->fitness[i] = p->fitness;
	s->luck[i] = (struct luck){0};
}

/* A target has been tried again: it is worth the mean, so that none stays because it was lucky once. */
static void
doubt(struct de *s, size_t t, const struct point *p)
{
	if (memcmp(p->x, s->x + t * s->n, s->n * sizeof *p->x) != 0)
		return; /* it has gone */
	if (p->fitness == s->fitness[t]) {
		s->now.same++;
		return;
	}
	s->now.noise = true;
	const double old = s->fitness[t], share = 1 / (++s->luck[t].again + 1.0);
	s->fitness[t] = isfinite(old) && isfinite(p->fitness) ? old * (1 - share) + p->fitness * share : fmin(old, p->fitness);
}

/* What a target was goes into the archive, in the place of any when that is full. */
static void
leave(struct de *s, const double *x)
{
	if (!s->archive_room)
		return;
	size_t at = s->now.n_gone;
	if (at >= s->archive_room)
		at = rng_below(&s->now.rng, s->archive_room);
	else
		s->now.n_gone++;
	memcpy(s->gone + at * s->n, x, s->n * sizeof *x);
}

static void
shrink(struct de *s)
{
	if (!s->budget)
		return;
	const double part = fmin((double)s->now.told / (double)s->budget, 1);
	size_t to = (size_t)((double)s->first + (LEAST - (double)s->first) * part + 0.5);
	to = to < LEAST ? LEAST : to;
	if (to >= s->now.size)
		return;
	/* the worst go; the rest keep their order */
	rank(s);
	for (size_t keep = to; keep < s->now.filled; keep++)
		s->fitness[s->rank[keep]] = NAN;
	size_t n = 0;
	for (size_t i = 0; i < s->now.filled; i++) {
		if (isnan(s->fitness[i]))
			continue;
		memmove(s->x + n * s->n, s->x + i * s->n, s->n * sizeof *s->x);
		s->luck[n] = s->luck[i];
		s->fitness[n++] = s->fitness[i];
	}
	s->now.filled = n;
	s->now.size = s->batch.size = to;
	s->archive_room = s->archive_room < 4 * to ? s->archive_room : 4 * to;
	s->now.n_gone = s->now.n_gone < s->archive_room ? s->now.n_gone : s->archive_room;
	s->now.next = 0;
}

/* All but the best begin again when they are all in one place. */
static void
revive(struct de *s)
{
	if (s->now.filled < s->now.size || !s->n)
		return;
	for (size_t k = 0; k < s->n; k++) {
		double lo = 1, hi = 0;
		for (size_t i = 0; i < s->now.filled; i++) {
			lo = fmin(lo, s->x[i * s->n + k]);
			hi = fmax(hi, s->x[i * s->n + k]);
		}
		if (hi - lo > 1e-9)
			return;
	}
	memmove(s->x, s->x + s->rank[0] * s->n, s->n * sizeof *s->x);
	s->fitness[0] = s->fitness[s->rank[0]];
	s->luck[0] = s->luck[s->rank[0]];
	s->now.filled = 1;
	s->now.n_gone = 0;
	forget(s);
	first_points(&s->now.rng, &s->space, &(struct algo_settings){0}, 0, s->first, s->cube);
	s->now.cubed = 1;
}

static void
learn(struct de *s)
{
	struct differ_gains gains[DIFFER_WAYS] = {0};
	double most = 0;
	batch_in_order(&s->batch);
	for (int pass = 0; pass < 2; pass++)
		for (size_t i = 0; i < s->batch.n_told; i++) {
			const struct point *p = &s->batch.told[i];
			const double f = p->x[s->n + F], cr = p->x[s->n + CR];
			if (!(f > 0)) {
				if (pass && s->now.filled < s->now.size)
					put(s, s->now.filled++, p);
				continue;
			}
			const size_t t = (size_t)p->x[s->n + TARGET] % s->now.filled;
			if (p->x[s->n + WAY] == AGAIN) {
				if (pass)
					doubt(s, t, p);
				continue;
			}
			s->luck[t].failed += (uint32_t)pass;
			/* gains are bounded: fitness may be infinite */
			const double gain = fmin(p->fitness - s->fitness[t], 1e300);
			const size_t way = (size_t)p->x[s->n + WAY] % DIFFER_WAYS;
			if (!pass) {
				most = fmax(most, gain);
				continue;
			}
			odds_hear(&s->now.odds, way, gain > 0 ? gain / most : 0);
			if (p->fitness >= s->fitness[t]) {
				if (gain > 0 && most > 0) {
					differ_gain(&gains[way], gain / most, f, cr);
					leave(s, s->x + t * s->n);
				}
				put(s, t, p);
			}
		}
	s->now.told += s->batch.n_told;
	for (int w = 0; w < DIFFER_WAYS; w++)
		differ_learn(&s->now.history[w], &gains[w]);
	odds_learn(&s->now.odds, KEEP);
	shrink(s);
	rank(s);
	revive(s);
}

static void
tell(void *self, const struct told *told)
{
	struct de *s = self;
	if (!batch_tell(&s->batch, told))
		return;
	learn(s);
	batch_clear(&s->batch);
}

static void
save(const void *self, struct blob *b)
{
	const struct de *s = self;
	const uint64_t room = s->archive_room;
	blob_put(b, &s->now, sizeof s->now);
	blob_put(b, &room, sizeof room);
	blob_put(b, s->x, s->now.filled * s->n * sizeof *s->x);
	blob_put(b, s->fitness, s->now.filled * sizeof *s->fitness);
	blob_put(b, s->luck, s->now.filled * sizeof *s->luck);
	blob_put(b, s->gone, s->now.n_gone * s->n * sizeof *s->gone);
	blob_put(b, s->cube, s->now.size * s->n * sizeof *s->cube);
	batch_save(&s->batch, b);
}

static int
load(void *self, struct blob *b, struct err *err)
{
	struct de *s = self;
	uint64_t room;
	const size_t odds = s->now.odds.n;
	blob_get(b, &s->now, sizeof s->now);
	blob_get(b, &room, sizeof room);
	if (b->bad || s->now.size > s->first || s->now.filled > s->now.size || room > s->archive_room || s->now.n_gone > room || s->now.odds.n != odds)
		return err_set(err, "the saved state is cut short, or of another budget");
	s->archive_room = room;
	blob_get(b, s->x, s->now.filled * s->n * sizeof *s->x);
	blob_get(b, s->fitness, s->now.filled * sizeof *s->fitness);
	blob_get(b, s->luck, s->now.filled * sizeof *s->luck);
	blob_get(b, s->gone, s->now.n_gone * s->n * sizeof *s->gone);
	blob_get(b, s->cube, s->now.size * s->n * sizeof *s->cube);
	s->batch.size = s->now.size;
	batch_load(&s->batch, b);
	batch_settle(&s->batch, &s->space);
	rank(s);
	return blob_done(b, err);
}

static uint64_t
generation(const void *self)
{
	const struct de *s = self;
	return s->batch.generation;
}

const struct algo algo_de = {
    .name = "de",
    .help = "differential evolution, L-SHADE and sparse trials: sets itself, shrinks with the budget",
    .knobs = knobs,
    .create = create,
    .ask = ask,
    .tell = tell,
    .save = save,
    .load = load,
    .free = de_free,
    .generation = generation,
};
