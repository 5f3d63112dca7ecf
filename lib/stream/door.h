/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Who is let in, and what is said of those who are not. ZeroMQ asks about every
 * key that comes to a socket with CURVE (ZAP, its RFC 27); the answer is in the allow-list.
 */
#ifndef STREAM_DOOR_H
#define STREAM_DOOR_H

#include <stdint.h>

#include "base/err.h"

/* What a person should know, in order. The same is not said again for five minutes, and a flood becomes a
   number: ten at once, then one in ten seconds. */
struct notices {
	char text[8][400];
	unsigned first, n;
	uint64_t untold;
	double left, at; /* how many more may be said; when that was worked out */
	struct {
		uint64_t what; /* a hash of it */
		double at;
	} said[16];
};

void notices_init(struct notices *w);
void notices_say(struct notices *w, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void notices_forget(struct notices *w); /* what was said may be said again */
/* The next, valid until the one after it; NULL if there is none. */
const char *notices_next(struct notices *w);

struct door {
	void *socket;
	int fd;
	const char *folder; /* of the keys; the caller's, as is */
	const char *own;    /* public key, which is always let in: many machines may share one home */
};

/* Of every CURVE server in this context, from now on: there is one door in it. */
int door_init(struct door *d, void *context, const char *folder, const char *own, struct err *err);
void door_release(struct door *d);

/* Answers everybody who waits. */
void door_serve(struct door *d, struct notices *w);

#endif
