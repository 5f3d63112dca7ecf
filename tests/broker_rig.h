/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A broker whose peers are played by the test: they say letters, and hear what was sent to them. */
#ifndef TESTS_BROKER_RIG_H
#define TESTS_BROKER_RIG_H

#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#include "letter.pb-c.h"
#include "queue/broker.h"
#include "tap.h"

enum { MS = 1000, SECOND = 1000000, EPOCH = 77, PEERS = 16, LINES = 200 };

struct rig {
	struct broker *b;
	int64_t now;
	struct letter_desk *desk, *heard_desk;
	struct outbox in[PEERS]; /* what left for each of them and they have not heard */
	struct letter said;      /* heard last */
	struct parcel *body;
	const char *text;
	bool deaf[PEERS];        /* what is sent to them does not leave */
	char log[65536];
};

static inline void
rig_init(struct rig *r, const struct broker_settings *set)
{
	static const struct broker_settings usual;
	*r = (struct rig){.b = broker_new(set ? set : &usual, EPOCH), .now = SECOND, .desk = letter_desk_new(),
	    .heard_desk = letter_desk_new()};
	for (int i = 0; i < PEERS; i++)
		outbox_init(&r->in[i]);
}

static inline void
rig_release(struct rig *r)
{
	broker_free(r->b);
	for (int i = 0; i < PEERS; i++)
		outbox_release(&r->in[i]);
	parcel_unref(r->body);
	letter_desk_free(r->desk);
	letter_desk_free(r->heard_desk);
}

static inline void
step(struct rig *r, enum broker_what what, uint64_t peer)
{
	broker_step(r->b, &(struct broker_event){.what = what, .peer = peer, .text = r->text}, r->now);
}

static inline struct parcel *
body(const char *text)
{
	return parcel_new(text, strlen(text));
}

/* Packed and unpacked as on the wire; the body is used up. */
static inline void
say(struct rig *r, uint64_t peer, const struct letter *l)
{
	static uint8_t head[LETTER_HEAD];
	struct letter unpacked;
	struct err err;
	struct letter known = *l;
	if (l->has_session && l->kind != LETTER_HELLO)
		letter_alias(l->session, known.session);
	const size_t n = letter_pack(&known, head);
	if (letter_unpack(head, n, l->body, &unpacked, r->desk, &err) < 0)
		diag("%s", err.text), exit(1);
	broker_step(r->b, &(struct broker_event){.what = BROKER_LETTER, .peer = peer, .letter = &unpacked}, r->now);
	parcel_unref(l->body);
}
#define SAY(r, peer, ...) say(r, peer, &(struct letter){__VA_ARGS__})

static inline void
sender_as(struct rig *r, uint64_t peer, uint8_t session, const char *name, uint32_t priority)
{
	SAY(r, peer, .kind = LETTER_HELLO, .version = LETTER_VERSION, .role = LETTER_SENDER, .name = name, .has_session = true,
	    .session = {session}, .priority = priority);
}

static inline void
sender(struct rig *r, uint64_t peer, const char *name, uint32_t priority)
{
	sender_as(r, peer, (uint8_t)peer, name, priority);
}

static inline void
worker(struct rig *r, uint64_t peer, const char *name, uint32_t credits)
{
	SAY(r, peer, .kind = LETTER_HELLO, .version = LETTER_VERSION, .role = LETTER_WORKER, .name = name, .credits = credits,
	    .room = 1 << 20);
}

static inline void
take(struct rig *r, uint64_t peer, uint64_t number, const char *text)
{
	SAY(r, peer, .kind = LETTER_TAKE, .number = number, .body = body(text));
}

static inline void
result(struct rig *r, uint64_t peer, uint8_t session, uint64_t number, uint64_t serial, const char *text)
{
	SAY(r, peer, .kind = LETTER_RESULT, .has_session = true, .session = {session}, .number = number, .serial = serial,
	    .body = body(text));
}

static inline void
failed(struct rig *r, uint64_t peer, uint8_t session, uint64_t number, uint64_t serial, const char *text)
{
	SAY(r, peer, .kind = LETTER_FAILED, .has_session = true, .session = {session}, .number = number, .serial = serial,
	    .text = text);
}

static inline void
sort(struct rig *r)
{
	const struct mail *m;
	uint64_t p;
	while ((m = broker_mail(r->b, &p))) {
		struct letter l;
		if (p < PEERS && r->deaf[p]) {
			step(r, BROKER_STALLED, p);
			continue;
		}
		letter_unpack(m->head, m->n, m->body, &l, r->desk, NULL);
		if (p < PEERS)
			outbox_put(&r->in[p], &l);
		step(r, BROKER_SENT, p);
	}
}

/* The next letter for this peer, of this kind if one is named: in r->said. */
static inline bool
hears(struct rig *r, uint64_t peer, enum letter_kind kind)
{
	sort(r);
	struct outbox *o = &r->in[peer];
	if (!o->first)
		return false;
	parcel_unref(r->body);
	r->body = parcel_ref(o->first->body);
	letter_unpack(o->first->head, o->first->n, r->body, &r->said, r->heard_desk, NULL);
	outbox_drop(o);
	for (int i = 0; r->said.has_session && i < 256; i++) { /* what it is the alias of */
		uint8_t alias[LETTER_SESSION];
		letter_alias((uint8_t[LETTER_SESSION]){(uint8_t)i}, alias);
		if (!memcmp(alias, r->said.session, sizeof alias)) {
			memcpy(r->said.session, (uint8_t[LETTER_SESSION]){(uint8_t)i}, sizeof alias);
			break;
		}
	}
	if (kind && r->said.kind != kind)
		diag("%s instead of %s", letter_kind_name(r->said.kind), letter_kind_name(kind));
	return !kind || r->said.kind == kind;
}

static inline void
drain_peer(struct rig *r, uint64_t peer)
{
	while (hears(r, peer, 0))
		;
}

static inline void
drain(struct rig *r)
{
	for (uint64_t p = 0; p < PEERS; p++)
		drain_peer(r, p);
}

static inline void
drain_to(struct rig *r, uint64_t peer, enum letter_kind kind)
{
	while (hears(r, peer, 0) && r->said.kind != kind)
		;
}

static inline bool
is_body(const struct rig *r, const char *text)
{
	return r->body && r->body->n == strlen(text) && !memcmp(r->body->bytes, text, r->body->n);
}

/* A while, with all the ticks that are due. */
static inline void
later(struct rig *r, int64_t span)
{
	const int64_t end = r->now + span;
	while (r->now < end) {
		const int64_t due = broker_due(r->b);
		r->now = due > r->now && due < end ? due : due <= r->now ? r->now + 1 : end;
		step(r, BROKER_TICK, 0);
	}
}

/* A beat of a worker that has heard of `serial`, and holds nothing but that it has not heard of. */
static inline void
beats(struct rig *r, uint64_t peer, uint64_t serial)
{
	SAY(r, peer, .kind = LETTER_BEAT, .serial = serial, .credits = 1);
}

/* Answers what this worker has been sent. */
static inline void
answer_all(struct rig *r, uint64_t peer, const char *text)
{
	while (hears(r, peer, 0))
		if (r->said.kind == LETTER_WORK)
			SAY(r, peer, .kind = LETTER_RESULT, .has_session = true, .session = {r->said.session[0]},
			    .number = r->said.number, .serial = r->said.serial, .body = body(text));
}

static inline bool
mentioned(struct rig *r, const char *text)
{
	const char *s;
	while ((s = broker_log(r->b)))
		snprintf(r->log + strlen(r->log), sizeof r->log - strlen(r->log), "%s\n", s);
	return strstr(r->log, text);
}

static inline uint64_t
bytes_held(struct rig *r)
{
	struct parcel *p = broker_status(r->b, r->now);
	Assay__Status *m = assay__status__unpack(NULL, p->n, p->bytes);
	const uint64_t n = m->bytes;
	assay__status__free_unpacked(m, NULL);
	parcel_unref(p);
	return n;
}

/* Bytes on the heap; with sanitizers, which have a heap of their own, 0. */
static inline size_t
heap(void)
{
	return mallinfo2().uordblks;
}

#endif
