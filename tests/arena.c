/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Arenas: aligned, zeroed, apart from each other, never over the budget. */
#include "base/arena.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "tap.h"

int
main(void)
{
	struct arena a;
	struct rng r = {3, 0};
	enum { N = 3000 };
	static unsigned char *block[N];
	static size_t size[N];
	bool aligned = true, zero = true, whole = true;

	arena_init(&a, 1 << 28);
	for (int i = 0; i < N; i++) {
		size[i] = i % 100 == 7 ? rng_below(&r, 200000) : rng_below(&r, 300);
		block[i] = arena_alloc(&a, size[i]);
		aligned &= (uintptr_t)block[i] % (size[i] >= 64 ? 64 : 16) == 0;
		for (size_t k = 0; k < size[i]; k++)
			zero &= block[i][k] == 0;
		memset(block[i], i & 255, size[i]);
	}
	for (int i = 0; i < N; i++)
		for (size_t k = 0; k < size[i]; k++)
			whole &= block[i][k] == (i & 255);
	ok(aligned, "blocks are aligned");
	ok(zero, "and zeroed");
	ok(whole, "and none lies on another");
	arena_release(&a);
	ok(a.used == 0 && a.budget == 1 << 28 && !a.chunks, "released, with its budget kept");
	arena_release(&a);

	arena_init(&a, 1000);
	ok(!arena_alloc(&a, 1001) && !arena_alloc(&a, SIZE_MAX) && a.used == 0, "nothing over the budget");
	size_t n = 0;
	while (arena_alloc(&a, 10))
		n++;
	ok(n >= 62 && n <= 63 && a.used <= 1008, "%zu blocks of 10 in a budget of 1000: %zu used", n, a.used);
	ok(!arena_alloc(&a, SIZE_MAX - 5), "and no overflow when it is spent");
	arena_release(&a);

	arena_init(&a, SIZE_MAX);
	ok(!arena_array(&a, SIZE_MAX / 2, 3), "a product that overflows is refused");
	ok(!arena_alloc(&a, SIZE_MAX) && !arena_alloc(&a, SIZE_MAX - 64), "so is a size that no machine has");
	ok(arena_array(&a, 0, 8) != NULL, "an empty array is not NULL, which means out of memory");
	ok(!arena_strdup(&a, NULL) && !arena_memdup(&a, NULL, 3), "NULL in gives NULL out");
	ok(!strcmp(arena_strdup(&a, "abc"), "abc") && !memcmp(arena_memdup(&a, "a\0b", 3), "a\0b", 3), "copies");
	char longer[5000];
	memset(longer, 'x', sizeof longer - 1);
	longer[sizeof longer - 1] = 0;
	char *text = arena_printf(&a, "%s-%d", longer, 42);
	ok(strlen(text) == 5002 && !strcmp(text + 4999, "-42"), "formatted text of any length");
	arena_release(&a);
	return done();
}
