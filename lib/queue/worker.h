/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The working side, without sockets and clocks: holds leases, says what it
 * holds every beat, hands in results. Steps as in broker.h. Running takes is the
 * caller's: it fetches leases with worker_next, answers each with worker_done or
 * worker_failed (any order), and each once.
 */
#ifndef QUEUE_WORKER_H
#define QUEUE_WORKER_H

#include "queue/letter.h"

struct worker_settings {
	const char *service, *name; /* copied */
	uint32_t credits;           /* leases at a time; may change with worker_credits */
	uint64_t room;              /* bytes of takes and of unsent results; 0: 256 MiB */
	uint64_t seed;              /* of the jitter */
};

enum worker_what {
	WORKER_LETTER,
	WORKER_CONNECTED, /* a connection was made (again) */
	WORKER_TICK,
	WORKER_STIRS,     /* part of a letter is coming or going: the queue is not silent */
	WORKER_SENT,
};

struct worker_event {
	enum worker_what what;
	const struct letter *letter;
};

struct worker;
struct worker *worker_new(const struct worker_settings *set);
void worker_free(struct worker *w);

void worker_step(struct worker *w, const struct worker_event *e, int64_t now);
const struct mail *worker_mail(struct worker *w);
int64_t worker_due(const struct worker *w);
bool worker_silent(const struct worker *w, int64_t now); /* as sender_silent */
bool worker_refused(const struct worker *w);             /* for good */
const char *worker_news(struct worker *w);               /* as sender_news */
bool worker_connected(const struct worker *w);

/* A lease to be begun; false if none waits. The take is the caller's reference. */
struct lease {
	uint64_t id; /* of this lease, for worker_done: never used again in this process, whatever the queue's serials do */
	uint32_t attempt;
	bool alone;
	struct parcel *take;
};
bool worker_next(struct worker *w, struct lease *l);

/* How many leases have not been begun, and how many are held in all. */
size_t worker_waiting(const struct worker *w);
size_t worker_held(const struct worker *w);

void worker_done(struct worker *w, uint64_t id, struct parcel *result, double seconds); /* takes over the reference */
void worker_failed(struct worker *w, uint64_t id, const char *why);
void worker_credits(struct worker *w, uint32_t credits);

/* Asks for no more and gives back what was not begun; the BYE goes out when the rest has
   been answered (worker_left is then true, once it has left). At once: does not wait for the rest. */
void worker_leave(struct worker *w, bool at_once);
bool worker_left(const struct worker *w);

#endif
