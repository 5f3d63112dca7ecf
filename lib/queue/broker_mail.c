/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Letters to be sent: packed when the transport can take them, from what is so by then. */
#include <string.h>

#include "queue/broker_inside.h"

enum { SECOND = 1000000, MILLISECOND = 1000 };

/* --- letters to be sent --------------------------------------------------------------------- */

static bool
pack_owed(struct broker *b, struct peer *p, struct letter *l)
{
	struct session *s = p->session;
	struct hand *w = p->hand;
	l->epoch = b->epoch;
	b->shown_owed = p->owed & -p->owed;
	switch (b->shown_owed) {
	case OWES_REFUSED:
		l->kind = LETTER_REFUSED;
		l->version = LETTER_VERSION;
		l->text = p->refusal;
		return true;
	case OWES_WHO:
		l->kind = LETTER_WHO;
		return true;
	case OWES_WELCOME:
		l->kind = LETTER_WELCOME;
		l->version = LETTER_VERSION;
		l->beat = (uint32_t)(b->set.beat < MILLISECOND ? 1 : b->set.beat / MILLISECOND);
		l->room = s ? session_room(b, s) : 0;
		l->workers = s ? (uint32_t)s->service->n_workers : 0;
		return true;
	case OWES_BEAT:
		l->kind = LETTER_BEAT;
		l->serial = w ? w->sent : 0;
		if (s) {
			l->number = s->beat;
			l->room = session_room(b, s);
			l->workers = (uint32_t)s->service->n_workers;
			l->ranges = s->missing;
			l->n_ranges = s->n_missing;
		}
		return true;
	case OWES_STATUS:
		if (!b->status || b->now - b->status_at > SECOND / 10) {
			parcel_unref(b->status);
			b->status = broker_status(b, b->now);
			b->status_at = b->now;
		}
		l->kind = LETTER_STATUS;
		l->body = b->status;
		return true;
	default:
		return false;
	}
}

static bool
pack_work(struct broker *b, struct hand *w, struct letter *l)
{
	struct lease *e = FIRST(&w->unsent, struct lease, unsent);
	if (!e)
		return false;
	const struct job *t = e->job; /* what no take needs is not left unsent */
	b->shown_lease = e;
	l->kind = LETTER_WORK;
	l->has_session = true;
	memcpy(l->session, e->session, sizeof l->session);
	l->number = e->number;
	l->serial = e->serial;
	l->attempt = t->attempts;
	l->alone = t->strikes > 0;
	l->sum = t->sum;
	l->body = t->body;
	return true;
}

static bool
pack_result(struct broker *b, struct session *s, struct letter *l)
{
	struct job *t = FIRST(&s->done, struct job, in_session);
	if (!t)
		return false;
	b->shown_job = t;
	l->kind = t->good ? LETTER_RESULT : LETTER_FAILED;
	l->number = t->number;
	l->name = name_of(t->by);
	l->attempt = t->attempts;
	l->text = t->why && !t->good ? t->why : "";
	l->seconds = t->seconds;
	l->sum = t->sum;
	l->body = t->body;
	return true;
}

/* Also forgets those who have nothing to come. */
static bool
pack(struct broker *b, struct peer *p, struct letter *l)
{
	b->shown_owed = 0;
	b->shown_lease = NULL;
	b->shown_job = NULL;
	if ((p->owed && pack_owed(b, p, l)) || (p->hand && pack_work(b, p->hand, l))
	    || (p->session && pack_result(b, p->session, l)))
		return true;
	list_out(&p->mail);
	if (!p->role)
		peer_free(b, p);
	return false;
}

const struct mail *
broker_mail(struct broker *b, uint64_t *peer)
{
	struct peer *p;
	while (!b->showing && (p = FIRST(&b->ready, struct peer, mail))) {
		struct letter l = {0};
		if (!pack(b, p, &l))
			continue;
		parcel_unref(b->mail->body);
		b->mail->body = parcel_ref(l.body);
		b->mail->n = letter_pack(&l, b->mail->head);
		b->showing = true;
		b->shown = p;
	}
	if (!b->showing)
		return NULL;
	*peer = b->shown->id;
	return b->mail;
}

void
broker_sent(struct broker *b)
{
	struct peer *p = b->shown;
	if (!b->showing)
		return;
	b->showing = false;
	p->owed &= ~b->shown_owed;
	if (b->shown_lease)
		lease_sent(b->shown_lease);
	if (b->shown_job) {
		job_free(b, b->shown_job);
		session_changed(b, p->session);
	}
	b->shown_lease = NULL;
	list_last(&b->ready, &p->mail); /* the others' turn */
}

void
broker_stalled(struct broker *b)
{
	struct peer *p = b->shown;
	if (!b->showing)
		return;
	b->showing = false;
	if (b->shown_lease && !b->shown_lease->job)
		lease_free(b, b->shown_lease);
	b->shown_lease = NULL;
	b->shown_job = NULL;
	p->stalled = true;
	list_last(&b->stalled, &p->mail);
	if (p->hand)
		hand_changed(b, p->hand);
}
