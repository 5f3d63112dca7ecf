/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "copy.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "mark.h"
#include "stream/stream.h"

enum {
	BUF = 64 * 1024,
	TURN = 8 << 20,  /* bytes read before others have a turn */
	VECTORS = 96,
	GRACE = 2000000, /* microseconds for the other stages, when one has ended */
	CLOSED = 300000, /* and to end, when nothing can come any more */
	LOOK = 100000,   /* to see what ends by itself, before the input is closed and the rest ends for that */
};

void
task_free(struct task *t)
{
	if (!t)
		return;
	parcel_unref(t->take);
	free(t);
}

int
copy_start(struct copy *c, const struct pipeline *p, int64_t now, struct err *err)
{
	c->last = &c->tasks;
	if (!c->buf && !(c->buf = malloc(BUF)))
		return err_set(err, "out of memory");
	if (flow_start(&c->flow, p, err) < 0)
		return -1;
	c->state = COPY_UP;
	c->have = c->filled = 0;
	c->offset = 0;
	memset(c->graphs, 0, sizeof c->graphs);
	c->was_given = false;
	c->progress = c->noted = now;
	c->close_at = 0;
	*c->reason = 0;
	return 0;
}

static size_t
put_length(uint64_t n, uint8_t out[5])
{
	size_t k = 0;
	for (; n > 0x7f; n >>= 7)
		out[k++] = (uint8_t)(n | 0x80);
	out[k++] = (uint8_t)n;
	return k;
}

void
copy_give(struct copy *c, struct task *t, int64_t now)
{
	t->n_head = put_length(t->take->n + MARK_SIZE, t->head);
	mark_write(t->mark, t->tail);
	t->at = 0;
	t->given = now;
	t->next = NULL;
	*c->last = t;
	c->last = &t->next;
	if (!c->unwritten)
		c->unwritten = t;
	if (!c->n++)
		c->progress = now;
	c->was_given = true;
	t->slot = GRAPHS;
	for (unsigned i = GRAPHS; i-- && t->slot == GRAPHS;)
		if (c->graphs[i].n && c->graphs[i].graph == t->graph)
			t->slot = i;
	for (unsigned i = GRAPHS; i-- && t->slot == GRAPHS;)
		if (!c->graphs[i].n)
			t->slot = i;
	if (t->slot < GRAPHS) {
		c->graphs[t->slot].graph = t->graph;
		c->graphs[t->slot].n++;
	}
}

uint32_t
copy_has(const struct copy *c, uint64_t graph)
{
	for (unsigned i = 0; i < GRAPHS; i++)
		if (c->graphs[i].n && c->graphs[i].graph == graph)
			return c->graphs[i].n;
	return 0;
}

void
copy_break(struct copy *c, int64_t now, const char *fmt, ...)
{
	if (!*c->reason) {
		va_list ap;
		va_start(ap, fmt);
		vsnprintf(c->reason, sizeof c->reason, fmt, ap);
		va_end(ap);
	}
	flow_kill(&c->flow);
	copy_finish(c, now);
}

void
copy_finish(struct copy *c, int64_t deadline)
{
	flow_close_in(&c->flow);
	if (c->state == COPY_ENDING && c->deadline <= deadline)
		return;
	c->state = COPY_ENDING;
	c->deadline = deadline;
}

/* Something of it has ended: the rest should soon. */
static void
ends(struct copy *c, int64_t now, int64_t grace)
{
	if (c->state == COPY_UP) {
		c->state = COPY_ENDING;
		c->close_at = now + LOOK;
		c->deadline = now + grace;
	} else if (now + grace < c->deadline) {
		c->deadline = now + grace;
	}
}

/* --- writing ------------------------------------------------------------------------------ */

static size_t
task_size(const struct task *t)
{
	return t->n_head + t->take->n + MARK_SIZE;
}

/* The parts of a task that are still to be written; how many. */
static int
task_parts(const struct task *t, struct iovec *v)
{
	const struct {
		const void *p;
		size_t n;
	} part[] = {{t->head, t->n_head}, {t->take->bytes, t->take->n}, {t->tail, MARK_SIZE}};
	size_t skip = t->at;
	int n = 0;
	for (int i = 0; i < 3; i++) {
		if (skip < part[i].n)
			v[n++] = (struct iovec){(uint8_t *)(uintptr_t)part[i].p + skip, part[i].n - skip};
		skip -= skip < part[i].n ? skip : part[i].n;
	}
	return n;
}

/* A pipe nobody reads is no reason: how that came, the stages' ends tell. */
static void
write_some(struct copy *c, int64_t now)
{
	while (c->state == COPY_UP && c->unwritten) {
		struct iovec v[VECTORS];
		int n = 0;
		for (const struct task *t = c->unwritten; t && n + 3 <= VECTORS; t = t->next)
			n += task_parts(t, v + n);
		ssize_t wrote = writev(c->flow.in, v, n);
		if (wrote < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (wrote < 0) {
			ends(c, now, GRACE);
			return;
		}
		while (c->unwritten) {
			struct task *t = c->unwritten;
			const size_t left = task_size(t) - t->at;
			const size_t step = (size_t)wrote < left ? (size_t)wrote : left;
			t->at += step;
			wrote -= (ssize_t)step;
			if (step < left)
				break;
			c->unwritten = t->next;
		}
	}
}

/* --- reading ------------------------------------------------------------------------------- */

static void
free_msg(struct parcel *p)
{
	free(p);
}

/* Room for a message; its memory is the machine's only as it fills. */
static struct parcel *
new_msg(size_t n)
{
	struct parcel *p = malloc(sizeof *p + n);
	if (!p)
		return NULL;
	p->bytes = (uint8_t *)(p + 1);
	p->n = n;
	p->destroy = free_msg;
	atomic_init(&p->refs, 1);
	return p;
}

/* Which stages are meant, where any may be: "render" or "one of 3 stages". */
static const char *
who(const struct copy *c)
{
	static char text[STAGE_NAME + 32];
	if (c->flow.of->n == 1)
		snprintf(text, sizeof text, "%s", c->flow.of->stage[0].name);
	else
		snprintf(text, sizeof text, "one of the %zu stages", c->flow.of->n);
	return text;
}

static const char *
last_stage(const struct copy *c)
{
	return c->flow.of->stage[c->flow.of->n - 1].name;
}

static void
message(struct copy *c, copy_result *result, void *user, int64_t now)
{
	struct parcel *msg = c->msg;
	uint8_t *bytes = (uint8_t *)(msg + 1);
	size_t at = 0;
	uint64_t mark = 0;
	const int found = mark_find(bytes, msg->n, &at, &mark);
	struct task **t = &c->tasks;
	c->msg = NULL;
	while (found > 0 && *t && ((*t)->mark != mark || *t == c->unwritten))
		t = &(*t)->next;
	if (found <= 0 || !*t) {
		if (found < 0)
			copy_break(c, now, "%s wrote what is no take, before byte %" PRIu64 " of its output", last_stage(c), c->offset);
		else if (!found)
			copy_break(c, now, "%s loses fields of a take that it does not know, so that it is not known again", who(c));
		else
			copy_break(c, now, "%s wrote a take too many", last_stage(c));
		parcel_unref(msg);
		return;
	}
	struct task *done = *t;
	*t = done->next;
	if (c->last == &done->next)
		c->last = t;
	c->n--;
	if (done->slot < GRAPHS)
		c->graphs[done->slot].n--;
	c->progress = now;
	c->deaths = 0;
	memmove(bytes + at, bytes + at + MARK_SIZE, msg->n - at - MARK_SIZE);
	msg->n -= MARK_SIZE;
	result(user, c, done, msg);
	task_free(done);
}

/* Messages begin in buf[*used..have); what of them is there goes into msg. False if it is no stream. */
static bool
take_in(struct copy *c, size_t *used, int64_t now)
{
	uint64_t length = 0;
	size_t k = 0;
	for (;; k++) {
		if (k == 5) {
			copy_break(c, now, "%s wrote what is no stream of takes, at byte %" PRIu64 " of its output", last_stage(c), c->offset);
			return false;
		}
		if (*used + k == c->have)
			return false;
		const uint8_t byte = c->buf[*used + k];
		length |= (uint64_t)(byte & 0x7f) << 7 * k;
		if (!(byte & 0x80))
			break;
	}
	if (!length || length > STREAM_LIMIT) {
		copy_break(c, now, "%s wrote what is no stream of takes, at byte %" PRIu64 " of its output", last_stage(c), c->offset);
		return false;
	}
	if (!(c->msg = new_msg(length))) {
		copy_break(c, now, "no memory for a result of %" PRIu64 " bytes", length);
		return false;
	}
	*used += k + 1;
	const size_t there = c->have - *used;
	c->filled = there < length ? there : length;
	memcpy((uint8_t *)(c->msg + 1), c->buf + *used, c->filled);
	*used += c->filled;
	c->offset += k + 1 + length;
	return true;
}

/* Straight into the message that is being read, and what follows it into buf. */
static void
read_some(struct copy *c, copy_result *result, void *user, int64_t now)
{
	for (size_t turn = 0; turn < TURN && c->flow.out >= 0 && !c->flow.killed;) {
		const size_t missing = c->msg ? c->msg->n - c->filled : 0;
		struct iovec v[2] = {{missing ? (uint8_t *)(c->msg + 1) + c->filled : NULL, missing}, {c->buf + c->have, BUF - c->have}};
		const ssize_t n = readv(c->flow.out, v, 2);
		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (n <= 0) {
			close(c->flow.out);
			c->flow.out = -1;
			ends(c, now, CLOSED);
			return;
		}
		turn += (size_t)n;
		const size_t first = (size_t)n < missing ? (size_t)n : missing;
		c->filled += first;
		c->have += (size_t)n - first;
		size_t used = 0;
		while (!c->flow.killed && (c->msg || take_in(c, &used, now))) {
			if (c->filled < c->msg->n)
				break;
			message(c, result, user, now);
		}
		memmove(c->buf, c->buf + used, c->have - used);
		c->have -= used;
	}
}

/* --- steps ---------------------------------------------------------------------------------- */

void
copy_step(struct copy *c, copy_result *result, void *user, void (*tell)(const char *line), int64_t now)
{
	if (c->state == COPY_DOWN)
		return;
	write_some(c, now);
	read_some(c, result, user, now);
	flow_listen(&c->flow, tell);
	const size_t left = flow_reap(&c->flow);
	if (left < c->flow.of->n && c->state == COPY_UP)
		ends(c, now, GRACE); /* the rest may still have something */
	if (c->state == COPY_ENDING && now >= c->close_at)
		flow_close_in(&c->flow);
	if (c->state == COPY_ENDING && left && now >= c->deadline && !c->flow.killed) {
		if (!*c->reason && left == c->flow.of->n)
			snprintf(c->reason, sizeof c->reason, "%s closed its output", last_stage(c));
		flow_kill(&c->flow);
	}
}

bool
copy_over(struct copy *c)
{
	if (c->state != COPY_ENDING || (c->flow.out >= 0 && !c->flow.killed) || flow_reap(&c->flow))
		return false;
	flow_listen(&c->flow, NULL);
	if (!*c->reason)
		flow_reason(&c->flow, c->reason, sizeof c->reason);
	return true;
}

void
copy_end(struct copy *c)
{
	flow_end(&c->flow);
	parcel_unref(c->msg);
	c->msg = NULL;
	free(c->buf);
	c->buf = NULL;
	c->state = COPY_DOWN;
}

size_t
copy_fds(const struct copy *c, struct pollfd *fds)
{
	size_t n = 0;
	if (c->state == COPY_DOWN)
		return 0;
	if (c->unwritten && c->state == COPY_UP)
		fds[n++] = (struct pollfd){.fd = c->flow.in, .events = POLLOUT};
	if (c->flow.out >= 0)
		fds[n++] = (struct pollfd){.fd = c->flow.out, .events = POLLIN};
	return n + flow_fds(&c->flow, fds + n);
}
