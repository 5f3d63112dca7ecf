/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A portfolio that spends the budget on what works. Several algorithms begin side by side
 * with as many proposals each; at marks of the budget the one whose best is worst is
 * dropped (successive rejects: Audibert, Bubeck, Munos, COLT 2010), and towards the end a small
 * cloud of CMA-ES begins at the best of all beside the last. All of them hear only their own.
 *
 * Where the order of results must not matter, a round ends when all its proposals are
 * back. A budget that is unknown counts as USUAL; beyond it the last two go on.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "opt/batch.h"

enum { USUAL = 3000, MEMBERS = 3, ALL = MEMBERS + 1, ROUND = 64 };
/* Parts of the budget after which one is dropped, and the last begins. */
static const double drop_at[MEMBERS - 1] = {0.3, 0.55};
#define FINISH_AT    0.7
#define FINISH_SIGMA "sigma=0.08"

struct member {
	const struct algo *algo;
	void *self;
	struct {
		double best;
		uint64_t asked;
		size_t turn; /* proposals in this round */
		bool dropped, spent; /* spent: no more in this round */
	} now;
};

enum { MEMBER, NUMBER, TAGS }; /* behind a proposal's coordinates: who made it, and its number there */

struct portfolio {
	struct space space;
	size_t n;
	struct algo_settings set; /* of the members */
	double *starts, *worth;   /* [n_starts][n], copied */
	double *best_x, *y;       /* [n]; [n + TAGS], scratch */
	uint64_t budget;
	struct member member[ALL];
	struct {
		uint64_t told, drops;
		double best;
		bool finishing;
	} now;
	struct batch batch;
};

static void
auto_free(void *self)
{
	struct portfolio *p = self;
	if (!p)
		return;
	for (int i = 0; i < ALL; i++)
		if (p->member[i].self)
			p->member[i].algo->free(p->member[i].self);
	space_release(&p->space);
	batch_release(&p->batch);
	free(p->starts);
	free(p->worth);
	free(p->y);
	free(p);
}

/* seed: each has its own. start NULL: the known points. */
static int
join(struct portfolio *p, size_t i, const char *name, const double *start, const char *knobs, struct err *err)
{
	struct member *m = &p->member[i];
	struct algo_settings set = p->set;
	m->algo = algo_find(name);
	set.seed = rng_at(p->set.seed, i);
	set.starts = start ? start : p->starts;
	set.worth = start ? NULL : p->worth;
	set.n_starts = start ? 1 : p->set.n_starts;
	algo_defaults(m->algo, &set);
	if (algo_set(m->algo, knobs, &set, err) < 0)
		return -1;
	m->now.best = -INFINITY;
	return (m->self = m->algo->create(&p->space, &set, err)) ? 0 : -1;
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
	p->now.best = -INFINITY;
	p->starts = calloc(known * n + 1, sizeof *p->starts);
	p->worth = set->worth ? calloc(known + 1, sizeof *p->worth) : NULL;
	p->y = calloc(2 * n + TAGS, sizeof *p->y);
	if (!p->starts || (set->worth && !p->worth) || !p->y)
		return err_set(err, "out of memory"), auto_free(p), NULL;
	p->best_x = p->y + n + TAGS;
	if (known)
		memcpy(p->starts, set->starts, known * n * sizeof *p->starts);
	if (p->worth)
		memcpy(p->worth, set->worth, known * sizeof *p->worth);
	p->set.starts = p->starts;
	p->set.worth = p->worth;
	if (space_copy(&p->space, space, err) < 0
	    || batch_init(&p->batch, n + TAGS, set->steady ? 1 : ALL * ROUND, set, err) < 0)
		return auto_free(p), NULL;
	static const char *const usual[MEMBERS] = {"cmaes", "ga", "de"};
	for (size_t i = 0; i < MEMBERS; i++)
		if (join(p, i, usual[i], NULL, "", err) < 0)
			return auto_free(p), NULL;
	return p;
}

/* Those that play, the one with the fewest proposals first; of equals the first. */
static struct member *
next(struct portfolio *p)
{
	struct member *least = NULL;
	for (int i = 0; i < ALL; i++) {
		struct member *m = &p->member[i];
		if (m->self && !m->now.dropped && !m->now.spent && (!least || m->now.asked < least->now.asked))
			least = m;
	}
	return least;
}

static void
forward(struct portfolio *p, const struct point *t)
{
	const size_t i = (size_t)t->x[p->n + MEMBER];
	struct member *m = &p->member[i];
	p->now.told++;
	if (t->fitness > p->now.best) {
		p->now.best = t->fitness;
		memcpy(p->best_x, t->x, p->n * sizeof *t->x);
	}
	if (m->now.dropped)
		return;
	m->now.best = fmax(m->now.best, t->fitness);
	m->algo->tell(m->self, &(struct told){(uint64_t)t->x[p->n + NUMBER], t->fitness, t->measures, t->objectives});
}

/* The one whose best is worst goes; of equals the later. */
static void
drop(struct portfolio *p)
{
	struct member *worst = NULL;
	for (int i = 0; i < MEMBERS; i++)
		if (!p->member[i].now.dropped && (!worst || p->member[i].now.best <= worst->now.best))
			worst = &p->member[i];
	worst->now.dropped = true;
	p->now.drops++;
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
		p->batch.size = ALL * ROUND;
	for (int i = 0; i < ALL; i++) {
		p->member[i].now.turn = 0;
		p->member[i].now.spent = false;
	}
	const double part = (double)p->now.told / (double)p->budget;
	while (p->now.drops < MEMBERS - 1 && part >= drop_at[p->now.drops])
		drop(p);
	if (part >= FINISH_AT && !p->now.finishing && isfinite(p->now.best)) {
		struct member *m = &p->member[MEMBERS];
		/* out of memory: the others go on alone */
		p->now.finishing = join(p, MEMBERS, "cmaes", p->best_x, FINISH_SIGMA, NULL) == 0;
		m->now.asked = 0;
		for (int i = 0; i < MEMBERS; i++) /* it has its share from here on, not of what was before */
			m->now.asked = p->member[i].now.dropped || m->now.asked > p->member[i].now.asked ? m->now.asked : p->member[i].now.asked;
	}
}

static bool
ask(void *self, uint64_t *number, double *x)
{
	struct portfolio *p = self;
	struct member *m;
	if (!batch_may_ask(&p->batch))
		return false;
	while ((m = next(p))) {
		uint64_t theirs;
		if (m->now.turn < ROUND && m->algo->ask(m->self, &theirs, x)) {
			m->now.asked++;
			m->now.turn += !p->batch.steady;
			memcpy(p->y, x, p->n * sizeof *x);
			p->y[p->n + MEMBER] = (double)(m - p->member);
			p->y[p->n + NUMBER] = (double)theirs;
			*number = batch_ask(&p->batch, p->y);
			return true;
		}
		m->now.spent = true;
	}
	/* the round is as large as it has become */
	p->batch.size = p->batch.n_out + p->batch.n_told;
	if (p->batch.n_out)
		return false;
	deliver(p);
	return ask(self, number, x);
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
	blob_put(b, &p->budget, sizeof p->budget); /* marks stay where they were if a run goes on with more */
	blob_put(b, p->best_x, p->n * sizeof *p->best_x);
	blob_put(b, &size, sizeof size);
	batch_save(&p->batch, b);
	for (int i = 0; i < ALL; i++) {
		const struct member *m = &p->member[i];
		blob_put(b, &m->now, sizeof m->now);
		if (m->self)
			m->algo->save(m->self, b);
	}
}

static int
load(void *self, struct blob *b, struct err *err)
{
	struct portfolio *p = self;
	uint64_t size;
	blob_get(b, &p->now, sizeof p->now);
	blob_get(b, &p->budget, sizeof p->budget);
	blob_get(b, p->best_x, p->n * sizeof *p->best_x);
	blob_get(b, &size, sizeof size);
	if (b->bad || size > ALL * ROUND || !p->budget)
		return err_set(err, "the saved state is cut short");
	p->batch.size = size;
	batch_load(&p->batch, b);
	/* where the last began does not matter: its state follows */
	if (p->now.finishing && join(p, MEMBERS, "cmaes", p->best_x, FINISH_SIGMA, err) < 0)
		return -1;
	for (int i = 0; i < ALL; i++) {
		struct member *m = &p->member[i];
		blob_get(b, &m->now, sizeof m->now);
		if (m->self && m->algo->load(m->self, b, err) < 0)
			return -1;
	}
	return blob_done(b, err);
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
	size_t at = 0;
	for (int i = 0; i < ALL && at < n; i++)
		if (p->member[i].self && !p->member[i].now.dropped) {
			const int k = snprintf(text + at, n - at, "%s%s %.4g", at ? ", " : "", p->member[i].algo->name, p->member[i].now.best);
			at += k > 0 ? (size_t)k : 0;
		}
}

const struct algo algo_auto = {
    .name = "auto",
    .help = "cmaes, ga and de side by side; what works has the rest of the budget",
    .create = create,
    .ask = ask,
    .tell = tell,
    .save = save,
    .load = load,
    .free = auto_free,
    .generation = generation,
    .words = words,
};
