/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Hashes against published values, and the canonical forms of what is hashed. */
#include "base/hash.h"

#include <math.h>
#include <string.h>

#include "tap.h"

static const char *
hex_of(struct hash *h)
{
	static char text[4][HASH_HEX];
	static int turn;
	uint8_t out[HASH_SIZE];
	hash_final(h, out);
	return hash_hex(out, sizeof out, text[turn++ % 4]);
}

int
main(void)
{
	struct hash h, g;
	hash_init(&h);
	ok(!strcmp(hex_of(&h), "0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8"),
	    "BLAKE2b-256 of nothing, as b2sum has it");
	hash_init(&h);
	hash_bytes(&h, "abc", 3);
	ok(!strcmp(hex_of(&h), "bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319"),
	    "BLAKE2b-256 of abc");

	hash_init(&h), hash_init(&g);
	hash_u64(&h, 0x0102030405060708), hash_bytes(&g, "\10\7\6\5\4\3\2\1", 8);
	ok(!strcmp(hex_of(&h), hex_of(&g)), "integers are eight bytes, little end first");
	hash_init(&h), hash_init(&g);
	hash_string(&h, "ab"), hash_bytes(&g, "\2\0\0\0\0\0\0\0ab", 10);
	ok(!strcmp(hex_of(&h), hex_of(&g)), "text comes after its length");
	hash_init(&h), hash_init(&g);
	hash_string(&h, "a"), hash_string(&h, "bc"), hash_string(&g, "ab"), hash_string(&g, "c");
	ok(strcmp(hex_of(&h), hex_of(&g)), "so two texts are not one");
	hash_init(&h), hash_init(&g);
	hash_string(&h, NULL), hash_string(&g, "");
	ok(!strcmp(hex_of(&h), hex_of(&g)), "no text is empty text");
	hash_init(&h), hash_init(&g);
	hash_float(&h, -0.0f), hash_double(&h, -0.0), hash_float(&g, 0), hash_double(&g, 0);
	ok(!strcmp(hex_of(&h), hex_of(&g)), "-0 counts as 0");
	hash_init(&h), hash_init(&g);
	hash_float(&h, 1), hash_double(&h, 1), hash_bytes(&g, "\0\0\200\77\0\0\0\0\0\0\360\77", 12);
	ok(!strcmp(hex_of(&h), hex_of(&g)), "floats are their bits");

	uint8_t out[HASH_SIZE];
	ok(hash_parse("00ff1", out) == 2 && out[0] == 0 && out[1] == 0xff, "a prefix is read, an odd digit left");
	ok(hash_parse("ABcd", out) == 2 && out[0] == 0xab && out[1] == 0xcd, "in either case");
	ok(hash_parse("abc", out) < 0 && hash_parse("", out) < 0 && hash_parse("abcg", out) < 0, "short or wrong ones are not");
	char longest[2 * HASH_SIZE + 2];
	memset(longest, 'a', sizeof longest);
	longest[2 * HASH_SIZE + 1] = 0;
	ok(hash_parse(longest, out) < 0, "nor longer ones than an id");
	longest[2 * HASH_SIZE] = 0;
	ok(hash_parse(longest, out) == HASH_SIZE, "a whole one is");
	char text[HASH_HEX];
	ok(!strcmp(hash_hex((const uint8_t *)"\1\357", 2, text), "01ef"), "as text");
	return done();
}
