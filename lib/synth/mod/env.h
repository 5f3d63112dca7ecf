/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What envelopes share: a segment goes from 0 to 1 along
 *     (1 - 2^(-curve x)) / (1 - 2^-curve),  x = time / length in 0..1,
 * which arrives exactly at its end. Curve 0 is (all but) a straight line.
 */
#ifndef SYNTH_MOD_ENV_H
#define SYNTH_MOD_ENV_H

#include "synth/module.h"

#define ENV_CURVE(def)                                                                                                 \
	{                                                                                                              \
		PORT_IN, "curve", RATE_CONTROL, def, 0, 16, SCALE_LINEAR, 0, "octaves", 0,                             \
		    "0 straight; more: fast, then slow"                                                                \
	}

/* A curve that bends either way. */
#define ENV_BEND(name, def, ...)                                                                                      \
	{                                                                                                              \
		PORT_IN, name, RATE_CONTROL, def, -16, 16, SCALE_LINEAR, 0, "octaves", 0,                              \
		    "0 straight; more: fast, then slow; less: slow, then fast", __VA_ARGS__                            \
	}
#define ENV_TIME(name, def, help, ...) {PORT_IN, name, RATE_CONTROL, def, 0, 20, SCALE_LINEAR, 0, "s", 0, help, __VA_ARGS__}
#define ENV_GATE(help) {PORT_IN, "gate", RATE_CONTROL, 1, 0, 1, SCALE_LINEAR, 0, 0, "note.gate", help}

/* Frames from seconds: at least one. */
static inline vf
env_frames(vf seconds, const struct context *c)
{
	return clamp(seconds * c->rate, 1.0f, 1e8f);
}

static inline vf
env_curve(vf curve)
{
	return clamp(curve, 0.05f, 16.0f);
}

/* Either way, but never quite straight. */
static inline vf
env_bend(vf curve)
{
	const vf c = clamp(curve, -16.0f, 16.0f);
	return copysign_v(vmax(vabs(c), splat(0.05f)), c);
}

/* The frame of the release: `off`, or the first at which the gate is under a half. */
static inline vi
env_off(vi off, struct in gate, const struct block *b)
{
	for (int i = gate.stride ? 0 : b->n - 1; i < b->n; i++) {
		const vi now = splat_i((int32_t)frame_of(b, i));
		off = sel_i(lt(at(gate, i), splat(0.5f)) & lt_i(now, off), now, off);
	}
	return off;
}

static inline vf
env_segment(vf x, vf curve)
{
	return (1.0f - lm_exp2(-curve * clamp(x, 0.0f, 1.0f))) / (1.0f - lm_exp2(-curve));
}

/*
 * The quick way over a block that lies within one segment: its curve is
 *     a + b p, where p starts at 2^(-curve x) and is multiplied by q each frame.
 * A lane takes it for the blocks in which nothing happens to it, and only then,
 * whatever the other lanes do.
 */
struct env_line {
	vf a, b, p, q;
};

/* From one level to another in `length` frames, of which `since` have passed at the block's first. */
static inline struct env_line
env_line(vf from, vf to, vf since, vf length, vf curve)
{
	const vi over = ge(since, length);
	const vf rise = (to - from) / (1.0f - lm_exp2(-curve)), speed = -curve / length;
	return (struct env_line){
	    sel(over, to, from + rise), sel(over, splat(0.0f), -rise), lm_exp2(since * speed), lm_exp2(speed)};
}

static inline vf
env_line_next(struct env_line *l)
{
	const vf y = l->a + l->b * l->p;
	l->p = l->p * l->q;
	return y;
}

/* Whether a segment of this length, `since` frames old, lasts through a block, or was over before it. */
static inline vi
env_calm(vf since, vf length)
{
	return lt(since + (float)BLOCK, length) | ge(since, length);
}

#endif
