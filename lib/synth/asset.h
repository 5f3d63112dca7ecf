/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Sounds that patches play, named by what is in them: a recipe holds the hash,
 * the sound stands in a cache of this process, in the folder of sounds
 * ($XDG_DATA_HOME/assay/sounds/HASH.wav), or is made by the project itself
 * ("made:loop"). What somebody does to the file that it came from changes nothing.
 */
#ifndef SYNTH_ASSET_H
#define SYNTH_ASSET_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/hash.h"

enum {
	ASSET_CHANNELS = 8,
	ASSET_SAMPLES = 1 << 25,   /* of one sound, all channels: 128 MiB */
	ASSET_TOGETHER = 1 << 25,  /* of all sounds of one node */
	ASSET_RATE = 768000,
	ASSET_CYCLE = 1 << 16,
};

struct asset {
	uint8_t hash[HASH_SIZE];
	uint32_t rate, channels;
	uint32_t cycle;  /* frames of one cycle, where a wavetable says so; or 0 */
	uint64_t frames;
	float *x;        /* channel c begins at x + c * frames */
};

/* What a recipe says of a sound. */
struct asset_ref {
	uint8_t hash[HASH_SIZE];
	const char *name; /* of the file it came from: for people */
};

/* One with room for its samples, to be filled; NULL with the reason (limits, memory). */
struct asset *asset_new(uint32_t rate, uint32_t channels, uint64_t frames, uint32_t cycle, struct err *err);
void asset_free(struct asset *a);

/* Names it by its content and takes it into the cache, which owns it from now on: the
   one that is there, if it was there already. NULL: a number is not finite. */
const struct asset *asset_keep(struct asset *a, struct err *err);

/* By hash: from the cache, from the folder, or made. name: for the reason why not. */
const struct asset *asset_find(const uint8_t hash[HASH_SIZE], const char *name, struct err *err);
/* Only from the cache; NULL: it is not there. */
const struct asset *asset_known(const uint8_t hash[HASH_SIZE]);

/* "loop", "voice", "hall", "waves": the same numbers on every machine. NULL: no such name. */
const struct asset *asset_make(const char *name, struct err *err);
extern const char *const asset_made_names[];

/* To the folder of sounds, if it is not there yet; and whether it is. */
int asset_save(const struct asset *a, struct err *err);
int asset_save_again(const struct asset *a, struct err *err); /* whatever stands there: it may be damaged */
int asset_saved(const uint8_t hash[HASH_SIZE]);

/* What is worked out of sounds once and shared by all who ask (mip levels, spectra): by a key that
   says what it is, made by make(user), which tells its size in bytes; freed with free(). Aligned as
   make made it. NULL: make gave none. */
const void *asset_derived(const uint8_t key[HASH_SIZE], void *(*make)(void *user, size_t *bytes), void *user);
/* A key of a kind of thing, the sounds that it is made of, and one more number. */
void asset_key(uint8_t key[HASH_SIZE], const char *kind, const struct asset *const *a, size_t n, uint64_t number);

/* What was found stays where it is between the two; the cache is cut to its bound when
   nobody is within. They may be nested and called from any thread. */
void assets_enter(void);
void assets_leave(void);
extern size_t assets_kept; /* the bound in bytes; what was asked for last stays longest */

#endif
