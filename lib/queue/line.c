/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "queue/line.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/rng.h"
#include "base/talk.h"

enum {
	PAUSE_LEAST = 50000, PAUSE_MOST = 2000000, /* microseconds */
	GARBLED = 64, /* in a row, before the caller has a turn */
};

struct line {
	char *address, *keys;
	struct post_settings set;
	struct post *post; /* NULL: a pause runs */
	struct letter_desk *desk;
	struct rng jitter;
	bool connected, fresh; /* now; and not told yet */
	int64_t resume;        /* end of the pause */
	unsigned tries;        /* pauses since the last letter */
	uint64_t garbled;
	char news[512], told[512];
};

int64_t
line_clock(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

struct line *
line_new(const char *address, const struct post_settings *set, uint64_t seed, struct err *err)
{
	struct line *l = calloc(1, sizeof *l);
	if (!l)
		return err_set(err, "out of memory"), NULL;
	l->set = *set;
	l->jitter.seed = seed;
	if (!(l->address = strdup(address)) || (set->keys && !(l->keys = strdup(set->keys))) || !(l->desk = letter_desk_new()))
		return err_set(err, "out of memory"), line_free(l, 0), NULL;
	l->set.keys = l->keys;
	if (!(l->post = post_connect(l->address, &l->set, err)))
		return line_free(l, 0), NULL;
	return l;
}

void
line_free(struct line *l, int linger)
{
	if (!l)
		return;
	post_free(l->post, linger);
	letter_desk_free(l->desk);
	free(l->address);
	free(l->keys);
	free(l);
}

/* What happened to the connection. ZeroMQ goes on trying, so the same reason comes again and again. */
static void
look(struct line *l)
{
	const char *text;
	for (enum post_news what; l->post && (what = post_news(l->post, &text)) != POST_NONE;) {
		if (what == POST_CONNECTED) {
			l->connected = l->fresh = true;
			*l->told = 0;
		} else if (what == POST_DISCONNECTED)
			l->connected = l->fresh = false;
		else if (text && strcmp(text, l->told)) {
			snprintf(l->news, sizeof l->news, "%s", text);
			snprintf(l->told, sizeof l->told, "%s", text);
		}
	}
}

/* Connects again where a pause is over. */
static void
resume(struct line *l, int64_t now)
{
	struct err err;
	if (l->post || now < l->resume)
		return;
	if ((l->post = post_connect(l->address, &l->set, &err)))
		return;
	l->resume = now + PAUSE_MOST; /* out of descriptors, perhaps */
	snprintf(l->news, sizeof l->news, "%s", err.text);
}

bool
line_receive(struct line *l, struct letter *letter)
{
	uint32_t peer;
	const uint8_t *head;
	size_t n;
	struct parcel *body;
	for (int i = 0; l->post && i < GARBLED; i++) {
		const int got = post_receive(l->post, &peer, &head, &n, &body);
		if (got == 0)
			return false;
		if (got > 0 && letter_unpack(head, n, body, letter, l->desk, NULL) == 0) {
			l->tries = 0;
			return true;
		}
		if (got > 0)
			parcel_unref(body);
		l->garbled++;
	}
	return false;
}

uint64_t
line_garbled(const struct line *l)
{
	return l->garbled;
}

bool
line_send(struct line *l, const struct mail *m)
{
	return l->post && post_send(l->post, 0, m->head, m->n, m->body) > 0;
}

bool
line_wait(struct line *l, struct pollfd *fds, size_t n, int timeout)
{
	const int64_t now = line_clock();
	resume(l, now);
	if (l->post) {
		const bool letter = post_wait(l->post, fds, n, timeout);
		look(l);
		return letter;
	}
	const int64_t left = (l->resume - now) / 1000 + 1;
	post_wait_any(NULL, 0, fds, n, timeout < 0 || left < timeout ? (int)left : timeout);
	resume(l, line_clock());
	return false;
}

bool
line_connected(struct line *l)
{
	look(l);
	const bool fresh = l->fresh;
	l->fresh = false;
	return fresh;
}

bool
line_stirs(struct line *l)
{
	size_t at = 0;
	uint32_t peer;
	return l->post && post_stirs(l->post, &at, &peer);
}

bool
line_up(const struct line *l)
{
	return l->connected;
}

const char *
line_news(struct line *l)
{
	static char text[sizeof l->news];
	look(l);
	if (!*l->news)
		return NULL;
	memcpy(text, l->news, sizeof text);
	*l->news = 0;
	return text;
}

void
line_again(struct line *l, int64_t now)
{
	look(l);
	if (!l->post || !l->connected)
		return; /* it is being tried */
	post_free(l->post, 0);
	l->post = NULL;
	l->connected = l->fresh = false;
	const uint64_t most = l->tries < 5 ? (uint64_t)PAUSE_LEAST << l->tries : PAUSE_MOST;
	l->tries++;
	l->resume = now + (int64_t)(most / 2 + rng_below(&l->jitter, most / 2 + 1));
}
