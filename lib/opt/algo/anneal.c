/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Simulated annealing (Kirkpatrick, Gelatt, Vecchi 1983): chains side by side, each of which goes on from a worse
 * proposal with probability exp(-d / T), d being the fitness lost; cycles of cooling, each of which ends in a quench.
 *
 *   proposals    one coordinate by a normal step of its own width, which follows its luck so that two of five are taken
 *                (Corana and others 1987), or to anywhere; along the difference of two past states; some
 *                coordinates of another chain's (move.h). Odds follow what each has gained
 *   temperature  follows the part of the worse proposals that is taken (as in Lam and Delosme 1988), which falls from
 *                WORSE to 0 over a cycle, so T needs no scale. In equilibrium, with two of five taken, it is .28
 *   quench       the best chain goes down its valley by slopes (quench.h), as in dual annealing (Xiang and others
 *                1997), when the cycle has had its takes or T has fallen to COLD
 *   next cycle   cooler at its beginning, up to twice as long, half of the chains at the best; after PATIENT
 *                that found nothing better, all begin anywhere, and hot. The last ones of the budget begin at the best of all
 *
 * Memory: 2 n doubles a chain, and n times what quench.h has and up to 256 past states.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fmath.h"
#include "opt/batch.h"
#include "opt/move.h"
#include "opt/odds.h"
#include "opt/quench.h"
#include "opt/sample.h"

enum { CHAINS, CYCLE, SIGMA, QUENCH };
static const char *const off_on[] = {"off", "on", NULL};
static const struct knob knobs[] = {
    [CHAINS] = {"chains", "side by side", 8, 1, 10000, NULL},
    [CYCLE] = {"cycle", "takes of the first cycle; 0: as the size and the budget suggest", 0, 0, 1e9, NULL},
    [SIGMA] = {"sigma", "how far from the start to begin, as a part of each range; 0: anywhere", 0, 0, 1, NULL},
    [QUENCH] = {"quench", "down the valley at a cycle's end", 1, 0, 1, off_on},
    {0},
};

enum { OWN, ANY, APART, MIX, WAYS };
enum { CHAIN, WAY, MOVED, RUN, TAGS }; /* behind a proposal's coordinates; of the quench WAY and MOVED are its own */
enum { FIRST = -1, OF_QUENCH = -2 }; /* instead of a chain */
enum { PAST_LEAST = 32, PAST_MOST = 256, PATIENT = 2 };
#define WORSE  0.2   /* of the worse proposals is taken when a cycle begins */
#define TAKEN  0.4   /* of the steps of a coordinate's own width */
#define COLD   1e-2  /* of the temperature of its beginning, where a cycle ends before its time */
#define REHEAT 0.3   /* of the temperature at which the cycle before began */
#define NARROW 1e-7  /* least width of a step */

struct anneal {
	struct space space;
	size_t n, chains, room;
	bool quenches;
	double sigma;
	double *x, *fitness; /* [chains][n]: where they are; with what follows up to the cube one block of `state` */
	double *best, *home; /* [n]: best of all, and since all began anywhere */
	double *width;       /* [n] */
	double *past;        /* [room][n]: states that chains were in lately */
	double *cube;        /* first points [chains][n] */
	size_t state;
	double *y;           /* scratch: [n + TAGS] */
	struct {
		struct rng rng;
		double best, home, last_home; /* fitness */
		double t, hot, hottest;       /* temperature: now, when the cycle began, at the very beginning */
		double all, gain;             /* factor of all widths; size of gains lately */
		uint64_t told, budget, began, cycle, cycles, stalled;
		uint64_t runs, base; /* times that all began anywhere; takes of a run's first cycle */
		uint64_t next, cubed, filled, past;
		struct odds odds;
	} now;
	struct move move;
	struct quench quench;
	struct batch batch;
};

static void
anneal_free(void *self)
{
	struct anneal *s = self;
	if (!s)
		return;
	batch_release(&s->batch);
	quench_release(&s->quench);
	space_release(&s->space);
	free(s->x);
	free(s->y);
	free(s);
}

/* Where chains begin: evenly spread, or by sigma about a point. */
static void
scatter(struct anneal *s, const double *about)
{
	latin_hypercube(&s->now.rng, s->n, s->chains, s->cube);
	for (size_t i = 0; i < s->chains; i++) {
		double *x = s->cube + i * s->n;
		for (size_t k = 0; about && s->sigma > 0 && k < s->n; k++)
			x[k] = space_levels(&s->space, k) ? about[k] : space_fold(about[k] + s->sigma * rng_normal(&s->now.rng));
		space_settle(&s->space, x);
	}
	s->now.cubed = s->now.filled = 0;
}

static void *
create(const struct space *space, const struct algo_settings *set, struct err *err)
{
	struct anneal *s = calloc(1, sizeof *s);
	if (!s)
		return err_set(err, "out of memory"), NULL;
	const size_t n = s->n = space->n, chains = s->chains = (size_t)set->knobs[CHAINS];
	s->room = 4 * n < PAST_LEAST ? PAST_LEAST : 4 * n < PAST_MOST ? 4 * n : PAST_MOST;
	s->state = chains * (2 * n + 1) + (s->room + 3) * n + 1;
	s->sigma = set->knobs[SIGMA];
	s->quenches = set->knobs[QUENCH] > 0;
	s->x = calloc(s->state, sizeof *s->x);
	s->y = calloc(n + TAGS, sizeof *s->y);
	if (!s->x || !s->y) {
		err_set(err, "out of memory for %zu chains", chains);
		return anneal_free(s), NULL;
	}
	s->fitness = s->x + chains * n;
	s->best = s->fitness + chains;
	s->home = s->best + n;
	s->width = s->home + n;
	s->past = s->width + n;
	s->cube = s->past + s->room * n;
	if (space_copy(&s->space, space, err) < 0 || quench_init(&s->quench, &s->space, err) < 0 ||
	    batch_init(&s->batch, n + TAGS, chains, set, err) < 0)
		return anneal_free(s), NULL;
	s->move = (struct move){&s->space, &s->now.rng, s->x, chains};
	s->now.rng.seed = set->seed;
	s->now.best = s->now.home = s->now.last_home = -INFINITY;
	s->now.all = s->now.t = 1;
	s->now.budget = set->budget;
	s->now.base = set->knobs[CYCLE] > 0 ? (uint64_t)set->knobs[CYCLE] : 20 * n + 100;
	if (set->budget && s->now.base > set->budget / 2)
		s->now.base = set->budget / 2;
	s->now.cycle = s->now.base += !s->now.base;
	odds_init(&s->now.odds, WAYS, 0.6);
	scatter(s, set->n_starts ? set->starts : NULL);
	for (size_t i = 0; i < chains && i < set->n_starts; i++) {
		memcpy(s->cube + i * n, set->starts + i * n, n * sizeof *s->cube);
		space_settle(&s->space, s->cube + i * n);
	}
	for (size_t k = 0; k < n; k++)
		s->width[k] = s->sigma > 0 ? s->sigma : 0.25;
	return s;
}

/* A neighbour of y, in place. */
static void
step(struct anneal *s, double *y)
{
	struct rng *r = &s->now.rng;
	size_t way = odds_pick(&s->now.odds, r);
	if (way == MIX && s->chains < 2)
		way = OWN;
	y[s->n + WAY] = (double)way;
	y[s->n + MOVED] = -1;
	if (way == APART)
		move_apart(&s->move, y, s->past, s->now.past < s->room ? s->now.past : s->room);
	else if (way == MIX)
		move_mix(&s->move, y);
	else
		for (size_t j = way == OWN || rng_uniform(r) < 0.7 ? 1 : 1 + rng_below(r, 3); s->n && j > 0; j--) {
			const size_t k = move_pick(&s->move, y);
			if (space_category(&s->space, k))
				move_choice(&s->move, y, k);
			else if (way == OWN) {
				move_number(&s->move, y, k, s->width[k] * s->now.all);
				y[s->n + MOVED] = (double)k;
			} else if (rng_uniform(r) < 0.7)
				y[k] = rng_uniform(r);
			else
				move_number(&s->move, y, k, fm_exp2(-12 * rng_uniform(r)));
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
	if (s->now.cubed < s->chains) {
		memcpy(y, s->cube + s->now.cubed++ * s->n, s->n * sizeof *y);
		y[s->n + CHAIN] = FIRST;
	} else if (s->now.filled < s->chains) { /* steady, and the first are not back yet */
		for (size_t k = 0; k < s->n; k++)
			y[k] = rng_uniform(&s->now.rng);
		space_settle(&s->space, y);
		y[s->n + CHAIN] = FIRST;
	} else if (quench_ask(&s->quench, y, &y[s->n + WAY], &y[s->n + MOVED]))
		y[s->n + CHAIN] = OF_QUENCH;
	else {
		const uint64_t chain = s->now.next++ % s->chains;
		memcpy(y, s->x + chain * s->n, s->n * sizeof *y);
		step(s, y);
		y[s->n + CHAIN] = (double)chain;
	}
	y[s->n + RUN] = (double)s->now.runs;
	*number = batch_ask(&s->batch, y);
	memcpy(x, y, s->n * sizeof *x);
	return true;
}

/* Of the worse, how many are to be taken. */
static double
worse(const struct anneal *s)
{
	return WORSE * fmax(1 - (double)(s->now.told - s->now.began) / (double)s->now.cycle, 0);
}

/* A chain is at x. */
static void
put(struct anneal *s, size_t chain, const double *x, double fitness)
{
	memcpy(s->x + chain * s->n, x, s->n * sizeof *x);
	memcpy(s->past + s->now.past++ % s->room * s->n, x, s->n * sizeof *x);
	s->fitness[chain] = fitness;
}

/* Whether a chain goes on at p, and what is learnt from that. */
static void
weigh(struct anneal *s, const struct point *p)
{
	const size_t i = (size_t)p->x[s->n + CHAIN];
	const double gain = p->fitness - s->fitness[i], part = worse(s), u = rng_uniform(&s->now.rng), k = p->x[s->n + MOVED];
	const bool take = p->fitness >= s->fitness[i] || (part > 0 && s->now.t > 0 && u < fm_exp(fmax(gain / s->now.t, -700)));
	double credit = gain > 0;
	if (gain > 0 && gain < 1e150) {
		s->now.gain += 0.05 * (gain - s->now.gain);
		credit = gain / (gain + s->now.gain);
	}
	odds_hear(&s->now.odds, (size_t)p->x[s->n + WAY], credit);
	if (k >= 0 && k < (double)s->n) {
		double *w = &s->width[(size_t)k];
		*w = fmin(fmax(*w * fm_exp(0.3 * (take - TAKEN)), NARROW), 0.5);
		s->now.all = fmin(fmax(s->now.all * fm_exp(0.1 * (take - TAKEN)), 1e-6), 1);
	}
	if (p->x[s->n + WAY] == OWN && gain < 0 && isfinite(gain) && part > 0)
		s->now.t = fmin(fmax(s->now.t * fm_exp(0.2 * (part - take)), 1e-300), 1e300);
	if (take)
		put(s, i, p->x, p->fitness);
}

/* The spread of what is finite. */
static double
spread(const struct anneal *s)
{
	double n = 0, mean = 0, square = 0;
	for (size_t i = 0; i < s->chains; i++)
		if (isfinite(s->fitness[i]) && fabs(s->fitness[i]) < 1e150) {
			n++;
			const double d = s->fitness[i] - mean;
			mean += d / n;
			square += d * (s->fitness[i] - mean);
		}
	const double hot = n > 1 ? sqrt(square / n / (double)s->n) : 0;
	return hot > 0 ? hot : 1e-3;
}

/* The next cycle, or the next run of them. */
static void
begin_again(struct anneal *s)
{
	const uint64_t left = s->now.budget > s->now.told ? s->now.budget - s->now.told : 0;
	const uint64_t took = s->now.told - s->now.began;
	s->now.stalled = s->now.home - s->now.last_home > 1e-6 * s->now.hottest ? 0 : s->now.stalled + 1;
	s->now.last_home = s->now.home;
	s->now.began = s->now.told;
	s->now.cycles++;
	s->now.cycle = s->now.cycle < 4 * took ? 2 * s->now.cycle : s->now.cycle; /* it may have been cold before its end */
	for (size_t k = 0; k < s->n; k++)
		s->width[k] = fmax(s->width[k] * s->now.all, 0.1);
	s->now.all = 1;
	const bool last = left > 0 && left < 5 * took;
	if (last)
		s->now.cycle = left * 4 / 5 + 1;
	else if (s->now.stalled == PATIENT) {
		s->now.cycle = s->now.base += s->now.base < s->now.cycle ? s->now.base : 0;
		s->now.cycles = s->now.stalled = 0;
		s->now.runs++;
		s->now.home = s->now.last_home = -INFINITY;
		scatter(s, s->best);
		return;
	}
	s->now.hot = s->now.t = fmax(spread(s) / 3, s->now.hottest * fm_pow(REHEAT, (double)s->now.cycles));
	for (size_t i = 0; i < (s->chains + 1) / 2; i++)
		put(s, i, last ? s->best : s->home, last ? s->now.best : s->now.home);
}

/* Better than what is kept: keep it. */
static void
keep(struct anneal *s, const struct point *p, double *x, double *fitness)
{
	if (!(p->fitness > *fitness))
		return;
	memcpy(x, p->x, s->n * sizeof *x);
	*fitness = p->fitness;
}

/* Where the cycle stands: it cools, its best chain is quenched, another begins. */
static void
turn(struct anneal *s)
{
	if ((s->now.told - s->now.began < s->now.cycle && !(s->now.t < COLD * s->now.hot)) || s->quench.now.on)
		return;
	size_t first = 0;
	for (size_t i = 1; i < s->chains; i++)
		first = s->fitness[i] > s->fitness[first] ? i : first;
	if (s->quenches && s->fitness[first] != s->quench.now.f) {
		for (size_t k = 0; k < s->n; k++)
			s->y[k] = s->width[k] * s->now.all;
		quench_begin(&s->quench, s->x + first * s->n, s->fitness[first], s->y);
	}
	if (!s->quench.now.on)
		begin_again(s);
}

static void
learn(struct anneal *s)
{
	const bool quenching = s->quench.now.on;
	batch_in_order(&s->batch);
	for (size_t i = 0; i < s->batch.n_told; i++) {
		const struct point *p = &s->batch.told[i];
		const double *tag = p->x + s->n;
		keep(s, p, s->best, &s->now.best);
		if (tag[RUN] != (double)s->now.runs)
			continue;
		keep(s, p, s->home, &s->now.home);
		if (tag[CHAIN] == OF_QUENCH)
			quench_tell(&s->quench, tag[WAY], tag[MOVED], p->fitness);
		else if (s->now.filled == s->chains && tag[CHAIN] >= 0 && tag[CHAIN] < (double)s->chains)
			weigh(s, p);
		else if (s->now.filled < s->chains && tag[CHAIN] == FIRST) {
			put(s, s->now.filled++, p->x, p->fitness);
			if (s->now.filled == s->chains)
				s->now.hot = s->now.t = spread(s);
		}
	}
	if (s->now.filled == s->chains && !(s->now.hottest > 0))
		s->now.hottest = s->now.hot;
	s->now.told += s->batch.n_told;
	odds_learn(&s->now.odds, 0.97);
	quench_wait(&s->quench, s->batch.n_told, 4 * (s->batch.n_out + s->batch.size));
	if (quenching && !s->quench.now.on)
		put(s, 0, s->quench.x, s->quench.now.f);
	if (s->now.filled == s->chains)
		turn(s);
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
	blob_put(b, &s->now, sizeof s->now); /* with the budget: a run that goes on with a larger one keeps its plan */
	blob_put(b, s->x, s->state * sizeof *s->x);
	quench_save(&s->quench, b);
	batch_save(&s->batch, b);
}

static int
load(void *self, struct blob *b, struct err *err)
{
	struct anneal *s = self;
	blob_get(b, &s->now, sizeof s->now);
	blob_get(b, s->x, s->state * sizeof *s->x);
	space_settle_all(&s->space, s->x, s->chains);
	space_settle_all(&s->space, s->best, 2);
	space_settle_all(&s->space, s->past, s->room);
	space_settle_all(&s->space, s->cube, s->chains);
	quench_load(&s->quench, b);
	batch_load(&s->batch, b);
	batch_settle(&s->batch, &s->space);
	const bool odd = b->bad || s->now.filled > s->chains || s->now.cubed > s->chains || !s->now.cycle || s->now.odds.n != WAYS;
	return odd ? err_set(err, "the saved state is cut short") : 0;
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
	snprintf(text, n, "run %llu, cycle %llu, %s %.2g", (unsigned long long)s->now.runs + 1, (unsigned long long)s->now.cycles + 1,
	    s->quench.now.on ? "quench, temperature" : "temperature", s->now.t);
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
