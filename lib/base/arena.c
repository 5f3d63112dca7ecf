/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/arena.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A chunk's memory starts one cache line after its head, so it is aligned. */
struct chunk {
	struct chunk *next;
	size_t used, size;
} __attribute__((aligned(64)));

enum { CHUNK = 64 * 1024 };

/* Under AddressSanitizer a block ends where it was asked to, with a gap before
   the next, so that reading past one is seen. */
#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
#define POISON(p, n)   __asan_poison_memory_region(p, n)
#define UNPOISON(p, n) __asan_unpoison_memory_region(p, n)
enum { GAP = 16 };
#else
#define POISON(p, n)   ((void)0)
#define UNPOISON(p, n) ((void)0)
enum { GAP = 0 };
#endif

void
arena_init(struct arena *a, size_t budget)
{
	*a = (struct arena){.budget = budget};
}

void
arena_release(struct arena *a)
{
	for (struct chunk *c = a->chunks, *next; c; c = next) {
		next = c->next;
		free(c);
	}
	*a = (struct arena){.budget = a->budget};
}

static size_t
round_up(size_t n, size_t to)
{
	return (n + to - 1) / to * to;
}

static struct chunk *
chunk_new(size_t size)
{
	const size_t total = round_up(sizeof(struct chunk) + size, 64);
	struct chunk *c = aligned_alloc(64, total);
	if (c) {
		*c = (struct chunk){.size = total - sizeof *c};
		POISON(c + 1, c->size);
	}
	return c;
}

void *
arena_room(struct arena *a, size_t size)
{
	const size_t align = size >= 64 ? 64 : 16;
	if (size > SIZE_MAX / 4 || size > a->budget || a->used > a->budget - size)
		return NULL;
	const size_t asked __attribute__((unused)) = size;
	size = (size ? round_up(size, 16) : 16) + GAP;

	struct chunk *c = a->chunks;
	if (!c || c->size < round_up(c->used, align) + size) {
		/* Big blocks get a chunk of their own, behind the one being filled. */
		const int big = size > CHUNK / 4;
		struct chunk *fresh = chunk_new(big ? size : CHUNK);
		if (!fresh)
			return NULL;
		if (big && c) {
			fresh->next = c->next;
			c->next = fresh;
		} else {
			fresh->next = c;
			a->chunks = fresh;
		}
		c = fresh;
	}
	const size_t at = round_up(c->used, align);
	c->used = at + size;
	a->used += size - GAP;
	UNPOISON((char *)(c + 1) + at, asked);
	return (char *)(c + 1) + at;
}

void *
arena_alloc(struct arena *a, size_t size)
{
	void *p = arena_room(a, size);
	return p ? memset(p, 0, size) : NULL;
}

void *
arena_array(struct arena *a, size_t n, size_t size)
{
	size_t total;
	if (__builtin_mul_overflow(n, size, &total))
		return NULL;
	return arena_alloc(a, total);
}

void *
arena_memdup(struct arena *a, const void *p, size_t size)
{
	void *q = p ? arena_room(a, size) : NULL;
	return q ? memcpy(q, p, size) : NULL;
}

char *
arena_strdup(struct arena *a, const char *s)
{
	return s ? arena_memdup(a, s, strlen(s) + 1) : NULL;
}

char *
arena_printf(struct arena *a, const char *fmt, ...)
{
	va_list ap, again;
	va_start(ap, fmt);
	va_copy(again, ap);
	const int n = vsnprintf(NULL, 0, fmt, ap);
	char *s = n < 0 ? NULL : arena_alloc(a, (size_t)n + 1);
	if (s)
		vsnprintf(s, (size_t)n + 1, fmt, again);
	va_end(again);
	va_end(ap);
	return s;
}
