/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the world of tests/sim.h is made of: processes, and connections that delay, garble, freeze
 * and die; takes and what comes of them. All of it follows from a seed.
 */
#ifndef TESTS_SIM_WORLD_H
#define TESTS_SIM_WORLD_H

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "letter.pb-c.h"
#include "queue/broker.h"
#include "queue/sender.h"
#include "queue/worker.h"

enum {
	MS = 1000, SECOND = 1000000,
	CLIENTS = 14, CONNS = 96, JOBS = 6, TAKES = 64,
	HEADER = 16, /* bytes that a take begins with */
	HEARD = 64,
};
static const int64_t never = INT64_MAX;

/* --- connections --------------------------------------------------------------------------- */

struct packet {
	struct packet *next;
	int64_t at;
	struct parcel *body;
	size_t n;
	uint8_t head[];
};

/* One direction: in order. */
struct way {
	struct packet *first, **last;
	size_t n, room;
	int64_t last_at, frozen; /* nothing arrives until then */
};

struct conn {
	uint64_t id; /* 0: free */
	int client;
	bool open;       /* for the client */
	bool cut;        /* what is sent vanishes, on both sides */
	int64_t gone_at; /* closed: the broker's host knows from then */
	struct way up, down;
	int64_t delay, jitter;
};

/* --- processes ------------------------------------------------------------------------------ */

enum kind { GOOD, POISON, KILLER };

/* What the sender knows of each of its takes, for the check. */
struct known {
	enum kind kind;
	bool out;
	unsigned fails;
};

struct job {
	bool busy;
	uint64_t id;
	struct parcel *take;
	int64_t begun, end;
};

struct client {
	bool is_worker, alive, for_good; /* for_good: died, and is not started again */
	int incarnation;
	char name[32], service[16];
	struct conn *conn;   /* or NULL */
	int64_t connect_at, pause, start_at, stopped, tick_at;
	/* a sender */
	struct sender *sender;
	struct sender_settings sender_set;
	struct known takes[TAKES];
	int n_takes, n_put, n_out;
	bool sacrificed; /* is killed, nobody waits for its takes */
	/* a worker */
	struct worker *worker;
	struct worker_settings worker_set;
	struct job jobs[JOBS];
	int n_jobs;
	bool hung, hung_for_good, slow, liar, leaving;
	int64_t patience; /* never: none */
};

struct sim {
	uint64_t seed;
	struct rng rng;
	bool trace;
	int64_t now, calm; /* from then on nothing goes wrong any more */
	struct broker *broker;
	struct broker_settings set;
	uint64_t epoch, next_id;
	int64_t broker_at; /* when it is started again */
	struct client clients[CLIENTS];
	int n_clients;
	struct conn conns[CONNS];
	int n_conns; /* none is in use from here on */
	struct letter_desk *desk;
	double garble;
	int64_t work;       /* microseconds a take, in the mean */
	size_t longest[2];  /* take and result, in bytes */
	unsigned disrupted; /* how often anything may have cost a lease */
	uint64_t letters, events;
	unsigned alarms, wrong;
	struct conn *mad; /* tests/sim_mad.h; NULL: nobody is */
	int64_t mad_at, mad_pause;
	struct packet *heard[HEARD]; /* what others have said */
	char failure[256];
};

static inline void __attribute__((format(printf, 2, 3)))
trace(const struct sim *s, const char *fmt, ...)
{
	va_list ap;
	if (!s->trace)
		return;
	printf("%10.3f ms  ", (double)s->now * 1e-3);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
}

static inline void __attribute__((format(printf, 2, 3)))
fail(struct sim *s, const char *fmt, ...)
{
	va_list ap;
	if (*s->failure)
		return;
	va_start(ap, fmt);
	vsnprintf(s->failure, sizeof s->failure, fmt, ap);
	va_end(ap);
	trace(s, "FAILURE: %s", s->failure);
}

static inline bool
chance(struct sim *s, double p)
{
	return rng_uniform(&s->rng) < p;
}

static inline int64_t
between(struct sim *s, int64_t a, int64_t b)
{
	return a + (int64_t)rng_below(&s->rng, (uint64_t)(b - a + 1));
}

/* --- packets -------------------------------------------------------------------------------- */

static inline void
way_clear(struct way *w)
{
	for (struct packet *p = w->first, *next; p; p = next) {
		next = p->next;
		parcel_unref(p->body);
		free(p);
	}
	w->first = NULL;
	w->last = &w->first;
	w->n = 0;
}

static inline void
garble(struct sim *s, struct packet *p)
{
	if (!p->body || !p->body->n || chance(s, 0.5)) {
		p->head[rng_below(&s->rng, p->n)] ^= (uint8_t)(1 << rng_below(&s->rng, 8));
		return;
	}
	struct parcel *whole = p->body;
	p->body = parcel_new(whole->bytes, whole->n);
	((uint8_t *)p->body->bytes)[rng_below(&s->rng, whole->n)] ^= (uint8_t)(1 << rng_below(&s->rng, 8));
	parcel_unref(whole);
}

static inline void
way_put(struct sim *s, struct conn *c, struct way *w, const struct mail *m)
{
	if (c->cut)
		return;
	struct packet *p = malloc(sizeof *p + m->n);
	memcpy(p->head, m->head, m->n);
	p->n = m->n;
	p->body = parcel_ref(m->body);
	p->next = NULL;
	p->at = s->now + c->delay + (c->jitter ? between(s, 0, c->jitter) : 0);
	if (p->at < w->last_at)
		p->at = w->last_at;
	w->last_at = p->at;
	if (s->garble > 0 && s->now < s->calm && chance(s, s->garble))
		garble(s, p);
	*w->last = p;
	w->last = &p->next;
	w->n++;
	s->letters++;
}

static inline int64_t
way_due(const struct way *w)
{
	return !w->first ? never : w->first->at > w->frozen ? w->first->at : w->frozen;
}

static inline struct packet *
way_get(struct way *w)
{
	struct packet *p = w->first;
	if (!(w->first = p->next))
		w->last = &w->first;
	w->n--;
	return p;
}

/* --- connecting ----------------------------------------------------------------------------- */

static inline void
conn_free(struct conn *c)
{
	way_clear(&c->up);
	way_clear(&c->down);
	*c = (struct conn){0};
}

/* The client's side of the connection ends. What it has sent may still arrive. The
   broker's host knows at once, or the more the later (gone_at). */
static inline void
conn_end(struct sim *s, struct client *k, bool late, int64_t known_at)
{
	struct conn *c = k->conn;
	if (!c)
		return;
	trace(s, "connection %d of %s ends%s", (int)c->id, k->name, late ? ", what it has sent arrives late" : "");
	k->conn = NULL;
	c->open = false;
	c->gone_at = known_at;
	way_clear(&c->down);
	if (!late || !s->broker)
		way_clear(&c->up);
	s->disrupted++;
}

static inline void
connect_later(struct sim *s, struct client *k)
{
	k->pause = k->pause ? k->pause * 2 : 50 * MS;
	if (k->pause > 2 * SECOND)
		k->pause = 2 * SECOND;
	k->connect_at = s->now + between(s, k->pause / 2, k->pause);
}

static inline struct conn *
conn_new(struct sim *s, int client)
{
	struct conn *c = NULL;
	for (int i = 0; i < CONNS && !c; i++)
		if (!s->conns[i].id)
			c = &s->conns[i];
	if (!c)
		return NULL;
	if (c - s->conns >= s->n_conns)
		s->n_conns = (int)(c - s->conns) + 1;
	*c = (struct conn){.id = s->next_id++, .client = client, .open = true, .gone_at = never};
	c->up.last = &c->up.first;
	c->down.last = &c->down.first;
	c->up.room = (size_t)between(s, 3, 40);
	c->down.room = (size_t)between(s, 3, 40);
	c->delay = between(s, 0, 1) ? between(s, 10, 500) : between(s, 1 * MS, 80 * MS);
	c->jitter = between(s, 0, 3) ? c->delay / 2 : c->delay * 4;
	return c;
}

/* --- takes and results ------------------------------------------------------------------------ */

static inline size_t
length_of(const struct sim *s, int what, uint64_t key)
{
	const uint64_t x = rng_at(s->seed ^ 0x1e46, key * 2 + (unsigned)what);
	return HEADER + (x % 5 ? x % 64 : (x >> 8) % s->longest[what]);
}

static inline struct parcel *
fill(uint32_t sender, uint32_t number, uint32_t kind, size_t n, uint64_t salt)
{
	const uint32_t head[HEADER / 4] = {sender, number, kind, (uint32_t)salt};
	uint8_t *p = malloc(n);
	memcpy(p, head, HEADER);
	for (size_t i = HEADER; i < n; i++)
		p[i] = (uint8_t)(i * 7 + number + salt);
	struct parcel *body = parcel_new(p, n);
	free(p);
	return body;
}

static inline struct parcel *
make_take(const struct sim *s, int sender, int number, enum kind kind)
{
	const uint64_t key = (uint64_t)sender << 32 | (uint32_t)number;
	return fill((uint32_t)sender, (uint32_t)number, kind, length_of(s, 0, key), 1);
}

static inline struct parcel *
make_result(const struct sim *s, uint32_t sender, uint32_t number, bool lie)
{
	return fill(sender, number, 99, length_of(s, 1, (uint64_t)sender << 32 | number), lie ? 3 : 2);
}

static inline bool
same_body(struct parcel *a, struct parcel *b)
{
	const bool same = a && b && a->n == b->n && !memcmp(a->bytes, b->bytes, a->n);
	parcel_unref(b);
	return same;
}

#endif
