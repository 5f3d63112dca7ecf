/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Letters over sockets: what arrives, who is gone, and what strangers can do. */
#include "stream/post.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <zmq.h>

#include "base/rng.h"
#include "base/talk.h"
#include "stream/keys.h"
#include "stream/stream.h"
#include "tap.h"

enum { PATIENCE = 20, /* seconds, for what must happen */ WAIT = 50, LARGE = 3 * 1024 * 1024 };

static char folder[64];
static struct err err;
static const struct post_settings plain;

static const char *
at(const char *name)
{
	static char path[4][256];
	static int turn;
	char *p = path[turn++ % 4];
	snprintf(p, sizeof path[0], "ipc://%s/%s", folder, name);
	return p;
}

/* A letter that was received. */
struct got {
	int status;
	uint32_t peer;
	size_t n;
	uint8_t head[POST_HEAD];
	struct parcel *body;
};

static struct got letter;
static char heard[512]; /* what was said last by a post that was not asked for it */

static void
listen_to(struct post *p)
{
	const char *text;
	while (post_news(p, &text))
		if (text)
			snprintf(heard, sizeof heard, "%s", text);
}


/* The next letter, or whatever it is. */
static struct got *
next(struct post *p)
{
	const uint8_t *head;
	struct got *g = &letter;
	parcel_unref(g->body);
	g->body = NULL;
	for (const double end = talk_clock() + PATIENCE; talk_clock() < end;) {
		if ((g->status = post_receive(p, &g->peer, &head, &g->n, &g->body))) {
			if (g->status > 0)
				memcpy(g->head, head, g->n);
			break;
		}
		listen_to(p);
		post_wait(p, NULL, 0, WAIT);
	}
	return g;
}

static bool
is(const struct got *g, const char *head, const void *body, size_t n)
{
	return g->status == 1 && g->n == strlen(head) && !memcmp(g->head, head, g->n) && (body != NULL) == (g->body != NULL)
	    && (!body || (g->body->n == n && !memcmp(g->body->bytes, body, n)));
}

/* The next news of that kind, or NULL: its text, or "". `other` goes on meanwhile. */
static const char *
news(struct post *p, struct post *other, enum post_news want)
{
	struct post *both[] = {p, other};
	for (const double end = talk_clock() + PATIENCE; talk_clock() < end;) {
		const char *text;
		enum post_news got;
		if (other)
			listen_to(other);
		while ((got = post_news(p, &text)))
			if (got == want)
				return text ? text : "";
		post_wait_any(both, other ? 2 : 1, NULL, 0, WAIT);
	}
	return NULL;
}

static int
send_text(struct post *p, uint32_t peer, const char *head, struct parcel *body)
{
	return post_send(p, peer, (const uint8_t *)head, strlen(head), body);
}

/* Sends until the answer is this. */
static bool
sends(struct post *p, uint32_t peer, int want)
{
	for (const double end = talk_clock() + PATIENCE; talk_clock() < end;) {
		if (send_text(p, peer, "is anybody there", NULL) == want)
			return true;
		listen_to(p);
		post_wait(p, NULL, 0, WAIT);
	}
	return false;
}

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

/* A letter there and back. */
static bool
round_trip(struct post *q, struct post *a)
{
	struct parcel *body = parcel_new(folder, sizeof folder);
	bool good = news(a, q, POST_CONNECTED) && send_text(a, 0, "there", body) == 1;
	struct got *g = next(q);
	good = good && is(g, "there", folder, sizeof folder) && send_text(q, g->peer, "and back", g->body) == 1
	    && is(next(a), "and back", folder, sizeof folder);
	parcel_unref(body);
	return good;
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

/* --- keys ------------------------------------------------------------------------------------------ */

static char home[3][128]; /* folders of keys: the queue's, a friend's, a stranger's */
static struct key_pair pair[3];

static const char *
line_of(const struct key_pair *k)
{
	static char line[2][KEY_SIZE + KEY_NAME + 1];
	static int turn;
	char *to = line[turn++ % 2];
	snprintf(to, sizeof line[0], "%s %s", k->public, k->name);
	return to;
}

static void
test_keys(void)
{
	static const char *const who[] = {"queue", "friend", "stranger"};
	struct post_settings set[3];
	for (int i = 0; i < 3; i++) {
		snprintf(home[i], sizeof home[i], "%s/%s", folder, who[i]);
		if (keys_new(home[i], who[i], false, &pair[i], &err) < 0)
			diag("%s", err.text);
		set[i] = (struct post_settings){.keys = home[i], .secure = true};
	}
	const char *const where = at("curve"), *text;
	keys_allow(home[0], line_of(&pair[1]), &err);
	struct post *q = post_bind(where, &set[0], &err);
	if (!ok(q != NULL, "bound with keys %s", q ? "" : err.text))
		return;
	struct post *a = post_connect(where, &set[1], &err);
	ok(!a && strstr(err.text, "assay key trust ipc://"), "who does not know the queue's key does not connect: %s", err.text);
	keys_trust(home[1], where, line_of(&pair[0]), &err);
	keys_trust(home[2], where, line_of(&pair[0]), &err);
	a = post_connect(where, &set[1], &err);
	ok(a && round_trip(q, a), "who is allowed and knows the key writes and is answered");

	struct post *b = post_connect(where, &set[2], &err);
	text = news(b, q, POST_REFUSED);
	ok(text && strstr(text, "does not let this machine in") && strstr(text, line_of(&pair[2])), "a stranger is told what to do: %s", text);
	ok(strstr(heard, pair[2].public) && strstr(heard, "assay key allow"), "and named where it came: %s", heard);
	ok(send_text(b, 0, "let me", NULL) == 0, "its letters go nowhere");
	keys_allow(home[0], line_of(&pair[2]), &err);
	ok(round_trip(q, b), "allowed while the queue runs, it gets in by itself");
	bool again = false;
	while (post_news(b, &text))
		again |= text != NULL;
	ok(!again, "and was told only once");
	post_free(b, 0);
	ok(keys_deny(home[0], "stranger", &err) == 1 && (b = post_connect(where, &set[2], &err)) && news(b, q, POST_REFUSED), "denied, it is out again");
	post_free(b, 0);

	/* Plain on this machine, keys where the other side asks for them. */
	set[1].secure = false;
	b = post_connect(where, &set[1], &err);
	ok(b && round_trip(q, b), "who did not ask for keys uses them here");
	post_free(b, 0);
	char nowhere[128];
	snprintf(nowhere, sizeof nowhere, "%s/nowhere", folder);
	const struct post_settings poor = {.keys = nowhere};
	b = post_connect(where, &poor, &err);
	text = news(b, q, POST_REFUSED);
	ok(text && strstr(text, "asks for keys") && strstr(text, "assay key new"), "who has none is told: %s", text);
	post_free(b, 0);

	/* A queue that was plain when we connected, and comes back with keys. */
	const char *const later = at("later");
	keys_trust(home[1], later, line_of(&pair[0]), &err);
	struct post *p = post_bind(later, &plain, &err);
	b = post_connect(later, &set[1], &err);
	ok(round_trip(p, b), "plain at first");
	post_free(p, 0);
	p = post_bind(later, &set[0], &err);
	ok(p && news(b, p, POST_DISCONNECTED) && round_trip(p, b), "and with keys when the queue asks for them later");
	post_free(p, 0);
	post_free(b, 0);

	/* Never from keys to plain; nor to a queue with another key. */
	set[1].secure = true;
	p = post_bind(later, &plain, &err);
	b = post_connect(later, &set[1], &err);
	text = news(b, p, POST_REFUSED);
	ok(text && strstr(text, "uses no keys"), "keys are not given up: %s", text);
	post_free(p, 0);
	post_free(b, 0);
	keys_trust(home[1], later, line_of(&pair[2]), &err);
	p = post_bind(later, &set[0], &err);
	b = post_connect(later, &set[1], &err);
	text = news(b, p, POST_REFUSED);
	ok(text && strstr(text, "has another key"), "another key than the known one is told: %s", text);
	ok(strstr(heard, "does not know this queue's key") != NULL, "on both sides: %s", heard);
	post_free(p, 0);
	post_free(b, 0);
	post_free(a, 0);
	post_free(q, 0);
}

static void
test_far(void)
{
	static const char *const far[] = {"tcp://*:*", "tcp://0.0.0.0:5555", "tcp://127.0.0.1.example.org:5555"};
	const struct post_settings poor = {.keys = folder};
	for (size_t i = 0; i < 3; i++) {
		struct post *p = post_bind(far[i], &poor, &err);
		ok(!p && errno == EACCES && strstr(err.text, "takes keys"), "without keys not bound: %s", p ? far[i] : err.text);
		post_free(p, 0);
	}
	struct post *a = post_connect("tcp://far.example.org:5555", &poor, &err);
	ok(!a && strstr(err.text, "takes keys"), "nor connected: %s", err.text);
	const struct post_settings meant = {.keys = folder, .insecure = true};
	struct post *p = post_bind("tcp://*:*", &meant, &err);
	ok(p && strcmp(post_address(p), "tcp://*:*"), "unless it is meant: %s", p ? post_address(p) : err.text);
	char local[64];
	snprintf(local, sizeof local, "tcp://127.0.0.1:%s", p ? strrchr(post_address(p), ':') + 1 : "1");
	a = post_connect(local, &plain, &err);
	ok(a && round_trip(p, a), "and then all can come");
	post_free(a, 0);
	post_free(p, 0);
}

/* --- strangers ------------------------------------------------------------------------------------------- */

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
	post_free(a, 0);
	post_free(q, 0);

	const struct post_settings head = {.keys = home[0], .secure = true}, friend = {.keys = home[1], .secure = true};
	q = post_bind("tcp://127.0.0.1:*", &head, &err);
	keys_trust(home[1], post_address(q), line_of(&pair[0]), &err);
	a = post_connect(post_address(q), &friend, &err);
	ok(round_trip(q, a), "one of ours, with keys");
	test_garbage("keys", q, a);
	const char *text;
	listen_to(q);
	ok(strstr(heard, "without a key") != NULL, "who came without a key is told: %s", heard);
	post_free(a, 0);
	post_free(q, 0);
	q = post_bind("tcp://127.0.0.1:*", &head, &err);
	keys_trust(home[1], post_address(q), line_of(&pair[0]), &err);
	a = post_connect(post_address(q), &friend, &err);
	ok(round_trip(q, a), "another queue with keys");

	/* A crowd without leave: told a few times, then counted. */
	void *crowd[60];
	for (int i = 0; i < 60; i++) {
		char public[KEY_SIZE], secret[KEY_SIZE];
		crowd[i] = zmq_socket(strange, ZMQ_DEALER);
		zmq_curve_keypair(public, secret);
		zmq_setsockopt(crowd[i], ZMQ_CURVE_PUBLICKEY, public, KEY_SIZE);
		zmq_setsockopt(crowd[i], ZMQ_CURVE_SECRETKEY, secret, KEY_SIZE);
		zmq_setsockopt(crowd[i], ZMQ_CURVE_SERVERKEY, pair[0].public, KEY_SIZE);
		zmq_setsockopt(crowd[i], ZMQ_LINGER, &(int){0}, sizeof(int));
		zmq_connect(crowd[i], post_address(q));
	}
	int told = 0, ended = 0;
	for (const double end = talk_clock() + PATIENCE; talk_clock() < end && told < 10;) {
		enum post_news what;
		while ((what = post_news(q, &text)))
			told += text != NULL, ended += what == POST_DISCONNECTED;
		post_wait(q, NULL, 0, WAIT);
	}
	send_text(a, 0, "still", NULL);
	ok(is(next(q), "still", NULL, 0), "among a crowd of sixty one of ours is heard");
	for (int i = 0; i < 20; i++) {
		enum post_news what;
		while ((what = post_news(q, &text)))
			told += text != NULL, ended += what == POST_DISCONNECTED;
		post_wait(q, NULL, 0, 5);
	}
	ok(told >= 10 && told <= 12, "of the crowd %d are told", told);
	ok(ended == 0, "and nobody's connection has ended by it");
	for (int i = 0; i < 60; i++)
		zmq_close(crowd[i]);
	post_free(a, 0);
	post_free(q, 0);
	zmq_ctx_term(strange);
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
	snprintf(folder, sizeof folder, "/tmp/post-XXXXXX");
	if (!mkdtemp(folder))
		return 1;
	converse(at("new/folder/q"), "ipc");
	converse("tcp://127.0.0.1:*", "tcp");
	test_early();
	test_slow();
	test_keys();
	test_far();
	test_strangers();
	test_addresses();
	test_wait();
	test_many();
	test_interrupt();
	parcel_unref(letter.body);
	char command[128];
	snprintf(command, sizeof command, "rm -rf '%s'", folder);
	return system(command) ? 1 : done();
}
