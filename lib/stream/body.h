/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Parcels as ZeroMQ's messages and back, without a copy: what is sent refers to its
 * parcel, what was received is a parcel around the message. Small ones are copied, so
 * that a few bytes never hold on to a whole buffer.
 */
#ifndef STREAM_BODY_H
#define STREAM_BODY_H

#include <stdbool.h>
#include <zmq.h>

#include "stream/parcel.h"

/* The message's bytes, with one reference; the message may be empty after it. NULL: out of memory. */
struct parcel *body_of(zmq_msg_t *m);

/* Bytes that ZeroMQ holds for each of many peers: its own limit counts letters, which may be long. */
struct flight;
struct flight *flight_new(void);
void flight_free(struct flight *f);

/* Whether n more bytes may go to this peer now; if nothing is on its way to it, any number may. */
bool flight_room(const struct flight *f, uint32_t peer, size_t n);

/* Makes a message with a reference of its own, counted until it has left where f is not NULL. -1: out of memory. */
int body_message(zmq_msg_t *m, struct parcel *p, struct flight *f, uint32_t peer);

#endif
