/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Takes in memory and on the wire. A take is the protobuf message, unknown
 * fields and all, in an arena of its own; what a tool adds lives in that arena
 * too and goes with it. Strings and arrays in the message are never freed one
 * by one, so a field may simply be pointed at something else from the arena.
 */
#ifndef WIRE_TAKE_H
#define WIRE_TAKE_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/hash.h"
#include "stream/stream.h"
#include "synth/patch.h"
#include "take.pb-c.h"

typedef Assay__Take Take;

struct take {
	Take *m;
	struct arena arena;
};

struct take *take_new(void);
void take_free(struct take *t);

/* A copy with everything in it. */
struct take *take_copy(const struct take *t, struct err *err);

/* Unpacks one message, within a memory budget that its length sets. The error
   names the field and the byte within the message. */
struct take *take_unpack(const uint8_t *msg, size_t n, struct err *err);

/* Whether take_unpack would take this message, and what memory it would need. */
int take_check(const uint8_t *msg, size_t n, size_t *memory, struct err *err);

/* 1 and a take the caller owns; 0 at the end; -1 with the reason. */
int take_read(struct reader *r, struct take **t, struct err *err);

/* Packs and queues; writes when enough has gathered. */
int take_write(struct writer *w, const struct take *t, struct err *err);

/* Packs and queues, never writes: for a tool that pumps. */
int take_queue(struct writer *w, const struct take *t, struct err *err);

/* --- the recipe ----------------------------------------------------------------- */

/* The recipe as plain data, in t's arena (strings are shared with the message),
   checked with recipe_check. A take without parts has none: that is an error. */
int take_recipe(struct take *t, struct recipe *r, struct err *err);

/* Writes a recipe (or one patch) into a message, deep, in t's arena. */
int take_set_recipe(struct take *t, const struct recipe *r, struct err *err);
Assay__Patch *patch_to_message(const struct patch *p, struct arena *a, struct err *err);
int patch_from_message(const Assay__Patch *m, struct patch *p, struct arena *a, struct err *err);

/* Sets m->id from the recipe, or from the samples where there is none. Call it
   after every change to either. */
int take_identify(struct take *t, struct err *err);

/* --- the parts of a take ----------------------------------------------------------- */

/* samples are copied into the arena. hash is theirs, where it is known already; NULL: it is computed. */
int take_set_audio(struct take *t, const float *samples, uint32_t rate, uint32_t channels, uint64_t frames,
    const uint8_t *hash, struct err *err);
/* Whether the samples are there, and as many as stated. */
bool take_has_audio(const struct take *t);

/* A feature by name, or NULL where it is missing or holds not as many numbers as
   its shape says. take_add_tensor replaces one of the same name and
   gives room for channels*frames*columns floats in ->data. */
Assay__Tensor *take_tensor(const struct take *t, const char *name);
Assay__Tensor *take_add_tensor(struct take *t, const char *name, uint32_t channels, uint32_t frames,
    uint32_t columns, struct err *err);

/* Adds or replaces the score of a term; why may be NULL. */
int take_set_score(struct take *t, const char *term, double value, double weight, const char *why, struct err *err);

/* The take's origin, made if it has none. NULL when out of memory. */
Assay__Origin *take_origin(struct take *t);

/* Marks the take as one that could not be worked on. */
void take_fail(struct take *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* What messages call it: its key, else the first twelve digits of its id. */
const char *take_label(const struct take *t, char text[HASH_HEX]);

#endif
