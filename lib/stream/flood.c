/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The kernel counts the bytes of a connection (tcpi_bytes_received), ZeroMQ tells its
 * descriptor when it is accepted and with each message. A descriptor may be closed and used
 * again before we hear of it: then its count is lower than ours, and nothing happens.
 */
#include "stream/flood.h"

#include <linux/tcp.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum {
	EVERY = 50000,     /* microseconds */
	PATIENCE = 500000, /* in which whoever reads letters, reads one of each connection that has some */
	FDS = 1 << 20,
};

struct flow {
	uint64_t mark; /* bytes up to the last time that all was well */
	int64_t since;  /* it is a suspect */
	bool open, suspect;
};

void
flood_release(struct flood *f)
{
	free(f->flows);
	*f = (struct flood){0};
}

static void
set(struct flood *f, int fd, struct flow to)
{
	if (fd < 0 || (size_t)fd >= f->n)
		return;
	f->suspects -= f->flows[fd].suspect;
	f->flows[fd] = to;
}

void
flood_accepted(struct flood *f, int fd)
{
	if (fd >= 0 && fd < FDS && (size_t)fd >= f->n) {
		const size_t n = ((size_t)fd + 64) * 2;
		struct flow *flows = realloc(f->flows, n * sizeof *flows);
		if (!flows)
			return;
		memset(flows + f->n, 0, (n - f->n) * sizeof *flows);
		f->flows = flows;
		f->n = n;
	}
	set(f, fd, (struct flow){.open = true});
}

void
flood_closed(struct flood *f, int fd)
{
	set(f, fd, (struct flow){0});
}

void
flood_heard(struct flood *f, int fd)
{
	if (fd >= 0 && (size_t)fd < f->n && f->flows[fd].suspect)
		set(f, fd, (struct flow){.open = true, .mark = f->flows[fd].mark});
}

/* What came over it; false if it is no TCP connection. */
static bool
received(int fd, uint64_t *bytes)
{
	struct tcp_info t = {0};
	socklen_t n = sizeof t;
	*bytes = 0;
	if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &t, &n) < 0)
		return false;
	*bytes = t.tcpi_bytes_received;
	return true;
}

size_t
flood_check(struct flood *f, int64_t now, bool drained)
{
	size_t hung_up = 0;
	if (now < f->next)
		return 0;
	f->next = now + EVERY;
	for (size_t i = 0; i < f->n; i++) {
		struct flow *w = &f->flows[i];
		uint64_t bytes;
		if (!w->open)
			continue;
		if (!received((int)i, &bytes) || bytes < w->mark) {
			set(f, (int)i, (struct flow){0});
		} else if (bytes - w->mark <= FLOOD_LIMIT) {
			continue;
		} else if (!w->suspect) {
			*w = (struct flow){.open = true, .suspect = true, .mark = bytes, .since = now};
			f->suspects++;
		} else if (drained || now - w->since > PATIENCE) {
			shutdown((int)i, SHUT_RDWR);
			set(f, (int)i, (struct flow){0});
			hung_up++;
		}
	}
	return hung_up;
}
