/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Memory that is freed all at once, within a budget. A take and everything in
 * it lives in one arena; what a message claims to hold is refused when the
 * budget is spent, before any of it is allocated.
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stddef.h>

struct arena {
	struct chunk *chunks;
	size_t used;   /* bytes handed out, rounded up */
	size_t budget; /* bytes that may be handed out */
};

void arena_init(struct arena *a, size_t budget);
void arena_release(struct arena *a);

/* Zeroed, aligned to 64 bytes from 64 bytes up and to 16 below; NULL when the
   budget or the machine has no more. */
void *arena_alloc(struct arena *a, size_t size);
void *arena_room(struct arena *a, size_t size); /* the same, not zeroed */

/* n items of size bytes, safe against overflow. */
void *arena_array(struct arena *a, size_t n, size_t size);

/* Copies; NULL in gives NULL out. */
char *arena_strdup(struct arena *a, const char *s);
void *arena_memdup(struct arena *a, const void *p, size_t size);

/* Formats into the arena. */
char *arena_printf(struct arena *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
