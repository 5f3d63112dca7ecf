/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What was heard in a file, kept for the next run: $XDG_CACHE_HOME/assay/golden,
 * a file for each sound that is called after the hash of its bytes, of what its
 * name states, of the settings and of this very program. So a file may be moved
 * or be in many sets, and no other version's answer is believed. It is a
 * cache: what is broken in it is heard again, and what cannot be written is not.
 */
#ifndef GOLDEN_CACHE_H
#define GOLDEN_CACHE_H

#include "golden.h"

struct cache;

/* NULL if there is no place for one. */
struct cache *cache_open(const struct settings *s);
/* Throws out the oldest entries over the limit, if any were added; frees. */
void cache_close(struct cache *c);

/* The name of a file's entry. 0, or -1 if it has none: it cannot be read, or is no plain file. */
int cache_key(const struct cache *c, const char *path, uint8_t key[HASH_SIZE]);

/* A take as it was stored, or NULL. */
struct take *cache_get(struct cache *c, const uint8_t key[HASH_SIZE]);
/* Stores a take without samples. */
void cache_put(struct cache *c, const uint8_t key[HASH_SIZE], const struct take *t);

#endif
