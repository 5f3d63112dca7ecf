/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A peer is the number in the routing id that ZeroMQ makes up for it: a zero byte and four more.
 *
 * What was in a connection goes with it: whoever connects gets a new socket, hears of it from post_news,
 * and says again what matters. (ZMQ_IMMEDIATE would do the same to one socket, but takes its pipe
 * away even between two frames of a letter that is being received, on which ZeroMQ 4.3.4 aborts:
 * fq.cpp, assertion !_more.) Letters that ZeroMQ took to a new connection before
 * the end of the old one was noticed are from nobody there: they come before a HELLO.
 *
 * Whether the other side of a connection speaks plain or CURVE is in the first 64 bytes that it
 * says (ZMTP 3, RFC 23). Who connects on this machine looks there when it was turned away,
 * and comes again with keys, if it has them; never the other way round.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/talk.h"
#include "stream/inside.h"

enum {
	FDS = 64,   /* descriptors that are waited for without asking for memory */
	TURNED = 3, /* times in a row that the other side hangs up before it is told */
};

static const double LOOK = 0.001; /* seconds between two looks at what became of connections */

/* --- letters ---------------------------------------------------------------------------------------- */

/* The next frame of the letter that is being received: it is there already. */
static bool
frame(struct post *p, zmq_msg_t *m)
{
	return zmq_msg_recv(m, p->socket, ZMQ_DONTWAIT) >= 0;
}

/* The frames after this one are nothing to us. */
static void
skip(struct post *p, zmq_msg_t *m)
{
	while (zmq_msg_more(m) && frame(p, m))
		;
}

/* 1 and who wrote, 0 if nobody did, -1 for somebody with a name of its own. */
static int
receive_peer(struct post *p, uint32_t *peer)
{
	*peer = 0;
	if (!p->binds)
		return 1;
	uint8_t id[6];
	const int n = zmq_recv(p->socket, id, sizeof id, ZMQ_DONTWAIT);
	if (n < 0)
		return 0;
	if (n != 5 || id[0])
		return -1;
	*peer = (uint32_t)id[1] << 24 | (uint32_t)id[2] << 16 | (uint32_t)id[3] << 8 | id[4];
	return 1;
}

int
post_receive(struct post *p, uint32_t *peer, const uint8_t **head, size_t *n, struct parcel **body)
{
	zmq_msg_t rest;
	*body = NULL;
	const int who = receive_peer(p, peer);
	if (!who || !frame(p, &p->head))
		return 0;
	*head = zmq_msg_data(&p->head);
	*n = zmq_msg_size(&p->head);
	if (p->flood.suspects)
		flood_heard(&p->flood, zmq_msg_get(&p->head, ZMQ_SRCFD));
	if (p->flood.unnamed)
		flood_named(&p->flood, zmq_msg_get(&p->head, ZMQ_SRCFD), *peer);
	bool good = who > 0 && *n && *n <= POST_HEAD;
	zmq_msg_init(&rest);
	if (zmq_msg_more(&p->head) && frame(p, &rest)) {
		if (good && !zmq_msg_more(&rest))
			*body = body_of(&rest);
		good &= *body != NULL;
		skip(p, &rest);
	}
	zmq_msg_close(&rest);
	return good ? 1 : -1;
}

static void look_around(struct post *p);

int
post_send(struct post *p, uint32_t peer, const uint8_t *head, size_t n, struct parcel *body)
{
	zmq_msg_t m;
	if (!p->binds && !p->connected)
		look_around(p);
	if (!p->binds && !p->connected)
		return 0;
	const uint8_t id[5] = {0, (uint8_t)(peer >> 24), (uint8_t)(peer >> 16), (uint8_t)(peer >> 8), (uint8_t)peer};
	if (body && p->flight && !flight_room(p->flight, peer, body->n))
		return 0;
	if (body && body_message(&m, body, p->flight, peer) < 0)
		return 0;
	/* The first frame asks whether there is room; the others of a letter follow it. */
	int got = p->binds && zmq_send(p->socket, id, sizeof id, ZMQ_SNDMORE | ZMQ_DONTWAIT) < 0 ? errno == EHOSTUNREACH ? -1 : 0 : 1;
	if (got > 0 && zmq_send(p->socket, head, n, (body ? ZMQ_SNDMORE : 0) | ZMQ_DONTWAIT) < 0)
		got = 0;
	if (got > 0 && body && zmq_msg_send(&m, p->socket, ZMQ_DONTWAIT) < 0)
		got = 0;
	if (got <= 0 && body)
		zmq_msg_close(&m);
	p->stalled |= got == 0 && !p->binds;
	return got;
}

/* --- what happens to connections ------------------------------------------------------------------- */

/* Who has just come, for what is said if it fails: events tell whose only then. */
static void
remember(struct post *p, int fd)
{
	struct sockaddr_storage a;
	socklen_t n = sizeof a;
	const struct sockaddr_in *in = (const struct sockaddr_in *)&a;
	const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)&a;
	*p->caller = 0;
	if (getpeername(fd, (struct sockaddr *)&a, &n) < 0)
		return; /* gone already */
	if (!inet_ntop(a.ss_family, a.ss_family == AF_INET6 ? (const void *)&in6->sin6_addr : (const void *)&in->sin_addr, p->caller,
	        sizeof p->caller))
		strcpy(p->caller, "this machine");
}

/* What a handshake that failed says to a person where we bind. That a key is not allowed, the door tells. */
static void
say_failed(struct post *p, unsigned event, uint32_t why)
{
	if (event != ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL)
		return;
	const char *what = why == ZMQ_PROTOCOL_ERROR_ZMTP_CRYPTOGRAPHIC ? "it does not know this queue's key"
	    : why != ZMQ_PROTOCOL_ERROR_ZMTP_MECHANISM_MISMATCH         ? NULL
	    : p->curve                                                  ? "it came without a key"
	                                                                : "it came with a key, where none is asked for";
	if (what)
		notices_say(&p->notices, "somebody was not let in: %s%s%s%s", what, *p->caller ? " (the last to come was " : "", p->caller,
		    *p->caller ? ")" : "");
}

/* A handshake that failed is followed by the end of a connection that never was one. */
static void
happened(struct post *p, unsigned event, uint32_t value)
{
	switch (event) {
	case ZMQ_EVENT_ACCEPTED:
		remember(p, (int)value);
		flood_accepted(&p->flood, (int)value);
		break;
	case ZMQ_EVENT_CONNECTED:
		flood_accepted(&p->flood, (int)value);
		flood_named(&p->flood, (int)value, 0);
		break;
	case ZMQ_EVENT_HANDSHAKE_SUCCEEDED:
		if (p->binds)
			break;
		p->ended |= p->connected; /* whatever we were told of the last one: there is one at a time */
		p->connected = true;
		p->doubt = p->refused = p->complained = false;
		p->unmade = p->turned = 0;
		p->again = 0;
		notices_forget(&p->notices);
		break;
	case ZMQ_EVENT_DISCONNECTED:
		flood_closed(&p->flood, (int)value);
		if (p->unmade) {
			p->unmade--;
		} else {
			p->ended = true;
			p->connected = false;
			p->lost = !p->binds;
		}
		break;
	default:
		p->unmade++;
		p->turned++;
		p->doubt = true;
		p->refused |= event == ZMQ_EVENT_HANDSHAKE_FAILED_AUTH;
		if (p->binds)
			say_failed(p, event, value);
		else if (event != ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL)
			p->again = talk_clock() + (p->turned < 4 ? 0.25 : 2); /* to ZeroMQ this is final */
	}
}

/* Whether there are keys that we have not come with: made, or made known, since. */
static bool
new_keys(struct post *p, struct err *err)
{
	char queue[KEY_SIZE], own[KEY_SIZE];
	memcpy(queue, p->queue, KEY_SIZE);
	memcpy(own, p->keys.public, KEY_SIZE);
	return post_find_keys(p, err) == 0 && (!p->curve || strcmp(queue, p->queue) || strcmp(own, p->keys.public));
}

/* We were turned away: why, and what can be done? Said once, until we are let in. */
static void
wonder(struct post *p)
{
	char mechanism[ADDRESS_MECHANISM];
	struct err err = {""};
	const bool fresh = new_keys(p, &err);
	const unsigned before = p->notices.n;
	p->doubt = false;
	if (p->complained && !fresh)
		return;
	if (!address_mechanism(p->address, mechanism)) {
		p->turned = 0; /* nobody is there: it was going away */
		return;
	}
	const bool curve = !strcmp(mechanism, "CURVE");
	if (curve && fresh) {
		p->refused = p->complained = false;
		post_connect_with_keys(p);
	} else if (p->refused) {
		notices_say(&p->notices, "the queue at %s does not let this machine in; where it runs: `assay key allow '%s %s'`", p->address,
		    p->keys.public, p->keys.name);
	} else if (!p->curve && curve) {
		notices_say(&p->notices, "the queue at %s asks for keys: %s", p->address, err.text);
	} else if (p->curve && !strcmp(mechanism, "NULL")) {
		notices_say(&p->notices, "the queue at %s uses no keys: start it with --secure, or come with --insecure", p->address);
	} else if (p->curve && curve && p->turned >= TURNED) {
		notices_say(&p->notices, "the queue at %s has another key than %s: `assay key trust %s LINE`, with the line that `assay key show` prints there",
		    p->address, p->known ? "the one that is known" : "ours, and that is not known", p->address);
	}
	p->complained |= p->notices.n > before;
}

/* What there is to be heard of connections. Each question is a system call: one a millisecond, where
   nobody waits for the answer. */
static void
hear(struct post *p)
{
	uint8_t event[6];
	const double now = talk_clock();
	if (now - p->looked < LOOK)
		return;
	while (zmq_recv(p->monitor, event, sizeof event, ZMQ_DONTWAIT) == sizeof event) {
		uint16_t what;
		uint32_t value;
		char where[ADDRESS_SIZE];
		memcpy(&what, event, 2);
		memcpy(&value, event + 2, 4);
		zmq_recv(p->monitor, where, sizeof where, ZMQ_DONTWAIT);
		happened(p, what, value);
	}
	if (p->door.socket)
		door_serve(&p->door, &p->notices);
	p->looked = now;
}

static void
look_around(struct post *p)
{
	hear(p);
	if (p->binds)
		return;
	if (p->doubt)
		wonder(p);
	if (p->lost || (!p->socket && talk_clock() >= p->again))
		post_open_anew(p);
	p->lost = false;
	if (p->socket && p->again && talk_clock() >= p->again) {
		p->again = 0;
		zmq_disconnect(p->socket, p->address);
		zmq_connect(p->socket, p->address);
	}
}

static bool
has_news(const struct post *p)
{
	return p->notices.n || (p->binds ? p->ended : p->connected != p->told || (p->told && p->ended));
}

enum post_news
post_news(struct post *p, const char **text)
{
	look_around(p);
	if ((*text = notices_next(&p->notices)))
		return POST_REFUSED;
	if (p->ended && (p->binds || p->told)) {
		p->ended = p->told = false;
		return POST_DISCONNECTED;
	}
	p->ended = false;
	if (!p->binds && p->connected && !p->told) {
		p->told = true;
		return POST_CONNECTED;
	}
	return POST_NONE;
}

bool
post_stirs(struct post *p, size_t *at, uint32_t *peer)
{
	return flood_stirs(&p->flood, at, peer);
}

/* --- waiting ----------------------------------------------------------------------------------------- */

/* ZMQ_POLLIN, ZMQ_POLLOUT: asks ZeroMQ, whose descriptors only tell that something has changed. */
static int
state(const struct post *p)
{
	int events = 0;
	size_t n = sizeof events;
	return zmq_getsockopt(p->socket, ZMQ_EVENTS, &events, &n) == 0 ? events : 0;
}

/* Serves what must be. Returns how long there is time for it: none where there is something for the caller. */
static int
attend(struct post *const *posts, size_t n, int timeout, bool *letters)
{
	*letters = false;
	for (size_t i = 0; i < n; i++) {
		look_around(posts[i]);
		const int events = state(posts[i]);
		const bool resumes = posts[i]->stalled && events & ZMQ_POLLOUT;
		posts[i]->stalled &= !resumes;
		*letters |= (events & ZMQ_POLLIN) != 0;
		if (posts[i]->binds && flood_check(&posts[i]->flood, (int64_t)(1e6 * talk_clock()), !(events & ZMQ_POLLIN)))
			notices_say(&posts[i]->notices, "a connection was ended: what came over it was no letter, and had no end");
		if (*letters || resumes || has_news(posts[i]))
			timeout = 0;
		const double left = posts[i]->again ? 1000 * (posts[i]->again - talk_clock()) : -1;
		if (left >= 0 && (timeout < 0 || left < timeout))
			timeout = (int)left + 1;
	}
	return timeout;
}

bool
post_wait_any(struct post *const *posts, size_t n_posts, struct pollfd *fds, size_t n, int timeout)
{
	static bool noticed; /* an interrupt ends the first wait after it, not every one */
	struct pollfd few[FDS], *all = few;
	bool letters;
	timeout = attend(posts, n_posts, timeout, &letters);
	const size_t most = n + 3 * n_posts + 1;
	if (most > FDS && !(all = malloc(most * sizeof *all)))
		return letters;
	size_t k = 0;
	for (size_t i = 0; i < n; i++)
		all[k++] = fds[i];
	for (size_t i = 0; i < n_posts; i++) {
		all[k++] = (struct pollfd){.fd = posts[i]->fd, .events = POLLIN};
		all[k++] = (struct pollfd){.fd = posts[i]->monitor_fd, .events = POLLIN};
		if (posts[i]->door.socket)
			all[k++] = (struct pollfd){.fd = posts[i]->door.fd, .events = POLLIN};
	}
	if (!noticed && interrupt_fd() >= 0)
		all[k++] = (struct pollfd){.fd = interrupt_fd(), .events = POLLIN};
	const int ready = poll(all, k, timeout);
	for (size_t i = 0; i < n; i++)
		fds[i].revents = ready > 0 ? all[i].revents : 0;
	k = n;
	for (size_t i = 0; i < n_posts && ready > 0; i++) {
		bool heard = all[++k].revents != 0;
		k++;
		if (posts[i]->door.socket)
			heard |= all[k++].revents != 0;
		if (heard)
			posts[i]->looked = 0;
	}
	noticed |= interrupted();
	if (all != few)
		free(all);
	if (!letters)
		attend(posts, n_posts, 0, &letters);
	return letters;
}

bool
post_wait(struct post *p, struct pollfd *fds, size_t n, int timeout)
{
	return post_wait_any(&p, 1, fds, n, timeout);
}
