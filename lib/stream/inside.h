/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a post is made of, for post.c (letters, news, waiting) and open.c (sockets, keys). */
#ifndef STREAM_INSIDE_H
#define STREAM_INSIDE_H

#include <limits.h>
#include <zmq.h>

#include "stream/address.h"
#include "stream/body.h"
#include "stream/door.h"
#include "stream/flood.h"
#include "stream/keys.h"
#include "stream/post.h"

struct post {
	void *context, *socket, *monitor;
	int fd, monitor_fd;
	bool binds, shared;      /* the context */
	bool bound;              /* to a path: it is ours to remove */
	bool connected, told;    /* as it is, as the caller knows */
	bool ended;              /* a connection */
	bool lost;               /* the connection, on the connecting side: the socket has to go too */
	bool stalled;            /* a letter of the connecting side could not leave */
	double looked;           /* when there was nothing to be heard of connections; 0: there may be */
	unsigned unmade;         /* connections that ended, or will, before they were any */
	zmq_msg_t head;          /* of the last letter */
	struct flight *flight;   /* of the binding side */
	char address[ADDRESS_SIZE];

	bool curve;              /* with keys */
	bool plain_meant;        /* beyond this machine, as told by name */
	const char *folder;      /* of the keys, or NULL */
	char path[PATH_MAX];
	struct key_pair keys;
	char queue[KEY_SIZE];    /* the key of whom we connect to: */
	bool known;              /* or, where that is not known, our own */
	struct door door;
	struct flood flood;      /* on the binding side */
	struct notices notices;
	char caller[64];         /* who came last */
	unsigned turned;         /* times in a row that we were turned away, */
	bool doubt;              /* has just happened */
	double again;            /* when to connect, where ZeroMQ would not; 0: it does */
	bool refused, complained; /* it was for our key; it has been told why */
};

/* Our own keys, and that of the queue we connect to: our own where no other is known for its address,
   for machines that share a home share a key. -1 with what to do if there are none. */
int post_find_keys(struct post *p, struct err *err);

/* The connecting side with a new socket; all that was in the old one is gone. Connects when `again` says so. */
void post_open_anew(struct post *p);

/* The same, at once and with the keys that were found. */
void post_connect_with_keys(struct post *p);

#endif
