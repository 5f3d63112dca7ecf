/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Letters over sockets: what arrives, who is gone, and what strangers can do. */
#include "stream/post.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <zmq.h>

#include "stream/stream.h"
#include "tap.h"

enum { PATIENCE = 10000, LARGE = 3 * 1024 * 1024 };

static char folder[64];
static struct err err;
static const struct post_settings plain;

static const char *
at(const char *name)
{
	static char path[4][256];
	static int turn;
	char *p = path[turn++ % 4];
	snprintf(p, sizeof path[0], "ipc://%s/%s", folder, name);
	return p;
}

/* A letter that was received. */
struct got {
	int status;
	uint32_t peer;
	size_t n;
	uint8_t head[POST_HEAD];
	struct parcel *body;
};

/* The next letter, or whatever it is. */
static struct got *
next(struct post *p)
{
	static struct got g;
	const uint8_t *head;
	parcel_unref(g.body);
	g.body = NULL;
	for (int i = 0; i < 200; i++) {
		if ((g.status = post_receive(p, &g.peer, &head, &g.n, &g.body))) {
			if (g.status > 0)
				memcpy(g.head, head, g.n);
			break;
		}
		post_wait(p, NULL, 0, PATIENCE / 200);
	}
	return &g;
}

static bool
is(const struct got *g, const char *head, const void *body, size_t n)
{
	return g->status == 1 && g->n == strlen(head) && !memcmp(g->head, head, g->n) && (body != NULL) == (g->body != NULL)
	    && (!body || (g->body->n == n && !memcmp(g->body->bytes, body, n)));
}

/* The next news of that kind, or NULL: its text, or "". */
static const char *
news(struct post *p, struct post *other, enum post_news want)
{
	struct post *both[] = {p, other};
	for (int i = 0; i < 200; i++) {
		const char *text;
		enum post_news got;
		while ((got = post_news(p, &text)))
			if (got == want)
				return text ? text : "";
		post_wait_any(both, other ? 2 : 1, NULL, 0, PATIENCE / 200);
	}
	return NULL;
}

static int
send_text(struct post *p, uint32_t peer, const char *head, struct parcel *body)
{
	return post_send(p, peer, (const uint8_t *)head, strlen(head), body);
}

/* Sends until the answer is this. */
static bool
sends(struct post *p, uint32_t peer, int want)
{
	for (int i = 0; i < 200; i++) {
		if (send_text(p, peer, "is anybody there", NULL) == want)
			return true;
		post_wait(p, NULL, 0, PATIENCE / 200);
	}
	return false;
}

/* --- letters that arrive ------------------------------------------------------------------------ */

static void
converse(const char *where, const char *name)
{
	struct post *q = post_bind(where, &plain, &err);
	if (!ok(q != NULL, "%s: bound %s", name, q ? post_address(q) : err.text))
		return;
	struct post *a = post_connect(post_address(q), &plain, &err), *b = post_connect(post_address(q), &plain, &err);
	ok(send_text(a, 0, "early", NULL) == 0, "%s: nothing is sent before there is a connection", name);
	ok(news(a, q, POST_CONNECTED) && news(b, q, POST_CONNECTED), "%s: both connect", name);
	uint8_t *large = calloc(1, LARGE);
	memset(large, 'x', LARGE / 2);
	struct parcel *body = parcel_new(large, LARGE), *small = parcel_new("tiny", 4), *none = parcel_new("", 0);

	ok(send_text(a, 0, "a", NULL) == 1 && send_text(a, 0, "a large", body) == 1 && send_text(a, 0, "a small", small) == 1
	    && send_text(a, 0, "a none", none) == 1, "%s: four letters leave", name);
	bool good = is(next(q), "a", NULL, 0);
	const uint32_t peer = next(q)->peer;
	good &= is(next(q), "a small", "tiny", 4) && is(next(q), "a none", "", 0);
	ok(good && peer, "%s: and come, in order, with their bodies", name);
	ok(send_text(b, 0, "b", NULL) == 1 && is(next(q), "b", NULL, 0), "%s: one from another", name);

	/* Back, with the body that came: it is passed on as it is. */
	send_text(a, 0, "again", body);
	struct got *g = next(q);
	struct parcel *through = parcel_ref(g->body);
	ok(is(g, "again", large, LARGE) && g->peer == peer && through->bytes != body->bytes, "%s: the same peer again", name);
	ok(send_text(q, peer, "back", through) == 1 && is(next(a), "back", large, LARGE), "%s: a body goes back", name);
	ok(send_text(q, peer ^ 1, "nobody", through) == -1, "%s: there is no such peer", name);
	parcel_unref(through);

	/* Gone: it is told, and found out by sending. */
	post_free(a, 100);
	ok(news(q, NULL, POST_DISCONNECTED) != NULL && sends(q, peer, -1), "%s: a peer that has gone is gone", name);
	post_free(q, 0);
	ok(news(b, NULL, POST_DISCONNECTED) != NULL && sends(b, 0, 0), "%s: the other side learns that it has gone", name);
	q = post_bind(where, &plain, &err);
	if (strstr(where, "ipc")) {
		ok(q && news(b, q, POST_CONNECTED) && send_text(b, 0, "new", NULL) == 1 && is(next(q), "new", NULL, 0),
		    "%s: and connects again when it is back", name);
	}
	post_free(q, 0);
	post_free(b, 0);
	parcel_unref(body);
	parcel_unref(small);
	parcel_unref(none);
	free(large);
}

int
main(void)
{
	snprintf(folder, sizeof folder, "/tmp/post-XXXXXX");
	if (!mkdtemp(folder))
		return 1;
	converse(at("new/folder/q"), "ipc");
	converse("tcp://127.0.0.1:*", "tcp");
	return done();
}
