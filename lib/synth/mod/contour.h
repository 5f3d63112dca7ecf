/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * torchsynth's envelope (Turian et al., "One Billion Audio Sounds from GPU-enabled
 * Modular Synthesis", 2021), computed at control points: with times in points,
 *     level(k) = up(0, a) ((1 - s) down(a, d) + s) down(on, r)
 *     up(start, length) = min((max(k - start, 0) + 1e-6) / length + 1e-6, 1) ^ curve
 *     down = (1 - the same) ^ curve, and 1 where the length is 0
 * where a note that ends early cuts attack and decay short.
 */
#ifndef SYNTH_MOD_CONTOUR_H
#define SYNTH_MOD_CONTOUR_H

#include "synth/module.h"

enum { CONTOUR_ATTACK, CONTOUR_DECAY, CONTOUR_SUSTAIN, CONTOUR_RELEASE, CONTOUR_CURVE, CONTOUR_PORTS };

#define CONTOUR_ROWS(p, attack, decay, sustain, release)                                                              \
	{PORT_IN, p "attack", RATE_CONTROL, attack, 0, 20, SCALE_LINEAR, 0, "s", 0, "time to full level"},             \
	    {PORT_IN, p "decay", RATE_CONTROL, decay, 0, 20, SCALE_LINEAR, 0, "s", 0, "time to the sustain level"},    \
	    {PORT_IN, p "sustain", RATE_CONTROL, sustain, 0, 1, SCALE_LINEAR, 0, 0, 0, "level until the note ends"},   \
	    {PORT_IN, p "release", RATE_CONTROL, release, 0, 20, SCALE_LINEAR, 0, "s", 0, "time to silence"},          \
	{                                                                                                              \
		PORT_IN, p "curve", RATE_CONTROL, 1, 0.1f, 6, SCALE_LOG, 0, 0, 0,                                      \
		    "power of each segment: 1 straight, more: late, less: early"                                       \
	}

/* r^curve for r in [0, 1]. */
static inline vf
contour_power(vf r, vf curve)
{
	return sel(gt(r, splat(0.0f)), lm_exp2(curve * lm_log2(vmax(r, splat(1e-30f)))), splat(0.0f));
}

static inline vf
contour_ramp(vf k, vf start, vf length)
{
	const vf r = vmax(k - start, splat(0.0f));
	return vmin((r + 1e-6f) / vmax(length, splat(1e-20f)) + 1e-6f, splat(1.0f));
}

static inline vf
contour_down(vf k, vf start, vf length, vf curve)
{
	const vf r = contour_ramp(k, start, length);
	return contour_power(sel(gt(length, splat(0.0f)), 1.0f - r, r), curve);
}

/* Level at point k. in: CONTOUR_PORTS inputs from here; points: a second. */
static inline vf
contour_at(const struct in *in, const struct block *b, float points, uint32_t k)
{
	const int i = b->n - 1;
	vf x[CONTOUR_PORTS];
	for (int p = 0; p < CONTOUR_PORTS; p++)
		x[p] = at(in[p], i);
	const vf on = to_float(b->c->off) * (points / b->c->rate), now = splat((float)k);
	const vf attack = clamp(x[CONTOUR_ATTACK], 0.0f, 1e4f) * points, decay = clamp(x[CONTOUR_DECAY], 0.0f, 1e4f) * points;
	const vf release = clamp(x[CONTOUR_RELEASE], 0.0f, 1e4f) * points;
	const vf sustain = clamp(x[CONTOUR_SUSTAIN], 0.0f, 1.0f), curve = clamp(x[CONTOUR_CURVE], 0.01f, 16.0f);
	const vf a = vmin(attack, on), d = vmin(vmax(on - attack, splat(0.0f)), decay);
	const vf up = contour_power(contour_ramp(now, splat(0.0f), a), curve);
	const vf hold = (1.0f - sustain) * contour_down(now, a, d, curve) + sustain;
	return up * hold * contour_down(now, on, release, curve);
}

#endif
