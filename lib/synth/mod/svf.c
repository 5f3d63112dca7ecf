/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * State-variable filter, two poles, four outputs at once: trapezoidal
 * integrators without a delay in the loop (V. Zavalishin, The Art of VA Filter
 * Design, ch. 4; A. Simper, "Linear Trapezoidal Integrated SVF", 2013):
 *     g = tan(pi fc / fs), k = 1/Q, a1 = 1 / (1 + g (g + k)), a2 = g a1, a3 = g a2
 * The update of the two integrators is a contraction in the plain norm whatever
 * fc and k are, so it stays one between two settings: a1, a2, a3 move in straight
 * lines over a block, and no modulation can make the filter blow up.
 */
#include "synth/module.h"

enum { IN, CUTOFF, RESONANCE };
enum { LOW, BAND, HIGH, NOTCH };

static const struct port ports[] = {
    {PORT_IN, "in", RATE_AUDIO, 0, -1, 1, SCALE_LINEAR, 0, 0, 0, "sound"},
    {PORT_IN, "cutoff", RATE_CONTROL, 1000, 10, 20000, SCALE_LOG, 0, "Hz", 0, "corner frequency"},
    {PORT_IN, "resonance", RATE_CONTROL, 0, 0, 1, SCALE_LINEAR, 0, 0, 0, "Q from 0.5 to 50"},
    {PORT_OUT, "low", RATE_AUDIO, 0, -1, 1, SCALE_LINEAR, 0, 0, 0, "below the cutoff, 12 dB an octave"},
    {PORT_OUT, "band", RATE_AUDIO, 0, -1, 1, SCALE_LINEAR, 0, 0, 0, "around the cutoff; Q is its gain there"},
    {PORT_OUT, "high", RATE_AUDIO, 0, -1, 1, SCALE_LINEAR, 0, 0, 0, "above the cutoff, 12 dB an octave"},
    {PORT_OUT, "notch", RATE_AUDIO, 0, -1, 1, SCALE_LINEAR, 0, 0, 0, "all but the cutoff"},
    {PORT_END},
};

struct state {
	vf ic1, ic2;
	struct ramp a1, a2, a3, k;
};

struct coefs {
	vf a1, a2, a3, k;
};

static inline struct coefs
coefs(vf cutoff, vf resonance, const struct context *c)
{
	struct coefs q;
	const vf g = lm_tan_pi(clamp(cutoff, 1.0f, 1e6f) * (1.0f / c->rate));
	q.k = 2.0f - 1.98f * clamp(resonance, 0.0f, 1.0f);
	q.a1 = 1.0f / (1.0f + g * (g + q.k));
	q.a2 = g * q.a1;
	q.a3 = g * q.a2;
	return q;
}

static void
run(void *state, const struct block *b)
{
	struct state s = *(struct state *)state;
	struct coefs q = coefs(at(b->in[CUTOFF], b->n - 1), at(b->in[RESONANCE], b->n - 1), b->c);
	ramp_to(&s.a1, q.a1, b);
	ramp_to(&s.a2, q.a2, b);
	ramp_to(&s.a3, q.a3, b);
	ramp_to(&s.k, q.k, b);
	const int audio = b->in[CUTOFF].stride | b->in[RESONANCE].stride;
	vf *const low = b->out[LOW], *const band = b->out[BAND], *const high = b->out[HIGH], *const notch = b->out[NOTCH];
	const struct in in = b->in[IN];
	for (int i = 0; i < b->n; i++) {
		q = (struct coefs){ramp_next(&s.a1), ramp_next(&s.a2), ramp_next(&s.a3), ramp_next(&s.k)};
		if (audio)
			q = coefs(at(b->in[CUTOFF], i), at(b->in[RESONANCE], i), b->c);
		const vf x = at(in, i), v3 = x - s.ic2;
		const vf v1 = q.a1 * s.ic1 + q.a2 * v3;
		const vf v2 = (s.ic2 + q.a2 * s.ic1) + q.a3 * v3;
		s.ic1 = (v1 + v1) - s.ic1;
		s.ic2 = (v2 + v2) - s.ic2;
		low[i] = v2;
		band[i] = v1;
		notch[i] = x - q.k * v1;
		high[i] = notch[i] - v2;
	}
	*(struct state *)state = s;
}

MODULE(svf) = {
	.name = "svf", .group = "filter",
	.help = "two-pole filter: low, band, high, notch",
	.ports = ports, .flags = MODULE_AUDIO, .state = sizeof(struct state), .run = run,
};
