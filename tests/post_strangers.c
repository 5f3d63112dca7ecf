/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What strangers can do to a post: other frames than ours, noise, floods, silence. */
#include <arpa/inet.h>
#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>
#include <zmq.h>

#include "base/rng.h"
#include "post_rig.h"
#include "stream/keys.h"
#include "stream/stream.h"

static void *strange; /* a context of their own */

/* A socket that is none of ours. */
static void *
stranger(const char *where, const char *id, int high)
{
	void *s = zmq_socket(strange, ZMQ_DEALER);
	const int none = 0, patience = 1000 * PATIENCE;
	zmq_setsockopt(s, ZMQ_LINGER, &none, sizeof none);
	zmq_setsockopt(s, ZMQ_SNDHWM, &high, sizeof high);
	zmq_setsockopt(s, ZMQ_RCVHWM, &high, sizeof high);
	zmq_setsockopt(s, ZMQ_SNDTIMEO, &patience, sizeof patience);
	if (id)
		zmq_setsockopt(s, ZMQ_ROUTING_ID, id, strlen(id));
	zmq_connect(s, where);
	return s;
}

static void
frames(void *s, size_t n, const size_t *sizes)
{
	for (size_t i = 0; i < n; i++) {
		zmq_msg_t m;
		zmq_msg_init_size(&m, sizes[i]);
		memset(zmq_msg_data(&m), 'f', sizes[i]);
		zmq_msg_send(&m, s, i + 1 < n ? ZMQ_SNDMORE : 0);
	}
}
#define FRAMES(s, ...) frames(s, sizeof(size_t[]){__VA_ARGS__} / sizeof(size_t), (size_t[]){__VA_ARGS__})

static void
test_frames(const char *name, struct post *q)
{
	void *s = stranger(post_address(q), NULL, 100);
	FRAMES(s, 1);
	struct got *g = next(q);
	const uint32_t peer = g->peer;
	ok(g->status == 1 && g->n == 1 && !g->body, "%s: a letter from a stranger", name);
	bool good = true;
	FRAMES(s, 0);
	FRAMES(s, 0, 5);
	FRAMES(s, 3, 4, 5);
	FRAMES(s, 3, 4, 5, 6, 0, 0, 1);
	FRAMES(s, POST_HEAD + 1);
	FRAMES(s, POST_HEAD + 1, 10);
	FRAMES(s, 1000000, 1000000);
	for (int i = 0; i < 7; i++) {
		g = next(q);
		good &= g->status == -1 && g->peer == peer && !g->body;
	}
	ok(good, "%s: no head, three frames and more, a long head: seven are none, and it is known whose", name);
	FRAMES(s, POST_HEAD, 20000);
	g = next(q);
	ok(g->status == 1 && g->peer == peer && g->n == POST_HEAD && g->body && g->body->n == 20000, "%s: the connection goes on", name);
	ok(post_send(q, peer, (const uint8_t *)"hello", 5, g->body) == 1, "%s: and back", name);
	zmq_msg_t m;
	zmq_msg_init(&m);
	ok(zmq_msg_recv(&m, s, 0) == 5 && zmq_msg_more(&m) && zmq_msg_recv(&m, s, 0) == 20000 && !zmq_msg_more(&m),
	    "%s: two frames", name);
	zmq_msg_close(&m);

	FRAMES(s, 2, STREAM_LIMIT + 1);
	ok(news(q, NULL, POST_DISCONNECTED) != NULL && sends(q, peer, -1), "%s: a body over the limit ends the connection", name);
	FRAMES(s, 4);
	g = next(q);
	ok(g->status == 1 && g->n == 4 && g->peer != peer, "%s: the next one is another", name);
	zmq_close(s);

	void *own = stranger(post_address(q), "I am the queue", 100);
	FRAMES(own, 5);
	FRAMES(own, 5, 5);
	good = true;
	for (int i = 0; i < 2; i++) {
		g = next(q);
		good &= g->status == -1 && g->peer == 0 && !g->body;
	}
	ok(good, "%s: who names itself is no peer", name);
	zmq_close(own);
}

/* Raw bytes to the port: HTTP, zeros, a greeting cut short, one of each kind of damage after a greeting. */
static void
test_garbage(const char *name, struct post *q, struct post *a)
{
	static const uint8_t greeting[64] = {0xff, 0, 0, 0, 0, 0, 0, 0, 1, 0x7f, 3, 0, 'N', 'U', 'L', 'L'};
	const uint16_t port = (uint16_t)atoi(strrchr(post_address(q), ':') + 1);
	const struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd[40];
	uint8_t noise[4096];
	for (int i = 0; i < 40; i++) {
		fd[i] = socket(AF_INET, SOCK_STREAM, 0);
		if (connect(fd[i], (const struct sockaddr *)&to, sizeof to) < 0)
			continue;
		for (size_t k = 0; k < sizeof noise; k++)
			noise[k] = i % 4 == 1 ? 0 : (uint8_t)rng_at((uint64_t)i, k);
		if (i % 4 == 0)
			memcpy(noise, "GET / HTTP/1.1\r\nHost: queue\r\n\r\n", 31);
		if (i % 4 > 1)
			memcpy(noise, greeting, sizeof greeting);
		/* After a greeting: a READY command of an impossible length, a subscription, a message. */
		if (i % 4 == 3)
			memcpy(noise + 64, i % 8 == 3 ? "\x06\xff\xff\xff\xff\xff\xff\xff\xff" : "\x04\xff\x05READY\xff\xff\xff\xff", 9);
		const size_t n = i % 5 ? sizeof noise : 11 + (size_t)i;
		if (send(fd[i], noise, n, MSG_NOSIGNAL) < 0)
			diag("%d: %s", i, strerror(errno));
	}
	struct parcel *body = parcel_new("x", 1);
	bool good = send_text(a, 0, "through the noise", body) == 1;
	int letters = 0;
	for (int i = 0; i < 5000 && good; i++) { /* some of it is letters of peers that name themselves */
		struct got *g = next(q);
		letters += g->status == 1;
		if (is(g, "through the noise", "x", 1))
			break;
		good = g->status;
	}
	ok(good && letters == 1, "%s: what forty strangers shout at the port is no letter, and one of ours comes through", name);
	parcel_unref(body);
	for (int i = 0; i < 40; i++)
		close(fd[i]);
}

static long
resident(void)
{
	long pages = 0;
	FILE *f = fopen("/proc/self/statm", "r");
	if (f && fscanf(f, "%*d %ld", &pages) != 1)
		pages = 0;
	if (f)
		fclose(f);
	return pages * 4 / 1024;
}

/* Nobody reads; and a peer that does not read. */
static void
test_flood(const char *name, struct post *q)
{
	enum { BODY = 256 * 1024, MOST = 2000 };
	void *s = stranger(post_address(q), NULL, 10);
	FRAMES(s, 1);
	const uint32_t peer = next(q)->peer;
	uint8_t *bytes = calloc(1, BODY);
	struct parcel *body = parcel_new(bytes, BODY);
	const long before = resident();
	int n = 0, full = 0;
	/* ZeroMQ and the kernel take some; then there is no more room, for as long as nobody reads. */
	while (n < MOST && full < 20)
		if (post_send(q, peer, (const uint8_t *)"take", 4, body) == 1)
			n++, full = 0;
		else
			full++, listen_to(q), post_wait(q, NULL, 0, 5); /* 100 ms without room */
	ok(n > 1 && n < MOST, "%s: a peer that does not read: no more after %d letters", name, n);
	ok(resident() - before < 64, "%s: which hold %ld MiB", name, resident() - before);
	const uint32_t refs = body->refs;
	zmq_msg_t m;
	zmq_msg_init(&m);
	int came = 0;
	while (came < 2 * n && zmq_msg_recv(&m, s, 0) >= 0)
		came++;
	ok(came == 2 * n && sends(q, peer, 1), "%s: once it reads, all come, and there is room", name);
	zmq_msg_recv(&m, s, 0);
	zmq_msg_close(&m);
	ok(refs > 1 && refs <= 80, "%s: bodies are not copied: %u letters shared one", name, refs);

	for (int i = 0; i < MOST; i++)
		if (zmq_send(s, "flood", 5, ZMQ_SNDMORE | ZMQ_DONTWAIT) < 0 || zmq_send(s, bytes, BODY, ZMQ_DONTWAIT) < 0) {
			came = i;
			break;
		}
	ok(came < 500, "%s: while we do not read, a flood stops after %d letters", name, came);
	struct got *g = next(q);
	for (n = 0; n < came && g->status == 1 && g->body->n == BODY; n++, g = n < came ? next(q) : g)
		;
	ok(n == came, "%s: and all that left has come", name);
	post_wait(q, NULL, 0, 0);

	/* It goes while it holds us up. */
	while (post_send(q, peer, (const uint8_t *)"take", 4, body) == 1)
		;
	zmq_close(s);
	ok(sends(q, peer, -1), "%s: a peer that went while it was full is gone", name);
	for (const double end = talk_clock() + PATIENCE; talk_clock() < end && body->refs > 1;) {
		listen_to(q);
		post_wait(q, NULL, 0, WAIT);
	}
	ok(body->refs == 1, "%s: and lets go of what was on its way", name);
	parcel_unref(body);
	free(bytes);
}

static void
test_strangers(void)
{
	strange = zmq_ctx_new();
	struct post *q = post_bind("tcp://127.0.0.1:*", &plain, &err), *a = post_connect(post_address(q), &plain, &err);
	ok(round_trip(q, a), "one of ours, among strangers");
	test_frames("plain", q);
	test_flood("plain", q);
	test_garbage("plain", q, a);
	/* libzmq aborts now and then where a socket ends while somebody of ZMTP 1 is let in (its process_routing_id_msg) */
	poll(NULL, 0, 100);
	post_free(a, 0);
	post_free(q, 0);
	zmq_ctx_term(strange);
}

/* The same noise where keys are asked for. */
static void
test_noise_and_keys(void)
{
	char home[128];
	struct key_pair k;
	snprintf(home, sizeof home, "%s/keys", folder);
	keys_new(home, "both", false, &k, &err);
	keys_allow(home, k.public, &err);
	const struct post_settings set = {.keys = home, .secure = true};
	struct post *q = post_bind("tcp://127.0.0.1:*", &set, &err);
	keys_trust(home, post_address(q), k.public, &err);
	struct post *a = post_connect(post_address(q), &set, &err);
	ok(round_trip(q, a), "one of ours, with keys");
	test_garbage("keys", q, a);
	for (const double end = talk_clock() + PATIENCE; talk_clock() < end && !strstr(heard, "without a key");) {
		post_wait(q, NULL, 0, WAIT);
		listen_to(q);
	}
	ok(strstr(heard, "without a key") != NULL, "who came without a key is told: %s", heard);
	post_free(a, 0);
	post_free(q, 0);
}

int
main(void)
{
	if (!rig_begin())
		return 1;
	test_strangers();
	test_noise_and_keys();
	return rig_end();
}
