/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A control input read frame by frame: the signal itself where an audio signal
 * is wired to it, else a straight line from the last block's value to this
 * block's, so that a knob that is turned does not click.
 */
#ifndef SYNTH_GLIDE_H
#define SYNTH_GLIDE_H

#include "synth/module.h"

/* What a control input says of this block. */
static inline vf
last(struct in in, const struct block *b)
{
	return at(in, b->n - 1);
}

static inline void
glide_to(struct ramp *r, struct in in, const struct block *b)
{
	ramp_to(r, last(in, b), b);
}

static inline vf
glide(struct ramp *r, struct in in, int i)
{
	const vf line = ramp_next(r);
	return in.stride ? in.x[i] : line;
}

/* Share of the way that a one-pole filter goes in one frame, for a time constant
   in seconds, or a cutoff in Hz: 1 - exp(-1 / (seconds rate)). */
static inline vf
pole_of_seconds(vf seconds, float rate)
{
	return 1.0f - lm_exp2(-1.4426950408889634f / vmax(seconds * rate, splat(0.01f)));
}

static inline vf
pole_of_hz(vf hz, float rate)
{
	return 1.0f - lm_exp2(vmax(hz, splat(0.0f)) * (-9.0647202836543876f / rate)); /* 2 pi / ln 2 */
}

/* Rows of port tables that many effects share; what follows the help are fields by name: .when = "sync = off". */
#define PORT_SOUND(name, help, ...) {PORT_IN, name, RATE_AUDIO, 0, -1, 1, SCALE_LINEAR, NULL, NULL, NULL, help, __VA_ARGS__}
#define PORT_RESULT(name, help) {PORT_OUT, name, RATE_AUDIO, 0, -1, 1, SCALE_LINEAR, NULL, NULL, NULL, help}
#define PORT_KNOB(name, def, min, max, scale, unit, help, ...) \
	{PORT_IN, name, RATE_CONTROL, def, min, max, scale, NULL, unit, NULL, help, __VA_ARGS__}
#define PORT_CHOICE(name, def, names, help) \
	{PORT_IN, name, RATE_FIXED, def, 0, (float)(sizeof names / sizeof *names - 2), SCALE_CHOICE, names, NULL, NULL, help}

#endif
