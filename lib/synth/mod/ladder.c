/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Ladder filter after R. Moog (1965): four one-pole stages in a loop with feedback
 * k, saturating where the loop is closed:
 *     u = sat(v),  v = drive in (1 + k / 2) - k y4,  y4 = G^4 u + S
 * with trapezoidal stages (Zavalishin, ch. 5): G = g / (1 + g), S what the stages
 * remember. The loop has no delay: v is found by one Newton step from the linear
 * solution, so that it oscillates by itself at its cutoff (k > 4, at most 4.4). sat is a
 * rational approximation of tanh (its continued fraction), 1 at most.
 */
#include "synth/module.h"

enum { IN, CUTOFF, RESONANCE, DRIVE };
enum { LOW, LOW12, BAND, HIGH };

static const struct port ports[] = {
    {PORT_IN, "in", RATE_AUDIO, 0, -1, 1, SCALE_LINEAR, 0, 0, 0, "sound"},
    {PORT_IN, "cutoff", RATE_CONTROL, 1000, 10, 20000, SCALE_LOG, 0, "Hz", 0, "corner frequency"},
    {PORT_IN, "resonance", RATE_CONTROL, 0, 0, 1, SCALE_LINEAR, 0, 0, 0, "it oscillates by itself from 0.91"},
    {PORT_IN, "drive", RATE_CONTROL, 0, -24, 48, SCALE_LINEAR, 0, "dB", 0,
	"into the saturation; half of it is taken back after"},
    {PORT_OUT, "low", RATE_AUDIO, 0, -1, 1, SCALE_LINEAR, 0, 0, 0, "24 dB an octave"},
    {PORT_OUT, "low12", RATE_AUDIO, 0, -1, 1, SCALE_LINEAR, 0, 0, 0, "after two stages, 12 dB an octave"},
    {PORT_OUT, "band", RATE_AUDIO, 0, -1, 1, SCALE_LINEAR, 0, 0, 0, "12 dB an octave to both sides"},
    {PORT_OUT, "high", RATE_AUDIO, 0, -1, 1, SCALE_LINEAR, 0, 0, 0, "24 dB an octave"},
    {PORT_END},
};

struct state {
	vf s[4];
	struct ramp g, k, in, out;
};

static inline vf
gain(vf cutoff, const struct context *c)
{
	const vf g = lm_tan_pi(clamp(cutoff, 1.0f, 1e6f) * (1.0f / c->rate));
	return g / (1.0f + g);
}

static inline vf
feedback(vf resonance)
{
	return clamp(resonance, 0.0f, 1.0f) * 4.4f;
}

/* tanh within 2e-3 as a fraction; +-1 from 3.65 on */
struct fraction {
	vf over, under;
};

static inline struct fraction
saturate(vf x)
{
	x = clamp(x, -3.6466f, 3.6466f);
	const vf z = x * x;
	return (struct fraction){x * (945.0f + z * (105.0f + z)), 945.0f + z * (420.0f + z * 15.0f)};
}

static void
run(void *state, const struct block *b)
{
	struct state *const st = state;
	struct state s = *st;
	ramp_to(&s.g, gain(at(b->in[CUTOFF], b->n - 1), b->c), b);
	ramp_to(&s.k, feedback(at(b->in[RESONANCE], b->n - 1)), b);
	const vf drive = clamp(at(b->in[DRIVE], b->n - 1), -60.0f, 60.0f);
	ramp_to(&s.in, lm_db_gain(drive), b);
	ramp_to(&s.out, lm_db_gain(-0.5f * drive), b);
	for (int i = 0; i < b->n; i++) {
		vf g = ramp_next(&s.g), k = ramp_next(&s.k);
		if (b->in[CUTOFF].stride)
			g = gain(at(b->in[CUTOFF], i), b->c);
		if (b->in[RESONANCE].stride)
			k = feedback(at(b->in[RESONANCE], i));
		const vf x = clamp(at(b->in[IN], i), -1e6f, 1e6f) * ramp_next(&s.in) * (1.0f + 0.5f * k);
		const vf h = 1.0f - g, g2 = g * g, g3 = g2 * g, g4 = g2 * g2, kg = k * g4;
		/* the loop is v + k g^4 sat(v) = x - k m4, where m4 is what the stages remember */
		const vf m4 = (h * s.s[3] + (h * g) * s.s[2]) + ((h * g2) * s.s[1] + (h * g3) * s.s[0]);
		const vf rhs = x - k * m4, v0 = rhs * (1.0f / (1.0f + kg));
		/* Newton's step, with the saturation as a fraction so that one division does */
		const struct fraction t = saturate(v0);
		const vf step = t.under * ((v0 - rhs) * t.under + kg * t.over) /
		    ((1.0f + kg) * (t.under * t.under) - kg * (t.over * t.over));
		const struct fraction v = saturate(v0 - step);
		const vf u = v.over / v.under;
		const vf m1 = h * s.s[0], m2 = g * m1 + h * s.s[1], m3 = g * m2 + h * s.s[2];
		const vf y[5] = {u, g * u + m1, g2 * u + m2, g3 * u + m3, g4 * u + m4};
		for (int j = 0; j < 4; j++)
			s.s[j] = 2.0f * y[j + 1] - s.s[j];
		const vf out = ramp_next(&s.out);
		b->out[LOW][i] = out * y[4];
		b->out[LOW12][i] = out * y[2];
		b->out[BAND][i] = out * 4.0f * (y[2] - 2.0f * y[3] + y[4]);
		b->out[HIGH][i] = out * (y[0] - 4.0f * (y[1] + y[3]) + 6.0f * y[2] + y[4]);
	}
	*st = s;
}

MODULE(ladder) = {
	.name = "ladder", .group = "filter",
	.help = "four-pole ladder filter with saturation, up to self-oscillation",
	.ports = ports, .flags = MODULE_AUDIO, .state = sizeof(struct state), .run = run,
};
