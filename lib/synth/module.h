/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The inside of a module: included by lib/synth/mod/NAME.c, which is compiled
 * once per instruction set and ends in one descriptor:
 *
 *     MODULE(svf) = {
 *         .name = "svf", .group = "filter",
 *         .help = "two-pole filter: low, band, high, notch",
 *         .ports = ports, .flags = MODULE_AUDIO, .state = sizeof(struct state), .run = run,
 *         .example = "saw{} >> svf{cutoff = 800} * adsr{} >> voices()",
 *     };
 *
 * Order in a file: head comment (what, equation, source), port table with an
 * enum of input and output indices, state, rows, init, run, descriptor.
 * run() allocates nothing, locks nothing, and uses nothing but lanes.h and
 * lmath.h on signals; lane l of the output depends on lane l alone.
 */
#ifndef SYNTH_MODULE_H
#define SYNTH_MODULE_H

#include "base/err.h"
#include "base/lanes.h"
#include "dsp/lmath.h"
#include "synth/asset.h"
#include "synth/port.h"

enum { BLOCK = 64 }; /* frames */

#define MODULE_CAT(a, b, c) a##_##b##_##c
#define MODULE_SYMBOL(name, isa) MODULE_CAT(module, name, isa)
#ifdef MODULE_ELSEWHERE /* built on its own: it says for what */
#define MODULE(name)                                                                                  \
	__attribute__((visibility("default"))) extern const struct module_abi MODULE_SYMBOL(abi, ISA);   \
	const struct module_abi MODULE_SYMBOL(abi, ISA) = MODULE_ABI_HERE;                                \
	__attribute__((visibility("default"))) extern const struct module MODULE_SYMBOL(name, ISA);      \
	const struct module MODULE_SYMBOL(name, ISA)
#else
#define MODULE(name) const struct module MODULE_SYMBOL(name, ISA)
#endif
#define MODULE_ABI_HERE                                                                                  \
	{MODULE_ABI, LANES, sizeof(struct module), sizeof(struct port), sizeof(struct context), sizeof(struct block)}

/* What stays the same over a render. Before voices() a lane is one note of one
   take, after voices() it is one take. */
struct context {
	float rate;       /* Hz */
	uint32_t node;    /* number of this node in its patch */
	vu seed;          /* of this lane's take (and note), mixed with node: feed it to noise_bits */
	vf tempo;         /* beats a minute */
	/* before voices() only: */
	vf pitch, velocity; /* of the note: MIDI number, 0..1 */
	vf random;        /* one number in [0, 1) for the note */
	vi off;           /* frame at which the note is released, counted from its start */
	/* RATE_FIXED inputs, by index among the module's inputs (others hold 0): */
	const float *fixed;
	const struct module *module;
	int heard; /* lanes that somebody stands in; those after them repeat the last one, and are not heard */
	/* MODULE_FILES: the sounds that the patch names for this node, in its order. They stay
	   where they are while the voice plays; what is worked out of them: asset_derived(). */
	const struct asset *const *sounds;
	size_t n_sounds;
	/* A guest that cannot go on (an instance that could not be made) says why, once, in
	   err->text; the take fails with it. NULL where nobody asks. */
	struct err *failure;
};

/* An input over one block: frame i is x[i * stride]; stride 0 where it does not
   change within the block. Read it with at(). */
struct in {
	const vf *x;
	int stride;
};

static inline vf
at(struct in in, int i)
{
	return in.x[i * in.stride];
}

/* A block to compute. n is BLOCK and step 1; or, for a MODULE_CONTROL module
   whose readers all want one value a block, n is 1 and step BLOCK: compute only
   the block's last frame, with time moved on by BLOCK frames. */
struct block {
	const struct context *c;
	int n, step;
	uint32_t now;        /* frames since the start, of the block's first frame */
	const struct in *in; /* by index among the module's inputs */
	vf *const *out;      /* by index among its outputs; each has room for BLOCK frames */
};

/* Frame number of output i. */
static inline uint32_t
frame_of(const struct block *b, int i)
{
	return b->now + (b->step == 1 ? (uint32_t)i : (uint32_t)(b->step - 1));
}

/* What a module derives from a control input (a filter coefficient, a phase
   increment) moves in a straight line from the last block's value to this
   block's. Keep `v` in the state; call ramp_to once a block, then ramp_next
   once a frame. The first block has nothing to come from and starts there. */
struct ramp {
	vf v, d;
};

static inline void
ramp_to(struct ramp *r, vf target, const struct block *b)
{
	if (b->now == 0)
		r->v = target;
	r->d = (target - r->v) * (1.0f / BLOCK);
}

static inline vf
ramp_next(struct ramp *r)
{
	return r->v += r->d;
}

#endif
