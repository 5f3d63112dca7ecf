/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Who gives, who wants, who gets what. A session with takes for a service stands in the
 * ring of its priority, a worker that wants some in the list of the hungry; both
 * are served in turn. What has somebody to avoid may have to wait for another,
 * and others go first; where nothing waits, what is late is handed out once more.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "queue/broker_inside.h"

/* --- bytes ------------------------------------------------------------------------------- */

uint64_t
session_share(const struct broker *b, const struct session *s)
{
	const uint64_t n = b->n_active + !s->takes;
	return b->set.limit / (n ? n : 1);
}

/* As the sender counts, who knows of bodies only. */
uint64_t
session_room(const struct broker *b, const struct session *s)
{
	const uint64_t left = b->set.limit > b->take_bytes ? b->set.limit - b->take_bytes : 0, share = session_share(b, s);
	const uint64_t room = share < s->bytes + left ? share : s->bytes + left;
	return s->bytes ? (uint64_t)((double)room * ((double)s->bodies / (double)s->bytes)) : room;
}

/* --- who gives, who wants ------------------------------------------------------------------ */

static void
service_changed(struct broker *b, struct service *v)
{
	if (!v->changed.next)
		list_last(&b->changed, &v->changed);
}

/* It is there, and takes what it is given. */
static bool
session_open(const struct broker *b, const struct session *s)
{
	return s->peer && s->result_bytes <= session_share(b, s) / 2;
}

void
session_changed(struct broker *b, struct session *s)
{
	struct service *v = s->service;
	const bool gives = session_open(b, s) && !(list_empty(&s->waiting) && list_empty(&s->picky));
	if (gives && !s->ring.next) {
		list_last(&v->ring[s->priority], &s->ring);
		v->n_ring++;
	} else if (!gives && s->ring.next) {
		list_out(&s->ring);
		v->n_ring--;
	}
	if (gives)
		service_changed(b, v);
}

void
hand_changed(struct broker *b, struct hand *w)
{
	struct service *v = w->service;
	const bool wants = w->peer && !w->peer->stalled && !w->solo && w->held < w->credits && (!w->held || w->bytes < w->room);
	const bool last = w->overdue;
	v->n_hungry += wants - !!w->hungry.next;
	if (!wants)
		list_out(&w->hungry);
	else if (!w->hungry.next || w->last != last)
		list_last(&v->hungry[last], &w->hungry);
	w->last = last;
	if (wants)
		service_changed(b, v);
}

/* --- handing out --------------------------------------------------------------------------- */

static int
ascending(const void *pa, const void *pb)
{
	const double a = *(const double *)pa, b = *(const double *)pb;
	return (a > b) - (a < b);
}

/* How long a take is left with whom it is, or kept for whom it should go to. The median, as one slow worker among
   others makes a mean long. */
static int64_t
patience(const struct broker *b, struct service *v)
{
	if (v->usual < 0) {
		double sorted[RECENT];
		const size_t n = v->measured < RECENT ? v->measured : RECENT;
		memcpy(sorted, v->recent, sizeof sorted);
		qsort(sorted, n, sizeof *sorted, ascending);
		v->usual = sorted[(n - 1) / 2];
	}
	const double most = 4e6 * v->usual;
	return most > (double)b->set.hedge ? (int64_t)fmin(most, 1e15) : b->set.hedge;
}

static bool
avoids(const struct broker *b, const struct job *t, const struct hand *w)
{
	struct service *v = w->service;
	return t->avoid && !strcmp(t->avoid->s, w->name->s) && v->n_workers > 1
	    && b->now - t->since <= patience(b, v) << (2 * t->n_copies);
}

static bool
suits(const struct broker *b, const struct job *t, const struct hand *w)
{
	return (!w->held || (!job_solo(t) && w->bytes + t->body->n <= w->room)) && !avoids(b, t, w);
}

static struct job *
pick_from(const struct broker *b, const struct session *s, const struct hand *w)
{
	int tries = 0;
	for (struct link *k = s->picky.next; k != &s->picky && tries++ < TRIES; k = k->next) {
		struct job *t = OF(k, struct job, in_session);
		if (suits(b, t, w))
			return t;
		if (job_solo(t) && !w->service->solo && b->now - t->since > patience(b, w->service) << 2)
			w->service->solo = t;
	}
	struct job *t = FIRST(&s->waiting, struct job, in_session);
	return t && suits(b, t, w) ? t : NULL;
}

/* Whether this worker is kept for a take that wants one for itself, and finds none that is empty; if it does
   not get empty, another one is. */
static bool
is_kept(const struct broker *b, struct service *v, const struct hand *w)
{
	if (!v->solo || !session_open(b, v->solo->session))
		return false;
	const bool over = !v->kept || b->now - v->kept_at > patience(b, v) << 2;
	if (over && v->kept != w && !avoids(b, v->solo, w)) {
		v->kept = w;
		v->kept_at = b->now;
	}
	return v->kept == w;
}

static struct job *
pick(const struct broker *b, struct service *v, const struct hand *w)
{
	if (is_kept(b, v, w))
		return suits(b, v->solo, w) ? v->solo : NULL;
	for (int p = PRIORITIES; p-- > 0;) {
		struct session *s;
		for (int tries = 0; tries < TRIES && (s = FIRST(&v->ring[p], struct session, ring)); tries++) {
			struct job *t = pick_from(b, s, w);
			list_last(&v->ring[p], &s->ring);
			if (t)
				return t;
		}
	}
	return NULL;
}

static bool
late(const struct broker *b, struct service *v, const struct job *t)
{
	return b->now - t->since >= patience(b, v) << (t->n_copies - 1);
}

/* Whether a take has been leased for so long that somebody else should try. */
static bool
hedge_due(const struct broker *b, struct service *v)
{
	for (int c = 1; c < COPIES; c++) {
		const struct job *t = FIRST(&v->leased[c], struct job, in_service);
		if (t && late(b, v, t))
			return true;
	}
	return false;
}

static struct job *
pick_late(const struct broker *b, struct service *v, const struct hand *w)
{
	for (int c = 1; c < COPIES; c++) {
		int tries = 0;
		for (const struct link *k = v->leased[c].next; k != &v->leased[c] && tries++ < TRIES; k = k->next) {
			struct job *t = OF(k, struct job, in_service);
			bool holds = false;
			if (!late(b, v, t))
				break;
			for (const struct lease *l = t->copies; l; l = l->next)
				holds |= l->hand == w;
			if (!holds && suits(b, t, w) && session_open(b, t->session))
				return t;
		}
	}
	return NULL;
}

static void
deal(struct broker *b, struct service *v, size_t misses)
{
	struct hand *w;
	for (int last = 0; last < 2; last++) {
		size_t missed = 0;
		while ((w = FIRST(&v->hungry[last], struct hand, hungry)) && missed <= misses && (v->n_ring || hedge_due(b, v))) {
			struct job *t = v->n_ring ? pick(b, v, w) : pick_late(b, v, w);
			list_last(&v->hungry[last], &w->hungry);
			missed += !t || !lease_new(b, w, t);
		}
	}
}

void
broker_deal(struct broker *b, bool all)
{
	struct service *v;
	if (all)
		for (struct link *k = b->services.next; k != &b->services; k = k->next) {
			v = OF(k, struct service, all);
			deal(b, v, v->n_hungry);
		}
	while ((v = FIRST(&b->changed, struct service, changed))) {
		list_out(&v->changed);
		deal(b, v, TRIES);
		list_out(&v->changed);
	}
}
