/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Takes in, their sound out: what every tool that renders stands on. Takes are
 * gathered until lanes and threads are full; those that guests play in are
 * rendered by a process of their own (wire/annex.h), all others here.
 *
 *     renderer_add(r, t);                  // again and again, until renderer_full(r)
 *     if (renderer_run(r, &err) < 0) ...
 *     renderer_keep(r, i, &err);           // or look at renderer_sound(r, i)
 *     renderer_clear(r);
 */
#ifndef WIRE_RENDERER_H
#define WIRE_RENDERER_H

#include "base/isa.h"
#include "wire/take.h"

struct renderer;

struct renderer_settings {
	enum isa isa;
	int threads;      /* 0: $ASSAY_THREADS or one a core */
	bool guests_here; /* in this process */
	bool guests_talk; /* what guests print on stderr is let through */
};

struct renderer *renderer_new(const struct renderer_settings *set, struct err *err);
void renderer_free(struct renderer *r);

/* How many takes at a time keep all lanes and threads busy. */
size_t renderer_batch(const struct renderer *r);

/* Adds a take, which stays the caller's, and returns the bytes of its sound to be. One that has no recipe, or an error
   already, is left alone, and so is one whose recipe is no good, which is failed: their sound is NULL. */
size_t renderer_add(struct renderer *r, struct take *t);

/* No more than renderer_batch takes, and no more sound than memory is for. */
bool renderer_full(const struct renderer *r);
size_t renderer_count(const struct renderer *r);

/* Renders all that were added. What cannot be rendered is failed (take_fail); -1 where that is all of them. */
int renderer_run(struct renderer *r, struct err *err);

struct rendition {
	float *samples; /* interleaved; the renderer's, until renderer_clear or renderer_give */
	uint32_t rate, channels;
	uint64_t frames;
	uint8_t hash[HASH_SIZE]; /* of the samples */
	bool inexact;            /* guests played: it need not be the same bytes again */
};

/* Of the i-th that was added; NULL: it has none. */
const struct rendition *renderer_sound(const struct renderer *r, size_t i);
struct take *renderer_take(const struct renderer *r, size_t i);

/* Puts the sound into the take. 0 too where there is none; -1 with the reason. */
int renderer_keep(struct renderer *r, size_t i, struct err *err);

/* The samples become the caller's. */
float *renderer_give(struct renderer *r, size_t i);

void renderer_clear(struct renderer *r);

#endif
