/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The sending side, without sockets and clocks: keeps every take until its result
 * is there, so that whatever dies in between, nothing is lost. Steps as in broker.h.
 *
 * The window: bytes of takes kept, of results that wait to be fetched, and of results that
 * are still to come (as many as takes are out, each as long as the longest so far, 1 MiB before the first)
 * stay under `window`; where none is kept, one may be. Out to the queue go only as many bytes as it
 * has room for.
 *
 * Results come out in the order of the takes (or as they arrive, if unordered). One
 * that comes a second time is compared by its sum with the first; if they
 * differ, that is an alarm that names both workers.
 */
#ifndef QUEUE_SENDER_H
#define QUEUE_SENDER_H

#include "queue/letter.h"

struct sender_settings {
	const char *service, *name; /* copied */
	uint8_t session[LETTER_SESSION];
	uint32_t priority;
	uint64_t window;   /* bytes; 0: 256 MiB */
	uint32_t takes;    /* out at a time; 0: 65536 */
	bool unordered;
	double audit;      /* part of the takes that a second worker does again, 0 to 1 */
	uint64_t seed;     /* of the jitter, and of which takes are audited */
};

enum sender_what {
	SENDER_LETTER,
	SENDER_CONNECTED, /* a connection was made (again): all that was in the old one is lost */
	SENDER_TICK,
	SENDER_STIRS,     /* part of a letter is coming or going: the queue is not silent */
	SENDER_SENT,      /* the mail that sender_mail showed has left */
};

struct sender_event {
	enum sender_what what;
	const struct letter *letter;
};

struct sender_counts {
	uint64_t put, done, failed; /* failed: given up by the queue */
	uint64_t resent, twice, differ, audited, garbled;
	uint64_t auditing;          /* audits that are under way */
	uint32_t workers;           /* of this service, as the queue said last */
	uint64_t bytes;             /* kept now: takes and results */
	bool connected;             /* the queue has answered, and is not silent */
};

struct sender;
struct sender *sender_new(const struct sender_settings *set);
void sender_free(struct sender *s);

/* Whether the window has room for one more take of n bytes. */
bool sender_room(const struct sender *s, size_t n);

/* Takes over the reference. -1: out of memory. */
int sender_put(struct sender *s, struct parcel *take);

void sender_step(struct sender *s, const struct sender_event *e, int64_t now);
const struct mail *sender_mail(struct sender *s);
int64_t sender_due(const struct sender *s);

/* True when nothing has been heard from the queue for `silence` although it was asked:
   the caller makes a new connection, with back-off (50 ms doubling to 2 s, with jitter). */
bool sender_silent(const struct sender *s, int64_t now);

/* The next result that may go on. take: what was put. result: what came back, or NULL
   with the reason in error. The caller owns both references. False if there is none yet. */
struct sender_result {
	uint64_t number; /* 1 for the first that was put, and so on */
	struct parcel *take, *result;
	char worker[LETTER_NAME], error[LETTER_TEXT];
	uint32_t attempts; /* after which it was given up */
};
bool sender_result(struct sender *s, struct sender_result *r);

void sender_counts(const struct sender *s, struct sender_counts *c);

/* What a person should know, one line at a time, or NULL: the alarm of differing results, that no
   worker serves this service, that the queue was lost and found, that it refused us. */
const char *sender_news(struct sender *s);
bool sender_refused(const struct sender *s); /* for good */

/* Says BYE; what is still out is dropped by the queue. From then on results come without
   what stands before them. */
void sender_leave(struct sender *s);

#endif
