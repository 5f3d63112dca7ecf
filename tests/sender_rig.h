/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A sender under test: its clock, what it says, what it hears. */
#ifndef TESTS_SENDER_RIG_H
#define TESTS_SENDER_RIG_H

#include <stdlib.h>
#include <string.h>

#include "queue/sender.h"
#include "tap.h"

enum { MS = 1000, SECOND = 1000000 };

/* A sender, its clock, and the last letter that it said. */
struct rig {
	struct sender *s;
	struct letter_desk *desk;
	struct letter said;
	struct parcel *body;
	int64_t now;
};

static inline void
rig_init(struct rig *r, const struct sender_settings *set)
{
	struct sender_settings with = *set;
	with.service = with.service ? with.service : "main";
	with.name = "me/1";
	memset(with.session, 7, sizeof with.session);
	*r = (struct rig){.s = sender_new(&with), .desk = letter_desk_new(), .now = 1000 * (int64_t)SECOND};
}

static inline void
rig_release(struct rig *r)
{
	sender_free(r->s);
	letter_desk_free(r->desk);
	parcel_unref(r->body);
}

static inline void
step(struct rig *r, enum sender_what what)
{
	sender_step(r->s, &(struct sender_event){.what = what}, r->now);
}

/* Time passes. */
static inline void
later(struct rig *r, int64_t us)
{
	r->now += us;
	step(r, SENDER_TICK);
}

/* The queue says something; text is the body. */
static inline void
hear_body(struct rig *r, struct letter l, const char *text)
{
	l.service = l.service ? l.service : "";
	l.name = l.name ? l.name : "";
	l.avoid = l.avoid ? l.avoid : "";
	l.text = l.text ? l.text : "";
	if (text) {
		l.body = parcel_new(text, strlen(text));
		l.sum = l.sum ? l.sum : letter_sum(text, strlen(text));
	}
	sender_step(r->s, &(struct sender_event){SENDER_LETTER, &l}, r->now);
	parcel_unref(l.body);
}
#define HEAR(r, ...) hear_body(r, (struct letter){__VA_ARGS__}, NULL)
#define RESULT(r, n, who, text) hear_body(r, (struct letter){.kind = LETTER_RESULT, .number = n, .name = who}, text)

/* What the sender says next, or NULL; it has left. */
static inline const struct letter *
next(struct rig *r)
{
	struct err err;
	const struct mail *m = sender_mail(r->s);
	if (!m)
		return NULL;
	parcel_unref(r->body);
	r->body = parcel_ref(m->body);
	if (letter_unpack(m->head, m->n, r->body, &r->said, r->desk, &err) < 0 || !letter_body_good(&r->said)) {
		ok(0, "a letter that is none: %s", err.text);
		return NULL;
	}
	step(r, SENDER_SENT);
	return &r->said;
}

static inline bool
says(struct rig *r, enum letter_kind kind)
{
	const struct letter *l = next(r);
	if (l && l->kind != kind)
		diag("it says %s", letter_kind_name(l->kind));
	return l && l->kind == kind;
}

static inline bool
says_take(struct rig *r, uint64_t number)
{
	const struct letter *l = next(r);
	if (l && (l->kind != LETTER_TAKE || l->number != number))
		diag("it says %s %llu", letter_kind_name(l->kind), (unsigned long long)l->number);
	return l && l->kind == LETTER_TAKE && l->number == number;
}

static inline void
put(struct rig *r, const char *text)
{
	sender_put(r->s, parcel_new(text, strlen(text)));
}

/* Connected, welcome, its first beat answered. */
static inline void
greet(struct rig *r, uint64_t room)
{
	step(r, SENDER_CONNECTED);
	if (!says(r, LETTER_HELLO))
		ok(0, "it says hello");
	HEAR(r, .kind = LETTER_WELCOME, .epoch = 1, .beat = 1000, .room = room);
	if (!says(r, LETTER_BEAT))
		ok(0, "it says at once what it waits for");
	HEAR(r, .kind = LETTER_BEAT, .number = r->said.number, .epoch = 1, .room = room, .workers = 2);
}

/* Whether the next result is this one; "!text": an error. */
static inline bool
comes(struct rig *r, uint64_t number, const char *text)
{
	struct sender_result res;
	if (!sender_result(r->s, &res))
		return false;
	const bool failed = *text == '!';
	const bool good = res.number == number && res.take && failed == !res.result
	    && (failed ? !strcmp(res.error, text + 1)
	               : res.result->n == strlen(text) && !memcmp(res.result->bytes, text, strlen(text)));
	if (!good)
		diag("take %llu comes: %.*s", (unsigned long long)res.number, res.result ? (int)res.result->n : 0,
		    res.result ? (const char *)res.result->bytes : "");
	parcel_unref(res.take);
	parcel_unref(res.result);
	return good;
}

static inline bool
no_result(struct rig *r)
{
	struct sender_result res;
	return !sender_result(r->s, &res);
}

static inline struct sender_counts
counts(const struct rig *r)
{
	struct sender_counts c;
	sender_counts(r->s, &c);
	return c;
}

#endif
