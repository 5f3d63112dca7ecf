/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The inside of the engine: what its parts hand each other. plan.c turns
 * a patch into a plan, engine.c sorts jobs into units whose plans are the same,
 * engine_lanes.c (compiled once per instruction set) runs a unit. Nothing in
 * here depends on the number of lanes.
 */
#ifndef SYNTH_ENGINE_PLAN_H
#define SYNTH_ENGINE_PLAN_H

#include "base/arena.h"
#include "base/err.h"
#include "synth/engine/engine.h"

/* Frames in a block, as module.h has it; and what is silence, for how long. */
enum { PLAN_BLOCK = 64 };
#define VOICE_SILENCE 1e-5f  /* -100 dB */
#define VOICE_LOUD 1e30f     /* below it no sum of voices is beyond counting */
#define VOICE_PATIENCE 0.1   /* seconds */
#define VOICE_FADE 0.005     /* seconds */

/* --- a patch, compiled ------------------------------------------------------------ */

/* Where a signal stands in a section's memory, counted in vectors: frame i of the reader's
   run j within a block is at offset + j * hop + i * stride. */
struct source {
	uint32_t offset, stride, hop;
};

/* One node in a section's running order. */
struct step {
	uint32_t node;        /* its number in the patch; UINT32_MAX: a module of the engine's own */
	uint32_t module;      /* index into the registry, or among those */
	uint32_t factor;      /* it runs at so many times the rate: 1, 2, 4, 8 */
	uint32_t runs;        /* and so often a block */
	bool frames;          /* every frame, or only the block's last */
	bool once;            /* in the first block only: its outputs never change */
	uint32_t n_in, n_out;
	struct source *in;
	struct source *out;   /* stride does not count */
	float *fixed;         /* RATE_FIXED values by input */
	const struct asset *const *sounds;
	size_t n_sounds;
};

/* A number or an arc that is put into memory from outside. */
struct load {
	uint32_t index;       /* into plan.values or plan.arcs */
	uint32_t offset;
	/* of an arc: */
	bool frames;          /* every frame, or only the block's last */
	uint32_t factor;      /* times the rate at which it is read */
	uint32_t late;        /* by so many eighths of a frame (of the plain rate) */
};

/* What runs once a note (before voices()), or once a take (after it). */
struct section {
	struct step *steps;
	size_t n_steps;
	struct load *values, *arcs;
	size_t n_values, n_arcs;
	size_t memory;          /* vectors */
	struct source out[2];   /* what leaves it */
};

/* A number that takes of one plan may differ in: a value, or a param's. */
struct value_at {
	uint32_t node, input; /* input: index into the node's inputs, or UINT32_MAX: def */
	float def;
};

struct plan {
	uint32_t rate;
	bool fade;             /* no envelope ends a voice: voices() does */
	int bus;               /* channels that voices() sums */
	int channels;          /* of the output */
	bool direct;           /* no effects: output c is bus channel direct_from[c] */
	int direct_from[2];
	uint32_t bus_offset[2]; /* where the effect section finds the bus */
	uint32_t late[2];       /* frames by which the voices are late, and the effects */
	struct section voice, effect;
	struct value_at *values;
	size_t n_values;
	uint32_t *arcs;        /* params with an arc */
	size_t n_arcs;
};

/* A plan for one part, in arena a. */
struct plan *plan_make(const struct recipe *r, uint32_t part, struct arena *a, struct err *err);

/* The numbers of one patch: n_values of them. */
void plan_values(const struct plan *p, const struct patch *patch, float *values);

/* What makes plans the same: jobs with one key can share lanes. */
void plan_key(const struct recipe *r, uint32_t part, uint8_t key[HASH_SIZE]);

/* The arc that is heard for a param (the last one stated), or NULL. */
const struct arc *plan_arc(const struct recipe *r, uint32_t part, uint32_t param);

/* --- work for the lanes ------------------------------------------------------------- */

/* A note of one strip. */
struct voice {
	uint32_t strip, note; /* note: its index in the phrase */
	int32_t onset, off;   /* frames: in the take, and of the release within the voice */
	float pitch, velocity;
	bool first; /* of its strip: it writes where others add */
};

/* One part of one take: an effect lane, and the bus its voices sum into. */
struct strip {
	const float *values;            /* plan.n_values */
	const struct arc *const *arcs;  /* plan.n_arcs */
	double tempo;
	uint64_t seed;                  /* of this part of this take */
	uint32_t frames;
	bool sounds;   /* has voices */
	float *bus[2]; /* dirty, aligned to 64 bytes, room for strip_room(frames); the output is left in it */
	bool bad;      /* out: the sum of the voices is not finite */
	bool loud;     /* out: some voice is beyond VOICE_LOUD, or not finite */
};

/* A voice may run on for a block past the end, the effects for the rest of one. */
static inline size_t
strip_room(uint32_t frames)
{
	return ((size_t)frames + PLAN_BLOCK - 1) / PLAN_BLOCK * PLAN_BLOCK + PLAN_BLOCK;
}

/* The earliest output that is not finite, found by looking at every node's. */
struct fault {
	bool found;
	uint32_t node;
	uint64_t frame;
};

/* Strips of one plan and all their voices. */
struct unit {
	const struct plan *plan;
	struct strip *strips;
	size_t n_strips;
	/* In the order they are summed: latest first, each strip's onsets descending.
	   That order is the same however many lanes run side by side: a frame gets
	   its voices latest first, because a later voice is there after fewer blocks. */
	const struct voice *voices;
	size_t n_voices;
	struct fault *fault; /* not NULL: look for it (scalar lanes only) */
	struct err *failure; /* where a guest that cannot go on says why; or NULL */
};

/* One instruction set. */
struct lanes {
	int lanes;
	/* Bytes of memory for running a section; *state: of them, the modules'.
	   SIZE_MAX: beyond counting. */
	size_t (*need)(const struct section *s, uint32_t rate, size_t *state);
	/* Frames by which a module says its outputs are late. */
	uint32_t (*latency)(uint32_t module, uint32_t rate, uint32_t node, const float *fixed);
	/* All voices of a unit into its buses; then its effects from bus to bus, of at
	   most `lanes` strips. memory: need() of the section, aligned to 64 bytes,
	   dirty. They allocate nothing and lock nothing. */
	void (*run_voices)(const struct unit *u, void *memory);
	void (*run_effects)(const struct unit *u, void *memory);
	/* Adds (or writes) left and right (NULL: mono) times gain to interleaved
	   frames; whether all of the result is finite. */
	bool (*mix)(float *to, const float *left, const float *right, float gain, size_t frames, bool add);
};
extern const struct lanes lanes_scalar, lanes_sse, lanes_avx2, lanes_avx512;

/* The sets to choose from, narrowest first; returns how many there are (one, or
   with ISA_AUTO all that this machine has), or -1 where it has not got the one. */
enum { ISA_COUNT = ISA_AVX512 };
int isa_get(enum isa isa, const struct lanes *lanes[ISA_COUNT], struct err *err);

#endif
