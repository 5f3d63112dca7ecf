/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Against letters without an end. ZeroMQ bounds a frame and the number of whole
 * messages, but keeps the frames of one message until the last has come, however many: a
 * peer that never sends the last one fills the memory. So whoever has many peers watches
 * their TCP connections: one over which more than FLOOD_LIMIT has come is a suspect until a
 * letter comes over it, and hung up on if as much again has come before.
 */
#ifndef STREAM_FLOOD_H
#define STREAM_FLOOD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { FLOOD_LIMIT = 66 << 20 }; /* bytes: more than the longest letter */

struct flood {
	struct flow *flows; /* by descriptor */
	size_t n, suspects, unnamed; /* unnamed: connections that are not known to be a peer's */
	int64_t next;
};

void flood_release(struct flood *f);

void flood_accepted(struct flood *f, int fd);
void flood_closed(struct flood *f, int fd);

/* While there are suspects: a letter came over this connection. */
void flood_heard(struct flood *f, int fd);

/* A letter of this peer came over this connection: to be told while some are unnamed. */
void flood_named(struct flood *f, int fd, uint32_t peer);

/* The next peer, from descriptor *at on, whose bytes have come since this was asked last, or who has received
   some of ours while more wait: a long letter on a slow line is a sign of life. That a short one was received is
   none: any kernel does that. False if there is no more. */
bool flood_stirs(struct flood *f, size_t *at, uint32_t *peer);

/* Whenever there is time; microseconds. drained: no letter waits to be read. Returns how many were hung up on. */
size_t flood_check(struct flood *f, int64_t now, bool drained);

#endif
