/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Letters as plain data (proto/letter.proto says what each kind means), and their
 * bodies. A letter that was garbled on its way is found by its check, a body by
 * its sum: both are SipHash-2-4 (Aumasson, Bernstein 2012; libsodium) under a
 * fixed key: against accidents, not against enemies, which is CURVE's task.
 */
#ifndef QUEUE_LETTER_H
#define QUEUE_LETTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "stream/parcel.h"

enum letter_kind {
	LETTER_NOTHING, LETTER_HELLO, LETTER_WELCOME, LETTER_WHO, LETTER_REFUSED, LETTER_TAKE, LETTER_WORK, LETTER_RESULT,
	LETTER_FAILED, LETTER_BEAT, LETTER_BYE, LETTER_STATUS, LETTER_ALARM,
};

enum letter_role { LETTER_NOBODY, LETTER_SENDER, LETTER_WORKER, LETTER_WATCHER };

enum {
	LETTER_VERSION = 1,
	LETTER_SESSION = 16,     /* bytes */
	LETTER_HEAD = 64 * 1024, /* no head is longer */
	LETTER_RANGES = 2048,    /* nor has more ranges */
	LETTER_NUMBERS = 1 << 20, /* nor more numbers in all of them */
	LETTER_NAME = 128,       /* nor longer names (service, name, avoid), with the NUL */
	LETTER_TEXT = 1024,      /* nor text */
};

/* first, first + 1 ... first + n - 1 */
struct range {
	uint64_t first, n;
};

struct letter {
	enum letter_kind kind;
	enum letter_role role;
	uint32_t version, credits, priority, attempt, beat, workers;
	uint64_t number, serial, epoch, room, sum;
	double seconds;
	bool alone, has_session;
	uint8_t session[LETTER_SESSION];
	const char *service, *name, *avoid, *text; /* NULL counts as "" when packing; never NULL when unpacked */
	const struct range *ranges;
	size_t n_ranges;
	struct parcel *body; /* or NULL */
};

/* Where the strings and ranges of an unpacked letter live, until the next one. */
struct letter_desk;
struct letter_desk *letter_desk_new(void);
void letter_desk_free(struct letter_desk *d);

/* Packs the head, check included; sum is set from the body if there is one and sum is
   0. Whatever is packed can be unpacked: longer names and text are cut, what would steer a terminal
   becomes '?' or a space, further ranges are left out. Returns the bytes. */
size_t letter_pack(const struct letter *l, uint8_t head[LETTER_HEAD]);

/* -1 with the reason if it is none: check wrong, over a limit, unknown kind or role, a name or text with
   control characters or that is no UTF-8, ranges that are empty or do not ascend, a number that is not finite, a
   body without a sum, bytes that say nothing (a field twice, a NUL in a string). Takes no
   reference to the body; does not look into it. */
int letter_unpack(const uint8_t *head, size_t n, struct parcel *body, struct letter *l, struct letter_desk *d,
    struct err *err);

/* Whether the body is what its writer sent; true where there is none and sum is 0. */
bool letter_body_good(const struct letter *l);

uint64_t letter_sum(const void *p, size_t n);

/* By what name workers know a session: a hash from which nobody finds the session, so that they cannot
   come as its sender (the first bytes of BLAKE2b-256). */
void letter_alias(const uint8_t session[LETTER_SESSION], uint8_t alias[LETTER_SESSION]);

/* "worker", "RESULT": for logs. */
const char *letter_role_name(enum letter_role r);
const char *letter_kind_name(enum letter_kind k);

/* --- letters to be sent ----------------------------------------------------------- */

struct mail {
	struct mail *next;
	struct parcel *body; /* a reference of its own, or NULL */
	size_t n;
	uint8_t head[];
};

struct outbox {
	struct mail *first, **last;
	size_t n, bytes; /* letters, and bytes of their bodies */
};

void outbox_init(struct outbox *o);
void outbox_release(struct outbox *o);

/* Packs and appends. -1: out of memory, nothing was appended. */
int outbox_put(struct outbox *o, const struct letter *l);

/* Frees the first. */
void outbox_drop(struct outbox *o);

/* --- sets of numbers, as ranges ----------------------------------------------------- */

/* Adds a number greater than all before it to ranges[0..*n) of `room`; false if there is no more room. */
bool ranges_add(struct range *ranges, size_t *n, size_t room, uint64_t number);
bool ranges_have(const struct range *ranges, size_t n, uint64_t number); /* ranges ascend */

#endif
