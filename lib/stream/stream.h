/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Streams of messages: each a varint length and its bytes, one after another.
 * The same string says where a stream is, everywhere:
 *
 *   -                      standard input or output
 *   path                   a file, a FIFO, /dev/full
 *   tcp://host:port        ZeroMQ; one message a frame, an empty one ends the
 *   ipc://path             stream. A reader binds and a writer connects, unless
 *                          the string starts with '>' (connect) or '@' (bind).
 *                          One writer, one reader: the first end mark counts.
 *                          A writer waits for its reader, like a FIFO; a side that
 *                          is gone before the end is an error at the other.
 *
 * tcp:// beyond this machine is refused unless ASSAY_INSECURE=1 is set, because
 * this transport neither encrypts nor asks who is there.
 */
#ifndef STREAM_STREAM_H
#define STREAM_STREAM_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* No message is longer, whatever its length says. */
enum { STREAM_LIMIT = 64 * 1024 * 1024 };

struct reader;
struct writer;

/* -1 with the reason if the two are one regular file: a tool that opened it for
   writing would lose what it is about to read. */
int stream_clash(const char *in, const char *out, struct err *err);

struct reader *reader_open(const char *where, struct err *err);
void reader_free(struct reader *r);

/* Waits for the next message. Returns 1 and the message (owned by the reader,
   valid until the next call), 0 at the end of the stream, -1 with the reason
   and the offset where a message is truncated, over the limit, empty or no message
   at all; nothing can be read after that. An interrupt counts as the end. */
int reader_next(struct reader *r, const uint8_t **msg, size_t *n, struct err *err);

/* Whether reader_next would answer without waiting. */
bool reader_ready(struct reader *r);

/* What reader_offset counts: "byte" or, for ZeroMQ, "number" of a message. */
const char *reader_unit(const struct reader *r);

/* Byte offset at which the last message began (messages counted, for ZeroMQ). */
uint64_t reader_offset(const struct reader *r);

const char *reader_name(const struct reader *r);

/* From now on "-" is what standard output was, and what others print there goes to standard error. */
void stream_keep_stdout(void);

struct writer *writer_open(const char *where, struct err *err);

/* Queues one message; writes when enough have gathered. An empty one is refused:
   a file of zeros is no stream, and to an endpoint it would be the end. */
int writer_put(struct writer *w, const uint8_t *msg, size_t n, struct err *err);

/* Room for a message of n bytes to be packed in place; writer_commit queues it. */
uint8_t *writer_reserve(struct writer *w, size_t n, struct err *err);
int writer_commit(struct writer *w, size_t n, struct err *err);

/* Writes all that is queued. */
int writer_flush(struct writer *w, struct err *err);

/* Flushes, ends the stream and frees; 0, or -1 if anything did not arrive. */
int writer_close(struct writer *w, struct err *err);

/* Bytes queued and not yet written. */
size_t writer_pending(const struct writer *w);

/* For a tool that both feeds a loop and reads from it: waits until the reader
   has something (returns with *readable) or queued bytes could be written
   (writes some), up to timeout milliseconds (-1: no limit). Never blocks on
   one while the other is ready. */
int stream_pump(struct reader *r, struct writer *w, int timeout, bool *readable, struct err *err);

/* For a tool that waits for other things, too: the descriptors that tell when reader_ready, or
   writer_push, has something new to say. Ask these first: what they have seen, the descriptors
   need not tell any more. Returns how many; none where nothing is queued. */
enum { STREAM_FDS = 2 };
size_t reader_fds(const struct reader *r, struct pollfd fds[STREAM_FDS]);
size_t writer_fds(const struct writer *w, struct pollfd fds[STREAM_FDS]);

/* Writes what can be written without waiting, a MiB or so at a time. */
int writer_push(struct writer *w, struct err *err);

#endif
