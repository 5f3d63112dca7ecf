/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "stream/door.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <zmq.h>

#include "base/talk.h"
#include "stream/keys.h"

/* --- notices --------------------------------------------------------------------------------- */

enum { NOTICES = sizeof((struct notices *)0)->text / sizeof((struct notices *)0)->text[0], BURST = 10, PAUSE = 10, AGAIN = 300 };

void
notices_init(struct notices *w)
{
	*w = (struct notices){.left = BURST, .at = talk_clock()};
}

void
notices_forget(struct notices *w)
{
	memset(w->said, 0, sizeof w->said);
}

/* Whether this was said lately; notes it, in place of what was said longest ago. (FNV-1a) */
static bool
stale(struct notices *w, const char *text, double now)
{
	uint64_t what = 0xcbf29ce484222325u;
	size_t oldest = 0;
	for (; *text; text++)
		what = (what ^ (uint8_t)*text) * 0x100000001b3u;
	for (size_t i = 0; i < sizeof w->said / sizeof *w->said; i++) {
		if (w->said[i].what == what && now - w->said[i].at < AGAIN)
			return true;
		if (w->said[i].at < w->said[oldest].at)
			oldest = i;
	}
	w->said[oldest].what = what;
	w->said[oldest].at = now;
	return false;
}

void
notices_say(struct notices *w, const char *fmt, ...)
{
	char text[sizeof w->text[0]];
	const double now = talk_clock(), left = w->left + (now - w->at) / PAUSE;
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	w->left = left < BURST ? left : BURST;
	w->at = now;
	if (stale(w, text, now))
		return;
	if (w->left < 1 || w->n == NOTICES) {
		w->untold++;
		return;
	}
	w->left--;
	char *to = w->text[(w->first + w->n++) % NOTICES];
	if (w->untold)
		snprintf(to, sizeof w->text[0], "%.350s (and %llu more before)", text, (unsigned long long)w->untold);
	else
		strcpy(to, text);
	w->untold = 0;
}

const char *
notices_next(struct notices *w)
{
	if (!w->n)
		return NULL;
	const char *text = w->text[w->first];
	w->first = (w->first + 1) % NOTICES;
	w->n--;
	return text;
}

/* --- the door ---------------------------------------------------------------------------------- */

int
door_init(struct door *d, void *context, const char *folder, const char *own, struct err *err)
{
	size_t n = sizeof d->fd;
	d->folder = folder;
	d->own = own;
	d->socket = zmq_socket(context, ZMQ_REP);
	if (d->socket && zmq_bind(d->socket, "inproc://zeromq.zap.01") == 0 && zmq_getsockopt(d->socket, ZMQ_FD, &d->fd, &n) == 0)
		return 0;
	err_set(err, "cannot ask who is let in: %s", zmq_strerror(zmq_errno()));
	door_release(d);
	return -1;
}

void
door_release(struct door *d)
{
	if (d->socket) {
		const int none = 0;
		zmq_setsockopt(d->socket, ZMQ_LINGER, &none, sizeof none);
		zmq_close(d->socket);
	}
	*d = (struct door){0};
}

/* A frame as text; its bytes, or -1 if there is none. */
static int
frame(void *socket, char *to, size_t room)
{
	const int n = zmq_recv(socket, to, room - 1, ZMQ_DONTWAIT);
	if (n >= 0)
		to[(size_t)n < room ? (size_t)n : room - 1] = 0;
	return n;
}

/* A request has seven frames or more: version, number, domain, address, routing id, mechanism, credentials. */
enum { VERSION, NUMBER, DOMAIN, ADDRESS, ROUTE, MECHANISM, KEY, FRAMES };

struct request {
	char text[FRAMES][256];
	int n[FRAMES];
};

static bool
receive(void *socket, struct request *r)
{
	int more = 1;
	for (int i = 0; more; i++) {
		char nothing[2];
		size_t size = sizeof more;
		if (i < FRAMES)
			r->n[i] = frame(socket, r->text[i], sizeof r->text[i]);
		if ((i < FRAMES ? r->n[i] : frame(socket, nothing, sizeof nothing)) < 0)
			return false;
		if (zmq_getsockopt(socket, ZMQ_RCVMORE, &more, &size) < 0)
			return false;
	}
	return true;
}

static bool
let_in(const struct door *d, const struct request *r, struct notices *w)
{
	char key[KEY_SIZE], name[KEY_NAME];
	struct err err;
	const char *who = r->n[ADDRESS] <= 0 || !strncmp(r->text[ADDRESS], "localhost:", 10) ? "somebody on this machine" : r->text[ADDRESS];
	if (strcmp(r->text[MECHANISM], "CURVE") || r->n[KEY] != 32) {
		notices_say(w, "%s was not let in: it came without a key", who);
		return false;
	}
	zmq_z85_encode(key, (const uint8_t *)r->text[KEY], 32);
	const int got = !strcmp(key, d->own) ? 1 : keys_allowed(d->folder, key, name, &err);
	if (got < 0)
		notices_say(w, "%s was not let in: %s", who, err.text);
	else if (!got)
		notices_say(w, "%s was not let in: its key is not allowed; `assay key allow '%s NAME'` on this machine allows it", who, key);
	return got > 0;
}

void
door_serve(struct door *d, struct notices *w)
{
	struct request r = {.n = {0}};
	while (receive(d->socket, &r)) {
		const bool good = let_in(d, &r, w);
		const char *const answer[] = {"1.0", NULL, good ? "200" : "400", good ? "" : "this key is not allowed", "", ""};
		for (int i = 0; i < 6; i++)
			zmq_send(d->socket, answer[i] ? answer[i] : r.text[NUMBER], answer[i] ? strlen(answer[i]) : (size_t)r.n[NUMBER],
			    ZMQ_DONTWAIT | (i < 5 ? ZMQ_SNDMORE : 0));
	}
}
