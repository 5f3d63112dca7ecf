/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Every file of tests/corpus/patch, as it is and mutated, through the patch reader
   with tight limits: it must come back, with a recipe that passes its check and
   is written and read again to the same id, or with an error that names the file. With -DFUZZER this
   is a target for libFuzzer. */
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "base/share.h"
#include "synth/lua/patch_lua.h"
#include "synth/lua/patch_text.h"
#include "tap.h"

enum { MUTANTS = 60, LONGEST = 1 << 16 };

static const struct lua_settings tight = {.steps = 50000, .memory = (size_t)2 << 20};
static const struct lua_settings loose;

int LLVMFuzzerTestOneInput(const uint8_t *text, size_t n);

/* 0: refused with a place, 1: read, and read again from its own text; -1: something is wrong. */
static int
try(const char *text, size_t n, struct err *err)
{
	struct arena a, b;
	struct recipe r, again;
	uint8_t id[HASH_SIZE], id_again[HASH_SIZE];
	int result = 0;
	*err = (struct err){""};
	arena_init(&a, (size_t)8 << 20);
	arena_init(&b, (size_t)64 << 20);
	if (patch_lua_text(text, n, "f.lua", &tight, &r, &a, err) < 0)
		result = strncmp(err->text, "f.lua:", 6) ? -1 : 0;
	else {
		char *written = NULL;
		size_t length;
		FILE *f = open_memstream(&written, &length);
		recipe_id(&r, id);
		const int wrote = patch_text(f, &r, err);
		fclose(f);
		result = -1;
		if (recipe_check(&r, err) == 0 && wrote == 0
		    && patch_lua_text(written, length, "w.lua", &loose, &again, &b, err) == 0) {
			recipe_id(&again, id_again);
			result = memcmp(id, id_again, HASH_SIZE) ? -1 : 1;
		}
		free(written);
	}
	arena_release(&a);
	arena_release(&b);
	return result;
}

int
LLVMFuzzerTestOneInput(const uint8_t *text, size_t n)
{
	struct err err;
	if (try((const char *)text, n, &err) < 0)
		abort();
	return 0;
}

#ifndef FUZZER
static bool
is_word(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || c == '.' || c == '_';
}

/* Puts one word of the text in the place of another, mostly a number in a number's, so that what
   comes out often still reads. */
static size_t
swap_words(char *text, size_t n, struct rng *rng)
{
	size_t from[2], length[2];
	const bool numbers = rng_below(rng, 4);
	for (int i = 0; i < 2; i++) {
		size_t at = rng_below(rng, n);
		for (int k = 0; k < 99 && numbers && !(text[at] >= '0' && text[at] <= '9'); k++)
			at = rng_below(rng, n);
		while (at < n && !is_word(text[at]))
			at++;
		while (at > 0 && is_word(text[at - 1]))
			at--;
		from[i] = at;
		for (length[i] = 0; at + length[i] < n && length[i] < 30 && is_word(text[at + length[i]]);)
			length[i]++;
	}
	char word[30];
	memcpy(word, text + from[1], length[1]);
	memmove(text + from[0] + length[1], text + from[0] + length[0], n - from[0] - length[0]);
	memcpy(text + from[0], word, length[1]);
	return n - length[0] + length[1];
}

/* Words exchanged; or bytes turned, dropped, doubled, or words of the language put in. */
static size_t
mutate(char *text, size_t n, struct rng *rng)
{
	static const char *const words[] = {"{", "}", "(", ")", "nil", "-1", "1e308", "0/0", "note", "open{}", ">>", "return ",
	    "phrase{", "kit{", "stereo{", "''", "[1]", "..", "#", "=", ",", "math.huge", "voices()", "pin(", "name=", "\0"};
	if (n && rng_below(rng, 3)) {
		for (uint64_t k = 1 + rng_below(rng, 3); k--;)
			n = swap_words(text, n, rng);
		return n;
	}
	for (uint64_t k = 1 + rng_below(rng, 4); k--;) {
		const size_t at = n ? rng_below(rng, n) : 0;
		const char *word = words[rng_below(rng, sizeof words / sizeof *words)];
		const size_t length = strlen(word), span = n ? 1 + rng_below(rng, n - at < 24 ? n - at : 24) : 0;
		switch (rng_below(rng, 4)) {
		case 0:
			if (n)
				text[at] = (char)rng_next(rng);
			break;
		case 1:
			memmove(text + at, text + at + span, n - at - span);
			n -= span;
			break;
		case 2:
			memmove(text + at + span, text + at, n - at);
			n += span;
			break;
		default:
			memmove(text + at + length, text + at, n - at);
			memcpy(text + at, word, length);
			n += length;
		}
	}
	return n;
}

int
main(void)
{
	static char whole[LONGEST], text[LONGEST + 256];
	char folder[4096], pattern[4200];
	glob_t g;
	struct err err;
	uint64_t seed = 1;
	size_t read = 0, refused = 0;
	if (!share_find("tests/corpus/patch", folder, sizeof folder))
		return ok(0, "the corpus is found"), done();
	snprintf(pattern, sizeof pattern, "%s/*.lua", folder);
	const bool found = !glob(pattern, 0, NULL, &g);
	ok(found && g.gl_pathc >= 10, "the corpus has %zu files", found ? g.gl_pathc : 0);
	for (size_t i = 0; found && i < g.gl_pathc; i++) {
		FILE *f = fopen(g.gl_pathv[i], "rb");
		const size_t n = f ? fread(whole, 1, sizeof whole, f) : 0;
		if (f)
			fclose(f);
		bool good = true;
		for (int k = 0; k <= MUTANTS; k++) {
			struct rng rng = {.seed = seed++};
			memcpy(text, whole, n);
			const size_t length = k ? mutate(text, n, &rng) : n;
			const int result = try(text, length, &err);
			if (result < 0) {
				diag("mutant %d: %s\n%.*s", k, err.text, (int)length, text);
				good = false;
			}
			read += result > 0;
			refused += result == 0;
		}
		ok(good, "%s and %d mutants", strrchr(g.gl_pathv[i], '/') + 1, MUTANTS);
	}
	ok(read > 50 && refused > 50, "%zu were read, %zu refused", read, refused);
	if (found)
		globfree(&g);
	return done();
}
#endif
