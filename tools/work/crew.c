/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "crew.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "mark.h"
#include "stream/stream.h"

enum {
	PAUSE_LEAST = 100000, PAUSE_MOST = 10000000, /* microseconds */
	IDLE_DEATHS = 3,   /* so often, before the pipeline is hopeless */
	CREDITS_LEAST = 2, CREDITS_MOST = 64,
};

struct crew {
	struct crew_settings set;
	const struct pipeline *pipeline;
	struct copy *copies;
	struct pollfd *fds;
	struct rng marks;
	struct pace pace;

	struct task *again, **again_last; /* fetched, or given back by a copy that died before it got them */
	struct task *alone, **alone_last; /* each waits for a copy of its own */
	struct worker *worker;            /* during a step */
	int64_t now;
	uint64_t done, failed, died;
	unsigned idle_deaths;
	bool worked, finishing;
	char hopeless[640];
};

struct crew *
crew_new(const struct pipeline *p, const struct crew_settings *set, int64_t now, struct err *err)
{
	struct crew *c = calloc(1, sizeof *c);
	if (!c || !(c->copies = calloc(set->jobs, sizeof *c->copies)) || !(c->fds = calloc((size_t)set->jobs * (2 + STAGES) + 1, sizeof *c->fds)))
		return err_set(err, "out of memory"), crew_free(c), NULL;
	c->set = *set;
	c->pipeline = p;
	c->marks.seed = set->seed;
	c->again_last = &c->again;
	c->alone_last = &c->alone;
	pace_init(&c->pace, set->credits ? set->credits : CREDITS_LEAST, set->credits ? set->credits : CREDITS_MOST);
	for (unsigned i = 0; i < set->jobs; i++) {
		c->copies[i].number = i + 1;
		c->copies[i].last = &c->copies[i].tasks;
		c->copies[i].flow.in = c->copies[i].flow.out = -1;
	}
	for (unsigned i = 0; i < set->jobs; i++)
		if (copy_start(&c->copies[i], p, now, err) < 0)
			return crew_free(c), NULL;
	return c;
}

#define EACH_COPY(crew, k) for (struct copy *k = (crew)->copies; k < (crew)->copies + (crew)->set.jobs; k++)

static void
free_tasks(struct task *t)
{
	for (struct task *next; t; t = next) {
		next = t->next;
		task_free(t);
	}
}

void
crew_free(struct crew *c)
{
	if (!c)
		return;
	for (struct copy *k = c->copies; k && k < c->copies + c->set.jobs; k++) {
		if (k->state != COPY_DOWN)
			flow_kill(&k->flow);
		free_tasks(k->tasks);
		copy_end(k);
	}
	free_tasks(c->again);
	free_tasks(c->alone);
	free(c->copies);
	free(c->fds);
	free(c);
}

/* --- handing out ------------------------------------------------------------------------------ */

/* A copy with a take that is to be alone has no room, nor has one that is kept for such a take. */
static bool
has_room(const struct crew *c, const struct copy *k)
{
	return k->state == COPY_UP && k->n < c->pace.now && !(k->tasks && k->tasks->alone);
}

static uint32_t
in_hand(const struct crew *c)
{
	uint32_t n = 0;
	EACH_COPY(c, k)
		n += k->n;
	return n;
}

/* The one that will be empty first. */
static struct copy *
kept_for_alone(const struct crew *c)
{
	struct copy *best = NULL;
	if (!c->alone)
		return NULL;
	EACH_COPY(c, k)
		if (k->state == COPY_UP && !(k->tasks && k->tasks->alone) && (!best || k->n < best->n))
			best = k;
	return best;
}

static struct copy *
choose(const struct crew *c, uint64_t graph, uint32_t chunk, const struct copy *kept)
{
	struct copy *best = NULL, *same = NULL;
	uint32_t most = 0;
	EACH_COPY(c, k) {
		if (k == kept || !has_room(c, k))
			continue;
		const uint32_t n = copy_has(k, graph);
		if (n > most && n < chunk) {
			same = k;
			most = n;
		}
		if (!best || k->n < best->n)
			best = k;
	}
	return same && best->n ? same : best;
}

static struct task *
fetch(struct crew *c)
{
	struct lease l;
	struct task *t = c->again;
	if (t) {
		if (!(c->again = t->next))
			c->again_last = &c->again;
		return t;
	}
	while (worker_next(c->worker, &l)) {
		if (l.take->n > STREAM_LIMIT - MARK_SIZE) {
			worker_failed(c->worker, l.id, "the take is too long for a pipeline");
			parcel_unref(l.take);
		} else if ((t = calloc(1, sizeof *t))) {
			t->lease = l.id;
			t->take = l.take;
			t->alone = l.alone;
			t->mark = rng_next(&c->marks);
			t->graph = graph_of(l.take->bytes, l.take->n);
			return t;
		} else {
			worker_failed(c->worker, l.id, "the worker is out of memory");
			parcel_unref(l.take);
		}
	}
	return NULL;
}

/* What is fetched can be given: so whatever waits longer stays with the worker, which can give it back. */
static void
deal(struct crew *c)
{
	for (;;) {
		struct copy *kept = kept_for_alone(c);
		if (kept && !kept->n) {
			struct task *t = c->alone;
			if (!(c->alone = t->next))
				c->alone_last = &c->alone;
			copy_give(kept, t, c->now);
			continue;
		}
		bool room = false;
		EACH_COPY(c, k)
			room |= k != kept && has_room(c, k);
		struct task *t = room ? fetch(c) : NULL;
		if (!t)
			return;
		if (t->alone) {
			t->next = NULL;
			*c->alone_last = t;
			c->alone_last = &t->next;
			continue;
		}
		/* full lanes that are worked on, and as many that wait meanwhile; but no more than a fair share */
		const uint32_t all = in_hand(c) + (uint32_t)worker_waiting(c->worker) + 1;
		const uint32_t share = (all + c->set.jobs - 1) / c->set.jobs, full = 2 * c->set.lanes;
		copy_give(choose(c, t->graph, share < full ? share : full, kept), t, c->now);
	}
}

/* --- results and deaths ------------------------------------------------------------------------ */

static void
on_result(void *user, struct copy *k, const struct task *t, struct parcel *result)
{
	struct crew *c = user;
	c->done++;
	c->worked = true;
	pace_time(&c->pace, 1e-6 * (double)(c->now - k->noted), k->n + 1);
	k->noted = c->now;
	pace_done(&c->pace);
	worker_done(c->worker, t->lease, result, 1e-6 * (double)(c->now - t->given));
}

static void
on_death(struct crew *c, struct copy *k)
{
	char text[600];
	unsigned n = 0;
	const int status = *k->reason ? flow_status(&k->flow) : -1;
	for (struct task *t = k->tasks, *next; t; t = next) {
		next = t->next;
		if (t->at) {
			worker_failed(c->worker, t->lease, k->reason);
			task_free(t);
			n++;
		} else {
			t->next = NULL;
			*c->again_last = t;
			c->again_last = &t->next;
		}
	}
	k->tasks = k->unwritten = NULL;
	k->last = &k->tasks;
	k->n = 0;
	c->failed += n;
	copy_end(k);
	if (c->finishing)
		return;
	c->died++;
	k->deaths++;
	c->idle_deaths += !k->was_given;
	/* sh says 126 and 127 of what it cannot run, and we say 2 of options that are none */
	if (!c->worked && (status == 126 || status == 127 || (status == 2 && !k->was_given) || c->idle_deaths >= IDLE_DEATHS)) {
		snprintf(c->hopeless, sizeof c->hopeless, "the pipeline does not run: %s", k->reason);
		return;
	}
	const unsigned doublings = k->deaths > 8 ? 8 : k->deaths;
	const int64_t pause = k->deaths == 1 ? 0 : (int64_t)PAUSE_LEAST << (doublings - 2);
	k->deadline = c->now + (pause > PAUSE_MOST ? PAUSE_MOST : pause);
	const int room = snprintf(text, sizeof text, "copy %u: %s", k->number, k->reason);
	if (n && room > 0 && (size_t)room < sizeof text)
		snprintf(text + room, sizeof text - (size_t)room, "; %u takes failed", n);
	c->set.warn(text);
}

static void
step_copy(struct crew *c, struct copy *k)
{
	struct err err;
	if (k->state == COPY_DOWN) {
		if (!c->finishing && c->now >= k->deadline && copy_start(k, c->pipeline, c->now, &err) < 0) {
			k->deaths++;
			k->deadline = c->now + PAUSE_MOST;
			c->set.warn(err.text);
		}
		return;
	}
	copy_step(k, on_result, c, c->set.tell, c->now);
	if (k->n && k->state == COPY_UP && c->set.patience && c->now - k->progress >= c->set.patience)
		copy_break(k, c->now, "the pipeline gave nothing for %.3g s", 1e-6 * (double)c->set.patience);
	if (k->n)
		pace_time(&c->pace, 1e-6 * (double)(c->now - k->noted), k->n);
	k->noted = c->now;
	if (copy_over(k))
		on_death(c, k);
}

/* Copies that die again and again do not count. */
static uint32_t
credits(const struct crew *c)
{
	uint32_t n = 0;
	EACH_COPY(c, k)
		n += k->deaths < 3;
	return (n ? n : 1) * c->pace.now;
}

void
crew_step(struct crew *c, struct worker *w, int64_t now)
{
	c->worker = w;
	c->now = now;
	EACH_COPY(c, k)
		step_copy(c, k);
	if (!c->finishing && !*c->hopeless) {
		deal(c);
		worker_credits(w, credits(c));
		/* what can be written at once is */
		EACH_COPY(c, k)
			if (k->unwritten && k->state == COPY_UP)
				copy_step(k, on_result, c, c->set.tell, now);
	}
	c->worker = NULL;
}

const char *
crew_hopeless(const struct crew *c)
{
	return *c->hopeless ? c->hopeless : NULL;
}

bool
crew_finish(struct crew *c, int64_t now, int64_t deadline)
{
	bool over = true;
	c->finishing = true;
	c->now = now;
	EACH_COPY(c, k) {
		if (k->state == COPY_DOWN)
			continue;
		copy_finish(k, deadline);
		over = false;
	}
	return over;
}

void
crew_counts(const struct crew *c, struct crew_counts *n)
{
	*n = (struct crew_counts){.done = c->done, .failed = c->failed, .died = c->died, .in_hand = in_hand(c), .credits = credits(c)};
	EACH_COPY(c, k)
		n->up += k->state == COPY_UP;
}

struct pollfd *
crew_fds(struct crew *c, size_t *n)
{
	*n = 0;
	EACH_COPY(c, k)
		*n += copy_fds(k, c->fds + *n);
	return c->fds;
}

int64_t
crew_due(const struct crew *c)
{
	int64_t due = INT64_MAX;
	EACH_COPY(c, k) {
		int64_t at = INT64_MAX;
		if (k->state == COPY_UP && k->n && c->set.patience)
			at = k->progress + c->set.patience;
		else if (k->state == COPY_ENDING)
			at = k->flow.in >= 0 && k->close_at < k->deadline ? k->close_at : k->deadline;
		else if (k->state == COPY_DOWN && !c->finishing)
			at = k->deadline;
		due = at < due ? at : due;
	}
	return due;
}
