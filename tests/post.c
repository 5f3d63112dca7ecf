/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Letters over sockets: what arrives, who is gone, where one can listen. */
#include <errno.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "post_rig.h"

enum { LARGE = 3 * 1024 * 1024 };

/* --- letters that arrive ------------------------------------------------------------------------ */

static void
converse(const char *where, const char *name)
{
	struct post *q = post_bind(where, &plain, &err);
	if (!ok(q != NULL, "%s: bound %s", name, q ? post_address(q) : err.text))
		return;
	struct post *a = post_connect(post_address(q), &plain, &err), *b = post_connect(post_address(q), &plain, &err);
	ok(news(a, q, POST_CONNECTED) && news(b, q, POST_CONNECTED), "%s: both connect", name);
	uint8_t *large = calloc(1, LARGE);
	memset(large, 'x', LARGE / 2);
	struct parcel *body = parcel_new(large, LARGE), *small = parcel_new("tiny", 4), *none = parcel_new("", 0);

	ok(send_text(a, 0, "a", NULL) == 1 && send_text(a, 0, "a large", body) == 1 && send_text(a, 0, "a small", small) == 1
	    && send_text(a, 0, "a none", none) == 1, "%s: four letters leave", name);
	bool good = is(next(q), "a", NULL, 0);
	const uint32_t peer = next(q)->peer;
	good &= is(next(q), "a small", "tiny", 4) && is(next(q), "a none", "", 0);
	ok(good && peer, "%s: and come, in order, with their bodies", name);
	ok(send_text(b, 0, "b", NULL) == 1 && is(next(q), "b", NULL, 0), "%s: one from another", name);

	/* Back, with the body that came: it is passed on as it is. */
	send_text(a, 0, "again", body);
	struct got *g = next(q);
	struct parcel *through = parcel_ref(g->body);
	ok(is(g, "again", large, LARGE) && g->peer == peer && through->bytes != body->bytes, "%s: the same peer again", name);
	ok(send_text(q, peer, "back", through) == 1 && is(next(a), "back", large, LARGE), "%s: a body goes back", name);
	ok(send_text(q, peer ^ 1, "nobody", through) == -1, "%s: there is no such peer", name);
	parcel_unref(through);

	/* Gone: it is told, and found out by sending. */
	post_free(a, 100);
	ok(news(q, NULL, POST_DISCONNECTED) != NULL && sends(q, peer, -1), "%s: a peer that has gone is gone", name);
	post_free(q, 0);
	ok(news(b, NULL, POST_DISCONNECTED) != NULL && sends(b, 0, 0), "%s: the other side learns that it has gone", name);
	q = post_bind(where, &plain, &err);
	if (strstr(where, "ipc")) {
		ok(q && news(b, q, POST_CONNECTED) && send_text(b, 0, "new", NULL) == 1 && is(next(q), "new", NULL, 0),
		    "%s: and connects again when it is back", name);
	}
	post_free(q, 0);
	post_free(b, 0);
	parcel_unref(body);
	parcel_unref(small);
	parcel_unref(none);
	free(large);
}

static void
test_early(void)
{
	struct post *a = post_connect(at("early"), &plain, &err);
	ok(a && send_text(a, 0, "early", NULL) == 0 && post_news(a, &(const char *){NULL}) == POST_NONE, "nothing is sent where nobody is");
	struct post *q = post_bind(at("early"), &plain, &err);
	ok(round_trip(q, a), "until somebody is there");
	post_free(a, 0);
	post_free(q, 0);
}

/* A peer that reads nothing: bytes are bounded, not only letters, and for it alone. */
static void
test_slow(void)
{
	const size_t n = LARGE / 8;
	struct post *q = post_bind(at("slow"), &plain, &err), *a = post_connect(post_address(q), &plain, &err),
	            *b = post_connect(post_address(q), &plain, &err);
	uint8_t *bytes = calloc(1, n);
	struct parcel *body = parcel_new(bytes, n);
	news(a, q, POST_CONNECTED);
	news(b, q, POST_CONNECTED);
	send_text(a, 0, "a", NULL);
	const uint32_t slow = next(q)->peer;
	send_text(b, 0, "b", NULL);
	const uint32_t quick = next(q)->peer;
	int left = 0, came = 0;
	for (int idle = 0; idle < 20 && left < 400; idle++)
		if (send_text(q, slow, "large", body) == 1) {
			left++;
			idle = -1;
		} else
			post_wait(q, NULL, 0, 1);
	ok(left > 1 && left <= 64 + 16, "a peer that reads nothing is sent what it holds, and few more: %d", left);
	ok(send_text(q, quick, "large", body) == 1 && is(next(b), "large", bytes, n), "another one still gets all");
	while (came < left && is(next(a), "large", bytes, n))
		came++;
	ok(came == left && sends(q, slow, 1), "and it, once it reads");
	post_free(a, 0);
	post_free(b, 0);
	post_free(q, 0);
	ok(atomic_load(&body->refs) == 1, "nothing holds on to the body");
	parcel_unref(body);
	free(bytes);
}

/* --- addresses --------------------------------------------------------------------------------------------- */

static void
test_addresses(void)
{
	static const char *const bad[] = {"", "tcp://", "ipc://", "ipc://@open", "ipc://*", "udp://127.0.0.1:1", "127.0.0.1:1", "tcp://127.0.0.1",
	    "tcp://127.0.0.1:99999", "tcp://127.0.0.1:x", "inproc://a", "tcp://no.such.host.invalid:5", "tcp://203.0.113.7:5"};
	const struct post_settings meant = {.insecure = true};
	bool good = true;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		err = (struct err){""};
		struct post *p = post_bind(bad[i], &meant, &err);
		if (p || !*err.text)
			good = false, diag("'%s' is bound, or refused without a reason", bad[i]);
		post_free(p, 0);
	}
	ok(good, "addresses that are none are refused");
	struct post *p = post_bind("tcp://203.0.113.7:5555", &meant, &err);
	ok(!p && errno == EADDRNOTAVAIL, "another machine's address: %s", err.text);
	ok(post_is_local("ipc://x") && post_is_local("tcp://127.1.2.3:4") && post_is_local("tcp://[::1]:4") && post_is_local("tcp://localhost:*")
	    && !post_is_local("tcp://*:4") && !post_is_local("tcp://[::]:4") && !post_is_local("tcp://127.0.0.1:0;far:1")
	    && !post_is_local("tcp://::1:4") && !post_is_local("tcp://128.0.0.1:4"), "what stays here");

	p = post_bind("tcp://localhost:*", &plain, &err);
	ok(p && post_listens(post_address(p)), "the name of a host is bound: %s", p ? post_address(p) : err.text);
	struct post *q = p ? post_bind(post_address(p), &plain, &err) : NULL;
	ok(!q && errno == EADDRINUSE && strstr(err.text, "is taken"), "once: %s", err.text);
	char gone[64];
	snprintf(gone, sizeof gone, "%s", post_address(p));
	post_free(p, 0);
	ok(!post_listens(gone) && !post_listens(at("never")), "nobody listens where it was");

	/* A socket file with a listener is not taken away; one that was left behind is. */
	const char *where = at("deep/er/q");
	p = post_bind(where, &plain, &err);
	struct stat st;
	ok(p && stat(where + 6, &st) == 0 && (st.st_mode & 0777) == 0600, "a socket file for its owner %s", p ? "" : err.text);
	char up[256];
	snprintf(up, sizeof up, "%s/deep", folder);
	ok(stat(up, &st) == 0 && (st.st_mode & 0777) == 0700, "and so is the folder that was made for it");
	q = post_bind(where, &plain, &err);
	ok(!q && errno == EADDRINUSE, "with a listener it is taken: %s", err.text);
	struct post *a = post_connect(where, &plain, &err);
	ok(round_trip(p, a), "and the listener listens still");
	post_free(a, 0);
	post_free(p, 0);
	struct sockaddr_un left = {.sun_family = AF_UNIX};
	snprintf(left.sun_path, sizeof left.sun_path, "%s", where + 6);
	const int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	unlink(where + 6);
	ok(bind(fd, (struct sockaddr *)&left, sizeof left) == 0 && close(fd) == 0 && !post_listens(where), "a socket file that was left behind");
	p = post_bind(where, &plain, &err);
	ok(p != NULL, "is replaced %s", p ? "" : err.text);
	post_free(p, 0);
	snprintf(up, sizeof up, "%s/notes", folder);
	FILE *f = fopen(up, "w");
	fputs("mine", f);
	fclose(f);
	p = post_bind(at("notes"), &plain, &err);
	ok(!p && stat(up, &st) == 0 && st.st_size == 4, "another file is not: %s", err.text);
}

/* --- many ---------------------------------------------------------------------------------------------------- */

static void
test_many(void)
{
	enum { N = 1200 };
	struct rlimit l;
	static struct post *each[N];
	static const struct post_settings set = {.secure = false};
	if (getrlimit(RLIMIT_NOFILE, &l) < 0 || l.rlim_max < 10 * N) {
		skip("many posts in one process", "too few descriptors");
		return;
	}
	struct post *q = post_bind(at("many"), &set, &err), *tcp = post_bind("tcp://127.0.0.1:*", &set, &err);
	struct post *both[] = {q, tcp};
	int made = 0, came = 0;
	for (int i = 0; i < N && (each[i] = post_connect(post_address(both[i % 2]), &set, &err)); i++)
		made++;
	ok(made == N, "%d posts in one process %s", made, made < N ? err.text : "");
	bool sent[N] = {false};
	for (int turn = 0; turn < 1000 && came < N; turn++) {
		const char *text;
		for (int i = 0; i < made; i++)
			if (!sent[i])
				sent[i] = send_text(each[i], 0, "hello", NULL) == 1;
		post_wait_any(both, 2, NULL, 0, 10);
		for (int k = 0; k < 2; k++) {
			uint32_t peer;
			const uint8_t *head;
			size_t n;
			struct parcel *body;
			while (post_news(both[k], &text))
				;
			while (post_receive(both[k], &peer, &head, &n, &body) == 1)
				came++;
		}
	}
	ok(came == N, "%d of them are heard on two sockets", came);
	for (int i = 0; i < made; i++)
		post_free(each[i], 0);
	post_free(q, 0);
	post_free(tcp, 0);
}

/* A descriptor of the caller's ends a wait, and so does nothing. */
static void
test_wait(void)
{
	int pipes[2];
	struct post *q = post_bind(at("wait"), &plain, &err), *a = post_connect(at("wait"), &plain, &err);
	if (pipe(pipes) < 0 || !round_trip(q, a)) {
		ok(0, "a pipe and a post");
		return;
	}
	struct pollfd fds[2] = {{.fd = pipes[0], .events = POLLIN}, {.fd = pipes[1], .events = POLLOUT}};
	ok(!post_wait(q, fds, 1, 0) && !fds[0].revents, "nothing is there");
	ok(!post_wait(q, fds, 2, 1000 * PATIENCE) && !fds[0].revents && fds[1].revents == POLLOUT, "a pipe can be written");
	if (write(pipes[1], "x", 1) != 1)
		diag("pipe: %s", strerror(errno));
	ok(!post_wait(q, fds, 1, 1000 * PATIENCE) && fds[0].revents == POLLIN, "a pipe can be read");
	send_text(a, 0, "both", NULL);
	bool both = false;
	for (const double end = talk_clock() + PATIENCE; talk_clock() < end && !both;)
		both = post_wait(q, NULL, 0, WAIT);
	both &= post_wait(q, fds, 1, 1000 * PATIENCE) && fds[0].revents == POLLIN;
	ok(both, "a letter and a pipe at once");
	close(pipes[1]);
	char x;
	ok(read(pipes[0], &x, 1) == 1 && post_wait(q, fds, 1, 1000 * PATIENCE) && fds[0].revents & POLLHUP, "a pipe that was closed");
	close(pipes[0]);
	post_free(a, 0);
	post_free(q, 0);
}

/* The last: an interrupt ends one wait, so that its caller sees it, and the next ones are waits again. */
static void
test_interrupt(void)
{
	struct post *q = post_bind(at("interrupt"), &plain, &err);
	interrupt_catch();
	raise(SIGTERM);
	post_wait(q, NULL, 0, 1000 * PATIENCE);
	const double before = talk_clock();
	ok(interrupted(), "an interrupt ends a wait");
	post_wait(q, NULL, 0, 30);
	ok(talk_clock() - before > 0.02, "one");
	post_free(q, 0);
}

int
main(void)
{
	if (!rig_begin())
		return 1;
	converse(at("new/folder/q"), "ipc");
	converse("tcp://127.0.0.1:*", "tcp");
	test_early();
	test_slow();
	test_addresses();
	test_wait();
	test_many();
	test_interrupt();
	return rig_end();
}
