/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The queue itself, without sockets and clocks: a state, and a step for each
 * thing that can happen, at a time that the caller gives. What it wants sent is
 * taken from it with broker_mail. Same events at the same times, same mail: so
 * tests/queue_sim.c drives it through thousands of bad days, each from a seed.
 *
 * It is a cache: senders keep each take until its result is theirs (the
 * end-to-end argument), so nothing here has to survive.
 *
 * - A service has a queue of takes for each sender. Priorities are served highest
 *   first, senders of one priority in turn.
 * - A worker gets takes while it has credits and room; each is a lease with a serial.
 * - Every `beat` a peer says what it has (numbers it waits for, serials it holds);
 *   what is missing on either side is found in one exchange, because letters
 *   between two peers keep their order: a lease that the worker should have heard of
 *   and does not hold goes back to the queue; a take that the queue does not have
 *   is sent again.
 * - A peer that is silent for `silence`, or cannot be reached, is gone: its leases go
 *   back to the front. A sender that is gone is forgotten after `silence` more,
 *   unless it comes back with the same session.
 * - A failed attempt counts STRIKE_FAILED, a lease that vanished with its worker
 *   STRIKE_VANISHED, unless the worker has come back by the next time (then it was its connection);
 *   at STRIKES the take is given up and its sender told. After its first strike it is handed out
 *   `alone`, to another worker if there is one.
 * - Where a worker has credits and nothing waits, it gets a copy of the take that has
 *   been leased longest, once that is longer than max(hedge, 4 times what a
 *   take of the service costs, the median of the last 15): a slow worker delays nobody, and gets the next
 *   take after the others. The first result counts.
 * - A result for a take that is not (or no longer) here goes to its sender all the
 *   same, if the session is known: the sender compares.
 * - Bytes are counted: each sender may have room = limit / senders with the queue (one
 *   take always); a take beyond is dropped, and asked for again with the next beat.
 *   Results that a sender does not fetch count too: over the limit they are dropped
 *   and their takes queued again, and while a sender has a backlog nothing of it is handed out.
 */
#ifndef QUEUE_BROKER_H
#define QUEUE_BROKER_H

#include "queue/letter.h"

enum { STRIKES = 12, STRIKE_FAILED = 4, STRIKE_VANISHED = 1 };

/* Times in microseconds on any monotonic clock. */
struct broker_settings {
	int64_t beat, silence, hedge; /* 0: 1 s, 5 s, 1 s */
	uint64_t limit;               /* bytes of takes; as many again of results; 0: 1 GiB */
	uint32_t peers;               /* 0: 16384 */
};

enum broker_what {
	BROKER_LETTER,  /* came from peer */
	BROKER_BAD,     /* something came from peer that is no letter */
	BROKER_GONE,    /* peer cannot be reached any more */
	BROKER_TICK,    /* time has passed */
	BROKER_SENT,    /* the mail that broker_mail showed has left */
	BROKER_STALLED, /* it cannot leave now: no more for this peer until the next tick */
	BROKER_PROBE,   /* a connection ended, nobody knows whose: a BEAT for every worker and sender, whoever
	                   cannot be reached is found out by it */
	BROKER_STIRS,   /* part of a letter is coming or going: a sign of life */
	BROKER_REFUSED, /* the transport let somebody not in; text says whom: counted, and in the log */
};

struct broker_event {
	enum broker_what what;
	uint64_t peer;               /* a connection, as the transport numbers them: 32 bits, and which socket */
	const struct letter *letter; /* with its body; the broker takes references of its own */
	const char *text;
};

struct broker;

/* epoch: any number that differs from start to start. */
struct broker *broker_new(const struct broker_settings *set, uint64_t epoch);
void broker_free(struct broker *b);

void broker_step(struct broker *b, const struct broker_event *e, int64_t now);

/* The next letter to be sent, and to whom; NULL if there is none (or all stalled).
   The same until BROKER_SENT, BROKER_STALLED or BROKER_GONE for that peer. */
const struct mail *broker_mail(struct broker *b, uint64_t *peer);

/* When the next BROKER_TICK is due (always within a beat; at once + 1 ms if a peer is stalled). */
int64_t broker_due(const struct broker *b);

/* Packs a Status into a new parcel; NULL: out of memory. At most 1,000 peers a kind are
   listed, those with most to do. */
struct parcel *broker_status(struct broker *b, int64_t now);

/* Lines for the log since the last call, oldest first ("worker 'a/12' is gone: 3 leases go back"), or NULL. The
   text is the broker's until the next call. A line that begins with BROKER_ALARM says that results differ. */
#define BROKER_ALARM "alarm: "
const char *broker_log(struct broker *b);

/* How many takes wait or are leased, over all services. */
uint64_t broker_depth(const struct broker *b);

#endif
