/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One pole, trapezoidal (Zavalishin, ch. 3): low = m + G (in - m), m' = 2 low - m, with
 * G = g / (1 + g) and g = tanh(w / 2), which is where the analog pole belongs; then what
 * makes the magnitudes the analog ones (synth/mod/matched.h): within 0.1 dB up to
 * 0.227 of the rate (10 kHz at 44.1), for any cutoff. 6 dB an octave.
 */
#include "synth/mod/matched.h"

enum { IN, CUTOFF };
enum { LOW, HIGH };

static const struct port ports[] = {
    {PORT_IN, "in", RATE_AUDIO, 0, -1, 1, SCALE_LINEAR, 0, 0, 0, "sound"},
    {PORT_IN, "cutoff", RATE_CONTROL, 1000, 1, 20000, SCALE_LOG, 0, "Hz", 0, "corner frequency, -3 dB"},
    {PORT_OUT, "low", RATE_AUDIO, 0, -1, 1, SCALE_LINEAR, 0, 0, 0, "below the cutoff"},
    {PORT_OUT, "high", RATE_AUDIO, 0, -1, 1, SCALE_LINEAR, 0, 0, 0, "above the cutoff"},
    {PORT_END},
};

enum { G, LOW1, HIGH0, HIGH1, COEFS };

struct state {
	vf m, high;
	struct ramp ramp[COEFS];
};

static inline void
coefs(vf cutoff, const struct context *c, vf q[COEFS])
{
	const vf w = matched_w(cutoff, c), g = lm_tanh(0.5f * w);
	const float u = matched_u[1], w2 = matched_w2[1];
	const vf p = (1.0f + u / (g * g)) / (1.0f + w2 / (w * w));
	q[G] = g / (1.0f + g);
	q[LOW1] = g * root_of((p - 1.0f) * (1.0f / u));
	const vf slope = 2.0f * g / w;
	matched_taps(p * (0.25f * w2 / u), &q[HIGH0], &q[HIGH1]);
	q[HIGH0] *= slope;
	q[HIGH1] *= slope;
}

static void
run(void *state, const struct block *b)
{
	struct state s = *(struct state *)state;
	vf q[COEFS];
	coefs(last(b->in[CUTOFF], b), b->c, q);
	struct ramp g = s.ramp[G], low1 = s.ramp[LOW1], high0 = s.ramp[HIGH0], high1 = s.ramp[HIGH1];
	ramp_to(&g, q[G], b);
	ramp_to(&low1, q[LOW1], b);
	ramp_to(&high0, q[HIGH0], b);
	ramp_to(&high1, q[HIGH1], b);
	const int audio = b->in[CUTOFF].stride;
	for (int i = 0; i < b->n; i++) {
		q[G] = ramp_next(&g), q[LOW1] = ramp_next(&low1), q[HIGH0] = ramp_next(&high0), q[HIGH1] = ramp_next(&high1);
		if (audio)
			coefs(at(b->in[CUTOFF], i), b->c, q);
		const vf x = at(b->in[IN], i), v = (x - s.m) * q[G], low = v + s.m, high = x - low;
		s.m = low + v;
		b->out[LOW][i] = low + q[LOW1] * high;
		b->out[HIGH][i] = q[HIGH0] * high + q[HIGH1] * s.high;
		s.high = high;
	}
	s.ramp[G] = g, s.ramp[LOW1] = low1, s.ramp[HIGH0] = high0, s.ramp[HIGH1] = high1;
	*(struct state *)state = s;
}

MODULE(onepole) = {
	.name = "onepole", .group = "filter",
	.help = "one-pole filter: low and high",
	.ports = ports, .flags = MODULE_AUDIO, .state = sizeof(struct state), .run = run,
	.example = "onepole{saw{}, cutoff = 1500} * adsr{} >> voices()",
};
