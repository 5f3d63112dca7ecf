/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A line to the queue, for those who connect to it (farm, work, top): letters in
 * and out, and a new connection when the old one has gone silent, after a pause of 50 ms that doubles up to 2 s,
 * with jitter. Counts what arrives garbled.
 */
#ifndef QUEUE_LINE_H
#define QUEUE_LINE_H

#include <poll.h>

#include "queue/letter.h"
#include "stream/post.h"

struct line;
struct line *line_new(const char *address, const struct post_settings *set, uint64_t seed, struct err *err);
void line_free(struct line *l, int linger); /* milliseconds for what has not left */

/* True and a letter, valid until the next call; the caller unrefs letter->body. Garbled ones are dropped and counted. */
bool line_receive(struct line *l, struct letter *letter);
uint64_t line_garbled(const struct line *l);

/* Whether it has left (it will arrive, or the connection is lost, which line_connected tells). */
bool line_send(struct line *l, const struct mail *m);

/* Waits like post_wait; also ends when a pause is over. */
bool line_wait(struct line *l, struct pollfd *fds, size_t n, int timeout);

/* True once after each (new) connection. */
bool line_connected(struct line *l);
/* Whether there is one now, as far as is known. */
bool line_up(const struct line *l);

/* Whether bytes have moved, either way, since this was asked last: part of a long letter on a slow line. */
bool line_stirs(struct line *l);

/* What a person should know (who did not let us in, and what to do), or NULL. */
const char *line_news(struct line *l);

/* The other side is silent: hangs up and connects again, after the pause. Not again while a pause runs. */
void line_again(struct line *l, int64_t now);

/* Microseconds on the monotonic clock that broker.h's steps are given. */
int64_t line_clock(void);

#endif
