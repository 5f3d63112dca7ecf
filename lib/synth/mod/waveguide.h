/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What strings and pipes share: loops of delay whose period is exact. A filter in a loop
 * delays it too, by its phase over the frequency; that much is taken off the line. Loop
 * filters are one-pole low-passes, H = p / (1 - q z^-1), q = 1 - p.
 */
#ifndef SYNTH_MOD_WAVEGUIDE_H
#define SYNTH_MOD_WAVEGUIDE_H

#include "synth/mod/delay_line.h"
#include "synth/mod/glide.h"

#define WAVEGUIDE_LOWEST 16.0f /* Hz: the longest loop is a period of it */

/* Knobs of what is blown. The first, `breath`, is the module's own. */
#define PORTS_BLOWN(noise_default)                                                                                     \
	PORT_KNOB("noise", noise_default, 0, 1, SCALE_LINEAR, NULL, "of the breath"),                                  \
	    PORT_KNOB("vibrato", 0, 0, 1, SCALE_LINEAR, NULL, "of the breath"),                                        \
	    PORT_KNOB("rate", 5, 0.1f, 20, SCALE_LOG, "Hz", "of the vibrato")

#define PORT_PITCH(help) {PORT_IN, "pitch", RATE_CONTROL, 60, 0, 127, SCALE_LINEAR, NULL, "semitones", "note.pitch", help}

/* Of a pitch, kept to what a loop can have: 0.2 of the rate at most. */
static inline vf
waveguide_hz(struct in pitch, const struct block *b)
{
	const vf hz = lm_note_hz(clamp(last(pitch, b), -12.0f, 140.0f));
	return clampv(hz, splat(WAVEGUIDE_LOWEST + 1.0f), splat(0.2f * b->c->rate));
}

/* The angle of re + i im in turns, for |im / re| <= 1: atan t = t / (1 + 0.28 t^2) is within 0.005,
   and one Newton step on the tangent, whose sine and cosine are exact, leaves 1e-7. */
static inline vf
angle_turns(vf im, vf re)
{
	const vf t = im / re, guess = t / (1.0f + 0.28f * t * t) * 0.15915494309189535f;
	const vf sn = lm_sin_turn(guess), cs = lm_cos_turn(guess);
	return guess + (im * cs - re * sn) / (re * cs + im * sn) * 0.15915494309189535f;
}

/* The low-pass at a frequency in turns a frame, below its cutoff: frames that it delays by, and its gain. */
struct loss {
	vf lag, gain;
};

static inline struct loss
loss_at(vf turns, vf p)
{
	const vf q = 1.0f - p, re = 1.0f - q * lm_cos_turn(turns), im = q * lm_sin_turn(turns);
	return (struct loss){angle_turns(im, re) / turns, p / vsqrt(re * re + im * im)};
}

/* The delay to read a line at, by line_read, so that `turns` is delayed by `frames`, and what is left of
   it: a cubic between rows is early or late by some thousandths of a frame at high frequencies, and soft. */
struct tuned {
	vf length, gain;
};

static inline struct tuned
tuned_line(vf frames, vf turns)
{
	const vf length = vmax(frames, splat(2.0f)), f = fract(length), g = 1.0f - f;
	/* the cubic's weights of the rows one before, at, one and two after, seen from the place between */
	const vf w0 = -0.5f * f * g * g, w1 = 1.0f + f * f * (1.5f * f - 2.5f), w2 = 1.0f + g * g * (1.5f * g - 2.5f);
	const vf w3 = -0.5f * g * f * f;
	const vf re = w0 * lm_cos_turn(turns * (1.0f + f)) + w1 * lm_cos_turn(turns * f) + w2 * lm_cos_turn(turns * g) +
		      w3 * lm_cos_turn(turns * (1.0f + g));
	const vf im = w0 * lm_sin_turn(turns * (1.0f + f)) + w1 * lm_sin_turn(turns * f) - w2 * lm_sin_turn(turns * g) -
		      w3 * lm_sin_turn(turns * (1.0f + g));
	return (struct tuned){vmax(length + angle_turns(im, re) / turns, splat(2.0f)), vsqrt(re * re + im * im)};
}

/* Brightness 0 to 1 sets the cutoff 1 to 7 octaves above the pitch. */
static inline vf
loop_pole(vf hz, vf brightness, float rate)
{
	return pole_of_hz(vmin(hz * lm_exp2(1.0f + 6.0f * brightness), splat(0.45f * rate)), rate);
}

/* Breath: the root of a knob, with noise and vibrato in it. */
struct breath {
	struct ramp level, noise, vibrato;
	vf phase, step; /* of the vibrato, in turns */
};

/* Once a block. rough: noise at 1, as a share of the breath. */
static inline void
breath_to(struct breath *s, struct in level, struct in noise, struct in vibrato, struct in rate, float rough,
    const struct block *b)
{
	s->step = clamp(last(rate, b), 0.0f, 100.0f) * (1.0f / b->c->rate);
	glide_to(&s->level, level, b);
	ramp_to(&s->noise, rough * clamp(last(noise, b), 0.0f, 1.0f), b);
	ramp_to(&s->vibrato, 0.2f * clamp(last(vibrato, b), 0.0f, 1.0f), b);
}

/* `most` times the root at frame i. */
static inline vf
breath_next(struct breath *s, struct in level, float most, int i, const struct block *b)
{
	const vf chance = noise_float(b->c->seed, splat_u(b->now + (uint32_t)i));
	const vf swing = ramp_next(&s->noise) * chance + ramp_next(&s->vibrato) * lm_sin_turn(s->phase);
	const vf breath = most * vsqrt(clamp(glide(&s->level, level, i), 0.0f, 1.0f)) * (1.0f + swing);
	s->phase = fract(s->phase + s->step);
	return breath;
}

#endif
