/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "stream/body.h"

#include <stdlib.h>
#include <string.h>

enum {
	SMALL_SENT = 2048, /* copied up to here */
	SMALL_CAME = 8192, /* the size of ZeroMQ's buffer, which a message may be a part of */
};

struct came {
	struct parcel parcel;
	zmq_msg_t message;
};

static void
came_free(struct parcel *p)
{
	struct came *c = (struct came *)p;
	zmq_msg_close(&c->message);
	free(c);
}

struct parcel *
body_of(zmq_msg_t *m)
{
	const size_t n = zmq_msg_size(m);
	if (n <= SMALL_CAME)
		return parcel_new(zmq_msg_data(m), n);
	struct came *c = malloc(sizeof *c);
	if (!c)
		return NULL;
	zmq_msg_init(&c->message);
	zmq_msg_move(&c->message, m);
	c->parcel.bytes = zmq_msg_data(&c->message);
	c->parcel.n = n;
	c->parcel.destroy = came_free;
	atomic_init(&c->parcel.refs, 1);
	return &c->parcel;
}

static void
let_go(void *bytes, void *parcel)
{
	(void)bytes;
	parcel_unref(parcel);
}

int
body_message(zmq_msg_t *m, struct parcel *p)
{
	if (p->n > SMALL_SENT)
		return zmq_msg_init_data(m, (void *)p->bytes, p->n, let_go, parcel_ref(p));
	if (zmq_msg_init_size(m, p->n) < 0)
		return -1;
	if (p->n)
		memcpy(zmq_msg_data(m), p->bytes, p->n);
	return 0;
}
