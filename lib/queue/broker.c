/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The steps of the broker. What is in the other files changes the
 * state; at the end of a step takes are handed out where something has changed.
 */
#include "queue/broker.h"

#include <sodium.h>
#include <stdlib.h>

#include "queue/broker_inside.h"

enum {
	SECOND = 1000000, MILLISECOND = 1000, /* in microseconds */
	LOOKED_UP = 1 << 17, /* numbers of a beat at most; they come oldest first, the rest has its turn later */
};

struct broker *
broker_new(const struct broker_settings *set, uint64_t epoch)
{
	struct broker *b = calloc(1, sizeof *b);
	if (!b)
		return NULL;
	b->set = *set;
	b->set.beat = set->beat > 0 ? set->beat : SECOND;
	b->set.silence = set->silence > 0 ? set->silence : 5 * b->set.beat;
	b->set.hedge = set->hedge > 0 ? set->hedge : SECOND;
	b->set.limit = set->limit ? set->limit : (uint64_t)1 << 30;
	b->set.peers = set->peers ? set->peers : 16384;
	b->epoch = epoch;
	b->now = INT64_MIN;
	b->log_tokens = LOG_BURST;
	b->log_read = true;
	/* moves things about in the tables, and nothing that is seen outside */
	randombytes_buf(&b->secret, sizeof b->secret);
	for (int i = 0; i <= LETTER_WATCHER; i++)
		list_init(&b->heard[i]);
	struct link *lists[] = {&b->gone, &b->ready, &b->stalled, &b->services, &b->changed, &b->idle};
	for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
		list_init(lists[i]);
	b->mail = calloc(1, sizeof *b->mail + LETTER_HEAD);
	if (!b->mail || table_init(&b->peers) < 0 || table_init(&b->sessions) < 0 || table_init(&b->names) < 0
	    || table_init(&b->takes) < 0 || table_init(&b->leases) < 0 || table_init(&b->hands) < 0) {
		broker_free(b);
		return NULL;
	}
	return b;
}

static void
free_peers(struct broker *b)
{
	for (int i = 0; i <= LETTER_WATCHER; i++)
		while (!list_empty(&b->heard[i])) {
			struct peer *p = FIRST(&b->heard[i], struct peer, by_heard);
			if (p->session)
				session_forget(b, p->session);
			if (p->hand)
				hand_end(b, p->hand, false);
			peer_free(b, p);
		}
	while (!list_empty(&b->gone))
		session_forget(b, FIRST(&b->gone, struct session, gone));
}

void
broker_free(struct broker *b)
{
	if (!b)
		return;
	free_peers(b);
	while (!list_empty(&b->services)) {
		struct service *v = FIRST(&b->services, struct service, all);
		list_out(&v->all);
		free(v);
	}
	if (b->mail)
		parcel_unref(b->mail->body);
	free(b->mail);
	parcel_unref(b->status);
	struct table *tables[] = {&b->peers, &b->sessions, &b->names, &b->takes, &b->leases, &b->hands};
	for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
		free(tables[i]->slots);
	free(b);
}

/* --- letters that came ---------------------------------------------------------------------- */

/* Leases that the worker has been sent and does not hold. Who asks without end is not answered each time. */
static void
hand_take_back(struct broker *b, struct hand *w, const struct letter *l)
{
	struct link lost;
	size_t i = 0;
	if (b->now - w->walked < w->held)
		return;
	w->walked = b->now;
	list_init(&lost);
	for (struct link *k = w->leases.next, *next; k != &w->leases; k = next) {
		struct lease *e = OF(k, struct lease, in_hand);
		next = k->next;
		if (!e->sent || e->serial > l->serial)
			break;
		while (i < l->n_ranges && l->ranges[i].first <= e->serial && e->serial - l->ranges[i].first >= l->ranges[i].n)
			i++;
		if (i == l->n_ranges || e->serial < l->ranges[i].first)
			list_last(&lost, k);
	}
	while (!list_empty(&lost)) /* the newest first, each to the front */
		lease_return(b, OF(lost.prev, struct lease, in_hand), STRIKE_RETURNED, "its worker sent it back");
}

static void
hand_beat(struct broker *b, struct hand *w, const struct letter *l)
{
	hand_take_back(b, w, l);
	w->credits = l->credits < LETTER_RANGES ? l->credits : LETTER_RANGES;
	hand_changed(b, w);
}

/* Numbers that the sender waits for and we do not have. */
static void
session_beat(struct broker *b, struct session *s, const struct letter *l)
{
	size_t looked_up = 0;
	if (s->peer->owed & OWES_BEAT)
		return; /* it has not fetched the last answer */
	s->beat = l->number;
	s->n_missing = 0;
	if (b->now - s->asked_at < b->set.beat / 4 || (!s->missing && !(s->missing = calloc(MISSING, sizeof *s->missing))))
		return;
	s->asked_at = b->now;
	for (size_t i = 0; i < l->n_ranges; i++)
		for (uint64_t k = 0; k < l->ranges[i].n; k++) {
			const uint64_t number = l->ranges[i].first + k;
			if (++looked_up > LOOKED_UP)
				return;
			if (!job_find(b, s, number) && !ranges_add(s->missing, &s->n_missing, MISSING, number))
				return;
		}
}

/* Whether it was one that this peer may send. */
static bool
hear(struct broker *b, struct peer *p, const struct letter *l)
{
	struct session *s = p->session;
	struct hand *w = p->hand;
	const bool names_take = l->number && (s || l->has_session);
	switch (l->kind) {
	case LETTER_TAKE:
		if (!s || !l->number || !l->body)
			return false;
		job_accept(b, s, l);
		return true;
	case LETTER_RESULT:
		if (!w || !names_take || !l->body)
			return false;
		result_accept(b, w, l);
		return true;
	case LETTER_FAILED:
		if (!w || !names_take)
			return false;
		failure_accept(b, w, l);
		return true;
	case LETTER_BEAT:
		if (w)
			hand_beat(b, w, l);
		if (s)
			session_beat(b, s, l);
		if (w || s)
			peer_owe(b, p, OWES_BEAT);
		return true;
	case LETTER_STATUS:
		peer_owe(b, p, OWES_STATUS);
		return true;
	case LETTER_ALARM:
		if (!s)
			return false;
		b->alarms++;
		broker_say(b, true, BROKER_ALARM "sender '%s': %s", s->name, l->text);
		return true;
	default:
		return false;
	}
}

/* The connection is over; who it stood for has left, or may come back. */
static void
peer_over(struct broker *b, struct peer *p, bool left)
{
	if (p->hand)
		hand_end(b, p->hand, !left);
	if (p->session && left) {
		broker_say(b, false, "sender '%s' leaves", p->session->name);
		session_forget(b, p->session);
	} else if (p->session) {
		session_lost(b, p->session);
	}
	peer_free(b, p);
}

static struct peer *
peer_alive(struct broker *b, uint64_t id)
{
	struct peer *p = peer_find(b, id);
	if (p && p->role) {
		p->heard = b->now;
		list_last(&b->heard[p->role], &p->by_heard);
	}
	return p;
}

static void
step_letter(struct broker *b, uint64_t id, const struct letter *l)
{
	struct peer *p = peer_alive(b, id);
	if (l->kind == LETTER_HELLO) {
		broker_hello(b, p, id, l);
	} else if (l->kind == LETTER_BYE) {
		if (p && p->role)
			peer_over(b, p, true);
	} else if (p && p->role) {
		b->bad += !hear(b, p, l);
	} else {
		b->bad++;
		if (p || (p = peer_new(b, id)))
			peer_owe(b, p, OWES_WHO);
	}
}

static void
step_bad(struct broker *b, uint64_t id)
{
	const struct peer *p = peer_find(b, id);
	const char *name = p && p->hand ? p->hand->name->s : p && p->session ? p->session->name : "a stranger";
	b->bad++;
	broker_say(b, true, "what '%s' sent is no letter", name);
}

/* What has to be looked at now and then, four times in this. */
static int64_t
often(const struct broker *b)
{
	const int64_t t = b->set.beat < b->set.hedge ? b->set.beat : b->set.hedge;
	return t > 4 * MILLISECOND ? t : 4 * MILLISECOND;
}

static void
step_tick(struct broker *b)
{
	struct peer *p;
	while ((p = FIRST(&b->stalled, struct peer, mail))) {
		p->stalled = false;
		list_out(&p->mail);
		peer_ready(b, p);
		if (p->hand)
			hand_changed(b, p->hand);
	}
	for (int role = LETTER_NOBODY; role <= LETTER_WATCHER; role++)
		while ((p = FIRST(&b->heard[role], struct peer, by_heard)) && b->now - p->heard > b->set.silence)
			peer_over(b, p, false);
	struct session *s;
	while ((s = FIRST(&b->gone, struct session, gone)) && b->now - s->gone_at > b->set.silence) {
		broker_say(b, false, "sender '%s' does not come back: %llu takes are dropped", s->name,
		    (unsigned long long)s->takes);
		session_forget(b, s);
	}
	b->ticked = b->now;
	if (b->now - b->dealt < often(b) / 4)
		return;
	b->dealt = b->now;
	broker_deal(b, true);
}

/* Often enough not to wait for, seldom enough for a thousand workers whose connections end one by one. */
static int64_t
probe_pause(const struct broker *b)
{
	return 5 * MILLISECOND + 50 * (int64_t)b->n_peers;
}

/* Each end of a connection is probed for twice: the transport hears of it a moment before the peer cannot
   be reached any more, and what is sent in between is lost without a word. */
static void
probe(struct broker *b)
{
	if (b->now - b->probed < probe_pause(b))
		return;
	b->probed = b->now;
	b->probes--;
	for (int role = LETTER_SENDER; role <= LETTER_WORKER; role++)
		for (struct link *k = b->heard[role].next; k != &b->heard[role]; k = k->next) {
			struct peer *p = OF(k, struct peer, by_heard);
			if (p->session && !(p->owed & OWES_BEAT)) {
				p->session->beat = 0;
				p->session->n_missing = 0;
			}
			peer_owe(b, p, OWES_BEAT);
		}
}

/* --- steps ---------------------------------------------------------------------------------- */

/* Time does not go back. */
void
broker_at(struct broker *b, int64_t now)
{
	if (b->now == INT64_MIN) {
		b->began = b->ticked = b->dealt = b->log_at = b->now = now;
		b->probed = INT64_MIN / 2;
	}
	b->now = now > b->now ? now : b->now;
}

void
broker_step(struct broker *b, const struct broker_event *e, int64_t now)
{
	broker_at(b, now);
	switch (e->what) {
	case BROKER_LETTER:
		step_letter(b, e->peer, e->letter);
		break;
	case BROKER_BAD:
		step_bad(b, e->peer);
		break;
	case BROKER_GONE: {
		struct peer *p = peer_find(b, e->peer);
		if (p)
			peer_over(b, p, false);
		break;
	}
	case BROKER_TICK:
		step_tick(b);
		break;
	case BROKER_SENT:
		broker_sent(b);
		break;
	case BROKER_STALLED:
		broker_stalled(b);
		break;
	case BROKER_PROBE:
		b->probes = 2;
		break;
	case BROKER_STIRS:
		peer_alive(b, e->peer);
		break;
	case BROKER_REFUSED:
		b->refused++;
		broker_say(b, true, "%s", e->text);
		break;
	}
	if (b->probes)
		probe(b);
	broker_deal(b, false);
}

int64_t
broker_due(const struct broker *b)
{
	if (b->now == INT64_MIN)
		return 0;
	if (!list_empty(&b->stalled))
		return b->ticked + MILLISECOND;
	if (b->probes)
		return b->probed + probe_pause(b);
	return b->ticked + often(b) / 4;
}

uint64_t
broker_depth(const struct broker *b)
{
	return b->depth;
}
