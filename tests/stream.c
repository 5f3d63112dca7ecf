/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Streams over files, FIFOs and endpoints: what comes out is what went in, and
   every kind of damage is named with its place. */
#include "stream/stream.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/rng.h"
#include "tap.h"

static char folder[64];

static const char *
at(const char *name)
{
	static char path[4][256];
	static int turn;
	char *p = path[turn++ % 4];
	snprintf(p, sizeof path[0], "%s/%s", folder, name);
	return p;
}

static const char *
file_of(const void *bytes, size_t n)
{
	const char *path = at("bytes");
	FILE *f = fopen(path, "w");
	fwrite(bytes, 1, n, f);
	fclose(f);
	return path;
}

/* Sizes that cross the buffers: small, around 256 KiB, several megabytes. */
static const size_t sizes[] = {1, 127, 128, 16383, 16384, 262139, 262144, 262145, 3000000, 5, 1, 700000, 2};
enum { N = sizeof sizes / sizeof *sizes };

static void
fill(uint8_t *p, size_t n, uint64_t seed)
{
	for (size_t i = 0; i < n; i++)
		p[i] = (uint8_t)rng_at(seed, i / 64);
}

static int
write_all(const char *where)
{
	struct err err;
	struct writer *w = writer_open(where, &err);
	if (!w)
		return diag("%s", err.text), -1;
	int status = 0;
	for (size_t i = 0; i < N; i++) {
		uint8_t *p = writer_reserve(w, sizes[i], &err);
		fill(p, sizes[i], i);
		status |= i % 2 ? writer_commit(w, sizes[i], &err) : 0;
		if (i % 2 == 0) {
			uint8_t *copy = malloc(sizes[i]);
			memcpy(copy, p, sizes[i]);
			status |= writer_put(w, copy, sizes[i], &err);
			free(copy);
		}
	}
	return status | writer_close(w, &err);
}

/* Reads what write_all wrote; polls says to ask reader_ready before each. */
static bool
read_all(struct reader *r, bool polls)
{
	struct err err = {""};
	const uint8_t *msg;
	size_t n, k = 0;
	int got;
	bool good = true;
	uint8_t *want = malloc(4 << 20);
	while ((got = (polls ? (reader_ready(r), 0) : 0, reader_next(r, &msg, &n, &err))) > 0) {
		if (k < N) {
			fill(want, sizes[k], k);
			good &= n == sizes[k] && !memcmp(msg, want, n);
		}
		k++;
	}
	if (got < 0)
		diag("%s", err.text);
	free(want);
	return good && got == 0 && k == N;
}

/* A child that writes to where; its exit status is 0 if all went well. */
static pid_t
writer_child(const char *where)
{
	fflush(stdout);
	const pid_t child = fork();
	if (child == 0) {
		const bool failed = write_all(where) != 0;
		_exit(failed);
	}
	return child;
}

static bool
reap(pid_t child)
{
	int status;
	return waitpid(child, &status, 0) == child && status == 0;
}

/* A TCP port that nobody has just now. */
static int
free_port(void)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t n = sizeof a;
	const int s = socket(AF_INET, SOCK_STREAM, 0);
	if (bind(s, (struct sockaddr *)&a, n) < 0 || getsockname(s, (struct sockaddr *)&a, &n) < 0)
		return 0;
	close(s);
	return ntohs(a.sin_port);
}

static void
test_transports(void)
{
	struct err err;
	struct reader *r;
	ok(write_all(at("file")) == 0, "file: written");
	r = reader_open(at("file"), &err);
	ok(read_all(r, false), "file: %d messages of 1 to 3,000,000 bytes come back", N);
	reader_free(r);
	r = reader_open(at("file"), &err);
	ok(read_all(r, true), "file: and when asked first whether they are ready");
	reader_free(r);

	mkfifo(at("fifo"), 0600);
	pid_t child = writer_child(at("fifo"));
	r = reader_open(at("fifo"), &err);
	ok(read_all(r, true), "FIFO: the same, between two processes");
	reader_free(r);
	ok(reap(child), "FIFO: the writer is content");

	char ipc[128], tcp[64];
	snprintf(ipc, sizeof ipc, "ipc://%s/socket", folder);
	child = writer_child(ipc); /* before there is a reader: it waits */
	r = reader_open(ipc, &err);
	ok(r && read_all(r, false), "ipc://: the same");
	reader_free(r);
	ok(reap(child), "ipc://: nothing is lost when the writer ends");

	snprintf(tcp, sizeof tcp, "tcp://127.0.0.1:%d", free_port());
	child = writer_child(tcp);
	r = reader_open(tcp, &err);
	if (!ok(r && read_all(r, true), "tcp://127.0.0.1: the same"))
		diag("%s", r ? "" : err.text);
	reader_free(r);
	ok(reap(child), "tcp://: nothing is lost when the writer ends");

	char marked[140];
	snprintf(marked, sizeof marked, "@%s2", ipc); /* the writer binds, the reader connects */
	child = writer_child(marked);
	snprintf(marked, sizeof marked, ">%s2", ipc);
	r = reader_open(marked, &err);
	ok(r && read_all(r, false) && reap(child), "'@' binds and '>' connects, either way round");
	reader_free(r);
}

/* kill -9 of one side: the other one hears of it, after all that had been sent. */
static void
test_killed(void)
{
	struct err err = {""};
	const uint8_t *msg;
	static const uint8_t some[100000];
	size_t n, k = 0;
	int got, said[2];
	char ipc[128];
	snprintf(ipc, sizeof ipc, "ipc://%s/killed", folder);
	fflush(stdout);
	pid_t child = fork();
	if (child == 0) {
		struct writer *w = writer_open(ipc, &err);
		for (int i = 0; i < 3; i++)
			writer_put(w, some, sizeof some, &err);
		writer_flush(w, &err);
		pause();
	}
	struct reader *r = reader_open(ipc, &err);
	while ((got = reader_next(r, &msg, &n, &err)) > 0)
		if (++k == 3) {
			kill(child, SIGKILL);
			waitpid(child, NULL, 0);
		}
	ok(got < 0 && k == 3 && strstr(err.text, "closed by its writer before the end"), "a writer that was killed: %s", err.text);
	reader_free(r);

	if (pipe(said) < 0 || (child = fork()) < 0)
		return;
	if (child == 0) {
		r = reader_open(ipc, &err);
		reader_next(r, &msg, &n, &err);
		if (write(said[1], "", 1) == 1)
			pause();
	}
	struct writer *w = writer_open(ipc, &err);
	writer_put(w, some, sizeof some, &err);
	writer_flush(w, &err);
	if (read(said[0], &(char){0}, 1) == 1) {
		kill(child, SIGKILL);
		waitpid(child, NULL, 0);
	}
	*err.text = 0;
	while (writer_put(w, some, sizeof some, &err) == 0 && writer_flush(w, &err) == 0)
		;
	ok(strstr(err.text, "its reader has gone") != NULL, "a reader that was killed: %s", err.text);
	ok(writer_close(w, &err) < 0, "and the writer ends at once");
	close(said[0]);
	close(said[1]);
}

static void
test_addresses(void)
{
	static const char *const far[] = {"tcp://10.0.0.1:5555", "tcp://*:5555", "tcp://0.0.0.0:5555", "tcp://example.org:1",
	    "tcp://127.0.0.1.example.org:5555", "tcp://127.1:5555", "tcp://localhost.example.org:5",
	    ">tcp://127.0.0.1:0;10.0.0.1:5555", "tcp://127.0.0.1", "tcp://:5555", "tcp://[::]:5555", "udp://127.0.0.1:5",
	    "pgm://eth0;239.192.1.1:5555", "http://127.0.0.1:80", "://"};
	struct err err;
	unsetenv("ASSAY_INSECURE");
	for (size_t i = 0; i < sizeof far / sizeof *far; i++) {
		struct writer *w = writer_open(far[i], &err);
		ok(!w && strstr(err.text, "leaves this machine"), "'%s' is refused", far[i]);
		if (w)
			writer_close(w, &err);
	}
	setenv("ASSAY_INSECURE", "1", 1);
	struct reader *r = reader_open("udp://127.0.0.1:5555", &err);
	ok(!r && !strstr(err.text, "leaves this machine"), "ASSAY_INSECURE=1 leaves it to ZeroMQ: %s", err.text);
	unsetenv("ASSAY_INSECURE");
	r = reader_open(at("nowhere/at/all"), &err);
	ok(!r && strstr(err.text, "nowhere/at/all': No such file"), "%s", err.text);
	ok(!writer_open(at("nowhere/at/all"), &err) && strstr(err.text, "cannot create"), "%s", err.text);
	r = reader_open(folder, &err);
	const uint8_t *msg;
	size_t n;
	ok(r && reader_next(r, &msg, &n, &err) < 0 && strstr(err.text, "Is a directory"), "%s", err.text);
	reader_free(r);
	reader_free(NULL);
}

/* Reads `good` messages from bytes, then expects the error. */
static void
damaged(const void *bytes, size_t n, int good, const char *want)
{
	struct err err = {""};
	const uint8_t *msg;
	size_t length;
	for (int polls = 0; polls < 2; polls++) {
		struct reader *r = reader_open(file_of(bytes, n), &err);
		int k = 0, got;
		while ((got = (polls ? (reader_ready(r), 0) : 0, reader_next(r, &msg, &length, &err))) > 0)
			k++;
		const bool again = reader_next(r, &msg, &length, NULL) < 0;
		if (!want)
			ok(got == 0 && k == good, "%d messages and the end", k);
		else
			ok(got < 0 && k == good && strstr(err.text, want) && again, "after %d: %s", k, err.text);
		reader_free(r);
	}
}

static void
test_damage(void)
{
	static const uint8_t good[] = {3, 'a', 'b', 'c', 1, 'd'};
	uint8_t b[64];
	memcpy(b, good, sizeof good);
	damaged(b, 0, 0, NULL);
	damaged(b, sizeof good, 2, NULL);
	damaged("\0\0", 2, 0, "at byte 0 is empty");
	damaged(b, 5, 1, "the message at byte 4 is truncated: 0 of 1 bytes");
	damaged(b, 2, 0, "the message at byte 0 is truncated: 1 of 3 bytes");
	b[6] = 0x80;
	damaged(b, 7, 2, "ends within a length, at byte 6");
	memcpy(b + 6, "\xff\xff\xff\xff\xff\xff\xff", 7);
	damaged(b, 13, 2, "byte 6 starts no message length");
	damaged(b, 10, 2, "ends within a length, at byte 6");
	memcpy(b + 6, "\xff\xff\xff\xff\x7f", 5);
	damaged(b, 11, 2, "the message at byte 6 claims 34359738367 bytes, the limit is 67108864");
	memcpy(b + 6, "\x81\x80\x80\x20", 4); /* 64 MiB and one */
	damaged(b, 10, 2, "the message at byte 6 claims 67108865 bytes");
	memcpy(b + 6, "\x80\x80\x80\x20", 4); /* 64 MiB, and then no bytes */
	damaged(b, 10, 2, "the message at byte 6 is truncated: 0 of 67108864 bytes");

	struct rusage before, after;
	getrusage(RUSAGE_SELF, &before);
	damaged(b, 10, 2, "is truncated");
	getrusage(RUSAGE_SELF, &after);
	ok(after.ru_maxrss - before.ru_maxrss < 20000, "and a claim allocates nothing: %ld KiB more",
	    after.ru_maxrss - before.ru_maxrss);
}

static void
test_limit(void)
{
	struct err err;
	struct writer *w = writer_open(at("big"), &err);
	ok(writer_reserve(w, STREAM_LIMIT + (size_t)1, &err) == NULL && strstr(err.text, "over the stream's limit"),
	    "a message over the limit is not written: %s", err.text);
	uint8_t *p = writer_reserve(w, STREAM_LIMIT, &err);
	ok(p && writer_commit(w, STREAM_LIMIT, &err) == 0 && writer_close(w, &err) == 0, "one of exactly the limit is");
	struct reader *r = reader_open(at("big"), &err);
	const uint8_t *msg;
	size_t n;
	ok(reader_next(r, &msg, &n, &err) == 1 && n == STREAM_LIMIT && reader_next(r, &msg, &n, &err) == 0,
	    "and read");
	reader_free(r);
	unlink(at("big"));

	char ipc[128];
	snprintf(ipc, sizeof ipc, "ipc://%s/empty", folder);
	w = writer_open(ipc, &err);
	ok(w && writer_put(w, (const uint8_t *)"", 0, &err) < 0 && strstr(err.text, "an empty message is none"),
	    "an empty message cannot go to an endpoint");
	r = reader_open(ipc, &err);
	ok(writer_close(w, &err) == 0 && reader_next(r, &msg, &n, &err) == 0, "an endpoint's stream may be empty");
	reader_free(r);
}

static void
test_writers(void)
{
	struct err err;
	static uint8_t some[300000];
	signal(SIGPIPE, SIG_IGN);
	struct writer *w = writer_open("/dev/full", &err);
	ok(writer_put(w, some, sizeof some, &err) < 0 && strstr(err.text, "No space left"), "a full disk: %s", err.text);
	ok(writer_put(w, some, 1, &err) < 0 && writer_close(w, &err) < 0, "and it stays an error to the end");
	w = writer_open("/dev/full", &err);
	ok(writer_put(w, some, 10, &err) == 0 && writer_pending(w) == 11 && writer_close(w, &err) < 0,
	    "what is queued is checked at the end: %s", err.text);

	int fd[2];
	if (pipe(fd) < 0)
		return;
	const int keep = dup(STDOUT_FILENO);
	fflush(stdout);
	dup2(fd[1], STDOUT_FILENO);
	close(fd[0]);
	close(fd[1]);
	w = writer_open("-", &err);
	const int status = writer_put(w, some, sizeof some, &err);
	writer_close(w, NULL);
	dup2(keep, STDOUT_FILENO);
	close(keep);
	ok(status < 0 && strstr(err.text, "was closed by its reader"), "a closed pipe: %s", err.text);

	write_all(at("file"));
	ok(stream_clash(at("file"), at("file"), &err) < 0 && stream_clash(at("file"), "/dev/null", &err) == 0
	        && stream_clash("/dev/null", "/dev/null", &err) == 0 && stream_clash("-", "-", &err) == 0
	        && stream_clash(at("file"), at("new"), &err) == 0,
	    "one regular file is not read and written at once");
}

/* A loop through a child that echoes: far more in flight than a pipe holds. */
static void
test_pump(const char *there, const char *back, const char *name)
{
	enum { COUNT = 64, SIZE = 20000 };
	struct err err;
	fflush(stdout);
	const pid_t child = fork();
	if (child == 0) {
		struct reader *r = reader_open(there, &err);
		struct writer *w = writer_open(back, &err);
		const uint8_t *msg;
		size_t n;
		while (r && w && reader_next(r, &msg, &n, &err) > 0)
			if (writer_put(w, msg, n, &err) < 0 || writer_flush(w, &err) < 0)
				_exit(1);
		reader_free(r);
		_exit(!w || writer_close(w, &err) < 0);
	}
	struct writer *w = writer_open(there, &err);
	struct reader *r = reader_open(back, &err);
	static uint8_t bytes[SIZE];
	int sent = 0, heard = 0;
	bool good = w && r;
	while (good && heard < COUNT) {
		bool readable;
		if (sent < COUNT) {
			fill(bytes, SIZE, (uint64_t)sent);
			uint8_t *p = writer_reserve(w, SIZE, &err);
			memcpy(p, bytes, SIZE);
			good &= writer_commit(w, SIZE, &err) == 0;
			sent++;
		}
		good &= stream_pump(r, w, sent < COUNT ? 0 : -1, &readable, &err) == 0;
		if (!readable)
			continue;
		const uint8_t *msg;
		size_t n;
		good &= reader_next(r, &msg, &n, &err) == 1 && n == SIZE;
		fill(bytes, SIZE, (uint64_t)heard++);
		good &= !memcmp(msg, bytes, SIZE);
	}
	good &= writer_close(w, &err) == 0;
	const uint8_t *msg;
	size_t n;
	good &= reader_next(r, &msg, &n, &err) == 0;
	reader_free(r);
	ok(good && reap(child), "a pump over %s: %d messages through a loop, in order", name, heard);
}

int
main(void)
{
	snprintf(folder, sizeof folder, "/tmp/stream-test-XXXXXX");
	if (!mkdtemp(folder))
		return 1;
	alarm(60); /* a hang is a failure */
	test_transports();
	test_killed();
	test_addresses();
	test_damage();
	test_limit();
	test_writers();
	mkfifo(at("there"), 0600);
	mkfifo(at("back"), 0600);
	char there[128], back[128];
	snprintf(there, sizeof there, "%s", at("there"));
	snprintf(back, sizeof back, "%s", at("back"));
	test_pump(there, back, "FIFOs");
	snprintf(there, sizeof there, "ipc://%s/to", folder);
	snprintf(back, sizeof back, "ipc://%s/from", folder);
	test_pump(there, back, "endpoints");

	char command[128];
	snprintf(command, sizeof command, "rm -r '%s'", folder);
	return system(command) | done();
}
