/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Workers that are killed, with beats so slow that nothing but the end of their connection can
 * tell: their take is with another at once. Over ipc and over tcp.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/talk.h"
#include "queue/letter.h"
#include "stream/post.h"
#include "tap.h"

enum { ROUNDS = 10 };

static char folder[] = "/tmp/queue-vanish-XXXXXX", address[2][64];
static struct letter_desk *desk;

static pid_t
queue_start(void)
{
	const char *build = getenv("ASSAY_BUILD");
	char path[4096];
	snprintf(path, sizeof path, "%s/bin/assay-queue", build ? build : "build");
	const pid_t pid = fork();
	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	char log[128];
	snprintf(log, sizeof log, "%s/log", folder);
	dup2(open(log, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600), STDERR_FILENO);
	execl(path, path, "--beat", "60", "--hedge", "1000", address[0], "tcp://127.0.0.1:*", (char *)NULL);
	_exit(127);
}

/* The port that the queue took, as its log says. */
static bool
tcp_address(void)
{
	char log[128], text[4096];
	snprintf(log, sizeof log, "%s/log", folder);
	for (int i = 0; i < 500; i++, usleep(20000)) {
		const int fd = open(log, O_RDONLY | O_CLOEXEC);
		const ssize_t n = fd < 0 ? 0 : read(fd, text, sizeof text - 1);
		close(fd);
		text[n > 0 ? n : 0] = 0;
		const char *at = strstr(text, "tcp://");
		if (at && strstr(text, "ready")) {
			snprintf(address[1], sizeof address[1], "%.*s", (int)strcspn(at, ","), at);
			return true;
		}
	}
	return false;
}

/* News that nobody hears would end every wait at once. */
static void
wait_for(struct post *p)
{
	const char *text;
	post_wait(p, NULL, 0, 100);
	while (post_news(p, &text) != POST_NONE)
		;
}

static void
put(struct post *p, const struct letter *l)
{
	static uint8_t head[LETTER_HEAD];
	const size_t n = letter_pack(l, head);
	while (!post_send(p, 0, head, n, l->body))
		wait_for(p);
}

/* Connects and is let in. */
static struct post *
join(enum letter_role role, const char *where, const char *name)
{
	struct err err;
	struct post *p = post_connect(where, &(struct post_settings){0}, &err);
	struct letter l = {.kind = LETTER_HELLO, .role = role, .version = LETTER_VERSION, .name = name, .credits = 1,
	    .room = 1 << 20, .has_session = role == LETTER_SENDER};
	memcpy(l.session, "0123456789abcdef", LETTER_SESSION);
	if (!p) {
		diag("%s", err.text);
		exit(1);
	}
	put(p, &l);
	return p;
}

/* Waits for a letter of this kind; false after ten seconds. */
static bool
get(struct post *p, enum letter_kind kind, struct letter *l)
{
	const uint8_t *head;
	uint32_t peer;
	size_t n;
	struct parcel *body;
	const double end = talk_clock() + 10;
	while (talk_clock() < end) {
		const int r = post_receive(p, &peer, &head, &n, &body);
		if (!r)
			wait_for(p);
		if (r <= 0)
			continue;
		const bool good = !letter_unpack(head, n, body, l, desk, NULL);
		parcel_unref(body);
		l->body = NULL;
		if (good && l->kind == kind)
			return true;
	}
	return false;
}

/* A worker in a process of its own, that takes a lease, says so and does nothing. */
static pid_t
doomed(const char *where)
{
	int said[2];
	char c;
	if (pipe(said) < 0)
		exit(1);
	const pid_t pid = fork();
	if (!pid) {
		struct letter l;
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		struct post *p = join(LETTER_WORKER, where, "doomed");
		if (get(p, LETTER_WORK, &l) && write(said[1], "", 1) == 1)
			pause();
		_exit(1);
	}
	close(said[1]);
	const bool holds = read(said[0], &c, 1) == 1;
	close(said[0]);
	return holds ? pid : -1;
}

int
main(void)
{
	struct letter l;
	struct parcel *body = parcel_new("take", 4);
	if (!mkdtemp(folder))
		return 1;
	desk = letter_desk_new();
	snprintf(address[0], sizeof address[0], "ipc://%s/q", folder);
	const pid_t queue = queue_start();
	ok(tcp_address(), "the queue listens on %s and %s", address[0], address[1]);

	/* What connects forks no more: a thread of ZeroMQ is not forked with it. So the doomed are forked
	   before this process joins, and a round is a process. */
	int good = 0;
	for (int round = 0; round < ROUNDS; round++) {
		fflush(stdout);
		const char *where = address[round % 2];
		const pid_t other = fork();
		if (other) {
			int status;
			waitpid(other, &status, 0);
			good += WIFEXITED(status) && !WEXITSTATUS(status);
			continue;
		}
		int go[2];
		char c = 0;
		if (pipe(go) < 0)
			_exit(1);
		/* A sender of one take, in its own process too. */
		const pid_t sender = fork();
		if (!sender) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			struct post *p = join(LETTER_SENDER, address[0], "sender");
			put(p, &(struct letter){.kind = LETTER_TAKE, .number = 1, .body = body});
			const bool result = get(p, LETTER_RESULT, &l);
			put(p, &(struct letter){.kind = LETTER_BYE});
			post_free(p, 1000);
			_exit(!result);
		}
		const pid_t victim = doomed(where);
		struct post *p = join(LETTER_WORKER, where, "heir");
		const bool in = get(p, LETTER_WELCOME, &l);
		const double killed = talk_clock();
		kill(victim, SIGKILL);
		const bool inherits = victim > 0 && in && get(p, LETTER_WORK, &l);
		const double took = talk_clock() - killed;
		c = (char)inherits;
		if (inherits) {
			l.kind = LETTER_RESULT;
			l.body = body;
			l.sum = 0;
			put(p, &l);
		}
		int status = -1;
		waitpid(sender, &status, 0);
		put(p, &(struct letter){.kind = LETTER_BYE});
		post_free(p, 1000);
		diag("%s: with another after %.1f ms", round % 2 ? "tcp" : "ipc", 1e3 * took);
		fflush(stdout);
		_exit(!c || !WIFEXITED(status) || WEXITSTATUS(status));
	}
	ok(good == ROUNDS, "%d of %d takes of a killed worker are with another at once", good, ROUNDS);
	kill(queue, SIGTERM);
	int status = 0;
	waitpid(queue, &status, 0);
	ok(WIFEXITED(status) && WEXITSTATUS(status) == 130, "the queue ends");
	char path[128];
	snprintf(path, sizeof path, "%s/log", folder);
	if (tap_failed)
		(void)!system("sed 's/^/# /' /tmp/queue-vanish-*/log");
	unlink(path);
	unlink(address[0] + 6);
	rmdir(folder);
	letter_desk_free(desk);
	parcel_unref(body);
	return done();
}
