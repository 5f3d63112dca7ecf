/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Letters over sockets: what arrives, who is gone, and what strangers can do. */
#include "stream/post.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <zmq.h>

#include "stream/keys.h"
#include "stream/stream.h"
#include "tap.h"

enum { PATIENCE = 10000, LARGE = 3 * 1024 * 1024 };

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

/* The next letter, or whatever it is. */
static struct got *
next(struct post *p)
{
	static struct got g;
	const uint8_t *head;
	parcel_unref(g.body);
	g.body = NULL;
	for (int i = 0; i < 200; i++) {
		if ((g.status = post_receive(p, &g.peer, &head, &g.n, &g.body))) {
			if (g.status > 0)
				memcpy(g.head, head, g.n);
			break;
		}
		post_wait(p, NULL, 0, PATIENCE / 200);
	}
	return &g;
}

static bool
is(const struct got *g, const char *head, const void *body, size_t n)
{
	return g->status == 1 && g->n == strlen(head) && !memcmp(g->head, head, g->n) && (body != NULL) == (g->body != NULL)
	    && (!body || (g->body->n == n && !memcmp(g->body->bytes, body, n)));
}

/* What the other one had to say meanwhile. */
static char heard[512];

/* The next news of that kind, or NULL: its text, or "". `other` goes on meanwhile. */
static const char *
news(struct post *p, struct post *other, enum post_news want)
{
	struct post *both[] = {p, other};
	for (int i = 0; i < 200; i++) {
		const char *text;
		enum post_news got;
		while (other && (got = post_news(other, &text)))
			if (text)
				snprintf(heard, sizeof heard, "%s", text);
		while ((got = post_news(p, &text)))
			if (got == want)
				return text ? text : "";
		post_wait_any(both, other ? 2 : 1, NULL, 0, PATIENCE / 200);
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
	for (int i = 0; i < 200; i++) {
		if (send_text(p, peer, "is anybody there", NULL) == want)
			return true;
		post_wait(p, NULL, 0, PATIENCE / 200);
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
	ok(send_text(a, 0, "early", NULL) == 0, "%s: nothing is sent before there is a connection", name);
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

int
main(void)
{
	snprintf(folder, sizeof folder, "/tmp/post-XXXXXX");
	if (!mkdtemp(folder))
		return 1;
	converse(at("new/folder/q"), "ipc");
	converse("tcp://127.0.0.1:*", "tcp");
	test_slow();
	test_keys();
	test_far();
	return done();
}
