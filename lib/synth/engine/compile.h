/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the graph compiler works on: plan.c makes vertices of a patch's nodes,
 * cross.c puts more between them.
 */
#ifndef SYNTH_ENGINE_COMPILE_H
#define SYNTH_ENGINE_COMPILE_H

#include "synth/engine/plan.h"

enum kind { CONSTANT, CONTROL, AUDIO };
enum { VOICE, EFFECT };
#define NOBODY UINT32_MAX

/* Time is counted in eighths of a frame, so that what runs at 8 times the rate has whole numbers too. */
enum { TICKS = 8 };

struct feed {
	enum { FEED_VALUE, FEED_ARC, FEED_WIRE } from;
	uint32_t index; /* into plan.values, into plan.arcs, or the vertex */
	uint32_t out;   /* of that vertex */
	const struct port *port;
	bool jumps;     /* a curve that jumps, or mathematics upon one: read frame by frame where it can be */
};

struct out {
	enum kind kind;
	uint32_t offset, last; /* last: the vertex that reads it last, in the section at hand */
};

struct vertex {
	const struct module *m;
	uint32_t module;  /* in the registry; or, where node is NOBODY, among the engine's own */
	uint32_t node;    /* its number in the patch */
	uint32_t factor;  /* times the plain rate at which its outputs run */
	uint32_t reads;   /* and its inputs */
	uint32_t late;    /* ticks by which its outputs are late */
	uint32_t waits;   /* ticks by which its inputs are */
	enum kind kind;
	bool jumps;       /* mathematics upon a curve that jumps */
	bool in[2];       /* the sections it runs in */
	bool frames;      /* demanded, in the section at hand */
	struct feed *feeds;
	struct out *outs;
	float *fixed;     /* RATE_FIXED values by input */
	size_t n_feeds, n_outs;
	const struct asset **sounds; /* that it plays */
	size_t n_sounds;
	uint32_t via, next; /* the first that cross.c put behind it, and the next one behind the same */
};

struct compiler {
	const struct patch *patch;
	struct arena *arena;
	struct plan *plan;
	struct vertex *v;
	uint32_t n;
	uint32_t voices;      /* the vertex that is voices() */
	struct feed ends[2];  /* what the patch's outputs read */
	struct free_slots {
		uint32_t *offset;
		size_t n;
	} free[4];            /* by the slot's size, 1, 2, 4 and 8 blocks; of the section at hand */
	size_t n_slots, n_cells; /* blocks; single vectors */
};

/* Whether a node reads this input frame by frame (given a signal that has frames). */
bool compile_reads_frames(const struct vertex *v, const struct feed *f);
enum kind compile_kind(const struct compiler *c, const struct feed *f);

/* Puts what crosses between rates, and what waits for what is late, into the graph: a new list
   of vertices. Kinds and sections are known. Sets plan.late. */
int cross_insert(struct compiler *c, struct err *err);

#endif
