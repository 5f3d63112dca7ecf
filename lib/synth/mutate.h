/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Structures that breed: one change to the graph of a recipe's patch at a time,
 * such that what comes of it can be played. Values stay with their parameters,
 * and parameters keep their names, so that what was found out about one
 * structure holds for its children.
 */
#ifndef SYNTH_MUTATE_H
#define SYNTH_MUTATE_H

#include "base/arena.h"
#include "base/rng.h"
#include "synth/patch.h"

enum mutation {
	MUTATE_REPLACE,    /* a module by another of its kind */
	MUTATE_INSERT,     /* a filter or an effect into the way of a sound */
	MUTATE_REMOVE,     /* a module that sound goes through, or one of two sounds that are mixed */
	MUTATE_MODULATE,   /* an envelope or an LFO moves a port */
	MUTATE_UNMODULATE, /* nothing moves it any more */
	MUTATE_REWIRE,     /* a module takes its sound, or what moves it, from elsewhere */
	MUTATE_PARALLEL,   /* another oscillator beside a sound */
	MUTATE_DUPLICATE,  /* a branch twice, with settings of its own */
	MUTATIONS
};
extern const char *const mutation_names[MUTATIONS];

struct mutate_settings {
	size_t nodes;     /* a graph grows no further than this; a larger one does not grow */
	unsigned allowed; /* bits 1 << enum mutation; 0: all */
};

/* Writes into `to` what one change makes of `from`: a recipe that passes recipe_check and whose structure
   is another. What is new is the arena's, the rest is shared with `from`. Modules are of those that are
   built in, and play no files. done, if not NULL, says what was changed. -1: nothing could be. */
int mutate_recipe(const struct recipe *from, const struct mutate_settings *s, struct rng *rng, struct recipe *to,
    enum mutation *done, struct arena *a, struct err *err);

/* The same, of two: a branch of `other` takes a place in `from`, the better of the two, whose parameters keep
   their values. What is brought along is of modules that are built in and play no files. The names of parameters
   are shared with both. */
int mutate_cross(const struct recipe *from, const struct recipe *other, const struct mutate_settings *s, struct rng *rng,
    struct recipe *to, struct arena *a, struct err *err);

/* The hash of what plays and how it is wired, without values, names and the phrase: what tells structures
   apart. The order in which nodes stand does not count. */
int recipe_structure(const struct recipe *r, uint8_t id[HASH_SIZE], struct err *err);

#endif
