/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Parcels as ZeroMQ's messages and back, without a copy: what is sent refers to its
 * parcel, what was received is a parcel around the message. Small ones are copied, so
 * that a few bytes never hold on to a whole buffer.
 */
#ifndef STREAM_BODY_H
#define STREAM_BODY_H

#include <zmq.h>

#include "stream/parcel.h"

/* The message's bytes, with one reference; the message may be empty after it. NULL: out of memory. */
struct parcel *body_of(zmq_msg_t *m);

/* Makes a message with a reference of its own. -1: out of memory. */
int body_message(zmq_msg_t *m, struct parcel *p);

#endif
