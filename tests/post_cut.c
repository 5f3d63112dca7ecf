/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A connection that ends while letters that came over it have not been read: whoever reads on
 * then lives, and hears of the end afterwards.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/talk.h"
#include "stream/post.h"
#include "tap.h"

enum { LETTERS = 60 }; /* two frames each: ZeroMQ looks for news of its connections at the hundredth */

static char folder[] = "/tmp/post-cut-XXXXXX", address[64];

static bool
wait_for(struct post *p, enum post_news want)
{
	const char *text;
	for (const double end = talk_clock() + 10; talk_clock() < end; post_wait(p, NULL, 0, 100))
		for (enum post_news what; (what = post_news(p, &text)) != POST_NONE;)
			if (what == want)
				return true;
	return false;
}

/* Reads what is there, `most` letters at most. -1: something is none that was sent. */
static int
read_some(struct post *p, int most)
{
	uint32_t peer;
	const uint8_t *head;
	size_t n;
	struct parcel *body;
	int got = 0;
	for (int r; got < most && (r = post_receive(p, &peer, &head, &n, &body)); got++) {
		if (r < 0 || n != 4 || memcmp(head, "head", 4) || (body && body->n != 4))
			return -1;
		parcel_unref(body);
	}
	return got;
}

/* The connecting side, in a process of its own. */
static int
reader(int told, int tell)
{
	struct err err;
	char c;
	struct post *p = post_connect(address, &(struct post_settings){0}, &err);
	if (!p || !wait_for(p, POST_CONNECTED))
		return 2;
	while (!post_send(p, 0, (const uint8_t *)"head", 4, NULL))
		post_wait(p, NULL, 0, 100);
	if (!post_wait(p, NULL, 0, 10000) || read_some(p, 1) != 1 || write(tell, "", 1) != 1 || read(told, &c, 1) != 1)
		return 3;
	usleep(100000); /* for ZeroMQ to see the end; if that takes longer, this tests nothing */
	if (read_some(p, LETTERS + 2) < 0 || !wait_for(p, POST_DISCONNECTED))
		return 4;
	post_free(p, 0);
	return 0;
}

static bool
one_round(int alone)
{
	int to[2], from[2], status = 0;
	struct err err;
	uint32_t peer = 0;
	const uint8_t *head;
	size_t n;
	struct parcel *body;
	char c;
	if (pipe(to) < 0 || pipe(from) < 0)
		exit(1);
	const pid_t pid = fork();
	if (!pid)
		_exit(reader(to[0], from[1]));
	close(from[1]);
	struct post *q = post_bind(address, &(struct post_settings){0}, &err);
	bool heard = false;
	for (const double end = talk_clock() + 10; q && !heard && talk_clock() < end;) {
		const char *text;
		post_wait(q, NULL, 0, 100);
		while (post_news(q, &text) != POST_NONE)
			;
		heard = post_receive(q, &peer, &head, &n, &body) > 0;
	}
	if (!heard)
		diag("it is not connected");
	body = parcel_new("body", 4);
	for (int i = 0; i < alone + LETTERS; i++)
		post_send(q, peer, (const uint8_t *)"head", 4, i < alone ? NULL : body);
	bool good = heard && read(from[0], &c, 1) == 1;
	post_free(q, 1000); /* all is there, and then the connection ends */
	good &= write(to[1], "", 1) == 1 && waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0;
	if (!good)
		diag("the reader: %s %d", WIFEXITED(status) ? "exit" : "signal", WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status));
	fflush(stdout);
	close(to[0]);
	close(to[1]);
	close(from[0]);
	parcel_unref(body);
	unlink(address + 6);
	return good;
}

int
main(void)
{
	if (!mkdtemp(folder))
		return 1;
	snprintf(address, sizeof address, "ipc://%s/q", folder);
	/* The hundredth frame is a head in one round, a body in the other. A process that has used ZeroMQ
	   does not fork well: each round has one of its own. */
	for (int alone = 0; alone < 2; alone++) {
		int status = 1;
		fflush(stdout);
		const pid_t pid = fork();
		if (!pid)
			_exit(!one_round(alone));
		waitpid(pid, &status, 0);
		ok(status == 0, "what came before the end of a connection is read without harm (%d)", alone);
	}
	rmdir(folder);
	return done();
}
