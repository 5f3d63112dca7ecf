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
	uint64_t came, arrived; /* when it was looked at last */
	int64_t since;  /* it is a suspect */
	uint32_t peer;
	bool open, suspect, named;
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
	const struct flow *was = &f->flows[fd];
	f->suspects -= was->suspect;
	f->unnamed -= was->open && !was->named;
	f->flows[fd] = to;
	f->suspects += to.suspect;
	f->unnamed += to.open && !to.named;
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
	if (fd < 0 || (size_t)fd >= f->n || !f->flows[fd].suspect)
		return;
	struct flow w = f->flows[fd];
	w.suspect = false;
	set(f, fd, w);
}

void
flood_named(struct flood *f, int fd, uint32_t peer)
{
	if (fd < 0 || (size_t)fd >= f->n || !f->flows[fd].open)
		return;
	struct flow w = f->flows[fd];
	w.named = true;
	w.peer = peer;
	set(f, fd, w);
}

/* False if it is no TCP connection. */
static bool
info(int fd, struct tcp_info *t)
{
	socklen_t n = sizeof *t;
	memset(t, 0, sizeof *t);
	return getsockopt(fd, IPPROTO_TCP, TCP_INFO, t, &n) == 0;
}

bool
flood_stirs(struct flood *f, size_t *at, uint32_t *peer)
{
	while (*at < f->n) {
		const size_t fd = (*at)++;
		struct flow *w = &f->flows[fd];
		struct tcp_info t;
		if (!w->named || !info((int)fd, &t))
			continue;
		const bool stirs = w->came
		    && (t.tcpi_bytes_received > w->came || (t.tcpi_notsent_bytes && t.tcpi_bytes_acked > w->arrived));
		w->came = t.tcpi_bytes_received;
		w->arrived = t.tcpi_bytes_acked;
		*peer = w->peer;
		if (stirs)
			return true;
	}
	return false;
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
		struct tcp_info t;
		if (!w->open)
			continue;
		const bool tcp = info((int)i, &t);
		const uint64_t bytes = t.tcpi_bytes_received;
		if (!tcp || bytes < w->mark) {
			set(f, (int)i, (struct flow){0});
		} else if (bytes - w->mark <= FLOOD_LIMIT) {
			continue;
		} else if (!w->suspect) {
			struct flow suspect = *w;
			suspect.suspect = true;
			suspect.mark = bytes;
			suspect.since = now;
			set(f, (int)i, suspect);
		} else if (drained || now - w->since > PATIENCE) {
			shutdown((int)i, SHUT_RDWR);
			set(f, (int)i, (struct flow){0});
			hung_up++;
		}
	}
	return hung_up;
}
