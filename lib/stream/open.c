/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Posts: their sockets, and the keys that these need. */
#include <errno.h>
#include <pthread.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/talk.h"
#include "stream/inside.h"
#include "stream/stream.h"

enum {
	HIGH_WATER = 64,    /* letters that ZeroMQ holds for or from a peer */
	HIGH_SENT = 256,    /* for each of many: a crowded machine lets it run dry less often; struct flight counts bytes */
	SILENCE_MS = 5000,  /* a handshake that says nothing is given up, and an attempt to connect */
	UNSEEN_MS = 20000,  /* so is a connection whose bytes do not arrive, */
	UNSEEN_S = 10,      /* or over which nothing comes and that does not answer, twice in 5 s more each, */
	BACKLOG = 4096,     /* a thousand workers come at once */
	SOCKETS = 16384,
	MANY = 64,          /* posts in one process before more descriptors are asked for */
	EVENTS = ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL | ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL
	    | ZMQ_EVENT_HANDSHAKE_FAILED_AUTH | ZMQ_EVENT_DISCONNECTED | ZMQ_EVENT_ACCEPTED | ZMQ_EVENT_CONNECTED,
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
	return set_int(s, ZMQ_SNDHWM, p->binds ? HIGH_SENT : HIGH_WATER) < 0 || set_int(s, ZMQ_RCVHWM, HIGH_WATER) < 0
	    || zmq_setsockopt(s, ZMQ_MAXMSGSIZE, &max, sizeof max) < 0 || set_int(s, ZMQ_LINGER, 0) < 0
	    || set_int(s, ZMQ_HANDSHAKE_IVL, SILENCE_MS) < 0 || set_int(s, ZMQ_TCP_MAXRT, UNSEEN_MS) < 0
	    || set_int(s, ZMQ_TCP_KEEPALIVE, 1) < 0 || set_int(s, ZMQ_TCP_KEEPALIVE_IDLE, UNSEEN_S) < 0
	    || set_int(s, ZMQ_TCP_KEEPALIVE_INTVL, UNSEEN_S / 2) < 0 || set_int(s, ZMQ_TCP_KEEPALIVE_CNT, 2) < 0
	    || set_int(s, ZMQ_IPV6, strchr(p->address, '[') != NULL) < 0
	    || (p->binds ? set_int(s, ZMQ_ROUTER_MANDATORY, 1) < 0 || set_int(s, ZMQ_BACKLOG, BACKLOG) < 0
	                 : set_int(s, ZMQ_RECONNECT_IVL, 50) < 0
	                       || set_int(s, ZMQ_RECONNECT_IVL_MAX, 2000) < 0 || set_int(s, ZMQ_CONNECT_TIMEOUT, SILENCE_MS) < 0)
	    ? -1 : 0;
}

static int
set_keys(const struct post *p)
{
	void *s = p->socket;
	if (!p->curve)
		return 0;
	return zmq_setsockopt(s, ZMQ_CURVE_SECRETKEY, p->keys.secret, KEY_SIZE) < 0
	    || (p->binds ? set_int(s, ZMQ_CURVE_SERVER, 1) < 0 || zmq_setsockopt(s, ZMQ_ZAP_DOMAIN, "assay", 5) < 0
	                 : zmq_setsockopt(s, ZMQ_CURVE_PUBLICKEY, p->keys.public, KEY_SIZE) < 0
	                       || zmq_setsockopt(s, ZMQ_CURVE_SERVERKEY, p->queue, KEY_SIZE) < 0)
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
	return !(p->socket = zmq_socket(p->context, p->binds ? ZMQ_ROUTER : ZMQ_DEALER)) || settings(p) < 0
	    || set_keys(p) < 0 || watch(p) < 0 ? -1 : 0;
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
	p->fd = p->monitor_fd = -1;
}

static struct post *
start(const char *address, bool binds, struct err *err)
{
	if (!address_is_good(address)) {
		errno = EINVAL;
		return err_set(err, "'%s' is no address: it should be tcp://host:port or ipc://path", address), NULL;
	}
	struct post *p = calloc(1, sizeof *p);
	if (!p || (binds && !(p->flight = flight_new())))
		return free(p), err_set(err, "out of memory"), NULL;
	p->binds = binds;
	strcpy(p->address, address);
	zmq_msg_init(&p->head);
	notices_init(&p->notices);
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

/* --- keys ------------------------------------------------------------------------------------------ */

int
post_find_keys(struct post *p, struct err *err)
{
	if (keys_load(p->folder, &p->keys, err) < 0)
		return -1;
	if (p->binds)
		return 0;
	const int got = keys_of_queue(p->folder, p->address, p->queue, err);
	p->known = got > 0;
	if (got == 0)
		strcpy(p->queue, p->keys.public);
	return got < 0 ? -1 : 0;
}

/* Keys are a must beyond this machine, unless plain is meant. */
static int
guard(struct post *p, const struct post_settings *set, struct err *err)
{
	const bool local = address_is_local(p->address);
	p->folder = keys_folder(set ? set->keys : NULL, p->path, sizeof p->path);
	p->plain_meant = (set && set->insecure) || address_insecure();
	p->curve = (set && set->secure) || (!local && !p->plain_meant);
	if (!p->curve || post_find_keys(p, err) == 0)
		return 0;
	err_prefix(err, local ? "'%s' with keys" : "'%s' leaves this machine, so it takes keys (or --insecure)", p->address);
	errno = EACCES;
	return -1;
}

/* On this machine plain is tried unless the other side asks for keys that we have. */
static void
ask_first(struct post *p)
{
	struct err none;
	char mechanism[ADDRESS_MECHANISM];
	p->curve = post_find_keys(p, &none) == 0 && address_mechanism(p->address, mechanism) && !strcmp(mechanism, "CURVE");
}

static int
bind_path(struct post *p, struct err *err)
{
	const char *path = p->address + 6;
	const int claim = address_claim(path, err);
	if (claim < 0)
		return -1;
	const int got = zmq_bind(p->socket, p->address), why = errno;
	p->bound = got == 0;
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
	if (p->curve && door_init(&p->door, p->context, p->folder, p->keys.public, err) < 0)
		return failed(p);
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
	if (!p->curve)
		ask_first(p);
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
	door_release(&p->door);
	flood_release(&p->flood);
	context_leave(p);
	if (p->bound)
		address_leave(p->address + 6);
	zmq_msg_close(&p->head);
	flight_free(p->flight);
	sodium_memzero(&p->keys, sizeof p->keys);
	free(p);
}

void
post_open_anew(struct post *p)
{
	close_socket(p, 0);
	p->connected = p->doubt = p->stalled = false;
	p->unmade = p->turned = 0;
	if (open_socket(p) < 0)
		close_socket(p, 0); /* out of descriptors, perhaps */
	p->again = talk_clock() + (p->socket ? 0.05 : 1) + 1e-3 * randombytes_uniform(50);
}

void
post_connect_with_keys(struct post *p)
{
	p->curve = true;
	post_open_anew(p);
	p->again = talk_clock();
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
