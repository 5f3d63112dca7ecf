/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Takes and leases: what becomes of them. A take is WAITING in a list of its
 * session, LEASED in one of its service (by how many workers hold a copy, as they
 * were handed out, which is the order in which they may be hedged), then DONE in its
 * session's list of what is to be told.
 */
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "queue/broker_inside.h"

enum { RETURNS = 4 }; /* so often a take may come back from workers that did not want it, before that is a strike */

static uint64_t
job_hash(const struct session *s, uint64_t number)
{
	return rng_mix(s->salt ^ number);
}

struct job *
job_find(const struct broker *b, const struct session *s, uint64_t number)
{
	const uint64_t h = job_hash(s, number);
	for (struct node *k = table_at(&b->takes, h); k; k = table_same(k->next, h)) {
		struct job *t = OF(k, struct job, node);
		if (t->session == s && t->number == number)
			return t;
	}
	return NULL;
}

static uint64_t
lease_hash(const struct hand *w, uint64_t serial)
{
	return rng_mix(w->salt ^ serial);
}

struct lease *
lease_find(const struct broker *b, const struct hand *w, uint64_t serial)
{
	const uint64_t h = lease_hash(w, serial);
	for (struct node *k = table_at(&b->leases, h); k; k = table_same(k->next, h)) {
		struct lease *l = OF(k, struct lease, node);
		if (l->hand == w && l->serial == serial)
			return l;
	}
	return NULL;
}

/* --- takes --------------------------------------------------------------------------------- */

/* Counts a take in or, undoing that, out. */
static void
count_job(struct broker *b, struct session *s, const struct job *t, bool in)
{
	const uint64_t n = t->body->n, sign = in ? 1 : UINT64_MAX;
	b->n_active -= s->takes > 0;
	s->takes += sign;
	b->n_active += s->takes > 0;
	s->bodies += sign * n;
	s->bytes += sign * (n + COST);
	b->take_bytes += sign * (n + COST);
	b->depth += sign;
}

static void
count_result(struct broker *b, struct session *s, const struct job *t, bool in)
{
	const uint64_t n = (t->body ? t->body->n : 0) + COST, sign = in ? 1 : UINT64_MAX;
	s->results += sign;
	s->result_bytes += sign * n;
	b->result_bytes += sign * n;
}

static void
job_wait(struct broker *b, struct job *t, bool front)
{
	struct session *s = t->session;
	struct link *list = t->avoid ? &s->picky : &s->waiting;
	t->state = WAITING;
	t->since = b->now;
	list_out(&t->in_session);
	if (front)
		list_after(list, &t->in_session);
	else
		list_last(list, &t->in_session);
	s->service->waiting++;
	session_changed(b, s);
}

/* Out of the lists that its state put it in. */
static void
job_unplace(struct job *t)
{
	struct service *v = t->session->service;
	v->waiting -= t->state == WAITING;
	v->n_leased -= t->state == LEASED;
	list_out(&t->in_session);
	list_out(&t->in_service);
	if (v->solo == t)
		v->solo = NULL;
}

static void
detach(struct lease *l)
{
	struct job *t = l->job;
	struct lease **p = &t->copies;
	while (*p != l)
		p = &(*p)->next;
	*p = l->next;
	t->n_copies--;
	l->job = NULL;
}

void
lease_free(struct broker *b, struct lease *l)
{
	struct hand *w = l->hand;
	if (l->job)
		detach(l);
	if (b->shown_lease == l)
		b->shown_lease = NULL;
	list_out(&l->in_hand);
	list_out(&l->unsent);
	table_out(&b->leases, &l->node);
	w->held--;
	w->solo -= l->solo;
	w->overdue -= l->overdue;
	w->bytes -= l->bytes;
	hand_changed(b, w);
	free(l);
}

/* The take needs its workers no longer; what was sent stays theirs until they answer. */
static void
job_orphan(struct broker *b, struct job *t)
{
	for (struct lease *l = t->copies, *next; l; l = next) {
		next = l->next;
		detach(l);
		l->overdue = true;
		l->hand->overdue++;
		if (!l->sent && b->shown_lease != l)
			lease_free(b, l);
		else
			hand_changed(b, l->hand);
	}
}

void
job_free(struct broker *b, struct job *t)
{
	struct session *s = t->session;
	job_orphan(b, t);
	job_unplace(t);
	if (t->state == DONE)
		count_result(b, s, t, false);
	else
		count_job(b, s, t, false);
	if (t->known)
		table_out(&b->takes, &t->node);
	if (b->shown_job == t)
		b->shown_job = NULL;
	parcel_unref(t->body);
	name_unref(t->avoid);
	name_unref(t->by);
	free(t->why);
	free(t);
}

/* Everybody may always have one, to get on; but all who have no more than a huge one do not get more than twice
   the limit. */
static bool
too_much(const struct broker *b, const struct session *s, uint64_t its, uint64_t all, uint64_t cost)
{
	const uint64_t limit = b->set.limit;
	if (its)
		return its + cost > session_share(b, s) || all + cost > limit;
	return all && cost > limit / 1024 && all + cost > 2 * limit;
}

void
job_accept(struct broker *b, struct session *s, const struct letter *l)
{
	const uint64_t cost = l->body->n + COST;
	if (job_find(b, s, l->number))
		return; /* sent again for nothing, or its result is about to leave */
	if (too_much(b, s, s->takes ? s->bytes : 0, b->take_bytes, cost))
		return; /* dropped: asked for again with the next beat */
	struct job *t = calloc(1, sizeof *t);
	if (!t)
		return;
	t->session = s;
	t->number = l->number;
	t->sum = l->sum;
	t->body = parcel_ref(l->body);
	t->avoid = name_new(l->avoid);
	t->known = true;
	table_put(&b->takes, &t->node, job_hash(s, t->number));
	count_job(b, s, t, true);
	job_wait(b, t, false);
}

/* It is over, and its sender has to be told. body: the result; NULL: it has failed. */
static void
job_finish(struct broker *b, struct job *t, const struct letter *l, struct parcel *body)
{
	struct session *s = t->session;
	job_orphan(b, t);
	job_unplace(t);
	count_job(b, s, t, false);
	parcel_unref(t->body);
	t->body = parcel_ref(body);
	t->state = DONE;
	t->good = body;
	t->sum = l ? l->sum : 0;
	t->seconds = l ? l->seconds : 0;
	count_result(b, s, t, true);
	list_last(&s->done, &t->in_session);
	if (s->peer)
		peer_ready(b, s->peer);
	session_changed(b, s);
}

/* One copy of it has ended without a result. Others may work on it, perhaps for ever. */
static void
job_settle(struct broker *b, struct job *t)
{
	struct service *v = t->session->service;
	if (t->n_copies && t->strikes < STRIKES) {
		t->since = b->now;
		list_last(&v->leased[t->n_copies], &t->in_service);
		return;
	}
	if (t->strikes < STRIKES) {
		job_unplace(t);
		job_wait(b, t, true);
		return;
	}
	v->poisoned++;
	t->session->n_failed++;
	broker_say(b, true, "a take of sender '%s' is given up after %u attempts: %s", t->session->name, t->attempts,
	    t->why ? t->why : "");
	job_finish(b, t, NULL, NULL);
}

/* --- leases -------------------------------------------------------------------------------- */

bool
lease_new(struct broker *b, struct hand *w, struct job *t)
{
	struct service *v = w->service;
	struct session *s = t->session;
	struct lease *l = calloc(1, sizeof *l);
	if (!l)
		return false;
	if (t->state == WAITING) {
		job_unplace(t);
		t->state = LEASED;
		v->n_leased++;
		list_last(&s->leased, &t->in_session);
		session_changed(b, s);
	} else {
		v->hedged++;
	}
	t->since = l->at = b->now;
	t->attempts++;
	t->n_copies++;
	list_last(&v->leased[t->n_copies], &t->in_service);
	l->next = t->copies;
	t->copies = l;
	l->job = t;
	l->hand = w;
	l->serial = ++w->serial;
	l->number = t->number;
	l->bytes = t->body->n;
	l->solo = job_solo(t);
	w->solo += l->solo;
	memcpy(l->session, s->id, sizeof l->session);
	w->held++;
	w->bytes += l->bytes;
	list_last(&w->leases, &l->in_hand);
	list_last(&w->unsent, &l->unsent);
	table_put(&b->leases, &l->node, lease_hash(w, l->serial));
	peer_ready(b, w->peer);
	hand_changed(b, w);
	return true;
}

void
lease_sent(struct lease *l)
{
	l->sent = true;
	list_out(&l->unsent);
	l->hand->sent = l->serial;
}

/* A worker whose connection was lost is no sign that its takes are bad, if it lives. */
static void
count_doubt(const struct broker *b, struct job *t, const struct hand *w)
{
	if (t->doubt && t->doubt != w->self && !table_at(&b->hands, t->doubt)) {
		t->strikes += STRIKE_VANISHED;
		t->lost++;
	}
	t->doubt = 0;
}

void
lease_return(struct broker *b, struct lease *l, int strike, const char *why)
{
	struct job *t = l->job;
	struct hand *w = l->hand;
	if (!t || !l->sent) {
		lease_free(b, l);
		if (t)
			job_settle(b, t);
		return;
	}
	struct service *v = t->session->service;
	v->failed += strike == STRIKE_FAILED;
	v->vanished += strike == STRIKE_VANISHED;
	if (strike == STRIKE_RETURNED && t->returns && letter_sum(t->body->bytes, t->body->n) != t->sum) {
		/* no worker will ever want it; the first to send it back may have had other reasons */
		broker_say(b, true, "a take of sender '%s' came garbled, and is asked for again", t->session->name);
		lease_free(b, l);
		job_free(b, t);
		return;
	}
	const bool vanished = strike == STRIKE_VANISHED;
	if (strike == STRIKE_RETURNED)
		strike = ++t->returns > RETURNS ? STRIKE_VANISHED : STRIKE_NONE;
	name_unref(t->avoid);
	t->avoid = name_ref(w->name);
	count_doubt(b, t, w);
	if (vanished && w->self) {
		t->doubt = w->self;
	} else {
		t->strikes += (unsigned)strike;
		t->lost += vanished;
	}
	if (strike) {
		name_unref(t->by);
		t->by = name_ref(w->name);
		free(t->why);
		t->why = strndup(why && *why ? why : "it was not said why", COST / 2);
	}
	lease_free(b, l);
	job_settle(b, t);
}

/* The lease that a worker answers: the serial alone proves nothing. */
static struct lease *
lease_answered(const struct broker *b, const struct hand *w, const struct letter *l)
{
	struct lease *k = lease_find(b, w, l->serial);
	return k && k->sent && k->number == l->number && !memcmp(k->session, l->session, LETTER_SESSION) ? k : NULL;
}

void
failure_accept(struct broker *b, struct hand *w, const struct letter *l)
{
	struct lease *k = lease_answered(b, w, l);
	if (!k)
		return;
	w->n_failed++;
	lease_return(b, k, STRIKE_FAILED, l->text);
}

/* A result that is not, or no longer, waited for: its sender compares. */
static void
result_more(struct broker *b, struct hand *w, struct session *s, const struct letter *l, bool known)
{
	struct job *t = calloc(1, sizeof *t);
	if (!t)
		return;
	t->session = s;
	t->number = l->number;
	t->sum = l->sum;
	t->seconds = l->seconds;
	t->body = parcel_ref(l->body);
	t->by = name_ref(w->name);
	t->state = DONE;
	t->good = true;
	if ((t->known = !known))
		table_put(&b->takes, &t->node, job_hash(s, t->number));
	count_result(b, s, t, true);
	list_last(&s->done, &t->in_session);
	if (s->peer)
		peer_ready(b, s->peer);
	session_changed(b, s);
}

void
result_accept(struct broker *b, struct hand *w, const struct letter *l)
{
	struct lease *k = lease_answered(b, w, l);
	struct service *v = w->service;
	struct job *t = NULL;
	if (k) {
		/* a worker cannot have worked longer than it had the take */
		const double age = (double)(b->now - k->at) * 1e-6;
		const double x = l->seconds > 0 && l->seconds < age ? l->seconds : l->seconds > 0 ? age : 0;
		v->recent[v->measured++ % RECENT] = x;
		v->usual = -1;
		v->seconds += (x - v->seconds) / (double)(v->measured < 16 ? v->measured : 16);
		w->n_done++;
		rate_hit(&w->rate, b->now);
		t = k->job;
		lease_free(b, k);
	}
	struct session *s = session_find(b, l->session);
	if (!s)
		return;
	if (!t)
		t = job_find(b, s, l->number);
	const bool first = t && t->state != DONE;
	b->twice += !first;
	if (t && t->state == DONE && t->good && t->sum == l->sum)
		return;
	const uint64_t cost = l->body->n + COST;
	if (too_much(b, s, s->results ? s->result_bytes : 0, b->result_bytes, cost)) {
		b->dropped++;
		if (first && t->state == LEASED)
			job_settle(b, t);
		return;
	}
	if (!first) {
		result_more(b, w, s, l, t);
		return;
	}
	v = s->service;
	v->done++;
	rate_hit(&v->rate, b->now);
	s->n_done++;
	rate_hit(&s->rate, b->now);
	name_unref(t->by);
	t->by = name_ref(w->name);
	job_finish(b, t, l, l->body);
}
