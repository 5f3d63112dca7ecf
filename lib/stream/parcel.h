/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Bytes with a count of who still needs them: the body of a letter, which goes
 * from socket to queue to socket without being copied. The count is atomic, for
 * ZeroMQ lets go of what it has sent in a thread of its own.
 */
#ifndef STREAM_PARCEL_H
#define STREAM_PARCEL_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

struct parcel {
	const uint8_t *bytes;
	size_t n;
	atomic_uint refs;
	void (*destroy)(struct parcel *p); /* called with the last reference */
};

/* A copy of n bytes, with one reference; NULL: out of memory. */
struct parcel *parcel_new(const void *bytes, size_t n);

struct parcel *parcel_ref(struct parcel *p); /* NULL gives NULL */
void parcel_unref(struct parcel *p);         /* NULL is nothing */

#endif
