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
    {PORT_IN, "shape", RATE_CONTROL, 1, 0, 1, SCALE_LINEAR, 0, 0, 0, "0 square, 1 saw", .when = "wave = squaresaw"},
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

/* tanh(x ln(2) / 2), exact to 1.3e-6 of full scale. Fit of 2^f: 2.6e-6 relative. */
static inline vf
edge(vf x)
{
	x = clamp(x, -30.0f, 30.0f);
	const vf k = x + LM_ROUND, f = x - (k - LM_ROUND);
	vf p = f * 0.009570099413394928f + 0.05591786280274391f;
	p = p * f + 0.240247443318367f;
	p = p * f + 0.6931217908859253f;
	p = p * f + 0.9999992847442627f;
	return 1.0f - 2.0f / (as_vf(u_as_vi(as_vu(as_vi(p)) + (as_vu(as_vi(k)) << 23))) + 1.0f);
}

/* cos and sin of 2 pi phase. Fit of the cosine: 5e-8. */
static inline vf
cosine_of(vu phase, vf *sine)
{
	const vf x = to_float(u_as_vi(phase)) * 0x1p-32f, a = vabs(x), f = vmin(a, 0.5f - a), z = f * f;
	vf p = z * 56.24237823486328f - 85.2403335571289f;
	p = p * z + 64.9345932006836f;
	p = p * z - 19.739171981811523f;
	p = p * z + 0.9999999403953552f;
	*sine = lm_sin_half(x);
	return copysign_v(p, 0.25f - a);
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
	const struct in mod = b->in[MOD], level = b->in[LEVEL];
	const vf octaves = depth * (1.0f / 12.0f), low = lowest * (1.0f / 12.0f);
	const vf high = vmin(highest * (1.0f / 12.0f), lm_log2(0.49f / vmax(s->inc, inc))); /* within half the rate */
	vf *const out = b->out[0], sine;
	/* phases first: a loop of fewer steps in a row leaves more of them to be done at once */
	vu x[BLOCK];
	const vf d_step = (inc - s->inc) * (0x1p32f / BLOCK);
	vf step = s->inc * 0x1p32f;
	vu phase = s->phase;
	for (int i = 0; i < b->n; i++) {
		step += d_step;
		x[i] = phase += as_vu(to_int(step * lm_exp2(clampv(octaves * at(mod, i), low, high))));
	}
	if (b->c->fixed[WAVE] < 0.5f) {
		for (int i = 0; i < b->n; i++)
			out[i] = at(level, i) * cosine_of(x[i], &sine);
	} else {
		struct ramp sharp = s->sharp, shape = s->shape;
		ramp_to(&sharp, sharpness(clamp(pitch + tune + vmax(depth, splat(0.0f)), 0.0f, 400.0f)), b);
		ramp_to(&shape, clamp(at(b->in[SHAPE], last), 0.0f, 1.0f), b);
		for (int i = 0; i < b->n; i++) {
			const vf k = ramp_next(&shape), cosine = cosine_of(x[i], &sine);
			out[i] = at(level, i) * ((1.0f - 0.5f * k) * edge(ramp_next(&sharp) * sine) * (1.0f + k * cosine));
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
