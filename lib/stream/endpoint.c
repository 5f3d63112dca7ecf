/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "stream/endpoint.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <zmq.h>

#include "base/talk.h"
#include "stream/address.h"
#include "stream/stream.h"

/* Messages that ZeroMQ may hold on each side; bounds its memory at 16 times the
   limit of one. */
enum { HIGH_WATER = 16 };

/* A name within the endpoint's own context. */
#define MONITOR "inproc://monitor"

void
endpoint_release(struct endpoint *e, int linger)
{
	if (e->monitor) {
		zmq_socket_monitor(e->socket, NULL, 0);
		zmq_close(e->monitor);
	}
	if (e->socket) {
		zmq_setsockopt(e->socket, ZMQ_LINGER, &linger, sizeof linger);
		zmq_close(e->socket);
	}
	while (e->context && zmq_ctx_term(e->context) < 0 && errno == EINTR && !interrupted())
		;
	*e = (struct endpoint){0};
}

int
endpoint_init(struct endpoint *e, const char *where, int type, struct err *err)
{
	const bool marked = *where == '>' || *where == '@';
	const bool bind = marked ? *where == '@' : type == ZMQ_PULL;
	const char *address = where + marked;
	if (!address_is_local(address) && !address_insecure())
		return err_set(err, "'%s' leaves this machine without encryption; set ASSAY_INSECURE=1 if that is meant",
		    address);
	const int64_t max = STREAM_LIMIT;
	const int high = HIGH_WATER, ipv6 = strchr(address, '[') != NULL;
	if (!(e->context = zmq_ctx_new()) || !(e->socket = zmq_socket(e->context, type))
	    || zmq_setsockopt(e->socket, ZMQ_MAXMSGSIZE, &max, sizeof max) < 0
	    || zmq_setsockopt(e->socket, ZMQ_SNDHWM, &high, sizeof high) < 0
	    || zmq_setsockopt(e->socket, ZMQ_RCVHWM, &high, sizeof high) < 0
	    || zmq_setsockopt(e->socket, ZMQ_IPV6, &ipv6, sizeof ipv6) < 0
	    || zmq_socket_monitor(e->socket, MONITOR, ZMQ_EVENT_DISCONNECTED) < 0
	    || !(e->monitor = zmq_socket(e->context, ZMQ_PAIR)) || zmq_connect(e->monitor, MONITOR) < 0
	    || (bind ? zmq_bind : zmq_connect)(e->socket, address) < 0) {
		err_set(err, "cannot %s '%s': %s", bind ? "bind" : "connect to", address, zmq_strerror(errno));
		endpoint_release(e, 0);
		return -1;
	}
	return 0;
}

bool
endpoint_wait(struct endpoint *e, short events, int timeout)
{
	zmq_pollitem_t item[] = {
	    {.socket = e->socket, .events = events},
	    {.socket = e->monitor, .events = ZMQ_POLLIN},
	    {.fd = interrupt_fd(), .events = ZMQ_POLLIN},
	};
	zmq_poll(item, interrupt_fd() < 0 ? 2 : 3, e->gone ? 0 : timeout);
	e->gone |= item[1].revents != 0;
	return item[0].revents || e->gone;
}
