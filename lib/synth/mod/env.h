/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What envelopes share: a segment goes from 0 to 1 along
 *     (1 - 2^(-curve x)) / (1 - 2^-curve),  x = time / length in 0..1,
 * which arrives exactly at its end. Curve 0 is (all but) a straight line.
 */
#ifndef SYNTH_MOD_ENV_H
#define SYNTH_MOD_ENV_H

#include "synth/module.h"

#define ENV_CURVE(def) {PORT_IN, "curve", RATE_CONTROL, def, 0, 16, SCALE_LINEAR, 0, "octaves", 0, "0 straight; more: fast, then slow"}

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

static inline vf
env_segment(vf x, vf curve)
{
	return (1.0f - lm_exp2(-curve * clamp(x, 0.0f, 1.0f))) / (1.0f - lm_exp2(-curve));
}

#endif
