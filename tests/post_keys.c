/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Posts with keys: who is let in, who is not, and what both are told. */
#include <errno.h>
#include <zmq.h>

#include "post_rig.h"
#include "stream/keys.h"

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
	text = news(a, q, POST_REFUSED);
	ok(text && strstr(text, "assay key trust ipc://"), "who does not know the queue's key is told what to do: %s", text);
	post_free(a, 0);
	a = post_connect(where, &set[0], &err);
	ok(a && round_trip(q, a), "who has the queue's own key, in a home that they share, needs no more");
	post_free(a, 0);
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
	*heard = 0;
	ok(keys_deny(home[0], "stranger", &err) == 1 && (b = post_connect(where, &set[2], &err)) && news(b, q, POST_REFUSED), "denied, it is out again");
	listen_to(q);
	ok(!*heard, "which the queue does not say again so soon: %s", heard);
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
	keys_new(nowhere, "late", false, &pair[2], &err);
	keys_trust(nowhere, where, line_of(&pair[0]), &err);
	keys_allow(home[0], line_of(&pair[2]), &err);
	ok(round_trip(q, b), "and comes by itself once it has some");
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
	keys_trust(home[1], later, line_of(&pair[0]), &err);
	ok(round_trip(p, b), "and when the right one is known, it comes by itself");
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

/* A crowd without leave: told a few times, then counted. */
static void
test_crowd(void)
{
	void *strange = zmq_ctx_new();
	const struct post_settings head = {.keys = home[0], .secure = true}, friend = {.keys = home[1], .secure = true};
	struct post *q = post_bind("tcp://127.0.0.1:*", &head, &err);
	keys_trust(home[1], post_address(q), line_of(&pair[0]), &err);
	struct post *a = post_connect(post_address(q), &friend, &err);
	const char *text;
	ok(round_trip(q, a), "one of ours, in a crowd");
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

int
main(void)
{
	if (!rig_begin())
		return 1;
	test_keys();
	test_far();
	test_crowd();
	return rig_end();
}
