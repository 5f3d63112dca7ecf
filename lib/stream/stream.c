/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "stream/stream.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zmq.h>

#include "base/talk.h"
#include "stream/endpoint.h"

enum { READ_SIZE = 256 * 1024, FLUSH_SIZE = 256 * 1024, PUSH_SIZE = 1024 * 1024, HEAD = 5 };

static bool
is_endpoint(const char *where)
{
	return strstr(where, "://") != NULL;
}

/* "'x' would be read and overwritten at once" for one regular file under two names. */
int
stream_clash(const char *in, const char *out, struct err *err)
{
	struct stat a, b;
	if (stat(in, &a) < 0 || stat(out, &b) < 0 || !S_ISREG(b.st_mode) || a.st_dev != b.st_dev || a.st_ino != b.st_ino)
		return 0;
	return err_set(err, "'%s' cannot be read and written at once", out);
}

/* Decodes the length at p. Bytes it took, 0 if more are needed, -1 if it is none. */
static int
varint_at(const uint8_t *p, size_t n, uint64_t *length)
{
	*length = 0;
	for (size_t i = 0; i < HEAD; i++) {
		if (i >= n)
			return 0;
		*length |= (uint64_t)(p[i] & 0x7f) << 7 * i;
		if (!(p[i] & 0x80))
			return (int)i + 1;
	}
	return -1;
}

/* Waits for a descriptor that somebody else set to non-blocking. */
static void
wait_for(int fd, short events)
{
	struct pollfd p = {.fd = fd, .events = events};
	poll(&p, 1, -1);
}

/* --- reader ------------------------------------------------------------------- */

struct reader {
	char *name;
	int fd;
	struct endpoint zmq; /* or nothing */
	zmq_msg_t frame;
	uint8_t *buf;
	size_t head, tail, size; /* buf[head..tail) is read and not yet used */
	uint64_t at;             /* stream offset of buf[head] */
	uint64_t began;          /* stream offset of the last message */
	bool end;
};

struct reader *
reader_open(const char *where, struct err *err)
{
	struct reader *r = calloc(1, sizeof *r);
	if (!r || !(r->name = strdup(strcmp(where, "-") ? where : "standard input")))
		return err_set(err, "out of memory"), free(r), NULL;
	r->fd = -1;
	zmq_msg_init(&r->frame);
	if (is_endpoint(where)) {
		if (endpoint_init(&r->zmq, where, ZMQ_PULL, err) < 0)
			return reader_free(r), NULL;
		return r;
	}
	r->fd = strcmp(where, "-") ? open(where, O_RDONLY | O_CLOEXEC) : STDIN_FILENO;
	if (r->fd < 0)
		return err_errno(err, "cannot open '%s'", where), reader_free(r), NULL;
	return r;
}

void
reader_free(struct reader *r)
{
	if (!r)
		return;
	zmq_msg_close(&r->frame);
	endpoint_release(&r->zmq, 0);
	if (r->fd > STDIN_FILENO)
		close(r->fd);
	free(r->buf);
	free(r->name);
	free(r);
}

const char *
reader_name(const struct reader *r)
{
	return r->name;
}

const char *
reader_unit(const struct reader *r)
{
	return r->zmq.socket ? "number" : "byte";
}

uint64_t
reader_offset(const struct reader *r)
{
	return r->began;
}

/* Makes room for `want` bytes from head on. */
static int
reserve(struct reader *r, size_t want, struct err *err)
{
	if (r->head && (r->head == r->tail || r->size - r->head < want)) {
		memmove(r->buf, r->buf + r->head, r->tail - r->head);
		r->tail -= r->head;
		r->head = 0;
	}
	if (r->size >= want)
		return 0;
	const size_t size = want < READ_SIZE ? READ_SIZE : want;
	uint8_t *buf = realloc(r->buf, size);
	if (!buf)
		return err_set(err, "%s: out of memory for a message of %zu bytes", r->name, want);
	r->buf = buf;
	r->size = size;
	return 0;
}

/* Reads once, towards `want` bytes at head. */
static int
fill_once(struct reader *r, size_t want, struct err *err)
{
	/* A length is only a claim: room grows with what has arrived. */
	const size_t have = r->tail - r->head, step = have > READ_SIZE ? have : READ_SIZE;
	if (reserve(r, want - have > step ? have + step : want, err) < 0)
		return -1;
	struct pollfd wait[2] = {{.fd = r->fd, .events = POLLIN}, {.fd = interrupt_fd(), .events = POLLIN}};
	if (poll(wait, 2, -1) < 0)
		return errno == EINTR ? 0 : err_errno(err, "cannot wait for '%s'", r->name);
	if (wait[1].revents) {
		r->end = true;
		return 0;
	}
	const ssize_t n = read(r->fd, r->buf + r->tail, r->size - r->tail);
	if (n > 0)
		r->tail += (size_t)n;
	else if (n == 0 || (errno == EINTR && interrupted()))
		r->end = true;
	else if (errno == EAGAIN)
		wait_for(r->fd, POLLIN);
	else if (errno != EINTR)
		return err_errno(err, "cannot read '%s'", r->name);
	return 0;
}

/* Reads until `want` bytes stand at head. 1, 0 at the end of the stream, -1. */
static int
fill(struct reader *r, size_t want, struct err *err)
{
	while (r->tail - r->head < want && !r->end)
		if (fill_once(r, want, err) < 0)
			return -1;
	return r->tail - r->head >= want;
}

static int
head_length(const struct reader *r, uint64_t *length)
{
	return r->buf ? varint_at(r->buf + r->head, r->tail - r->head, length) : 0;
}

static int
next_frame(struct reader *r, const uint8_t **msg, size_t *n, struct err *err)
{
	for (bool last = false; zmq_msg_recv(&r->frame, r->zmq.socket, ZMQ_DONTWAIT) < 0;) {
		if (errno != EINTR && errno != EAGAIN)
			return err_set(err, "cannot read '%s': %s", r->name, zmq_strerror(errno));
		if (interrupted())
			return 0;
		if (last)
			return err_set(err, "'%s' was closed by its writer before the end", r->name);
		endpoint_wait(&r->zmq, ZMQ_POLLIN, -1);
		last = r->zmq.gone; /* what it had sent is here by now */
	}
	r->began = r->at++;
	*msg = zmq_msg_data(&r->frame);
	*n = zmq_msg_size(&r->frame);
	if (*n == 0)
		r->end = true;
	return *n != 0;
}

int
reader_next(struct reader *r, const uint8_t **msg, size_t *n, struct err *err)
{
	if (r->zmq.socket)
		return r->end ? 0 : next_frame(r, msg, n, err);

	uint64_t length;
	int head;
	size_t want = 1;
	r->began = r->at;
	for (;; want++) {
		const int got = fill(r, want, err);
		if (got < 0)
			return -1;
		if (!got && r->head == r->tail)
			return 0;
		if (!got)
			return interrupted() ? 0 : err_set(err, "%s: the stream ends within a length, at byte %llu", r->name,
			    (unsigned long long)r->began);
		if ((head = head_length(r, &length)) != 0)
			break;
	}
	if (head < 0)
		return err_set(err, "%s: no stream of takes: byte %llu starts no message length", r->name,
		    (unsigned long long)r->began);
	if (length == 0)
		return err_set(err, "%s: the message at byte %llu is empty: this is no stream of takes", r->name,
		    (unsigned long long)r->began);
	if (length > STREAM_LIMIT)
		return err_set(err, "%s: the message at byte %llu claims %llu bytes, the limit is %d", r->name,
		    (unsigned long long)r->began, (unsigned long long)length, STREAM_LIMIT);
	const int got = fill(r, (size_t)head + length, err);
	if (got < 0)
		return -1;
	if (!got)
		return interrupted() ? 0 : err_set(err, "%s: the message at byte %llu is truncated: %zu of %llu bytes", r->name,
		    (unsigned long long)r->began, r->tail - r->head - (size_t)head, (unsigned long long)length);
	*msg = r->buf + r->head + head;
	*n = length;
	r->head += (size_t)head + length;
	r->at += (size_t)head + length;
	return 1;
}

/* How many bytes at head make a whole message, as far as is known; 0 if what is
   there makes an answer: a message, the end, or an error. */
static size_t
missing(const struct reader *r)
{
	uint64_t length;
	if (r->end)
		return 0;
	const size_t have = r->tail - r->head;
	const int head = head_length(r, &length);
	if (head == 0)
		return have + 1;
	return head < 0 || length > STREAM_LIMIT || have >= (size_t)head + length ? 0 : (size_t)head + length;
}

bool
reader_ready(struct reader *r)
{
	if (r->zmq.socket)
		return r->end || endpoint_wait(&r->zmq, ZMQ_POLLIN, 0); /* gone: reader_next will say so */
	for (size_t want; (want = missing(r)) != 0;) {
		struct pollfd p = {.fd = r->fd, .events = POLLIN};
		if (poll(&p, 1, 0) <= 0)
			return false;
		if (fill_once(r, want, NULL) < 0)
			return true; /* reader_next will say why */
	}
	return true;
}

/* --- writer ------------------------------------------------------------------- */

struct writer {
	char *name;
	int fd;
	struct endpoint zmq;
	uint8_t *buf;
	size_t head, tail, size; /* buf[head..tail) is queued */
	size_t reserved;         /* bytes for the length of the message that is being packed */
	bool failed;             /* said once: later writes fail in silence */
};

static void
writer_free(struct writer *w)
{
	endpoint_release(&w->zmq, w->failed ? 0 : interrupted() ? 1000 : -1);
	if (w->fd > STDERR_FILENO)
		close(w->fd);
	free(w->buf);
	free(w->name);
	free(w);
}

static int standard_output = STDOUT_FILENO;

void
stream_keep_stdout(void)
{
	const int fd = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	if (fd < 0)
		return;
	standard_output = fd;
	dup2(STDERR_FILENO, STDOUT_FILENO);
}

struct writer *
writer_open(const char *where, struct err *err)
{
	struct writer *w = calloc(1, sizeof *w);
	if (!w || !(w->name = strdup(strcmp(where, "-") ? where : "standard output")))
		return err_set(err, "out of memory"), free(w), NULL;
	w->fd = -1;
	if (is_endpoint(where)) {
		if (endpoint_init(&w->zmq, where, ZMQ_PUSH, err) < 0)
			return writer_free(w), NULL;
		return w;
	}
	w->fd = strcmp(where, "-") ? open(where, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666) : standard_output;
	if (w->fd < 0)
		return err_errno(err, "cannot create '%s'", where), writer_free(w), NULL;
	return w;
}

size_t
writer_pending(const struct writer *w)
{
	return w->tail - w->head;
}

static int
broken(struct writer *w, struct err *err)
{
	w->failed = true;
	if (errno == EPIPE)
		return err_set(err, "%s was closed by its reader", w->name);
	return err_errno(err, "cannot write '%s'", w->name);
}

/* One write of at most `most` bytes: a pipe that polls writable takes PIPE_BUF without blocking. */
static int
write_some(struct writer *w, size_t most, struct err *err)
{
	const size_t n = writer_pending(w);
	const ssize_t k = write(w->fd, w->buf + w->head, n < most ? n : most);
	if (k < 0 && errno == EAGAIN)
		wait_for(w->fd, POLLOUT);
	else if (k < 0 && errno != EINTR)
		return broken(w, err);
	if (k > 0)
		w->head += (size_t)k;
	if (w->head == w->tail)
		w->head = w->tail = 0;
	return 0;
}

/* Sends the message at head as one frame: 1, 0 if it would have to wait, -1. */
static int
send_one(struct writer *w, int flags, struct err *err)
{
	uint64_t length;
	const int head = varint_at(w->buf + w->head, w->tail - w->head, &length);
	while (zmq_send(w->zmq.socket, w->buf + w->head + head, length, ZMQ_DONTWAIT) < 0) {
		const int why = errno;
		if (why == EAGAIN && !w->zmq.gone && flags & ZMQ_DONTWAIT)
			return 0;
		if (why == EAGAIN && !w->zmq.gone && !interrupted())
			endpoint_wait(&w->zmq, ZMQ_POLLOUT, -1);
		else if (why != EINTR || interrupted()) {
			w->failed = true;
			return err_set(err, "cannot write '%s': %s", w->name,
			    w->zmq.gone ? "its reader has gone" : zmq_strerror(interrupted() ? EINTR : why));
		}
	}
	w->head += (size_t)head + length;
	if (w->head == w->tail)
		w->head = w->tail = 0;
	return 1;
}

int
writer_flush(struct writer *w, struct err *err)
{
	if (w->failed)
		return err_set(err, "%s can no longer be written", w->name);
	while (writer_pending(w))
		if ((w->zmq.socket ? send_one(w, 0, err) : write_some(w, SIZE_MAX >> 1, err)) < 0)
			return -1;
	return 0;
}

/* Bytes of the length before a message of n. */
static size_t
head_of(size_t n)
{
	size_t head = 1;
	while (n >>= 7)
		head++;
	return head;
}

uint8_t *
writer_reserve(struct writer *w, size_t n, struct err *err)
{
	if (n > STREAM_LIMIT)
		return err_set(err, "a take of %zu bytes is over the stream's limit of %d", n, STREAM_LIMIT), NULL;
	if (w->failed)
		return err_set(err, "%s can no longer be written", w->name), NULL;
	const size_t want = writer_pending(w) + HEAD + n;
	if (w->head && w->size - w->tail < HEAD + n) {
		memmove(w->buf, w->buf + w->head, writer_pending(w));
		w->tail -= w->head;
		w->head = 0;
	}
	if (w->size < want) {
		const size_t size = want < FLUSH_SIZE ? 2 * (size_t)FLUSH_SIZE : want + want / 2;
		uint8_t *buf = realloc(w->buf, size);
		if (!buf)
			return err_set(err, "out of memory for a message of %zu bytes", n), NULL;
		w->buf = buf;
		w->size = size;
	}
	w->reserved = head_of(n);
	return w->buf + w->tail + w->reserved;
}

int
writer_commit(struct writer *w, size_t n, struct err *err)
{
	uint8_t *at = w->buf + w->tail;
	if (n == 0)
		return err_set(err, "%s: an empty message is none", w->name);
	if (head_of(n) != w->reserved) /* it came out shorter */
		memmove(at + head_of(n), at + w->reserved, n);
	size_t head = 0;
	for (size_t x = n;; x >>= 7) {
		at[head++] = (uint8_t)(x < 0x80 ? x : (x & 0x7f) | 0x80);
		if (x < 0x80)
			break;
	}
	w->tail += head + n;
	return 0;
}

int
writer_put(struct writer *w, const uint8_t *msg, size_t n, struct err *err)
{
	uint8_t *room = writer_reserve(w, n, err);
	if (!room)
		return -1;
	memcpy(room, msg, n);
	if (writer_commit(w, n, err) < 0)
		return -1;
	return writer_pending(w) >= FLUSH_SIZE ? writer_flush(w, err) : 0;
}

int
writer_close(struct writer *w, struct err *err)
{
	int status = writer_flush(w, err);
	if (w->zmq.socket && status == 0 && endpoint_wait(&w->zmq, 0, 0)) {
		w->failed = true;
		status = err_set(err, "cannot write '%s': its reader has gone", w->name);
	}
	if (w->zmq.socket && status == 0 && zmq_send(w->zmq.socket, "", 0, interrupted() ? ZMQ_DONTWAIT : 0) < 0)
		status = err_set(err, "cannot end '%s': %s", w->name, zmq_strerror(errno));
	if (w->fd > STDERR_FILENO) {
		if (close(w->fd) < 0 && status == 0)
			status = err_errno(err, "cannot write '%s'", w->name);
		w->fd = -1;
	}
	writer_free(w);
	return status;
}

int
stream_pump(struct reader *r, struct writer *w, int timeout, bool *readable, struct err *err)
{
	*readable = reader_ready(r);
	if (*readable)
		timeout = 0;
	zmq_pollitem_t item[4];
	int n = 0, out = -1;
	if (timeout && interrupt_fd() >= 0)
		item[n++] = (zmq_pollitem_t){.fd = interrupt_fd(), .events = ZMQ_POLLIN};
	if (!*readable)
		item[n++] = (zmq_pollitem_t){.socket = r->zmq.socket, .fd = r->fd, .events = ZMQ_POLLIN};
	if (!*readable && r->zmq.monitor)
		item[n++] = (zmq_pollitem_t){.socket = r->zmq.monitor, .events = ZMQ_POLLIN};
	if (writer_pending(w)) {
		out = n;
		item[n++] = (zmq_pollitem_t){.socket = w->zmq.socket, .fd = w->fd, .events = ZMQ_POLLOUT};
	}
	if (*readable && out < 0)
		return 0;
	if (zmq_poll(item, n, timeout) < 0)
		return errno == EINTR ? 0 : err_set(err, "cannot wait for '%s': %s", r->name, zmq_strerror(errno));
	if (out >= 0 && item[out].revents
	    && (w->zmq.socket ? send_one(w, ZMQ_DONTWAIT, err) : write_some(w, PIPE_BUF, err)) < 0)
		return -1;
	*readable = reader_ready(r);
	return 0;
}

/* --- for a loop of somebody else's ---------------------------------------------- */

/* ZeroMQ's descriptors become readable whatever it is that happens. */
static size_t
endpoint_fds(const struct endpoint *e, struct pollfd fds[STREAM_FDS])
{
	int fd;
	size_t k = 0, size = sizeof fd;
	if (zmq_getsockopt(e->socket, ZMQ_FD, &fd, &size) == 0)
		fds[k++] = (struct pollfd){.fd = fd, .events = POLLIN};
	if (zmq_getsockopt(e->monitor, ZMQ_FD, &fd, &size) == 0)
		fds[k++] = (struct pollfd){.fd = fd, .events = POLLIN};
	return k;
}

size_t
reader_fds(const struct reader *r, struct pollfd fds[STREAM_FDS])
{
	if (r->zmq.socket)
		return endpoint_fds(&r->zmq, fds);
	fds[0] = (struct pollfd){.fd = r->fd, .events = POLLIN};
	return 1;
}

size_t
writer_fds(const struct writer *w, struct pollfd fds[STREAM_FDS])
{
	if (!writer_pending(w) || w->failed)
		return 0;
	if (w->zmq.socket)
		return endpoint_fds(&w->zmq, fds);
	fds[0] = (struct pollfd){.fd = w->fd, .events = POLLOUT};
	return 1;
}

int
writer_push(struct writer *w, struct err *err)
{
	if (w->failed)
		return err_set(err, "%s can no longer be written", w->name);
	for (const size_t n = writer_pending(w); writer_pending(w) && n - writer_pending(w) < PUSH_SIZE;) {
		if (w->zmq.socket) {
			if (!endpoint_wait(&w->zmq, ZMQ_POLLOUT, 0))
				return 0;
			const int sent = send_one(w, ZMQ_DONTWAIT, err);
			if (sent <= 0)
				return sent;
		} else {
			struct pollfd p = {.fd = w->fd, .events = POLLOUT};
			if (poll(&p, 1, 0) <= 0)
				return 0;
			if (write_some(w, PIPE_BUF, err) < 0)
				return -1;
		}
	}
	return 0;
}
