/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Envelope: attack, decay, sustain, release. A function of time, so that one
 * value a block and one a frame are points on the same curve. Each segment goes
 * from one level to the next along
 *     (1 - 2^(-curve x)) / (1 - 2^-curve),  x = time / length in 0..1,
 * which arrives exactly at its end; curve near 0 is a straight line. It starts
 * with its note and releases where the gate falls (the note's end at the latest).
 */
#include "synth/module.h"

enum { ATTACK, DECAY, SUSTAIN, RELEASE, CURVE, GATE };

static const struct port ports[] = {
	{PORT_IN, "attack", RATE_CONTROL, 0.005, 0, 20, SCALE_LINEAR, 0, "s", 0, "time to full level"},
	{PORT_IN, "decay", RATE_CONTROL, 0.2, 0, 20, SCALE_LINEAR, 0, "s", 0, "time from there to the sustain level"},
	{PORT_IN, "sustain", RATE_CONTROL, 0.7, 0, 1, SCALE_LINEAR, 0, 0, 0, "level until the note is released"},
	{PORT_IN, "release", RATE_CONTROL, 0.2, 0, 20, SCALE_LINEAR, 0, "s", 0, "time from the release to silence"},
	{PORT_IN, "curve", RATE_CONTROL, 4, 0, 16, SCALE_LINEAR, 0, 0, 0,
	    "0 straight; more: fast at first, then slow"},
	{PORT_IN, "gate", RATE_CONTROL, 1, 0, 1, SCALE_LINEAR, 0, 0, "note.gate", "releases where it falls under a half"},
	{PORT_OUT, "out", RATE_CONTROL, 0, 0, 1, SCALE_LINEAR, 0, 0, 0, "0 to 1"},
	{PORT_END},
};

struct state {
	vi off; /* frame of the release */
};

static size_t
size(const struct context *c)
{
	(void)c;
	return sizeof(struct state);
}

static void
init(void *state, const struct context *c)
{
	struct state *s = state;
	s->off = c->off;
}

/* 0 at x <= 0, 1 at x >= 1 */
static inline vf
segment(vf x, vf curve)
{
	x = clamp(x, 0.0f, 1.0f);
	return (1.0f - lm_exp2(-curve * x)) / (1.0f - lm_exp2(-curve));
}

static void
run(void *state, const struct block *b)
{
	struct state *s = state;
	const vf rate = splat(b->c->rate);
	for (int i = 0; i < b->n; i++) {
		const vi now = splat_i((int32_t)frame_of(b, i));
		if (b->in[GATE].stride || i == b->n - 1) {
			const vi low = lt(at(b->in[GATE], i), splat(0.5f)) & lt_i(now, s->off);
			s->off = sel_i(low, now, s->off);
		}
		/* lengths in frames; one frame at least */
		const vf a = clamp(at(b->in[ATTACK], i) * rate, 1.0f, 1e9f), d = clamp(at(b->in[DECAY], i) * rate, 1.0f, 1e9f);
		const vf r = clamp(at(b->in[RELEASE], i) * rate, 1.0f, 1e9f), curve = clamp(at(b->in[CURVE], i), 0.05f, 16.0f);
		const vf sustain = clamp(at(b->in[SUSTAIN], i), 0.0f, 1.0f);
		const vi released = ~lt_i(now, s->off);
		const vf t = to_float(sel_i(released, s->off, now));
		const vi rising = lt(t, a);
		const vf x = segment(sel(rising, t / a, (t - a) / d), curve);
		const vf level = sel(rising, x, 1.0f + (sustain - 1.0f) * x);
		const vf fall = 1.0f - segment(to_float(now - s->off) / r, curve);
		b->out[0][i] = sel(released, level * fall, level);
	}
}

MODULE(adsr) = {"adsr", "modulator", "envelope: attack, decay, sustain, release", ports,
    MODULE_CONTROL | MODULE_VOICE | MODULE_ENVELOPE, size, init, run};
