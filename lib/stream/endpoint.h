/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A ZeroMQ socket for a stream: opened, kept on this machine, ended without loss. */
#ifndef STREAM_ENDPOINT_H
#define STREAM_ENDPOINT_H

#include <stdbool.h>

#include "base/err.h"

/* In a context of its own: ending the context waits until all that was sent has
   left, which closing the socket does not. */
struct endpoint {
	void *context, *socket;
	void *monitor; /* tells of an other end that went away */
	bool gone;
};

/* Binds or connects as stream.h says; type is ZMQ_PULL or ZMQ_PUSH. */
int endpoint_init(struct endpoint *e, const char *where, int type, struct err *err);

/* Waits for ZMQ_POLLIN or ZMQ_POLLOUT, for the other end to go, for an interrupt, or
   for `timeout` milliseconds (-1: no limit). True for the first two. */
bool endpoint_wait(struct endpoint *e, short events, int timeout);

/* linger: milliseconds that what was sent may still take, -1 for as long as it needs. */
void endpoint_release(struct endpoint *e, int linger);

#endif
