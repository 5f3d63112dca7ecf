/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Triangle: from 0 up to 1, down to -1 and back. Its corners are rounded by synth/mod/blep.h. */
#include "synth/mod/blep.h"
#include "synth/mod/osc.h"

enum { PITCH, DETUNE, PHASE, RANDOM };

static const struct port ports[] = {
    OSC_PITCH, OSC_DETUNE, OSC_PHASE, OSC_RANDOM,
    {PORT_OUT, "out", RATE_AUDIO, 0, -1, 1, SCALE_LINEAR, 0, 0, 0, "-1 to 1"},
    {PORT_END},
};

struct state {
	struct osc osc;
	struct blep_post post;
};

static void
run(void *state, const struct block *b)
{
	struct state *const s = state;
	struct osc o = s->osc;
	struct blep_post post = s->post;
	if (b->now == 0)
		o.phase = osc_start(at(b->in[PHASE], 0) - 0.25f, at(b->in[RANDOM], 0), b->c);
	osc_block(&o, b->in[PITCH], b->in[DETUNE], b);
	vf *const out = b->out[0];
	for (int i = 0; i < b->n; i++) {
		osc_next(&o, i, b);
		const vf x = osc_turn(o.phase), r = o.period * (1.0f / BLEP_HALF);
		vf y = blep_triangle(x, o.inc, r);
		const vi high = gt(o.inc, splat(BLEP_TRIANGLE_MAX));
		if (any(high))
			y = sel(high, blep_triangle_high(x, o.inc, r), y);
		if (b->now == 0 && i == 0)
			blep_start(&post, y);
		out[i] = blep_post(&post, y);
		o.phase += osc_step(o.inc);
	}
	s->osc = o;
	s->post = post;
}

MODULE(triangle) = {
	.name = "triangle", .group = "oscillator",
	.help = "triangle wave, band-limited",
	.ports = ports, .flags = MODULE_AUDIO, .state = sizeof(struct state), .run = run,
	.example = "triangle{} * adsr{} >> voices()",
};
