/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hold: a sample-and-hold as a filter. `cutoff` times a second it takes h = in - r h (the value
 * held before), and holds it: what passes is sin(x) / x, x = pi f / cutoff, with images around the multiples
 * of the cutoff; the feedback r, resonance times 0.98, raises half the cutoff (a peak of 1 / (1 - r)) over 0 Hz
 * (1 / (1 + r)). The level is times sqrt(1 - r^2), so that noise stays as loud as it was. As in crush, samples are
 * read between frames (Catmull-Rom cubic) and each step is rounded over the two frames around its true time (polyBLEP:
 * V. Valimaki, A. Huovilainen, 2007): images stay in their places. Two frames late.
 */
#include "synth/mod/glide.h"

enum { IN, CUTOFF, RESONANCE };

static const struct port ports[] = {
	PORT_SOUND("in", "sound"),
	PORT_KNOB("cutoff", 4000, 10, 20000, SCALE_LOG, "Hz", "samples a second"),
	PORT_KNOB("resonance", 0, 0, 1, SCALE_LINEAR, NULL, "how far half the cutoff stands out"),
	PORT_RESULT("out", "the steps"),
	{0},
};

struct state {
	struct ramp cutoff, resonance;
	vf past[3];       /* one, two and three frames ago */
	vf phase;         /* samples, 0 to 1 */
	vf held, waiting; /* the sample; the frame that the next step may still bend */
};

static void
run(void *state, const struct block *b)
{
	struct state s = *(struct state *)state;
	const vf zero = splat(0.0f), one = splat(1.0f);
	glide_to(&s.cutoff, b->in[CUTOFF], b);
	glide_to(&s.resonance, b->in[RESONANCE], b);
	for (int i = 0; i < b->n; i++) {
		const vf x = clamp(at(b->in[IN], i), -1e9f, 1e9f), r = 0.98f * clamp(glide(&s.resonance, b->in[RESONANCE], i), 0.0f, 1.0f);
		const vf step = clamp(glide(&s.cutoff, b->in[CUTOFF], i) * (1.0f / b->c->rate), 1e-6f, 0.9f);
		vf now = s.phase + step;
		const vi take = ge(now, one);
		now = sel(take, now - 1.0f, now);
		const vf ago = clampv(now / step, zero, one); /* frames, before one frame ago */
		const vf y0 = s.past[0], y1 = s.past[1], after = s.past[2];
		const vf cubic = 3.0f * (y0 - y1) + after - x;
		const vf square = 2.0f * x - 5.0f * y0 + 4.0f * y1 - after;
		const vf between = y0 + 0.5f * ago * (y1 - x + ago * (square + ago * cubic));
		const vf next = sel(take, between - r * s.held, s.held), jump = next - s.held;
		b->out[0][i] = vsqrt(1.0f - r * r) * (s.waiting + 0.5f * jump * ago * ago);
		s.held = next;
		s.waiting = next - 0.5f * jump * (1.0f - ago) * (1.0f - ago);
		s.past[2] = s.past[1];
		s.past[1] = s.past[0];
		s.past[0] = x;
		s.phase = now;
	}
	*(struct state *)state = s;
}

MODULE(hold) = {
	.name = "hold", .group = "filter",
	.help = "sample-and-hold filter: steps at the cutoff, with resonance at half of it",
	.ports = ports, .flags = MODULE_AUDIO, .state = sizeof(struct state), .run = run,
	.example = "hold{saw{}, cutoff = 3000, resonance = 0.5} * adsr{} >> voices()",
};
