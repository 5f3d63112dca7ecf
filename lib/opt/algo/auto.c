/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A portfolio that spends the budget on what works: first what finds a good region in few takes,
 * then what finds its bottom, and, where the budget is for it, what finds others.
 *
 *   turbo    the first takes (`first`, SEEK of a small budget at most; in more than MOST_BAYES parameters, or where
 *            a sigma is set, none)
 *   cmaes    from the best of those; and another, if two may settle, which knows nothing of them: turbo's valley may not
 *            be the deepest. By half of what is left, or when they have settled, the better one goes on
 *            alone. Settled: PATIENCE takes gained less than a thousandth of all that was gained
 *   de       beside it once it has settled, if ROOM is left, from nothing: it comes to the best end, but only at the end of
 *            a plan, so it has most of what is left and a plan for that many
 *   ga       too, if MUCH is left, from nothing; if it is ahead of the others half-way, it has most of the rest
 *   cmaes    once more, narrow, from the best of all in the last tenth; if the first leads, that goes on instead
 *
 * Who begins from the best hears of the others that way; from then on each hears only its own.
 * Shares do not follow who is ahead before that: on sound that is seldom who is ahead in the end. (Bayesian
 * optimisation first, CMA-ES after: Mohammadi, Le Riche and Touboul, "Making EGO and CMA-ES complementary", 2015.)
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

enum { TURBO, CMAES, FRESH, GA, DE, LAST, ALL };
static const char *const names[ALL] = {"turbo", "cmaes", "cmaes", "ga", "de", "cmaes"};

enum { USUAL = 3000, ROUND = 256, ELITES = 8, MOST_BAYES = 100 };
#define ROOM(n)   (80.0 * (double)(n) + 600) /* takes that it needs to be worth more than one */
#define MUCH(n)   (200.0 * (double)(n))      /* and more than two */
#define PATIENCE(n) (20.0 * (double)(n) + 200)
#define SETTLED   1e-3
#define SEEK      0.8 /* of the budget */
#define FEW       1000
#define HALF      0.5 /* of what was left when others joined */
#define LAST_AT   0.9 /* of the budget */
#define NARROW    0.08 /* sigma of the last */
#define LEAD      0.85 /* share of one that leads */
#define TURBO_SET "batch=4"

/* Shares of all beside each other. */
static const double usual[ALL] = {[CMAES] = 0.1, [FRESH] = 0.3, [GA] = 0.2, [DE] = 0.8};

struct member {
	const struct algo *algo;
	void *self; /* NULL: not yet, or no more */
	struct {
		double best;
		double share, due; /* due: proposals that it should have had and has not */
		uint64_t n_from;   /* how many of the best it began with; 0: with the known points */
		uint64_t asked;
	} now;
	double *from; /* [n_from][n] */
};

enum { MEMBER, NUMBER, TAGS }; /* behind a proposal's coordinates: who made it, and its number there */

/* turbo; two cmaes, then one; all beside each other, until half-way, after it; the last tenth */
enum stage { SEEKING, PAIR, ALONE, BESIDE, HALFWAY, ENDING };

struct portfolio {
	struct space space;
	size_t n;
	struct algo_settings set; /* of the members */
	double *starts, *worth;   /* [n_starts][n], copied */
	double *y;                /* scratch: [n + TAGS] */
	double *elite, *fitness;  /* [ELITES][n], [ELITES]: the best of all, best first */
	uint64_t budget;
	struct member member[ALL];
	struct {
		uint64_t told, n_elites;
		uint64_t stage, plan; /* plan: proposals that de will have */
		uint64_t marked, joined; /* told when the mark was set, and when others joined */
		double first, mark;   /* fitness: the first there was, the best when the mark was set; NaN: none yet */
		bool closed;    /* the round */
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

/* Makes member i, which begins where now.n_from and from[] say. */
static int
make(struct portfolio *p, size_t i, struct err *err)
{
	struct member *m = &p->member[i];
	struct algo_settings set = p->set;
	char knob[64] = TURBO_SET;
	const double sigma = i == LAST ? NARROW : p->set.knobs[SIGMA];
	m->algo = algo_find(names[i]);
	set.seed = i == CMAES ? p->set.seed : rng_at(p->set.seed, i);
	if (i == DE)
		set.budget = p->now.plan;
	if (m->now.n_from) {
		set.starts = m->from;
		set.worth = NULL;
		set.n_starts = m->now.n_from;
	}
	algo_defaults(m->algo, &set);
	if (i != TURBO)
		snprintf(knob, sizeof knob, "sigma=%.17g", sigma);
	if (algo_set(m->algo, knob, &set, err) < 0)
		return -1;
	return (m->self = m->algo->create(&p->space, &set, err)) ? 0 : -1;
}

/* Member i joins, with the best of all there are if it is to. Later on an error is ignored: out of memory, the others
   go on alone. */
static int
join(struct portfolio *p, size_t i, bool hears, struct err *err)
{
	struct member *m = &p->member[i];
	m->now.best = -INFINITY;
	m->now.asked = 0;
	m->now.n_from = hears ? p->now.n_elites : 0;
	memcpy(m->from, p->elite, m->now.n_from * p->n * sizeof *m->from);
	return make(p, i, err);
}

/* As usual; or the one who leads has most, the others have the rest in the usual proportion. */
static void
share(struct portfolio *p, size_t lead, bool leads)
{
	double others = 0;
	for (size_t i = 0; i < ALL; i++)
		others += p->member[i].self && (i != lead || !leads) ? usual[i] : 0;
	for (size_t i = 0; i < ALL; i++)
		p->member[i].now.share = leads && i == lead ? LEAD : usual[i] / (others > 0 ? others : 1) * (leads ? 1 - LEAD : 1);
}

/* Takes that turbo has: it is the best where they are few, and dearer than most where they are many. */
static double
seeking(const struct portfolio *p)
{
	const double first = p->set.knobs[FIRST];
	return p->budget > FEW ? first / 2 : fmin(first, SEEK * (double)p->budget);
}

/* Who has found the best; the first of equals. */
static size_t
leader(const struct portfolio *p)
{
	size_t best = p->member[CMAES].self ? CMAES : FRESH;
	for (size_t i = 0; i < ALL; i++)
		if (p->member[i].self && p->member[i].now.best > p->member[best].now.best)
			best = i;
	return best;
}

/* After turbo: CMA-ES goes on from the best, and another from where turbo began. */
static int
start_search(struct portfolio *p, struct err *err)
{
	if (join(p, CMAES, true, err) < 0)
		return -1;
	const bool two = p->now.n_elites && (double)p->budget - (double)p->now.told >= 2 * PATIENCE(p->n);
	p->now.stage = two && join(p, FRESH, false, NULL) == 0 ? PAIR : ALONE;
	p->now.marked = p->now.joined = p->now.told;
	p->now.mark = p->now.n_elites ? p->fitness[0] : NAN;
	return 0;
}

static void
leave(struct portfolio *p, size_t i)
{
	p->member[i].algo->free(p->member[i].self);
	p->member[i].self = NULL;
}

/* Whether it has gained next to nothing since the mark; where not, and it was time to look, the mark moves. */
static bool
settled(struct portfolio *p)
{
	if ((double)(p->now.told - p->now.marked) < PATIENCE(p->n) * (p->now.stage == PAIR ? 2 : 1) || !p->now.n_elites)
		return false;
	const double best = p->fitness[0];
	const bool still = best - p->now.mark <= SETTLED * (best - p->now.first); /* false if there is no mark yet */
	p->now.marked = p->now.told;
	p->now.mark = best;
	return still;
}

/* Others join it, if there is the budget for them. */
static void
widen(struct portfolio *p)
{
	const double told = (double)p->now.told, budget = (double)p->budget, left = budget - told;
	if (left < ROOM(p->n))
		return;
	p->now.stage = BESIDE;
	p->now.joined = p->now.told;
	const bool three = left >= MUCH(p->n) && join(p, GA, false, NULL) == 0;
	p->now.plan = (uint64_t)((LAST_AT * budget - told) * usual[DE] / (usual[DE] + usual[CMAES] + (three ? usual[GA] : 0)));
	join(p, DE, false, NULL);
	share(p, TURBO, false);
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
	p->now.first = p->now.mark = NAN;
	p->starts = calloc(known * n + 1, sizeof *p->starts);
	p->worth = set->worth ? calloc(known + 1, sizeof *p->worth) : NULL;
	p->y = calloc(n + TAGS + (ALL + 1) * ELITES * n + ELITES, sizeof *p->y);
	if (!p->starts || (set->worth && !p->worth) || !p->y)
		return err_set(err, "out of memory"), auto_free(p), NULL;
	p->elite = p->y + n + TAGS;
	p->fitness = p->elite + ELITES * n;
	for (size_t i = 0; i < ALL; i++)
		p->member[i].from = p->fitness + ELITES + i * ELITES * n;
	if (known)
		memcpy(p->starts, set->starts, known * n * sizeof *p->starts);
	if (p->worth)
		memcpy(p->worth, set->worth, known * sizeof *p->worth);
	p->set.starts = p->starts;
	p->set.worth = p->worth;
	if (space_copy(&p->space, space, err) < 0 || batch_init(&p->batch, n + TAGS, set->steady ? 1 : ROUND, set, err) < 0)
		return auto_free(p), NULL;
	const bool seek = set->knobs[FIRST] > 0 && n <= MOST_BAYES && !(set->knobs[SIGMA] > 0);
	if (seek ? join(p, TURBO, false, err) < 0 : start_search(p, err) < 0)
		return auto_free(p), NULL;
	share(p, TURBO, seek);
	return p;
}

/* Takes a point among the best, if it is one and not there yet. */
static void
remember(struct portfolio *p, const struct point *t)
{
	const size_t row = p->n * sizeof *t->x;
	size_t at = p->now.n_elites;
	while (at > 0 && p->fitness[at - 1] < t->fitness)
		at--;
	if (at == ELITES || !isfinite(t->fitness))
		return;
	for (size_t i = at; i > 0 && p->fitness[i - 1] == t->fitness; i--)
		if (!memcmp(p->elite + (i - 1) * p->n, t->x, row))
			return;
	p->now.n_elites += p->now.n_elites < ELITES;
	const size_t below = p->now.n_elites - at - 1;
	memmove(p->elite + (at + 1) * p->n, p->elite + at * p->n, below * row);
	memmove(p->fitness + at + 1, p->fitness + at, below * sizeof *p->fitness);
	memcpy(p->elite + at * p->n, t->x, row);
	p->fitness[at] = t->fitness;
}

static void
forward(struct portfolio *p, const struct point *t)
{
	struct member *m = &p->member[(size_t)t->x[p->n + MEMBER]];
	p->now.told++;
	if (isnan(p->now.first) && isfinite(t->fitness))
		p->now.first = t->fitness;
	remember(p, t);
	m->now.best = fmax(m->now.best, t->fitness);
	if (m->self)
		m->algo->tell(m->self, &(struct told){(uint64_t)t->x[p->n + NUMBER], t->fitness, t->measures, t->objectives});
}

/* Moves on from stage to stage as what has been told says. */
static void
advance(struct portfolio *p)
{
	const double told = (double)p->now.told, budget = (double)p->budget;
	if (p->now.stage == SEEKING && told >= seeking(p) && start_search(p, NULL) == 0) {
		leave(p, TURBO);
		share(p, TURBO, false);
	}
	const bool half = told >= (double)p->now.joined + HALF * (budget - (double)p->now.joined);
	const bool still = (p->now.stage == PAIR || p->now.stage == ALONE) && settled(p);
	if (p->now.stage == PAIR && (half || still)) {
		leave(p, leader(p) == FRESH ? CMAES : FRESH);
		share(p, TURBO, false);
		p->now.stage = ALONE;
	}
	if (p->now.stage == ALONE && still)
		widen(p);
	else if (p->now.stage == BESIDE && half) {
		p->now.stage = HALFWAY;
		share(p, GA, p->member[GA].self && leader(p) == GA);
	}
	if (p->now.stage == HALFWAY && told >= LAST_AT * budget) {
		p->now.stage = ENDING;
		const size_t lead = leader(p);
		share(p, lead == CMAES || lead == FRESH || join(p, LAST, true, NULL) < 0 ? lead : LAST, true);
	}
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

/* Whose turn it is: the one who is owed most. */
static struct member *
next(struct portfolio *p)
{
	struct member *m = NULL;
	for (size_t i = 0; i < ALL; i++) {
		struct member *a = &p->member[i];
		if (a->self && (!m || a->now.due + a->now.share > m->now.due + m->now.share))
			m = a;
	}
	return m;
}

/* Who begins with the best asks for them first: what they are worth is known, and no take is spent on it. */
static bool
answer(const struct portfolio *p, struct member *m, uint64_t theirs, const double *x)
{
	if (m->now.asked++ >= m->now.n_from)
		return false;
	for (size_t i = 0; i < p->now.n_elites; i++)
		if (!memcmp(p->elite + i * p->n, x, p->n * sizeof *x)) {
			m->now.best = fmax(m->now.best, p->fitness[i]);
			m->algo->tell(m->self, &(struct told){.number = theirs, .fitness = p->fitness[i]});
			return true;
		}
	return false;
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
			if (answer(p, m, theirs, x))
				continue;
			for (size_t i = 0; i < ALL; i++)
				if (p->member[i].self)
					p->member[i].now.due += p->member[i].now.share;
			m->now.due -= 1;
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
	blob_put(b, &p->budget, sizeof p->budget); /* stages stay where they were if a run goes on with more */
	blob_put(b, p->elite, p->now.n_elites * p->n * sizeof *p->elite);
	blob_put(b, p->fitness, p->now.n_elites * sizeof *p->fitness);
	blob_put(b, &size, sizeof size);
	batch_save(&p->batch, b);
	for (size_t i = 0; i < ALL; i++) {
		const struct member *m = &p->member[i];
		const uint8_t there = m->self != NULL;
		blob_put(b, &m->now, sizeof m->now);
		blob_put(b, &there, sizeof there);
		if (!there)
			continue;
		blob_put(b, m->from, m->now.n_from * p->n * sizeof *m->from);
		m->algo->save(m->self, b);
	}
}

static int
load_member(struct portfolio *p, size_t i, struct blob *b, struct err *err)
{
	struct member *m = &p->member[i];
	uint8_t there;
	if (m->self)
		m->algo->free(m->self);
	m->self = NULL;
	blob_get(b, &m->now, sizeof m->now);
	blob_get(b, &there, sizeof there);
	if (b->bad || m->now.n_from > ELITES)
		return err_set(err, "the saved state is cut short");
	if (!there)
		return 0;
	blob_get(b, m->from, m->now.n_from * p->n * sizeof *m->from);
	return make(p, i, err) < 0 ? -1 : m->algo->load(m->self, b, err);
}

static int
load(void *self, struct blob *b, struct err *err)
{
	struct portfolio *p = self;
	uint64_t size;
	blob_get(b, &p->now, sizeof p->now);
	blob_get(b, &p->budget, sizeof p->budget);
	if (b->bad || p->now.n_elites > ELITES || p->now.stage > ENDING || !p->budget)
		return err_set(err, "the saved state is cut short");
	blob_get(b, p->elite, p->now.n_elites * p->n * sizeof *p->elite);
	blob_get(b, p->fitness, p->now.n_elites * sizeof *p->fitness);
	blob_get(b, &size, sizeof size);
	if (b->bad || size > ROUND)
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
    .help = "a portfolio: turbo first, then cmaes, de and ga, at the end what leads",
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
