/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "metrics.h"

#include <microhttpd.h>
#include <netdb.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/talk.h"

/* Bounds: at most so many connections, each gone after so many idle seconds, none with more
   memory (a request is a few hundred bytes). */
enum { CONNECTIONS = 32, IDLE = 5, MEMORY = 16 * 1024, STALE = 10 };

struct metrics {
	struct MHD_Daemon *daemon;
	pthread_mutex_t lock; /* of the next three */
	char *text;
	size_t n;
	double shown; /* when, in seconds */
	char where[NI_MAXHOST + NI_MAXSERV + 4];
};

static enum MHD_Result
answer(struct MHD_Connection *c, unsigned status, const char *type, const char *text, size_t n)
{
	struct MHD_Response *r = MHD_create_response_from_buffer(n, (void *)text, MHD_RESPMEM_MUST_COPY);
	if (!r)
		return MHD_NO;
	MHD_add_response_header(r, MHD_HTTP_HEADER_CONTENT_TYPE, type);
	if (status == MHD_HTTP_METHOD_NOT_ALLOWED)
		MHD_add_response_header(r, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
	const enum MHD_Result queued = MHD_queue_response(c, status, r);
	MHD_destroy_response(r);
	return queued;
}

static enum MHD_Result
say(struct MHD_Connection *c, unsigned status, const char *text)
{
	return answer(c, status, "text/plain; charset=utf-8", text, strlen(text));
}

static enum MHD_Result
asked(void *user, struct MHD_Connection *c, const char *url, const char *method, const char *version, const char *data,
    size_t *data_size, void **request)
{
	(void)version;
	(void)data;
	(void)data_size;
	(void)request;
	struct metrics *m = user;
	if (strcmp(method, MHD_HTTP_METHOD_GET) && strcmp(method, MHD_HTTP_METHOD_HEAD))
		return say(c, MHD_HTTP_METHOD_NOT_ALLOWED, "only GET\n");
	const bool text = !strcmp(url, "/metrics"), health = !strcmp(url, "/healthz");
	if (!text && !health)
		return say(c, MHD_HTTP_NOT_FOUND, "there is /metrics and /healthz\n");
	pthread_mutex_lock(&m->lock);
	enum MHD_Result queued;
	if (health && talk_clock() - m->shown > STALE)
		queued = say(c, MHD_HTTP_SERVICE_UNAVAILABLE, "the queue stands still\n");
	else if (health)
		queued = say(c, MHD_HTTP_OK, "ok\n");
	else
		queued = answer(c, MHD_HTTP_OK, "text/plain; version=0.0.4; charset=utf-8", m->text ? m->text : "", m->n);
	pthread_mutex_unlock(&m->lock);
	return queued;
}

/* A socket that listens where it was asked to, or -1. */
static int
listen_on(struct metrics *m, const char *where, struct err *err)
{
	char host[NI_MAXHOST] = "127.0.0.1";
	const char *colon = strrchr(where, ':'), *port = colon ? colon + 1 : where;
	size_t n = colon ? (size_t)(colon - where) : 0;
	const bool bracket = n > 1 && where[0] == '[' && where[n - 1] == ']';
	if (n >= sizeof host || !*port || strspn(port, "0123456789") != strlen(port) || strtoul(port, NULL, 10) > 65535)
		return err_set(err, "'%s' is no ADDRESS:PORT", where);
	if (n)
		snprintf(host, sizeof host, "%.*s", (int)(bracket ? n - 2 : n), where + bracket);

	const struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE};
	struct addrinfo *list;
	const int no = getaddrinfo(host, port, &hints, &list);
	if (no)
		return err_set(err, "cannot listen on '%s': %s", where, gai_strerror(no));
	const int fd = socket(list->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	const int yes = 1;
	if (fd >= 0)
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
	const bool good = fd >= 0 && !bind(fd, list->ai_addr, list->ai_addrlen) && !listen(fd, CONNECTIONS);
	if (!good)
		err_errno(err, "cannot listen on '%s'", where);
	freeaddrinfo(list);
	if (!good && fd >= 0)
		close(fd);
	if (!good)
		return -1;

	struct sockaddr_storage at;
	socklen_t size = sizeof at;
	char name[NI_MAXHOST] = "?", number[NI_MAXSERV] = "?";
	if (!getsockname(fd, (struct sockaddr *)&at, &size))
		getnameinfo((struct sockaddr *)&at, size, name, sizeof name, number, sizeof number,
		    NI_NUMERICHOST | NI_NUMERICSERV);
	snprintf(m->where, sizeof m->where, strchr(name, ':') ? "[%s]:%s" : "%s:%s", name, number);
	return fd;
}

struct metrics *
metrics_open(const char *where, struct err *err)
{
	struct metrics *m = calloc(1, sizeof *m);
	if (!m)
		return err_set(err, "out of memory"), NULL;
	const int fd = listen_on(m, where, err);
	if (fd < 0)
		return free(m), NULL;
	pthread_mutex_init(&m->lock, NULL);
	m->shown = talk_clock();
	m->daemon = MHD_start_daemon(MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_POLL, 0, NULL, NULL, asked, m,
	    MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTIONS,
	    MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)IDLE, MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)MEMORY,
	    MHD_OPTION_END);
	if (!m->daemon) {
		err_errno(err, "cannot serve metrics on '%s'", where);
		close(fd);
		metrics_close(m);
		return NULL;
	}
	return m;
}

void
metrics_close(struct metrics *m)
{
	if (!m)
		return;
	if (m->daemon)
		MHD_stop_daemon(m->daemon); /* closes the socket too */
	pthread_mutex_destroy(&m->lock);
	free(m->text);
	free(m);
}

void
metrics_show(struct metrics *m, char *text, size_t n)
{
	pthread_mutex_lock(&m->lock);
	char *old = m->text;
	m->text = text;
	m->n = n;
	m->shown = talk_clock();
	pthread_mutex_unlock(&m->lock);
	free(old);
}

const char *
metrics_where(const struct metrics *m)
{
	return m->where;
}
