/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Writing without waiting, and the descriptors that tell when to go on. */
#include "stream/stream.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tap.h"

static char folder[] = "/tmp/assay-push-XXXXXX", path[64];
static uint8_t bulk[3 << 20];

/* Pushes until nothing more leaves; how many bytes are left, or -1. */
static long
push(struct writer *w, struct err *err)
{
	size_t before;
	do {
		before = writer_pending(w);
		if (writer_push(w, err) < 0)
			return -1;
	} while (writer_pending(w) && writer_pending(w) < before);
	return (long)writer_pending(w);
}

static bool
poll_says(struct writer *w)
{
	struct pollfd fds[STREAM_FDS];
	const size_t n = writer_fds(w, fds);
	return n && poll(fds, n, 0) > 0;
}

static int
put(struct writer *w, const void *bytes, size_t n, struct err *err)
{
	uint8_t *room = writer_reserve(w, n, err);
	if (!room)
		return -1;
	memcpy(room, bytes, n);
	return writer_commit(w, n, err);
}

int
main(void)
{
	struct err err = {""};
	const uint8_t *msg;
	size_t n;
	if (!mkdtemp(folder))
		return 1;
	signal(SIGPIPE, SIG_IGN);
	snprintf(path, sizeof path, "%s/fifo", folder);
	mkfifo(path, 0600);
	const int keep = open(path, O_RDWR); /* so that both may open it */
	struct reader *r = reader_open(path, &err);
	struct writer *w = writer_open(path, &err);
	struct pollfd fds[STREAM_FDS];
	ok(reader_fds(r, fds) == 1 && fds[0].events == POLLIN && poll(fds, 1, 0) == 0 && !reader_ready(r), "nothing to read yet");
	ok(writer_fds(w, fds) == 0 && push(w, &err) == 0, "nor to write");
	for (size_t i = 0; i < sizeof bulk; i++)
		bulk[i] = (uint8_t)(i * 7 >> 3);
	put(w, bulk, sizeof bulk, &err);
	put(w, "end", 3, &err);
	const long left = push(w, &err);
	ok(left > 0 && left < (long)sizeof bulk, "a pipe that nobody reads takes some, and does not hold us up (%ld left)", left);
	ok(!poll_says(w) && poll(fds, reader_fds(r, fds), 0) == 1, "its descriptor waits; the reader's does not");
	int turns = 0;
	for (; !reader_ready(r) && turns < 10000; turns++)
		if (push(w, &err) < 0)
			break;
	ok(reader_next(r, &msg, &n, &err) == 1 && n == sizeof bulk && !memcmp(msg, bulk, n), "turn by turn it gets through (%d)", turns);
	ok(push(w, &err) == 0 && reader_next(r, &msg, &n, &err) == 1 && n == 3, "and what came after it");
	put(w, bulk, sizeof bulk, &err);
	close(keep);
	reader_free(r);
	ok(push(w, &err) < 0 && strstr(err.text, "closed by its reader"), "a reader that goes: %s", err.text);
	ok(writer_fds(w, fds) == 0 && writer_close(w, &err) < 0, "no more to wait for");

	/* a file, all of it; a full disk */
	snprintf(path, sizeof path, "%s/file", folder);
	w = writer_open(path, &err);
	put(w, bulk, sizeof bulk, &err);
	ok(push(w, &err) == 0 && writer_close(w, &err) == 0, "a file takes all");
	w = writer_open("/dev/full", &err);
	put(w, "take", 4, &err);
	ok(push(w, &err) < 0 && strstr(err.text, "No space left"), "a full disk: %s", err.text);
	writer_close(w, &err);

	/* an endpoint */
	char where[80];
	snprintf(where, sizeof where, "ipc://%s/socket", folder);
	w = writer_open(where, &err);
	for (int i = 0; i < 100; i++)
		put(w, bulk, 1 << 16, &err);
	put(w, "end", 3, &err);
	const long before = push(w, &err);
	r = reader_open(where, &err);
	int got = 0;
	for (turns = 0; got < 101 && turns < 5000; turns++) {
		while (reader_ready(r) && reader_next(r, &msg, &n, &err) == 1)
			got++;
		push(w, &err);
		const size_t k = reader_fds(r, fds);
		poll(fds, k, 10);
	}
	ok(before > 0 && got == 101 && n == 3 && writer_pending(w) == 0, "an endpoint, once somebody reads: %d messages", got);
	ok(writer_close(w, &err) == 0 && reader_next(r, &msg, &n, &err) == 0, "and its end");
	reader_free(r);
	char command[80];
	snprintf(command, sizeof command, "rm -rf %s", folder);
	return system(command) != 0 || done();
}
