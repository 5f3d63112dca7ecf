/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A peer is the number in the routing id that ZeroMQ makes up for it: a zero byte and four more.
 *
 * A connection is made anew by ZeroMQ, but what was in the old one is gone (ZMQ_IMMEDIATE): whoever
 * connects hears of it from post_news, and says again what matters.
 *
 * Bodies travel without being copied: what is sent refers to its parcel, what was received is a
 * parcel around ZeroMQ's message. Small ones are copied, so that a few bytes never hold on to a
 * whole buffer.
 */
#include "stream/post.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zmq.h>

#include "base/talk.h"
#include "stream/address.h"
#include "stream/stream.h"

enum {
	HIGH_WATER = 64,    /* letters that ZeroMQ holds for or from a peer */
	BEAT_MS = 1000,     /* of ZeroMQ's own heartbeats */
	SILENCE_MS = 5000,  /* a connection that says nothing is given up; so is a handshake */
	BACKLOG = 4096,     /* a thousand workers come at once */
	SOCKETS = 16384,
	MANY = 64,          /* posts in one process before more descriptors are asked for */
	SMALL_SENT = 2048,  /* bodies up to here are copied */
	SMALL_CAME = 8192,  /* the size of ZeroMQ's buffer, which a message may be a part of */
	FDS = 64,
	EVENTS = ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL | ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL
	    | ZMQ_EVENT_HANDSHAKE_FAILED_AUTH | ZMQ_EVENT_DISCONNECTED,
};

struct post {
	void *context, *socket, *monitor;
	int fd, monitor_fd;
	bool binds, shared;      /* the context */
	bool connected, told;    /* as it is, as the caller knows */
	bool ended;              /* a connection, on the binding side */
	bool stalled;            /* a letter of the connecting side could not leave */
	unsigned unmade;         /* connections that ended, or will, before they were any */
	zmq_msg_t head;          /* of the last letter */
	char address[ADDRESS_SIZE];
};

/* --- contexts ---------------------------------------------------------------------------------- */

/* All that connect share one, so that a process may have a thousand; who binds has its own. */
static struct {
	pthread_mutex_t lock;
	void *context;
	size_t users;
	unsigned names;
} common = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void
more_descriptors(void)
{
	struct rlimit l;
	if (getrlimit(RLIMIT_NOFILE, &l) == 0 && l.rlim_cur < l.rlim_max) {
		l.rlim_cur = l.rlim_max;
		setrlimit(RLIMIT_NOFILE, &l);
	}
}

static void *
context_new(void)
{
	void *c = zmq_ctx_new();
	if (c)
		zmq_ctx_set(c, ZMQ_MAX_SOCKETS, SOCKETS);
	return c;
}

static void
context_take(struct post *p)
{
	pthread_mutex_lock(&common.lock);
	if (p->binds) {
		more_descriptors();
		p->context = context_new();
	} else {
		if (!common.context)
			common.context = context_new();
		if ((p->context = common.context) && ++common.users == MANY)
			more_descriptors();
		p->shared = p->context != NULL;
	}
	pthread_mutex_unlock(&common.lock);
}

/* Ending a context waits until all that was sent has left, which closing a socket does not. */
static void
context_leave(struct post *p)
{
	void *last = p->context;
	if (p->shared) {
		pthread_mutex_lock(&common.lock);
		if (--common.users == 0)
			common.context = NULL;
		else
			last = NULL;
		pthread_mutex_unlock(&common.lock);
	}
	while (last && zmq_ctx_term(last) < 0 && errno == EINTR && !interrupted())
		;
}

/* --- sockets ------------------------------------------------------------------------------------- */

static int
set_int(void *socket, int option, int value)
{
	return zmq_setsockopt(socket, option, &value, sizeof value);
}

static int
settings(const struct post *p)
{
	void *s = p->socket;
	const int64_t max = STREAM_LIMIT;
	return set_int(s, ZMQ_SNDHWM, HIGH_WATER) < 0 || set_int(s, ZMQ_RCVHWM, HIGH_WATER) < 0
	    || zmq_setsockopt(s, ZMQ_MAXMSGSIZE, &max, sizeof max) < 0 || set_int(s, ZMQ_LINGER, 0) < 0
	    || set_int(s, ZMQ_HANDSHAKE_IVL, SILENCE_MS) < 0 || set_int(s, ZMQ_HEARTBEAT_IVL, BEAT_MS) < 0
	    || set_int(s, ZMQ_HEARTBEAT_TIMEOUT, SILENCE_MS) < 0 || set_int(s, ZMQ_HEARTBEAT_TTL, SILENCE_MS) < 0
	    || set_int(s, ZMQ_IPV6, strchr(p->address, '[') != NULL) < 0
	    || (p->binds ? set_int(s, ZMQ_ROUTER_MANDATORY, 1) < 0 || set_int(s, ZMQ_BACKLOG, BACKLOG) < 0
	                 : set_int(s, ZMQ_IMMEDIATE, 1) < 0 || set_int(s, ZMQ_RECONNECT_IVL, 50) < 0
	                       || set_int(s, ZMQ_RECONNECT_IVL_MAX, 2000) < 0 || set_int(s, ZMQ_CONNECT_TIMEOUT, SILENCE_MS) < 0)
	    ? -1 : 0;
}

static int
watch(struct post *p)
{
	char name[64];
	pthread_mutex_lock(&common.lock);
	snprintf(name, sizeof name, "inproc://monitor-%u", common.names++);
	pthread_mutex_unlock(&common.lock);
	size_t size = sizeof p->fd;
	return zmq_socket_monitor(p->socket, name, EVENTS) < 0 || !(p->monitor = zmq_socket(p->context, ZMQ_PAIR))
	    || zmq_connect(p->monitor, name) < 0 || zmq_getsockopt(p->monitor, ZMQ_FD, &p->monitor_fd, &size) < 0
	    || zmq_getsockopt(p->socket, ZMQ_FD, &p->fd, &size) < 0 ? -1 : 0;
}

static int
open_socket(struct post *p)
{
	return !(p->socket = zmq_socket(p->context, p->binds ? ZMQ_ROUTER : ZMQ_DEALER)) || settings(p) < 0 || watch(p) < 0
	    ? -1 : 0;
}

static void
close_socket(struct post *p, int linger)
{
	if (p->monitor) {
		zmq_socket_monitor(p->socket, NULL, 0);
		zmq_close(p->monitor);
	}
	if (p->socket) {
		set_int(p->socket, ZMQ_LINGER, linger);
		zmq_close(p->socket);
	}
	p->monitor = p->socket = NULL;
}

static struct post *
start(const char *address, bool binds, struct err *err)
{
	const bool ipc = !strncmp(address, "ipc://", 6);
	if ((!ipc && strncmp(address, "tcp://", 6)) || strlen(address) >= ADDRESS_SIZE)
		return err_set(err, "'%s' is no address: it should be tcp://host:port or ipc://path", address), NULL;
	if (ipc && (address[6] == '@' || address[6] == '*' || !address[6]))
		return err_set(err, "'%s': a socket without a path is open to everybody on this machine", address), NULL;
	struct post *p = calloc(1, sizeof *p);
	if (!p)
		return err_set(err, "out of memory"), NULL;
	p->binds = binds;
	strcpy(p->address, address);
	zmq_msg_init(&p->head);
	context_take(p);
	return p;
}

/* Keeps errno, for those who ask what stood in the way. */
static struct post *
failed(struct post *p)
{
	const int why = errno;
	post_free(p, 0);
	errno = why;
	return NULL;
}

/* Whether there must be keys, and whether they are there. */
static int
guard(struct post *p, const struct post_settings *set, struct err *err)
{
	if (!set->secure && (address_is_local(p->address) || set->insecure || address_insecure()))
		return 0;
	errno = EACCES;
	return err_set(err, "'%s' leaves this machine without encryption; --insecure if that is meant", p->address);
}

static int
bind_path(struct post *p, struct err *err)
{
	const char *path = p->address + 6;
	const int claim = address_claim(path, err);
	if (claim < 0)
		return -1;
	const int got = zmq_bind(p->socket, p->address), why = errno;
	if (got == 0)
		chmod(path, 0600);
	else
		err_set(err, "cannot bind '%s': %s", p->address, zmq_strerror(why));
	close(claim);
	errno = why;
	return got;
}

static int
bind_port(struct post *p, struct err *err)
{
	char to[ADDRESS_SIZE];
	if (address_number(p->address, to, err) < 0)
		return -1;
	if (zmq_bind(p->socket, to) < 0) {
		errno = errno == ENODEV ? EADDRNOTAVAIL : errno;
		return err_set(err, errno == EADDRINUSE ? "'%s' is taken: somebody listens there" : "cannot bind '%s': %s", p->address,
		    zmq_strerror(errno));
	}
	size_t n = sizeof to;
	if (zmq_getsockopt(p->socket, ZMQ_LAST_ENDPOINT, to, &n) == 0 && strstr(p->address, ":*"))
		snprintf(strrchr(p->address, ':'), 16, "%.15s", strrchr(to, ':'));
	return 0;
}

struct post *
post_bind(const char *address, const struct post_settings *set, struct err *err)
{
	struct post *p = start(address, true, err);
	if (!p)
		return NULL;
	if (guard(p, set, err) < 0)
		return failed(p);
	if (!p->context || open_socket(p) < 0) {
		err_set(err, "cannot bind '%s': %s", address, zmq_strerror(errno));
		return failed(p);
	}
	return (strncmp(address, "ipc://", 6) ? bind_port(p, err) : bind_path(p, err)) < 0 ? failed(p) : p;
}

struct post *
post_connect(const char *address, const struct post_settings *set, struct err *err)
{
	struct post *p = start(address, false, err);
	if (!p)
		return NULL;
	if (guard(p, set, err) < 0)
		return failed(p);
	if (!p->context || open_socket(p) < 0 || zmq_connect(p->socket, address) < 0) {
		err_set(err, "cannot connect to '%s': %s", address, zmq_strerror(errno));
		return failed(p);
	}
	return p;
}

void
post_free(struct post *p, int linger)
{
	if (!p)
		return;
	close_socket(p, linger);
	context_leave(p);
	zmq_msg_close(&p->head);
	free(p);
}

const char *
post_address(const struct post *p)
{
	return p->address;
}

bool
post_listens(const char *address)
{
	return address_listens(address);
}

bool
post_is_local(const char *address)
{
	return address_is_local(address);
}

/* --- bodies --------------------------------------------------------------------------------------- */

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

/* The message's bytes as a parcel; the message is empty after it. NULL: out of memory. */
static struct parcel *
wrap(zmq_msg_t *m)
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

/* -1: out of memory. */
static int
message_of(zmq_msg_t *m, struct parcel *p)
{
	if (p->n > SMALL_SENT)
		return zmq_msg_init_data(m, (void *)p->bytes, p->n, let_go, parcel_ref(p));
	if (zmq_msg_init_size(m, p->n) < 0)
		return -1;
	if (p->n)
		memcpy(zmq_msg_data(m), p->bytes, p->n);
	return 0;
}

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
	bool good = who > 0 && *n && *n <= POST_HEAD;
	zmq_msg_init(&rest);
	if (zmq_msg_more(&p->head) && frame(p, &rest)) {
		if (good && !zmq_msg_more(&rest))
			*body = wrap(&rest);
		good &= *body != NULL;
		skip(p, &rest);
	}
	zmq_msg_close(&rest);
	return good ? 1 : -1;
}

int
post_send(struct post *p, uint32_t peer, const uint8_t *head, size_t n, struct parcel *body)
{
	zmq_msg_t m;
	const uint8_t id[5] = {0, (uint8_t)(peer >> 24), (uint8_t)(peer >> 16), (uint8_t)(peer >> 8), (uint8_t)peer};
	if (body && message_of(&m, body) < 0)
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

/* A handshake that failed is followed by the end of a connection that never was one. */
static void
happened(struct post *p, unsigned event)
{
	switch (event) {
	case ZMQ_EVENT_HANDSHAKE_SUCCEEDED: p->connected = true; break;
	case ZMQ_EVENT_DISCONNECTED:
		if (p->unmade) {
			p->unmade--;
		} else {
			p->ended = true;
			p->connected = false;
		}
		break;
	default: p->unmade++;
	}
}

static void
look_around(struct post *p)
{
	uint8_t event[6];
	while (zmq_recv(p->monitor, event, sizeof event, ZMQ_DONTWAIT) == sizeof event) {
		uint16_t what;
		uint32_t value;
		char where[ADDRESS_SIZE];
		memcpy(&what, event, 2);
		memcpy(&value, event + 2, 4);
		zmq_recv(p->monitor, where, sizeof where, ZMQ_DONTWAIT);
		happened(p, what);
	}
}

static bool
has_news(const struct post *p)
{
	return p->binds ? p->ended : p->connected != p->told || (p->told && p->ended);
}

enum post_news
post_news(struct post *p, const char **text)
{
	*text = NULL;
	look_around(p);
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

/* --- waiting ----------------------------------------------------------------------------------------- */

/* ZMQ_POLLIN, ZMQ_POLLOUT: asks ZeroMQ, whose descriptors only tell that something has changed. */
static int
state(const struct post *p)
{
	int events = 0;
	size_t n = sizeof events;
	return zmq_getsockopt(p->socket, ZMQ_EVENTS, &events, &n) == 0 ? events : 0;
}

/* Serves what must be; whether there is something for the caller. */
static bool
attend(struct post *const *posts, size_t n, bool *letters)
{
	bool news = false;
	*letters = false;
	for (size_t i = 0; i < n; i++) {
		look_around(posts[i]);
		const int events = state(posts[i]);
		const bool resumes = posts[i]->stalled && events & ZMQ_POLLOUT;
		posts[i]->stalled &= !resumes;
		news |= has_news(posts[i]) || resumes;
		*letters |= (events & ZMQ_POLLIN) != 0;
	}
	return *letters || news;
}

bool
post_wait_any(struct post *const *posts, size_t n_posts, struct pollfd *fds, size_t n, int timeout)
{
	static bool noticed; /* an interrupt ends the first wait after it, not every one */
	struct pollfd few[FDS], *all = few;
	bool letters;
	if (attend(posts, n_posts, &letters))
		timeout = 0;
	const size_t most = n + 2 * n_posts + 1;
	if (most > FDS && !(all = malloc(most * sizeof *all)))
		return letters;
	size_t k = 0;
	for (size_t i = 0; i < n; i++)
		all[k++] = fds[i];
	for (size_t i = 0; i < n_posts; i++) {
		all[k++] = (struct pollfd){.fd = posts[i]->fd, .events = POLLIN};
		all[k++] = (struct pollfd){.fd = posts[i]->monitor_fd, .events = POLLIN};
	}
	if (!noticed && interrupt_fd() >= 0)
		all[k++] = (struct pollfd){.fd = interrupt_fd(), .events = POLLIN};
	const int ready = poll(all, k, timeout);
	for (size_t i = 0; i < n; i++)
		fds[i].revents = ready > 0 ? all[i].revents : 0;
	noticed |= interrupted();
	if (all != few)
		free(all);
	if (!letters)
		attend(posts, n_posts, &letters);
	return letters;
}

bool
post_wait(struct post *p, struct pollfd *fds, size_t n, int timeout)
{
	return post_wait_any(&p, 1, fds, n, timeout);
}
