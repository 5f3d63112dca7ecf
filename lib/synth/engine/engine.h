/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The engine: recipes in, samples out. Takes whose graphs are the same (modules,
 * wires, fixed numbers; not values) stand side by side in lanes; threads work on
 * groups of lanes. What a recipe sounds like depends on nothing but the recipe:
 * not on its company, the instruction set, the threads or the run.
 */
#ifndef SYNTH_ENGINE_H
#define SYNTH_ENGINE_H

#include "base/err.h"
#include "base/isa.h"
#include "synth/patch.h"

/* Voices that stand side by side. */
int isa_lanes(enum isa isa);

struct engine;

/* threads 0: one a core. Fails if the machine lacks the instruction set. */
struct engine *engine_new(enum isa isa, int threads, struct err *err);
void engine_free(struct engine *e);

/* How many recipes at a time keep all lanes and threads busy. */
size_t engine_batch(const struct engine *e);

/* One recipe to render. The engine sets all but recipe and hashed. */
struct job {
	const struct recipe *recipe; /* has passed recipe_check */
	bool hashed;      /* whether hash is wanted: it may cost more than a simple sound */
	uint8_t hash[HASH_SIZE]; /* of the samples, made by the thread that made them */
	float *samples;   /* interleaved; allocated by the engine with malloc, owned by the caller */
	uint64_t frames;
	uint32_t channels; /* 2 if any part's output is stereo */
	int failed;       /* then samples is NULL and err says why (a module gave a number that is not finite) */
	struct err err;
};

/* Renders all jobs. 0, or -1 where nothing could be done (out of memory). */
int engine_render(struct engine *e, struct job *jobs, size_t n, struct err *err);

#endif
