/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Pulse: the difference of two saws `width` of a turn apart, so it has no DC: it
 * is 2 (1 - width) for that part of a turn and -2 width for the rest (1 and -1 at
 * a half). Band-limited by synth/mod/blep.h; the width may move each frame.
 */
#include "synth/mod/blep.h"
#include "synth/mod/osc.h"

enum { PITCH, DETUNE, WIDTH, PHASE, RANDOM };

static const struct port ports[] = {
    OSC_PITCH, OSC_DETUNE,
    {PORT_IN, "width", RATE_CONTROL, 0.5, 0, 1, SCALE_LINEAR, 0, "turns", 0, "how long it is up; 0.5 is square"},
    OSC_PHASE, OSC_RANDOM,
    {PORT_OUT, "out", RATE_AUDIO, 0, -1, 1, SCALE_LINEAR, 0, 0, 0, "-1 to 1; up to 2 where it is narrow"},
    {PORT_END},
};

struct state {
	struct osc osc;
	struct blep_post post;
	struct ramp width;
};

static void
run(void *state, const struct block *b)
{
	struct state *const s = state;
	struct osc o = s->osc;
	struct blep_post post = s->post;
	struct ramp width = s->width;
	if (b->now == 0)
		o.phase = osc_start(at(b->in[PHASE], 0), at(b->in[RANDOM], 0), b->c);
	osc_block(&o, b->in[PITCH], b->in[DETUNE], b);
	ramp_to(&width, clamp(at(b->in[WIDTH], b->n - 1), 0.0f, 1.0f), b);
	vf *const out = b->out[0];
	for (int i = 0; i < b->n; i++) {
		osc_next(&o, i, b);
		vf w = ramp_next(&width);
		if (b->in[WIDTH].stride)
			w = at(b->in[WIDTH], i);
		const vu fall = o.phase - osc_share(w);
		const vf x = osc_turn(o.phase), z = osc_turn(fall), r = o.period * (1.0f / BLEP_HALF);
		vf y = blep_saw(z, r) - blep_saw(x, r);
		const vi high = gt(o.inc, splat(BLEP_SAW_MAX));
		if (any(high))
			y = sel(high, blep_saw_high(z, r) - blep_saw_high(x, r), y);
		if (b->now == 0 && i == 0)
			blep_start(&post, y);
		out[i] = blep_post(&post, y);
		o.phase += osc_step(o.inc);
	}
	s->osc = o;
	s->post = post;
	s->width = width;
}

MODULE(square) = {
	.name = "square", .group = "oscillator",
	.help = "pulse wave with variable width, band-limited",
	.ports = ports, .flags = MODULE_AUDIO, .state = sizeof(struct state), .run = run,
	.example = "square{width = 0.5 + 0.35 * lfo{rate = 0.7}} * adsr{} >> voices()",
};
