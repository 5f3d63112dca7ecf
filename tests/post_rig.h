/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the tests of posts share: a folder, patience, the next letter and the next news. */
#ifndef TESTS_POST_RIG_H
#define TESTS_POST_RIG_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/talk.h"
#include "stream/post.h"
#include "tap.h"

#pragma GCC diagnostic ignored "-Wunused-function"
#pragma GCC diagnostic ignored "-Wunused-variable"

enum { PATIENCE = 20, /* seconds, for what must happen */ WAIT = 50 /* milliseconds */ };

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

static struct got letter;
static char heard[512]; /* what was said last by a post that was not asked for it */

static void
listen_to(struct post *p)
{
	const char *text;
	while (post_news(p, &text))
		if (text)
			snprintf(heard, sizeof heard, "%s", text);
}


/* The next letter, or whatever it is. */
static struct got *
next(struct post *p)
{
	const uint8_t *head;
	struct got *g = &letter;
	parcel_unref(g->body);
	g->body = NULL;
	for (const double end = talk_clock() + PATIENCE; talk_clock() < end;) {
		if ((g->status = post_receive(p, &g->peer, &head, &g->n, &g->body))) {
			if (g->status > 0)
				memcpy(g->head, head, g->n);
			break;
		}
		listen_to(p);
		post_wait(p, NULL, 0, WAIT);
	}
	return g;
}

static bool
is(const struct got *g, const char *head, const void *body, size_t n)
{
	return g->status == 1 && g->n == strlen(head) && !memcmp(g->head, head, g->n) && (body != NULL) == (g->body != NULL)
	    && (!body || (g->body->n == n && !memcmp(g->body->bytes, body, n)));
}

/* The next news of that kind, or NULL: its text, or "". `other` goes on meanwhile. */
static const char *
news(struct post *p, struct post *other, enum post_news want)
{
	struct post *both[] = {p, other};
	for (const double end = talk_clock() + PATIENCE; talk_clock() < end;) {
		const char *text;
		enum post_news got;
		if (other)
			listen_to(other);
		while ((got = post_news(p, &text)))
			if (got == want)
				return text ? text : "";
		post_wait_any(both, other ? 2 : 1, NULL, 0, WAIT);
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
	for (const double end = talk_clock() + PATIENCE; talk_clock() < end;) {
		if (send_text(p, peer, "is anybody there", NULL) == want)
			return true;
		listen_to(p);
		post_wait(p, NULL, 0, WAIT);
	}
	return false;
}

/* A letter there and back. */
static bool
round_trip(struct post *q, struct post *a)
{
	struct parcel *body = parcel_new(folder, sizeof folder);
	bool good = news(a, q, POST_CONNECTED) && send_text(a, 0, "there", body) == 1;
	struct got *g = next(q);
	good = good && is(g, "there", folder, sizeof folder) && send_text(q, g->peer, "and back", g->body) == 1
	    && is(next(a), "and back", folder, sizeof folder);
	parcel_unref(body);
	return good;
}

static bool
rig_begin(void)
{
	snprintf(folder, sizeof folder, "/tmp/post-XXXXXX");
	return mkdtemp(folder) != NULL;
}

static int
rig_end(void)
{
	char command[128];
	parcel_unref(letter.body);
	snprintf(command, sizeof command, "rm -rf '%s'", folder);
	return system(command) ? 1 : done();
}

#endif
