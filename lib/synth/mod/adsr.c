/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Envelope: attack, decay, sustain, release. A function of time (the segments of
 * synth/mod/env.h), so that one value a block and one a frame are points on the
 * same curve. It starts with its note and releases where the gate falls, at the
 * note's end at the latest; a gate that rises again does not start it again.
 */
#include "synth/mod/env.h"

enum { ATTACK, DECAY, SUSTAIN, RELEASE, CURVE, GATE };

static const struct port ports[] = {
    {PORT_IN, "attack", RATE_CONTROL, 0.005, 0, 20, SCALE_LINEAR, 0, "s", 0, "time to full level"},
    {PORT_IN, "decay", RATE_CONTROL, 0.2, 0, 20, SCALE_LINEAR, 0, "s", 0, "time from there to the sustain level"},
    {PORT_IN, "sustain", RATE_CONTROL, 0.7, 0, 1, SCALE_LINEAR, 0, 0, 0, "level until the note is released"},
    {PORT_IN, "release", RATE_CONTROL, 0.2, 0, 20, SCALE_LINEAR, 0, "s", 0, "time from the release to silence"},
    ENV_CURVE(4),
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

static void
run(void *state, const struct block *b)
{
	struct state *s = state;
	for (int i = 0; i < b->n; i++) {
		const vi now = splat_i((int32_t)frame_of(b, i));
		if (b->in[GATE].stride || i == b->n - 1) {
			const vi low = lt(at(b->in[GATE], i), splat(0.5f)) & lt_i(now, s->off);
			s->off = sel_i(low, now, s->off);
		}
		const vf a = env_frames(at(b->in[ATTACK], i), b->c), d = env_frames(at(b->in[DECAY], i), b->c);
		const vf r = env_frames(at(b->in[RELEASE], i), b->c), curve = env_curve(at(b->in[CURVE], i));
		const vf sustain = clamp(at(b->in[SUSTAIN], i), 0.0f, 1.0f);
		const vi released = ~lt_i(now, s->off);
		const vf t = to_float(sel_i(released, s->off, now));
		const vi rising = lt(t, a);
		const vf x = env_segment(sel(rising, t / a, (t - a) / d), curve);
		const vf level = sel(rising, x, 1.0f + (sustain - 1.0f) * x);
		const vf fall = 1.0f - env_segment(to_float(now - s->off) / r, curve);
		b->out[0][i] = sel(released, level * fall, level);
	}
}

MODULE(adsr) = {"adsr", "modulator", "envelope: attack, decay, sustain, release", ports,
    MODULE_CONTROL | MODULE_VOICE | MODULE_ENVELOPE, size, init, run};
