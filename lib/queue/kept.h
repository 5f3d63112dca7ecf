/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a sender keeps. A take is QUEUED until it is handed to the transport, OUT until
 * it is answered, DONE until it is fetched. All stand in a chain in the order of
 * their numbers, with a cursor before which none is QUEUED, so that what has to be
 * sent again goes first, oldest first. An audit is a take put once more, in a chain
 * of its own, under its number with the highest bit set.
 */
#ifndef QUEUE_KEPT_H
#define QUEUE_KEPT_H

#include "queue/letter.h"

#define KEPT_AUDIT ((uint64_t)1 << 63)

enum kept_state { KEPT_QUEUED, KEPT_OUT, KEPT_DONE };

struct kept_take {
	struct kept_take *prev, *next; /* in its chain */
	struct kept_take *same_hash;
	struct kept_take *next_done; /* the caller's: in the order of results */
	uint64_t number, sum;
	uint64_t beat; /* how many beats had been made when it was handed over */
	enum kept_state state;
	bool again;           /* it was handed over before */
	struct parcel *take, *result;
	char *worker, *error; /* who did it, or is to be avoided; or NULL */
	uint32_t attempts;
	uint64_t first;       /* of an audit: the sum of the first result */
};

struct kept_chain {
	struct kept_take *first, *last, *cursor;
};

/* What is known of a take that was answered. */
struct kept_answer {
	uint64_t number, sum; /* sum 0: it failed */
	char worker[LETTER_NAME];
};

struct kept {
	struct kept_chain takes, audits;
	struct kept_take **table; /* by number */
	size_t table_size, n;
	uint64_t bytes;  /* of takes and results */
	uint64_t handed; /* bytes of what is OUT */
	struct kept_answer *answers;
};

void kept_release(struct kept *k);

/* Adds one that is QUEUED; takes over the reference, unless there is no memory (NULL). */
struct kept_take *kept_add(struct kept *k, uint64_t number, struct parcel *take, uint64_t sum);
void kept_drop(struct kept *k, struct kept_take *e);
struct kept_take *kept_find(const struct kept *k, uint64_t number);

/* The first that waits to be handed over: takes before audits. */
struct kept_take *kept_next(struct kept *k);
void kept_hand(struct kept *k, struct kept_take *e, uint64_t beat);

/* Takes over the reference to the result. */
void kept_done(struct kept *k, struct kept_take *e, struct parcel *result, const char *worker, const char *error);

/* Those handed over before that beat and listed in `lack` (NULL: all) are QUEUED again. */
void kept_again(struct kept *k, const struct range *lack, size_t n, uint64_t beat);

/* Lists what is OUT, oldest first, as far as there is room. */
size_t kept_list(const struct kept *k, struct range *ranges, size_t room);

/* Bytes that a take of n bytes counts for. */
uint64_t kept_cost(size_t n);

/* Of the last 65,536 numbers that were answered; NULL where nothing is known. */
void kept_remember(struct kept *k, uint64_t number, uint64_t sum, const char *worker);
const struct kept_answer *kept_recall(const struct kept *k, uint64_t number);

#endif
