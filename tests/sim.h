/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A world for the broker, senders and workers in virtual time. What goes wrong in it and
 * when is tests/queue_sim.c's.
 */
#ifndef TESTS_SIM_H
#define TESTS_SIM_H

#include "sim_world.h"

static inline void client_after(struct sim *s, struct client *k);

static inline void
client_connect(struct sim *s, struct client *k)
{
	struct conn *c = s->broker ? conn_new(s, (int)(k - s->clients)) : NULL;
	if (!c) {
		k->connect_at = s->now + between(s, 10 * MS, 100 * MS);
		return;
	}
	k->conn = c;
	k->connect_at = never;
	trace(s, "%s connects: %d", k->name, (int)c->id);
	if (k->is_worker)
		worker_step(k->worker, &(struct worker_event){.what = WORKER_CONNECTED}, s->now);
	else
		sender_step(k->sender, &(struct sender_event){.what = SENDER_CONNECTED}, s->now);
	client_after(s, k);
}

/* --- the broker's side ---------------------------------------------------------------------- */

static inline void
broker_after(struct sim *s)
{
	const struct mail *m;
	const char *line;
	uint64_t id;
	while (s->broker && (m = broker_mail(s->broker, &id))) {
		struct conn *c = NULL;
		for (int i = 0; i < s->n_conns && !c; i++)
			if (s->conns[i].id == id)
				c = &s->conns[i];
		struct broker_event e = {.what = BROKER_SENT, .peer = id};
		if (!c || (!c->open && s->now >= c->gone_at))
			e.what = BROKER_GONE;
		else if (c->open && c->down.n >= c->down.room)
			e.what = BROKER_STALLED;
		else if (c->open)
			way_put(s, c, &c->down, m);
		if (s->trace) {
			struct letter l;
			letter_unpack(m->head, m->n, m->body, &l, s->desk, NULL);
			trace(s, "queue -> %d: %s number %llu serial %llu attempt %u ranges %zu%s", (int)id, letter_kind_name(l.kind),
			    (unsigned long long)l.number, (unsigned long long)l.serial, l.attempt, l.n_ranges,
			    e.what == BROKER_GONE ? " (gone)" : e.what == BROKER_STALLED ? " (stalled)" : "");
		}
		broker_step(s->broker, &e, s->now);
	}
	while (s->broker && (line = broker_log(s->broker)))
		trace(s, "queue says: %s", line);
}

/* For who says it again (tests/sim_mad.h), in place of something else. */
static inline void
remember(struct sim *s, struct packet *p)
{
	struct packet **to = s->mad_pause ? &s->heard[rng_below(&s->rng, HEARD)] : &p;
	struct packet *old = *to;
	*to = p;
	if (old) {
		parcel_unref(old->body);
		free(old);
	}
}

static inline void
broker_receive(struct sim *s, struct conn *c)
{
	struct packet *p = way_get(&c->up);
	struct letter l;
	struct err err;
	struct broker_event e = {.what = BROKER_LETTER, .peer = c->id, .letter = &l};
	if (letter_unpack(p->head, p->n, p->body, &l, s->desk, &err) < 0)
		e.what = BROKER_BAD, trace(s, "%d -> queue: no letter: %s", (int)c->id, err.text);
	else
		trace(s, "%d -> queue: %s number %llu serial %llu ranges %zu", (int)c->id, letter_kind_name(l.kind),
		    (unsigned long long)l.number, (unsigned long long)l.serial, l.n_ranges);
	if (s->broker)
		broker_step(s->broker, &e, s->now);
	remember(s, p);
	broker_after(s);
}

static inline void
broker_begin(struct sim *s)
{
	s->epoch = rng_next(&s->rng);
	s->broker = broker_new(&s->set, s->epoch);
	s->broker_at = never;
	trace(s, "the queue starts");
	broker_step(s->broker, &(struct broker_event){.what = BROKER_TICK}, s->now);
}

static inline void
broker_kill(struct sim *s, int64_t again)
{
	if (!s->broker)
		return;
	trace(s, "the queue is killed");
	broker_free(s->broker);
	s->broker = NULL;
	s->broker_at = s->now + again;
	for (int i = 0; i < s->n_clients; i++) {
		struct client *k = &s->clients[i];
		const bool cut = k->conn && k->conn->cut; /* does not hear of it */
		if (k->conn && !cut) {
			conn_end(s, k, false, s->now);
			k->pause = 0;
			connect_later(s, k);
		}
	}
	if (s->mad)
		s->mad->open = false;
	s->mad = NULL;
	for (int i = 0; i < s->n_conns; i++)
		if (s->conns[i].id && !s->conns[i].open)
			conn_free(&s->conns[i]);
		else if (s->conns[i].id)
			way_clear(&s->conns[i].up);
}

/* --- workers ----------------------------------------------------------------------------------- */

static inline void
client_begin(struct sim *s, struct client *k)
{
	snprintf(k->name, sizeof k->name, "%c%d/%d", k->is_worker ? 'w' : 's', (int)(k - s->clients), ++k->incarnation);
	k->alive = true;
	k->start_at = never;
	k->tick_at = s->now;
	k->connect_at = s->now + between(s, 0, 100 * MS);
	k->pause = 0;
	k->stopped = 0;
	if (k->is_worker) {
		k->worker_set.name = k->name;
		k->worker_set.service = k->service;
		k->worker_set.seed = rng_next(&s->rng);
		k->worker = worker_new(&k->worker_set);
		k->hung = k->hung_for_good;
		k->leaving = false;
	} else {
		k->sender_set.name = k->name;
		k->sender_set.service = k->service;
		for (int i = 0; i < LETTER_SESSION; i++)
			k->sender_set.session[i] = (uint8_t)rng_next(&s->rng);
		k->sender = sender_new(&k->sender_set);
	}
}

static inline void
client_kill(struct sim *s, struct client *k, int64_t again)
{
	if (!k->alive)
		return;
	trace(s, "%s is killed", k->name);
	conn_end(s, k, chance(s, 0.5), s->now + (chance(s, 0.7) ? 0 : between(s, 0, 10 * SECOND)));
	k->alive = false;
	k->start_at = again == never ? never : s->now + again;
	for (int i = 0; i < JOBS; i++) {
		parcel_unref(k->jobs[i].take);
		k->jobs[i] = (struct job){0};
	}
	worker_free(k->worker);
	sender_free(k->sender);
	k->worker = NULL;
	k->sender = NULL;
}

static inline void
job_head(const struct job *j, uint32_t head[HEADER / 4])
{
	memcpy(head, j->take->bytes, HEADER);
}

/* Begins what it can; a KILLER brings it down. */
static inline void
worker_begins(struct sim *s, struct client *k)
{
	struct lease l;
	for (int i = 0; k->worker && i < k->n_jobs; i++) {
		if (k->jobs[i].busy || !worker_next(k->worker, &l))
			continue;
		struct job *j = &k->jobs[i];
		uint32_t head[HEADER / 4];
		*j = (struct job){.busy = true, .id = l.id, .take = l.take, .begun = s->now};
		job_head(j, head);
		const int64_t cost = 1 + (int64_t)((double)s->work * 2 * rng_uniform(&s->rng)) * (k->slow ? 100 : 1);
		j->end = k->hung ? never : s->now + cost;
		trace(s, "%s begins %d of sender %d%s%s", k->name, (int)head[1], (int)head[0], l.alone ? ", alone" : "",
		    k->hung ? ", and hangs" : "");
		if (head[2] == KILLER) {
			client_kill(s, k, between(s, MS, 100 * MS));
			return;
		}
	}
}

static inline void
job_end(struct sim *s, struct client *k, struct job *j)
{
	uint32_t head[HEADER / 4];
	job_head(j, head);
	struct known *t = &s->clients[head[0]].takes[head[1] - 1];
	const double seconds = (double)(s->now - j->begun) * 1e-6;
	if (j->end > s->now || head[2] == POISON) {
		t->fails++;
		trace(s, "%s fails %d of sender %d", k->name, (int)head[1], (int)head[0]);
		worker_failed(k->worker, j->id, j->end > s->now ? "it was silent for too long" : "poison");
	} else {
		trace(s, "%s has done %d of sender %d", k->name, (int)head[1], (int)head[0]);
		worker_done(k->worker, j->id, make_result(s, head[0], head[1], k->liar), seconds);
	}
	parcel_unref(j->take);
	*j = (struct job){0};
}

static inline int64_t
job_due(const struct client *k, const struct job *j)
{
	const int64_t impatient = k->patience == never ? never : j->begun + k->patience;
	return !j->busy ? never : j->end < impatient ? j->end : impatient;
}

/* --- senders ------------------------------------------------------------------------------------- */

static inline void
sender_puts(struct sim *s, struct client *k)
{
	while (k->n_put < k->n_takes) {
		struct parcel *take = make_take(s, (int)(k - s->clients), k->n_put + 1, k->takes[k->n_put].kind);
		if (!sender_room(k->sender, take->n)) {
			parcel_unref(take);
			return;
		}
		sender_put(k->sender, take);
		k->n_put++;
	}
}

/* Whether so much happened that even a good take may have been given up. */
static inline bool
may_fail(const struct sim *s, const struct known *t)
{
	return t->kind != GOOD || t->fails >= STRIKES / STRIKE_FAILED
	    || STRIKE_FAILED * t->fails + STRIKE_VANISHED * s->disrupted >= STRIKES;
}

static inline void
sender_gets(struct sim *s, struct client *k)
{
	struct sender_result r;
	const int me = (int)(k - s->clients);
	while (sender_result(k->sender, &r)) {
		trace(s, "%s gets %d%s", k->name, (int)r.number, r.result ? "" : ": an error");
		if (r.number < 1 || r.number > (uint64_t)k->n_put)
			fail(s, "%s got number %llu of %d", k->name, (unsigned long long)r.number, k->n_put);
		else {
			struct known *t = &k->takes[r.number - 1];
			if (t->out)
				fail(s, "%s got %d twice", k->name, (int)r.number);
			if (!k->sender_set.unordered && r.number != (uint64_t)k->n_out + 1)
				fail(s, "%s got %d after %d", k->name, (int)r.number, k->n_out);
			if (!same_body(r.take, make_take(s, me, (int)r.number, t->kind)))
				fail(s, "%s got %d with another take", k->name, (int)r.number);
			if (r.result && t->kind != GOOD)
				fail(s, "%s got a result of %d, which nobody can do", k->name, (int)r.number);
			if (!r.result && (!*r.error || !may_fail(s, t)))
				fail(s, "%s: %d was given up (%s)", k->name, (int)r.number, r.error);
			if (r.result && !same_body(r.result, make_result(s, (uint32_t)me, (uint32_t)r.number, false))) {
				int w = 0;
				s->wrong++;
				if (sscanf(r.worker, "w%d/", &w) != 1 || !s->clients[w].liar)
					fail(s, "%s got %d with wrong bytes from %s", k->name, (int)r.number, r.worker);
			}
			t->out = true;
			k->n_out++;
		}
		parcel_unref(r.take);
		parcel_unref(r.result);
	}
	struct sender_counts c;
	sender_counts(k->sender, &c);
	s->alarms += c.differ > 0;
	/* it expects results as long as those so far; each may bring an audit, too */
	const uint64_t more = (uint64_t)(k->n_put - k->n_out + 1) + c.auditing;
	if (c.bytes > k->sender_set.window + 2048 + (s->longest[0] + s->longest[1] + 256) * more)
		fail(s, "%s keeps %llu bytes of %llu", k->name, (unsigned long long)c.bytes, (unsigned long long)k->sender_set.window);
}

/* --- clients --------------------------------------------------------------------------------------- */

/* After whatever happened to it: work, mail, and news. */
static inline void
client_after(struct sim *s, struct client *k)
{
	const struct mail *m;
	if (!k->alive || k->stopped > s->now)
		return;
	if (k->is_worker) {
		worker_begins(s, k);
		if (!k->alive)
			return;
		while (worker_news(k->worker))
			;
	} else {
		sender_gets(s, k);
		sender_puts(s, k);
		while (sender_news(k->sender))
			;
	}
	struct conn *c = k->conn;
	while (c && c->up.n < c->up.room && (m = k->is_worker ? worker_mail(k->worker) : sender_mail(k->sender))) {
		way_put(s, c, &c->up, m);
		if (k->is_worker)
			worker_step(k->worker, &(struct worker_event){.what = WORKER_SENT}, s->now);
		else
			sender_step(k->sender, &(struct sender_event){.what = SENDER_SENT}, s->now);
	}
	const bool silent = k->is_worker ? worker_silent(k->worker, s->now) : sender_silent(k->sender, s->now);
	if (c && silent) {
		trace(s, "%s hears nothing", k->name);
		conn_end(s, k, chance(s, 0.3), s->now + (chance(s, 0.5) ? 0 : between(s, 0, 10 * SECOND)));
		connect_later(s, k);
	}
	if (k->is_worker && k->leaving && worker_left(k->worker))
		client_kill(s, k, between(s, 0, SECOND));
}

static inline void
client_receive(struct sim *s, struct client *k)
{
	struct packet *p = way_get(&k->conn->down);
	struct letter l;
	struct err err;
	if (letter_unpack(p->head, p->n, p->body, &l, s->desk, &err) == 0) {
		k->pause = 0;
		if (k->is_worker)
			worker_step(k->worker, &(struct worker_event){.what = WORKER_LETTER, .letter = &l}, s->now);
		else
			sender_step(k->sender, &(struct sender_event){.what = SENDER_LETTER, .letter = &l}, s->now);
	}
	parcel_unref(p->body);
	free(p);
	client_after(s, k);
}

static inline void
client_tick(struct sim *s, struct client *k)
{
	if (k->is_worker)
		worker_step(k->worker, &(struct worker_event){.what = WORKER_TICK}, s->now);
	else
		sender_step(k->sender, &(struct sender_event){.what = SENDER_TICK}, s->now);
	client_after(s, k);
	if (!k->alive)
		return;
	const int64_t due = k->is_worker ? worker_due(k->worker) : sender_due(k->sender);
	k->tick_at = due > s->now + MS ? due : s->now + MS;
}

static inline int64_t
least(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static inline int64_t
client_due(const struct sim *s, const struct client *k)
{
	int64_t t = k->start_at;
	if (!k->alive)
		return t;
	if (k->stopped > s->now)
		return k->stopped;
	const int64_t due = k->is_worker ? worker_due(k->worker) : sender_due(k->sender);
	t = least(k->conn ? way_due(&k->conn->down) : k->connect_at, due > s->now ? due : k->tick_at > s->now ? k->tick_at : s->now);
	for (int i = 0; i < k->n_jobs; i++)
		t = least(t, job_due(k, &k->jobs[i]));
	return t;
}

static inline void
client_run(struct sim *s, struct client *k)
{
	if (!k->alive) {
		if (k->start_at <= s->now)
			client_begin(s, k);
		return;
	}
	if (k->stopped > s->now)
		return;
	if (!k->conn && k->connect_at <= s->now)
		client_connect(s, k);
	while (k->alive && k->conn && way_due(&k->conn->down) <= s->now)
		client_receive(s, k);
	for (int i = 0; k->alive && k->is_worker && i < k->n_jobs; i++)
		if (job_due(k, &k->jobs[i]) <= s->now) {
			job_end(s, k, &k->jobs[i]);
			client_after(s, k);
		}
	if (k->alive && (k->is_worker ? worker_due(k->worker) : sender_due(k->sender)) <= s->now && k->tick_at <= s->now)
		client_tick(s, k);
}

/* --- time -------------------------------------------------------------------------------------------- */

/* Runs to the next thing that happens, `until` at most. */
static inline void
sim_run(struct sim *s, int64_t until)
{
	int64_t t = least(until, s->broker ? broker_due(s->broker) : s->broker_at);
	for (int i = 0; i < s->n_clients; i++)
		t = least(t, client_due(s, &s->clients[i]));
	for (int i = 0; i < s->n_conns; i++)
		if (s->conns[i].id)
			t = least(t, way_due(&s->conns[i].up));
	s->now = t > s->now ? t : s->now;
	s->events++;

	if (!s->broker && s->broker_at <= s->now)
		broker_begin(s);
	for (int i = 0; i < s->n_conns; i++) {
		struct conn *c = &s->conns[i];
		while (c->id && s->broker && way_due(&c->up) <= s->now) {
			const size_t before = c->up.n;
			broker_receive(s, c);
			if (c->open && c->client >= 0 && before == c->up.room)
				client_after(s, &s->clients[c->client]);
		}
		if (c->id && !c->open && !c->up.n && s->now >= c->gone_at)
			conn_free(c);
	}
	if (s->broker && broker_due(s->broker) <= s->now)
		broker_step(s->broker, &(struct broker_event){.what = BROKER_TICK}, s->now);
	broker_after(s);
	for (int i = 0; i < s->n_clients; i++)
		client_run(s, &s->clients[i]);
	broker_after(s);
}

static inline void
sim_release(struct sim *s)
{
	for (int i = 0; i < s->n_clients; i++)
		client_kill(s, &s->clients[i], never);
	for (int i = 0; i < s->n_conns; i++)
		if (s->conns[i].id)
			conn_free(&s->conns[i]);
	for (int i = 0; i < HEARD; i++)
		if (s->heard[i]) {
			parcel_unref(s->heard[i]->body);
			free(s->heard[i]);
		}
	broker_free(s->broker);
	s->broker = NULL;
}

#endif
