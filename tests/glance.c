/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A glance at a take sees what unpacking it would. */
#include "wire/glance.h"

#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "tap.h"

/* A take as a message, which the caller frees. */
static uint8_t *
message(const char *key, const char *error, size_t id, size_t *n)
{
	struct err err;
	struct take *t = take_new();
	static uint8_t bytes[HASH_SIZE] = {0xab, 0xcd, 0xef, 1, 2, 3, 4, 5};
	const float samples[] = {0.5f, -0.5f, 0, 1};
	t->m->key = (char *)key;
	t->m->id = (ProtobufCBinaryData){id, bytes};
	t->m->seed = (uint64_t)-1;
	t->m->fitness = -3;
	take_set_audio(t, samples, 8000, 2, 2, NULL, &err);
	take_set_score(t, "like", 0.5, 1, "why", &err);
	if (*error)
		take_fail(t, "%s", error);
	*n = assay__take__get_packed_size(t->m);
	uint8_t *msg = malloc(*n);
	assay__take__pack(t->m, msg);
	take_free(t);
	return msg;
}

/* Whether both say the same of it. */
static bool
agree(const uint8_t *msg, size_t n)
{
	struct err a = {""}, b = {""};
	struct take_glance g;
	char text[HASH_HEX];
	struct take *t = take_unpack(msg, n, &a);
	const int got = take_glance(msg, n, &g, &b);
	bool same = (got == 0) == (t != NULL) && !strcmp(a.text, b.text);
	if (t && same)
		same = !strncmp(g.label, take_label(t, text), sizeof g.label - 1) && !strncmp(g.error, t->m->error, sizeof g.error - 1);
	take_free(t);
	return same;
}

int
main(void)
{
	char much[2000];
	memset(much, 'x', sizeof much - 1);
	much[sizeof much - 1] = 0;
	static const size_t ids[] = {0, 3, 32};
	const char *keys[] = {"", "key", much}, *errors[] = {"", "bad", much};
	struct take_glance g;
	struct err err;
	size_t n;
	int bad = 0, cut = 0, garbled = 0;
	for (int i = 0; i < 27; i++) {
		uint8_t *msg = message(keys[i % 3], errors[i / 3 % 3], ids[i / 9], &n);
		bad += !agree(msg, n);
		for (size_t k = 0; k < n && i == 14; k++)
			cut += !agree(msg, k);
		for (uint64_t k = 0; k < 3000 && i == 13; k++) {
			const size_t at = rng_at(1, k) % n;
			const uint8_t was = msg[at];
			msg[at] ^= (uint8_t)(1 << rng_at(2, k) % 8);
			garbled += !agree(msg, n);
			msg[at] = was;
		}
		free(msg);
	}
	ok(!bad, "the label and the error of 27 takes");
	ok(!cut, "of one that is cut at each of its bytes");
	ok(!garbled, "of one with each of 3000 bits turned");
	uint8_t *msg = message("the key", "the reason", 32, &n);
	ok(take_glance(msg, n, &g, &err) == 0 && !strcmp(g.label, "the key") && !strcmp(g.error, "the reason"), "as they were written");
	free(msg);
	msg = message("", "", 32, &n);
	ok(take_glance(msg, n, &g, &err) == 0 && !strcmp(g.label, "abcdef010203") && !*g.error, "its id, where it has no key");
	free(msg);
	ok(take_glance((const uint8_t *)"\x0a\xff", 2, &g, &err) < 0 && strstr(err.text, "byte 0"), "what is none: %s", err.text);
	return done();
}
