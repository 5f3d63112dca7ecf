/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * torchsynth's two oscillators (after Lazzarini and Timoney, "New Perspectives on
 * Distortion Synthesis for Virtual Analog Oscillators", 2010):
 *     x     = phase + sum up to this frame of 440 2^((p - 69) / 12) / rate  [turns]
 *     p     = pitch + tune + depth mod, within 0 to 127
 *     sine  = cos x
 *     saw   = (1 - shape / 2) q (1 + shape cos x),  q = tanh(pi P sin(x) / 2)
 * where P = 12000 / (f log10 f) keeps the edges within hearing, f being the highest
 * frequency that the modulation asks for. shape 0 is a square, 1 a saw. Its alias
 * partials are those of the method: `saw` and `square` are far cleaner.
 */
#include "synth/module.h"

enum { PITCH, TUNE, MOD, DEPTH, PHASE, WAVE, SHAPE, LEVEL };

static const char *const waves[] = {"sine", "squaresaw", 0};

static const struct port ports[] = {
    {PORT_IN, "pitch", RATE_CONTROL, 60, 0, 127, SCALE_LINEAR, 0, "semitones", "note.pitch", "MIDI note"},
    {PORT_IN, "tune", RATE_CONTROL, 0, -48, 48, SCALE_LINEAR, 0, "semitones", 0, "added to the pitch"},
    {PORT_IN, "mod", RATE_AUDIO, 0, -1, 1, SCALE_LINEAR, 0, 0, 0, "moves the pitch, times depth"},
    {PORT_IN, "depth", RATE_CONTROL, 12, -96, 96, SCALE_LINEAR, 0, "semitones", 0, "of mod"},
    {PORT_IN, "phase", RATE_CONTROL, 0, -1, 1, SCALE_LINEAR, 0, "turns", 0, "where a note starts"},
    {PORT_IN, "wave", RATE_FIXED, 1, 0, 1, SCALE_CHOICE, waves, 0, 0, "a sine, or from square to saw"},
    {PORT_IN, "shape", RATE_CONTROL, 1, 0, 1, SCALE_LINEAR, 0, 0, 0, "0 square, 1 saw"},
    {PORT_IN, "level", RATE_AUDIO, 1, -4, 4, SCALE_LINEAR, 0, 0, 0, "of the output"},
    {PORT_OUT, "out", RATE_AUDIO, 0, -1, 1, SCALE_LINEAR, 0, 0, 0, "-1 to 1, times level"},
    {PORT_END},
};

struct state {
	vu phase; /* of the last frame, in 2^-32 turns */
	vf inc;   /* turns a frame at pitch + tune */
	struct ramp sharp, shape;
};

/* 2^(s / 12), s in semitones: whole octaves are taken off before the division rounds. */
static inline vf
ratio(vf s)
{
	const vf octaves = vfloor(s * (1.0f / 12.0f) + 0.5f);
	return lm_exp2((s - 12.0f * octaves) * (1.0f / 12.0f)) * as_vf((to_int(octaves) + 127) << 23);
}

/* How sharp the edges may be: pi P / 2 / ln 2 * 2, for a tanh made of 2^x. */
static inline vf
sharpness(vf highest)
{
	const vf hz = vmax(440.0f * ratio(highest - 69.0f), splat(2.0f));
	return (3.14159265f * 1.442695041f * 12000.0f) / (hz * (lm_log2(hz) * 0.30103f));
}

/* tanh(x ln(2) / 2), exact to 1e-7 of full scale. */
static inline vf
edge(vf x)
{
	return 1.0f - 2.0f / (lm_exp2(clamp(x, -30.0f, 30.0f)) + 1.0f);
}

#define QUARTER 0x40000000u /* of a turn */

/* A frame's part of a turn. */
static inline vu
advance(vf inc, vf octaves)
{
	return as_vu(to_int(vmin(inc * lm_exp2(octaves), splat(0.49f)) * 0x1p32f));
}

static inline vf
sine_of(vu phase)
{
	return lm_sin_half(to_float(u_as_vi(phase)) * 0x1p-32f);
}

static void
run(void *state, const struct block *b)
{
	struct state *const s = state;
	const int last = b->n - 1;
	const vf pitch = clamp(at(b->in[PITCH], last), 0.0f, 127.0f), tune = clamp(at(b->in[TUNE], last), -96.0f, 96.0f);
	const vf depth = clamp(at(b->in[DEPTH], last), -192.0f, 192.0f);
	const vf inc = (440.0f / b->c->rate) * ratio(pitch - 69.0f) * ratio(tune);
	const vf lowest = -pitch - tune, highest = lowest + 127.0f;
	if (b->now == 0) {
		const vf turns = fract(clamp(at(b->in[PHASE], 0), -1e4f, 1e4f));
		s->phase = as_vu(to_int(vmin(turns, splat(0.99999994f)) * 0x1p31f)) << 1;
		s->inc = inc;
	}
	const vf d_inc = (inc - s->inc) * (1.0f / BLOCK);
	vu phase = s->phase;
	vf step = s->inc;
	const struct in mod = b->in[MOD], level = b->in[LEVEL];
	const vf octaves = depth * (1.0f / 12.0f), low = lowest * (1.0f / 12.0f), high = highest * (1.0f / 12.0f);
	/* phases first: a loop of fewer steps in a row leaves more of them to be done at once */
	vu x[BLOCK];
	for (int i = 0; i < b->n; i++) {
		step += d_inc;
		x[i] = phase += advance(step, clampv(octaves * at(mod, i), low, high));
	}
	vf *const out = b->out[0];
	if (b->c->fixed[WAVE] < 0.5f) {
		for (int i = 0; i < b->n; i++)
			out[i] = at(level, i) * sine_of(x[i] + QUARTER);
	} else {
		struct ramp sharp = s->sharp, shape = s->shape;
		ramp_to(&sharp, sharpness(clamp(pitch + tune + vmax(depth, splat(0.0f)), 0.0f, 400.0f)), b);
		ramp_to(&shape, clamp(at(b->in[SHAPE], last), 0.0f, 1.0f), b);
		for (int i = 0; i < b->n; i++)
			out[i] = ramp_next(&sharp) * sine_of(x[i]);
		for (int i = 0; i < b->n; i++) {
			const vf k = ramp_next(&shape), q = edge(out[i]);
			out[i] = at(level, i) * ((1.0f - 0.5f * k) * q * (1.0f + k * sine_of(x[i] + QUARTER)));
		}
		s->sharp = sharp;
		s->shape = shape;
	}
	s->phase = phase;
	s->inc = inc;
}

MODULE(vco) = {
	.name = "vco", .group = "oscillator",
	.help = "sine or square to saw, with deep pitch modulation",
	.ports = ports, .flags = MODULE_AUDIO, .state = sizeof(struct state), .run = run,
	.example = "vco{shape = 0.8, mod = contour{decay = 0.1, sustain = 0}, depth = 24} * adsr{} >> voices()",
};
