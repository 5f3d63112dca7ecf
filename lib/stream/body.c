/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "stream/body.h"

#include <stdlib.h>
#include <string.h>

enum {
	SMALL_SENT = 2048, /* copied up to here */
	SMALL_CAME = 8192, /* the size of ZeroMQ's buffer, which a message may be a part of */
	SEATS = 4096,      /* ZeroMQ numbers peers in a row: so many share none */
	FLIGHT = 4 << 20,  /* bytes on their way to a peer */
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

/* --- on its way ------------------------------------------------------------------------ */

struct flight {
	atomic_size_t users; /* who made it, and what is on its way: that may take longer */
	atomic_size_t bytes[SEATS];
};

struct sent {
	struct parcel *parcel;
	struct flight *flight;
	uint32_t seat;
};

struct flight *
flight_new(void)
{
	struct flight *f = calloc(1, sizeof *f);
	if (f)
		atomic_init(&f->users, 1);
	return f;
}

void
flight_free(struct flight *f)
{
	if (f && atomic_fetch_sub(&f->users, 1) == 1)
		free(f);
}

bool
flight_room(const struct flight *f, uint32_t peer, size_t n)
{
	const size_t bytes = atomic_load(&f->bytes[peer % SEATS]);
	return n <= SMALL_SENT || !bytes || (bytes < FLIGHT && n <= FLIGHT - bytes);
}

static void
let_go(void *bytes, void *sent)
{
	struct sent *s = sent;
	(void)bytes;
	if (s->flight)
		atomic_fetch_sub(&s->flight->bytes[s->seat], s->parcel->n);
	flight_free(s->flight);
	parcel_unref(s->parcel);
	free(s);
}

int
body_message(zmq_msg_t *m, struct parcel *p, struct flight *f, uint32_t peer)
{
	if (p->n <= SMALL_SENT) {
		if (zmq_msg_init_size(m, p->n) < 0)
			return -1;
		if (p->n)
			memcpy(zmq_msg_data(m), p->bytes, p->n);
		return 0;
	}
	struct sent *s = malloc(sizeof *s);
	if (!s || zmq_msg_init_data(m, (void *)p->bytes, p->n, let_go, s) < 0) {
		free(s);
		return -1;
	}
	*s = (struct sent){parcel_ref(p), f, peer % SEATS};
	if (f) {
		atomic_fetch_add(&f->users, 1);
		atomic_fetch_add(&f->bytes[s->seat], p->n);
	}
	return 0;
}
