/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What effects that move have in common: a speed in Hz or in notes, a phase that counts
 * 2^-32 turns and so never drifts, waves. Notes are those of the tempo: 1/4 is a beat,
 * D dotted (half as long again), T a triplet's (two thirds).
 */
#ifndef SYNTH_SWING_H
#define SYNTH_SWING_H

#include "synth/mod/glide.h"

enum { NOTES = 17 };
static const char *const note_names[NOTES + 1] = {"off", "1/32", "1/16T", "1/16", "1/8T", "1/16D", "1/8", "1/4T", "1/8D",
    "1/4", "1/2T", "1/4D", "1/2", "1/2D", "1/1", "2/1", "4/1", NULL};

/* The row of a port table that all of them share: it stands beside a rate in Hz or a time in seconds. */
#define PORT_SYNC(help) {PORT_IN, "sync", RATE_CONTROL, 0, 0, NOTES - 1, SCALE_CHOICE, note_names, NULL, NULL, help}

/* Seconds of the note that sync says, or `seconds` where it is off. */
static inline vf
note_seconds(vf sync, vf seconds, const struct context *c)
{
	static const float beats[NOTES] = {
	    1, 0.125f, 1.0f / 6, 0.25f, 1.0f / 3, 0.375f, 0.5f, 2.0f / 3, 0.75f, 1, 4.0f / 3, 1.5f, 2, 3, 4, 8, 16};
	const vi k = to_int(clamp(sync, 0.0f, NOTES - 1) + 0.5f);
	return sel(eq_i(k, splat_i(0)), seconds, gather(beats, k) * 60.0f / clamp(c->tempo, 1.0f, 1e4f));
}

/* The same, halved until it is no longer than a line is. */
static inline vf
note_that_fits(vf sync, vf seconds, float longest, const struct context *c)
{
	vf note = note_seconds(sync, seconds, c);
	for (int k = 0; k < 10; k++) /* four bars of a beat a minute are 960 s */
		note = sel(gt(note, splat(longest)), 0.5f * note, note);
	return note;
}

/* Turns a second: the rate, or one a note. */
static inline vf
swing_hz(vf rate, vf sync, const struct context *c)
{
	const vf hz = clamp(rate, 0.0f, 200.0f), note = 1.0f / note_seconds(sync, splat(1.0f), c);
	return sel(lt(sync, splat(0.5f)), hz, note);
}

/* 2^-32 turns that so many a second are in `frames`. Half a turn at most. */
static inline vu
swing_step(vf hz, float frames, float rate)
{
	return as_vu(to_int(vmin(hz * (frames / rate), splat(0.49f)) * 0x1p32f + 0.5f));
}

/* A phase in turns, -0.5 to 0.5. */
static inline vf
swing_turn(vu phase)
{
	return to_float(u_as_vi(phase)) * 0x1p-32f;
}

/* Moves a phase on by a block; where it stands at the end. */
static inline vf
swing_on(vu *phase, vf hz, const struct block *b)
{
	*phase += swing_step(hz, BLOCK, b->c->rate);
	return swing_turn(*phase);
}

/* Waves from 1 to -1 and back that begin at 1. The square's edges are smooth steps of 5 ms, so they do not
   click; slope is swing_slope of its speed. */
enum swing_shape { SWING_SINE, SWING_TRIANGLE, SWING_SQUARE };
static const char *const swing_shapes[] = {"sine", "triangle", "square", NULL};

static inline vf
swing_slope(vf hz)
{
	return vmax(100.0f / vmax(hz, splat(0.01f)), splat(1.0f)); /* 2 / 5 ms by 4 hz */
}

static inline __attribute__((always_inline)) vf
swing_wave(enum swing_shape shape, vf turn, vf slope)
{
	if (shape == SWING_SINE)
		return lm_cos_turn(turn);
	vf w = 1.0f - 4.0f * vabs(turn - vfloor(turn + 0.5f));
	if (shape == SWING_TRIANGLE)
		return w;
	w = clamp(w * slope, -1.0f, 1.0f);
	return w * (1.5f - 0.5f * w * w);
}

#endif
