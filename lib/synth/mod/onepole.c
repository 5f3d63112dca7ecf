/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One pole, trapezoidal (Zavalishin, ch. 3): g = tan(pi fc / fs), G = g / (1 + g),
 * low = s + G (in - s), s' = 2 low - s. 6 dB an octave.
 */
#include "synth/module.h"

enum { IN, CUTOFF };
enum { LOW, HIGH };

static const struct port ports[] = {
    {PORT_IN, "in", RATE_AUDIO, 0, -1, 1, SCALE_LINEAR, 0, 0, 0, "sound"},
    {PORT_IN, "cutoff", RATE_CONTROL, 1000, 1, 20000, SCALE_LOG, 0, "Hz", 0, "corner frequency, -3 dB"},
    {PORT_OUT, "low", RATE_AUDIO, 0, -1, 1, SCALE_LINEAR, 0, 0, 0, "below the cutoff"},
    {PORT_OUT, "high", RATE_AUDIO, 0, -1, 1, SCALE_LINEAR, 0, 0, 0, "above the cutoff"},
    {PORT_END},
};

struct state {
	vf s;
	struct ramp g;
};

static inline vf
gain(vf cutoff, const struct context *c)
{
	const vf g = lm_tan_pi(clamp(cutoff, 0.01f, 1e6f) * (1.0f / c->rate));
	return g / (1.0f + g);
}

static void
run(void *state, const struct block *b)
{
	struct state s = *(struct state *)state;
	ramp_to(&s.g, gain(at(b->in[CUTOFF], b->n - 1), b->c), b);
	for (int i = 0; i < b->n; i++) {
		vf g = ramp_next(&s.g);
		if (b->in[CUTOFF].stride)
			g = gain(at(b->in[CUTOFF], i), b->c);
		const vf x = at(b->in[IN], i), v = (x - s.s) * g, low = v + s.s;
		s.s = low + v;
		b->out[LOW][i] = low;
		b->out[HIGH][i] = x - low;
	}
	*(struct state *)state = s;
}

MODULE(onepole) = {
	.name = "onepole", .group = "filter",
	.help = "one-pole filter: low and high",
	.ports = ports, .flags = MODULE_AUDIO, .state = sizeof(struct state), .run = run,
};
