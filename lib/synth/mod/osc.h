/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the oscillators share: phase as a 32-bit fraction of a turn (it wraps by
 * itself and never loses precision), its increment from a pitch in MIDI notes.
 * A pitch that is one value a block gives an increment that moves in a straight
 * line; one with an audio signal wired to it is followed frame by frame.
 */
#ifndef SYNTH_MOD_OSC_H
#define SYNTH_MOD_OSC_H

#include "synth/module.h"

#define OSC_PITCH                                                                                                      \
	{                                                                                                              \
		PORT_IN, "pitch", RATE_CONTROL, 60, -60, 160, SCALE_LINEAR, 0, "semitones", "note.pitch", "MIDI note"  \
	}
#define OSC_DETUNE {PORT_IN, "detune", RATE_CONTROL, 0, -1200, 1200, SCALE_LINEAR, 0, "cents", 0, "added to the pitch"}
#define OSC_PHASE {PORT_IN, "phase", RATE_CONTROL, 0, 0, 1, SCALE_LINEAR, 0, "turns", 0, "where a note starts"}
#define OSC_RANDOM                                                                                                     \
	{                                                                                                              \
		PORT_IN, "random", RATE_CONTROL, 0, 0, 1, SCALE_LINEAR, 0, "turns", 0,                                 \
		    "how much of the start is by chance"                                                               \
	}

struct osc {
	vu phase;       /* of the frame to come, in 2^-32 turns */
	vf inc, period; /* of this frame: turns a frame, frames a turn */
	vf d_inc, d_period;
	struct in pitch, detune;
};

/* Turns a frame; at most just under half a turn. The limits keep any wired signal finite. */
static inline vf
osc_inc(vf pitch, vf detune, const struct context *c)
{
	const vf note = clamp(pitch + detune * 0.01f, -60.0f, 160.0f);
	return clamp(lm_note_hz(note) * (1.0f / c->rate), 1e-6f, 0.49f);
}

/* Start phase: `phase` turns plus `random` times a number of this note's own. */
static inline vu
osc_start(vf phase, vf random, const struct context *c)
{
	const vf r = noise_float(c->seed, splat_u(0x70686173u)) * 0.5f + 0.5f;
	const vf x = clamp(phase, -1e6f, 1e6f) + clamp(random, 0.0f, 1.0f) * r;
	const vi turn = to_int(vmin(fract(x), splat(0.99999994f)) * 0x1p31f);
	return as_vu(turn) << 1;
}

/* Once a block. */
static inline void
osc_block(struct osc *o, struct in pitch, struct in detune, const struct block *b)
{
	const vf inc = osc_inc(at(pitch, b->n - 1), at(detune, b->n - 1), b->c), period = 1.0f / inc;
	if (b->now == 0) {
		o->inc = inc;
		o->period = period;
	}
	o->d_inc = (inc - o->inc) * (1.0f / BLOCK);
	o->d_period = (period - o->period) * (1.0f / BLOCK);
	o->pitch = pitch;
	o->detune = detune;
}

/* Once a frame: inc and period. */
static inline void
osc_next(struct osc *o, int i, const struct block *b)
{
	o->inc += o->d_inc;
	o->period += o->d_period;
	if (o->pitch.stride | o->detune.stride) {
		o->inc = osc_inc(at(o->pitch, i), at(o->detune, i), b->c);
		o->period = 1.0f / o->inc;
	}
}

static inline vu
osc_step(vf inc)
{
	return as_vu(to_int(inc * 0x1p32f));
}

/* A part of a turn, 0 to 1: 31 bits are enough, and a whole turn wraps to none. */
static inline vu
osc_share(vf turns)
{
	return as_vu(to_int(clamp(turns, 0.0f, 0.99999994f) * 0x1p31f)) << 1;
}

/* In [-0.5, 0.5]. */
static inline vf
osc_turn(vu phase)
{
	return to_float(u_as_vi(phase)) * 0x1p-32f;
}

#endif
