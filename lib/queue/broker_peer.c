/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Who is there: connections, the sessions of senders, which outlive them for a while,
 * workers, and services, which are there as long as somebody is (and some longer, for their
 * counters).
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "queue/broker_inside.h"

/* --- tables, names ------------------------------------------------------------------------- */

int
table_init(struct table *t)
{
	t->size = 64;
	t->slots = calloc(t->size, sizeof *t->slots);
	return t->slots ? 0 : -1;
}

/* Where there is no memory for a larger table, the old one does. */
static void
table_grow(struct table *t)
{
	const size_t size = 2 * t->size;
	struct node **slots = calloc(size, sizeof *slots);
	if (!slots)
		return;
	for (size_t i = 0; i < t->size; i++)
		for (struct node *k = t->slots[i], *next; k; k = next) {
			next = k->next;
			k->next = slots[k->hash & (size - 1)];
			slots[k->hash & (size - 1)] = k;
		}
	free(t->slots);
	t->slots = slots;
	t->size = size;
}

void
table_put(struct table *t, struct node *k, uint64_t hash)
{
	if (t->n >= t->size)
		table_grow(t);
	struct node **at = &t->slots[hash & (t->size - 1)];
	k->hash = hash;
	k->next = *at;
	*at = k;
	t->n++;
}

void
table_out(struct table *t, struct node *k)
{
	struct node **at = &t->slots[k->hash & (t->size - 1)];
	while (*at != k)
		at = &(*at)->next;
	*at = k->next;
	t->n--;
}

struct name *
name_new(const char *s)
{
	const size_t n = s ? strnlen(s, LETTER_NAME - 1) : 0;
	struct name *name = n ? malloc(sizeof *name + n + 1) : NULL;
	if (!name)
		return NULL;
	name->refs = 1;
	memcpy(name->s, s, n);
	name->s[n] = 0;
	return name;
}

struct name *
name_ref(struct name *n)
{
	if (n)
		n->refs++;
	return n;
}

void
name_unref(struct name *n)
{
	if (n && --n->refs == 0)
		free(n);
}

const char *
name_of(const struct name *n)
{
	return n ? n->s : "";
}

/* Of peers' own choice are sessions, names and numbers: without the secret they cannot be chosen to collide. */
uint64_t
key_hash(const struct broker *b, const void *session)
{
	uint64_t x[2];
	memcpy(x, session, sizeof x);
	return rng_mix(rng_mix(b->secret ^ x[0]) + x[1]);
}

/* --- services ------------------------------------------------------------------------------ */

static struct service *
service_new(struct broker *b, const char *name, uint64_t hash)
{
	struct service *v = calloc(1, sizeof *v);
	if (!v)
		return NULL;
	snprintf(v->name, sizeof v->name, "%s", name);
	list_init(&v->workers);
	list_init(&v->senders);
	list_init(&v->hungry[0]);
	list_init(&v->hungry[1]);
	for (int i = 0; i < PRIORITIES; i++)
		list_init(&v->ring[i]);
	for (int i = 0; i <= COPIES; i++)
		list_init(&v->leased[i]);
	list_last(&b->services, &v->all);
	list_last(&b->idle, &v->idle);
	b->n_idle++;
	b->n_services++;
	table_put(&b->names, &v->node, hash);
	return v;
}

static struct service *
service_of(struct broker *b, const char *name)
{
	uint64_t h = b->secret;
	if (!*name)
		name = "main";
	for (const char *s = name; *s; s++)
		h = rng_mix(h ^ (uint8_t)*s);
	for (struct node *k = table_at(&b->names, h); k; k = table_same(k->next, h))
		if (!strcmp(OF(k, struct service, node)->name, name))
			return OF(k, struct service, node);
	return service_new(b, name, h);
}

/* Somebody came (1) or went (-1). */
static void
service_count(struct broker *b, struct service *v, size_t *n, int sign)
{
	*n += (size_t)sign;
	const bool idle = !v->n_workers && !v->n_senders;
	if (idle && !v->idle.next) {
		list_last(&b->idle, &v->idle);
		b->n_idle++;
	} else if (!idle && v->idle.next) {
		list_out(&v->idle);
		b->n_idle--;
	}
	if (b->n_idle <= IDLE_SERVICES)
		return;
	v = FIRST(&b->idle, struct service, idle);
	list_out(&v->idle);
	list_out(&v->all);
	list_out(&v->changed);
	table_out(&b->names, &v->node);
	b->n_idle--;
	b->n_services--;
	free(v);
}

/* --- connections --------------------------------------------------------------------------- */

static uint64_t
id_hash(const struct broker *b, uint64_t id)
{
	return rng_mix(b->secret ^ id);
}

struct peer *
peer_find(const struct broker *b, uint64_t id)
{
	const uint64_t h = id_hash(b, id);
	for (struct node *k = table_at(&b->peers, h); k; k = table_same(k->next, h))
		if (OF(k, struct peer, node)->id == id)
			return OF(k, struct peer, node);
	return NULL;
}

struct peer *
peer_new(struct broker *b, uint64_t id)
{
	struct peer *p = b->n_strangers < STRANGERS ? calloc(1, sizeof *p) : NULL;
	if (!p)
		return NULL;
	p->id = id;
	p->heard = b->now;
	table_put(&b->peers, &p->node, id_hash(b, id));
	list_last(&b->heard[LETTER_NOBODY], &p->by_heard);
	b->n_strangers++;
	return p;
}

void
peer_role(struct broker *b, struct peer *p, enum letter_role role)
{
	*(p->role ? &b->n_peers : &b->n_strangers) -= 1;
	p->role = role;
	*(p->role ? &b->n_peers : &b->n_strangers) += 1;
	list_last(&b->heard[role], &p->by_heard);
}

/* Who it stood for is gone or elsewhere by now. */
void
peer_free(struct broker *b, struct peer *p)
{
	if (b->shown == p) {
		b->shown = NULL;
		b->showing = false;
		if (b->shown_lease && !b->shown_lease->job)
			lease_free(b, b->shown_lease);
		b->shown_lease = NULL;
		b->shown_job = NULL;
	}
	*(p->role ? &b->n_peers : &b->n_strangers) -= 1;
	list_out(&p->by_heard);
	list_out(&p->mail);
	table_out(&b->peers, &p->node);
	free(p);
}

void
peer_ready(struct broker *b, struct peer *p)
{
	if (!p->mail.next)
		list_last(&b->ready, &p->mail);
}

void
peer_owe(struct broker *b, struct peer *p, unsigned what)
{
	p->owed |= what;
	peer_ready(b, p);
}

/* --- senders ------------------------------------------------------------------------------- */

struct session *
session_find(const struct broker *b, const uint8_t *session)
{
	const uint64_t h = key_hash(b, session);
	for (struct node *k = table_at(&b->sessions, h); k; k = table_same(k->next, h))
		if (!memcmp(OF(k, struct session, node)->id, session, LETTER_SESSION))
			return OF(k, struct session, node);
	return NULL;
}

static struct session *
session_begin(struct broker *b, struct service *v, const struct letter *l)
{
	struct session *s = calloc(1, sizeof *s);
	if (!s)
		return NULL;
	memcpy(s->id, l->session, sizeof s->id);
	s->service = v;
	list_init(&s->waiting);
	list_init(&s->picky);
	list_init(&s->leased);
	list_init(&s->done);
	const uint64_t h = key_hash(b, s->id);
	s->salt = rng_mix(h ^ b->secret);
	table_put(&b->sessions, &s->node, h);
	list_last(&v->senders, &s->all);
	service_count(b, v, &v->n_senders, 1);
	return s;
}

void
session_forget(struct broker *b, struct session *s)
{
	struct service *v = s->service;
	struct link *lists[] = {&s->waiting, &s->picky, &s->leased, &s->done};
	for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
		while (!list_empty(lists[i]))
			job_free(b, FIRST(lists[i], struct job, in_session));
	if (s->peer)
		s->peer->session = NULL;
	else
		b->n_gone--;
	list_out(&s->gone);
	session_changed(b, s);
	table_out(&b->sessions, &s->node);
	list_out(&s->all);
	free(s->missing);
	free(s);
	service_count(b, v, &v->n_senders, -1);
}

void
session_lost(struct broker *b, struct session *s)
{
	broker_say(b, false, "sender '%s' is gone with %" PRIu64 " takes", s->name, s->takes);
	s->peer->session = NULL;
	s->peer = NULL;
	s->gone_at = b->now;
	list_last(&b->gone, &s->gone);
	b->n_gone++;
	if (!s->takes && !s->results)
		session_forget(b, s); /* nothing to come back for */
	else
		session_changed(b, s);
}

/* --- workers ------------------------------------------------------------------------------- */

static struct hand *
hand_begin(struct broker *b, struct peer *p, struct service *v, const struct letter *l)
{
	struct hand *w = calloc(1, sizeof *w);
	if (!w || !(w->name = name_new(*l->name ? l->name : "?"))) {
		free(w);
		return NULL;
	}
	w->service = v;
	w->peer = p;
	w->self = l->has_session ? key_hash(b, l->session) : 0;
	w->salt = rng_mix(b->secret ^ rng_mix(p->id) ^ b->epoch);
	w->credits = l->credits < LETTER_RANGES ? l->credits : LETTER_RANGES; /* so that a beat can list them */
	w->room = l->room;
	list_init(&w->leases);
	list_init(&w->unsent);
	list_last(&v->workers, &w->all);
	if (w->self)
		table_put(&b->hands, &w->node, w->self);
	service_count(b, v, &v->n_workers, 1);
	hand_changed(b, w);
	return w;
}

void
hand_end(struct broker *b, struct hand *w, bool vanished)
{
	struct service *v = w->service;
	const uint32_t held = w->held;
	if (vanished)
		broker_say(b, held > 0, "worker '%s' is gone: %" PRIu32 " leases go back", w->name->s, held);
	else
		broker_say(b, false, "worker '%s' leaves: %" PRIu32 " leases go back", w->name->s, held);
	w->peer->hand = NULL;
	w->peer = NULL;
	hand_changed(b, w);
	list_out(&w->all);
	if (w->self)
		table_out(&b->hands, &w->node);
	if (v->kept == w)
		v->kept = NULL;
	v->n_workers--; /* from now on another one is another one */
	while (!list_empty(&w->leases)) {
		/* the newest first, each to the front */
		struct lease *l = OF(w->leases.prev, struct lease, in_hand);
		lease_return(b, l, vanished ? STRIKE_VANISHED : STRIKE_NONE, "its worker vanished");
	}
	v->n_workers++;
	service_count(b, v, &v->n_workers, -1);
	name_unref(w->name);
	free(w);
}

/* --- hello ---------------------------------------------------------------------------------- */

/* Whoever it stood for has left. */
static void
peer_leave(struct broker *b, struct peer *p)
{
	if (p->hand)
		hand_end(b, p->hand, false);
	if (p->session)
		session_forget(b, p->session);
	p->hand = NULL;
	p->session = NULL;
}

static const char *
objection(const struct broker *b, const struct peer *p, const struct letter *l)
{
	if (l->version != LETTER_VERSION)
		return "the queue and you are not of one version";
	if (l->role == LETTER_NOBODY)
		return "a peer is a sender, a worker or a watcher";
	if (l->role == LETTER_SENDER && !l->has_session)
		return "a sender has a session";
	if (!p->role && b->n_peers + b->n_gone >= b->set.peers
	    && !(l->role == LETTER_SENDER && session_find(b, l->session)))
		return "the queue is full";
	return NULL;
}

static struct session *
hello_session(struct broker *b, struct peer *p, const struct letter *l)
{
	struct session *s = session_find(b, l->session);
	if (s && strcmp(s->service->name, *l->service ? l->service : "main")) {
		session_forget(b, s);
		s = NULL;
	}
	if (s && s->peer && s->peer != p) { /* its connection from before */
		struct peer *old = s->peer;
		old->session = NULL;
		s->peer = NULL;
		peer_free(b, old);
	} else if (s && !s->peer) {
		list_out(&s->gone);
		b->n_gone--;
		broker_say(b, false, "sender '%s' is back", s->name);
	} else if (!s) {
		struct service *v = service_of(b, l->service);
		s = v ? session_begin(b, v, l) : NULL;
		if (!s)
			return NULL;
		broker_say(b, false, "sender '%s' is here: %s, priority %" PRIu32, l->name, v->name, l->priority);
	}
	snprintf(s->name, sizeof s->name, "%s", l->name);
	s->peer = p;
	s->asked_at = INT64_MIN / 2;
	/* into the ring of what may be another priority */
	if (s->ring.next) {
		list_out(&s->ring);
		s->service->n_ring--;
	}
	s->priority = l->priority < PRIORITIES ? l->priority : PRIORITIES - 1;
	session_changed(b, s);
	return s;
}

void
broker_hello(struct broker *b, struct peer *p, uint64_t id, const struct letter *l)
{
	if (!p && !(p = peer_new(b, id)))
		return;
	struct letter known = *l;
	if (l->role == LETTER_SENDER && l->has_session)
		letter_alias(l->session, known.session); /* from here on it has no other name */
	l = &known;
	const char *why = objection(b, p, l);
	const bool same = p->session && l->role == LETTER_SENDER && l->has_session
	    && !memcmp(p->session->id, l->session, LETTER_SESSION);
	if (why || !same)
		peer_leave(b, p);
	p->owed = 0; /* what it was owed, it was owed as somebody else */
	if (!why) {
		peer_role(b, p, l->role);
		struct service *v = l->role == LETTER_WORKER ? service_of(b, l->service) : NULL;
		if (l->role == LETTER_SENDER)
			p->session = hello_session(b, p, l);
		else if (v)
			p->hand = hand_begin(b, p, v, l);
		if (!p->session && !p->hand && l->role != LETTER_WATCHER)
			why = "the queue is out of memory";
	}
	if (why) {
		b->refused++;
		broker_say(b, true, "%s '%s' is refused: %s", letter_role_name(l->role), l->name, why);
		peer_role(b, p, LETTER_NOBODY);
		p->refusal = why;
		peer_owe(b, p, OWES_REFUSED);
		return;
	}
	if (p->hand)
		broker_say(b, false, "worker '%s' is here: %s, %" PRIu32 " credits", p->hand->name->s, p->hand->service->name,
		    p->hand->credits);
	peer_owe(b, p, OWES_WELCOME);
}
