/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A portfolio that spends the budget on what works: what finds a good region in few takes, then what finds its bottom,
 * and where there is time a contest with what finds others.
 *
 *   turbo    the first takes (`first`, SEEK of a small budget at most; in more than MOST_BAYES parameters, or where a
 *            sigma is set, none)
 *   cmaes    from the best of those on, WIDE: what else turbo found good lies too close to it to say how far the
 *            bottom is. Where it has settled it begins again elsewhere
 *   another  beside it, which knows nothing of turbo's takes, whose valley may not be the deepest: where ROOM is left a
 *            cmaes, which has most, as it has the longer way; where MUCH is, ga, as there may be many peaks.
 *            From half of what was left on, the better one goes on alone
 *
 * (Bayesian optimisation first, CMA-ES after: Mohammadi, Le Riche and Touboul, "Making EGO and CMA-ES complementary",
 * 2015. Half of the budget for all, half for the best of them: Karnin, Koren and Somekh, "Almost optimal exploration in
 * multi-armed bandits", ICML 2013.)
 *
 * Where the order of results must not matter, a round ends when the one whose turn it is waits for
 * results; they are handed on when all are back. A budget that is unknown counts as USUAL.
 *
 * Memory: that of its members, and 256 rows of coordinates.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "opt/batch.h"

enum { FIRST, SIGMA };
static const struct knob knobs[] = {
    [FIRST] = {"first", "takes that turbo has to begin with, at most 0.8 of the budget, and half as many beyond 1000; 0: none", 400, 0, 10000, NULL},
    [SIGMA] = {"sigma", "how far from the start to begin, as a part of each range; 0: anywhere", 0, 0, 1, NULL},
    {0},
};

enum { TURBO, CMAES, FRESH, GA, ALL };
static const char *const names[ALL] = {"turbo", "cmaes", "cmaes", "ga"};
static const double shares[ALL] = {1, 1, 3, 1}; /* of the takes, beside each other */

enum { USUAL = 3000, ROUND = 256, MOST_BAYES = 100, FEW = 1000 };
#define SEEK      0.8 /* of the budget */
#define WIDE      0.05
#define ROOM(n)   (40.0 * (double)(n) + 400)   /* takes left that two need to be worth more than one */
#define MUCH(n)   (200.0 * (double)(n) + 1000) /* and that ga needs */
#define HALF      0.5
#define TURBO_SET "batch=4"

struct member {
	const struct algo *algo;
	void *self; /* NULL: not yet, or no more */
	struct {
		double best;
		uint64_t asked;
	} now;
};

enum { MEMBER, NUMBER, TAGS }; /* behind a proposal's coordinates: who made it, and its number there */

struct portfolio {
	struct space space;
	size_t n;
	struct algo_settings set; /* of the members */
	double *starts, *worth;   /* [n_starts][n], [n_starts]: copied */
	double *y;                /* scratch: [n + TAGS] */
	double *best;             /* [n]: turbo's */
	uint64_t budget;
	struct member member[ALL];
	struct {
		uint64_t told, joined; /* joined: told when turbo left */
		uint64_t found;        /* best is there: cmaes began from it */
		uint64_t closed;       /* the round */
	} now;
	struct batch batch;
};

static void
auto_free(void *self)
{
	struct portfolio *p = self;
	if (!p)
		return;
	for (size_t i = 0; i < ALL; i++)
		if (p->member[i].self)
			p->member[i].algo->free(p->member[i].self);
	space_release(&p->space);
	batch_release(&p->batch);
	free(p->starts);
	free(p->worth);
	free(p->y);
	free(p);
}

static int
make(struct portfolio *p, size_t i, struct err *err)
{
	struct member *m = &p->member[i];
	struct algo_settings set = p->set;
	char knob[64] = TURBO_SET;
	const bool near = i == CMAES && p->now.found;
	m->algo = algo_find(names[i]);
	set.seed = i == CMAES ? p->set.seed : rng_at(p->set.seed, i);
	if (near) {
		set.starts = p->best;
		set.worth = NULL;
		set.n_starts = 1;
	}
	algo_defaults(m->algo, &set);
	if (i != TURBO)
		snprintf(knob, sizeof knob, "sigma=%.17g", near ? WIDE : p->set.knobs[SIGMA]);
	if (algo_set(m->algo, knob, &set, err) < 0)
		return -1;
	return (m->self = m->algo->create(&p->space, &set, err)) ? 0 : -1;
}

static void
leave(struct portfolio *p, size_t i)
{
	p->member[i].algo->free(p->member[i].self);
	p->member[i].self = NULL;
}

/* Takes that turbo has: it is the best where they are few, and dearer than most where they are many. */
static double
seeking(const struct portfolio *p)
{
	const double first = p->set.knobs[FIRST];
	return p->budget > FEW ? first / 2 : fmin(first, SEEK * (double)p->budget);
}

/* The others come, turbo leaves. Out of memory, who is there goes on. */
static int
search(struct portfolio *p, struct err *err)
{
	const double left = (double)p->budget - (double)p->now.told, best = p->member[TURBO].now.best;
	p->now.found = isfinite(best);
	if (make(p, CMAES, err) < 0)
		return -1;
	p->member[CMAES].now.best = best;
	p->now.joined = p->now.told;
	if (!p->member[TURBO].self)
		return 0;
	leave(p, TURBO);
	if (left >= ROOM(p->n))
		make(p, left >= MUCH(p->n) ? GA : FRESH, NULL);
	return 0;
}

static void *
create(const struct space *space, const struct algo_settings *set, struct err *err)
{
	struct portfolio *p = calloc(1, sizeof *p);
	if (!p)
		return err_set(err, "out of memory"), NULL;
	const size_t n = p->n = space->n, known = set->n_starts;
	if (!n)
		return err_set(err, "auto: nothing is open"), auto_free(p), NULL;
	p->set = *set;
	p->budget = set->budget ? set->budget : USUAL;
	for (size_t i = 0; i < ALL; i++)
		p->member[i].now.best = -INFINITY;
	p->starts = calloc(known * n + 1, sizeof *p->starts);
	p->worth = set->worth ? calloc(known + 1, sizeof *p->worth) : NULL;
	p->y = calloc(2 * n + TAGS, sizeof *p->y);
	if (!p->starts || (set->worth && !p->worth) || !p->y)
		return err_set(err, "out of memory"), auto_free(p), NULL;
	p->best = p->y + n + TAGS;
	if (known)
		memcpy(p->starts, set->starts, known * n * sizeof *p->starts);
	if (p->worth)
		memcpy(p->worth, set->worth, known * sizeof *p->worth);
	p->set.starts = p->starts;
	p->set.worth = p->worth;
	if (space_copy(&p->space, space, err) < 0 || batch_init(&p->batch, n + TAGS, set->steady ? 1 : ROUND, set, err) < 0)
		return auto_free(p), NULL;
	const bool seek = set->knobs[FIRST] > 0 && n <= MOST_BAYES && !(set->knobs[SIGMA] > 0);
	if ((seek ? make(p, TURBO, err) : search(p, err)) < 0)
		return auto_free(p), NULL;
	return p;
}

static void
forward(struct portfolio *p, const struct point *t)
{
	const double of = t->x[p->n + MEMBER];
	const size_t from = of >= 0 && of < ALL ? (size_t)of : TURBO;
	struct member *m = &p->member[from];
	p->now.told++;
	if (t->fitness > m->now.best) {
		m->now.best = t->fitness;
		if (from == TURBO && m->self)
			memcpy(p->best, t->x, p->n * sizeof *t->x);
	}
	if (m->self)
		m->algo->tell(m->self, &(struct told){(uint64_t)t->x[p->n + NUMBER], t->fitness, t->measures, t->objectives});
}

/* Moves on as what has been told says. */
static void
advance(struct portfolio *p)
{
	const double told = (double)p->now.told, joined = (double)p->now.joined;
	const struct member *m = p->member;
	const size_t other = m[GA].self ? GA : FRESH;
	if (m[TURBO].self && told >= seeking(p))
		search(p, NULL);
	else if (m[CMAES].self && m[other].self && told >= joined + HALF * ((double)p->budget - joined))
		leave(p, m[other].now.best > m[CMAES].now.best ? CMAES : other);
}

/* What has come back goes to whom it belongs, in order; then the next round. */
static void
deliver(struct portfolio *p)
{
	batch_in_order(&p->batch);
	for (size_t i = 0; i < p->batch.n_told; i++)
		forward(p, &p->batch.told[i]);
	batch_clear(&p->batch);
	if (!p->batch.steady)
		p->batch.size = ROUND;
	p->now.closed = false;
	advance(p);
}

/* Whose turn it is: the one who has had the fewest of its share. */
static struct member *
next(struct portfolio *p)
{
	struct member *m = NULL;
	double fewest = 0;
	for (size_t i = 0; i < ALL; i++) {
		struct member *a = &p->member[i];
		const double had = (double)a->now.asked / shares[i];
		if (a->self && (!m || had < fewest)) {
			m = a;
			fewest = had;
		}
	}
	return m;
}

static bool
ask(void *self, uint64_t *number, double *x)
{
	struct portfolio *p = self;
	uint64_t theirs;
	for (;;) {
		if (!p->now.closed && !batch_may_ask(&p->batch))
			return false;
		struct member *m = next(p);
		if (!p->now.closed && m->algo->ask(m->self, &theirs, x)) {
			m->now.asked++;
			memcpy(p->y, x, p->n * sizeof *x);
			p->y[p->n + MEMBER] = (double)(m - p->member);
			p->y[p->n + NUMBER] = (double)theirs;
			*number = batch_ask(&p->batch, p->y);
			return true;
		}
		/* the round is as large as it has become */
		p->now.closed = true;
		if (p->batch.steady)
			return false;
		p->batch.size = p->batch.n_out + p->batch.n_told;
		if (p->batch.n_out || !p->batch.n_told)
			return false;
		deliver(p);
	}
}

static void
tell(void *self, const struct told *told)
{
	struct portfolio *p = self;
	if (batch_tell(&p->batch, told))
		deliver(p);
}

static void
save(const void *self, struct blob *b)
{
	const struct portfolio *p = self;
	const uint64_t size = p->batch.size;
	blob_put(b, &p->now, sizeof p->now);
	blob_put(b, &p->budget, sizeof p->budget); /* all stays where it was if a run goes on with more */
	blob_put(b, p->best, p->n * sizeof *p->best);
	blob_put(b, &size, sizeof size);
	batch_save(&p->batch, b);
	for (size_t i = 0; i < ALL; i++) {
		const struct member *m = &p->member[i];
		const uint8_t there = m->self != NULL;
		blob_put(b, &m->now, sizeof m->now);
		blob_put(b, &there, sizeof there);
		if (there)
			m->algo->save(m->self, b);
	}
}

static int
load_member(struct portfolio *p, size_t i, struct blob *b, struct err *err)
{
	struct member *m = &p->member[i];
	uint8_t there;
	if (m->self)
		leave(p, i);
	blob_get(b, &m->now, sizeof m->now);
	blob_get(b, &there, sizeof there);
	if (b->bad)
		return err_set(err, "the saved state is cut short");
	if (!there)
		return 0;
	return make(p, i, err) < 0 ? -1 : m->algo->load(m->self, b, err);
}

static int
load(void *self, struct blob *b, struct err *err)
{
	struct portfolio *p = self;
	uint64_t size;
	blob_get(b, &p->now, sizeof p->now);
	blob_get(b, &p->budget, sizeof p->budget);
	blob_get(b, p->best, p->n * sizeof *p->best);
	blob_get(b, &size, sizeof size);
	if (b->bad || size > ROUND || !p->budget)
		return err_set(err, "the saved state is cut short");
	p->batch.size = size;
	batch_load(&p->batch, b);
	for (size_t i = 0; i < ALL; i++)
		if (load_member(p, i, b, err) < 0)
			return -1;
	return next(p) ? blob_done(b, err) : err_set(err, "the saved state is damaged: nobody plays");
}

static uint64_t
generation(const void *self)
{
	const struct portfolio *p = self;
	return p->batch.generation;
}

static void
words(const void *self, char *text, size_t n)
{
	const struct portfolio *p = self;
	int at = 0;
	for (size_t i = 0; i < ALL && at >= 0 && (size_t)at < n; i++)
		if (p->member[i].self)
			at += snprintf(text + at, n - (size_t)at, "%s%s %.4g", at ? ", " : "", names[i], p->member[i].now.best);
}

const struct algo algo_auto = {
    .name = "auto",
    .help = "a portfolio: turbo first, then cmaes from its best on, beside another or ga if there is time for both",
    .knobs = knobs,
    .create = create,
    .ask = ask,
    .tell = tell,
    .save = save,
    .load = load,
    .free = auto_free,
    .generation = generation,
    .words = words,
};
