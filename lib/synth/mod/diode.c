/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Diode ladder, as in the small silver bass machines: four capacitors between diodes,
 * so that each stage loads the one before, and the first capacitor is half as big
 * (T. Stinchcombe, "Diode Ladder Filters", timstinchcombe.co.uk; V. Zavalishin, ch. 5):
 *     y1' = 2 (u - y1 + y2)  y2' = y1 - 2 y2 + y3  y3' = y2 - 2 y3 + y4  y4' = y3 - 2 y4
 *     u = sat(drive in - k y4),  y4 / u = 1 / (s^4 / 2 + 4 s^3 + 10 s^2 + 8 s + 1)
 * in units of the stages' frequency, cutoff / sqrt 2. The four poles are real and wide apart: the slope
 * grows slowly, 18 dB an octave where it is heard, 24 in the end; the resonance is narrow and
 * late. It oscillates by itself from k = 17 (at most 18.4), at its cutoff. The stages are trapezoidal
 * and the loop has no delay (synth/mod/ladder.h); the output is times 1 + k / 4, for what the
 * feedback takes away. With t = s + 2 the denominator is t^4 / 2 - 2 t^2 + 1, so the poles under feedback are
 * t^2 = 2 - sqrt(2 - 2 k): matched, in closed form (synth/mod/matched.h). Small signals are within 0.1 dB of
 * the analog curve to 0.227 of the rate (10 kHz at 44.1), for cutoffs to 0.36 of it.
 */
#include "synth/mod/ladder.h"

enum { IN, CUTOFF, RESONANCE, DRIVE };

static const struct port ports[] = {
	PORT_SOUND("in", "sound"),
	PORT_KNOB("cutoff", 1000, 10, 20000, SCALE_LOG, "Hz", "where it rings"),
	PORT_KNOB("resonance", 0, 0, 1, SCALE_LINEAR, NULL, "it oscillates by itself from 0.93"),
	PORT_KNOB("drive", 0, -24, 48, SCALE_LINEAR, "dB", "into the saturation; half of it is taken back after"),
	PORT_RESULT("out", "what is below the cutoff"),
	{0},
};

enum { G, K, INTO, OUT, LOW1, LOW2, COEFS };

struct state {
	vf s[4];
	struct ramp ramp[COEFS];
};

/* |t^4 / 2 - 2 t^2 + 1 + k|^2 / (1 + k)^2 at s = i x */
static inline vf
power(vf x2, vf k)
{
	const vf a = 2.0f - x2, re = 0.5f * a * a - 8.0f * x2 - 1.0f + k, im = 4.0f * a;
	return (re * re + x2 * im * im) / square_of(1.0f + k) + LOOP_TINY;
}

static inline struct loop
loop(vf w, vf k)
{
	const vf kept = vmin(k, splat(17.0f)), d = 2.0f * kept - 2.0f;
	/* k > 1: the pair t = re +- i im; below, the two slowest real poles */
	const vf size = vsqrt(4.0f + vmax(d, splat(0.0f))), re = vsqrt(0.5f * (size + 2.0f));
	const vf im = vsqrt(vmax(d, splat(0.0f)) / (2.0f * (size + 2.0f)));
	const vf a = root_of(-d), slow = vsqrt(2.0f + a), fast = root_of(2.0f - a);
	const struct poles pair = matched_pair(w * (re - 2.0f), w * im), real = matched_real(w * (slow - 2.0f), w * (fast - 2.0f));
	const vi apart = lt(d, splat(0.0f));
	const vf mean = sel(apart, real.mean, pair.mean), product = sel(apart, real.product, pair.product);
	struct loop l = {.w = w, .g = vsqrt(0.5f * product) - mean};
	const vf over_g2 = 1.0f / (l.g * l.g), over_w2 = 1.0f / (w * w);
	const vf matched = 1.0f + 2.0f * square_of(mean / l.g + 2.0f) * (product - mean * mean) * over_g2;
	l.k = matched + (k - kept);
	l.dc = (1.0f + l.k) / (1.0f + k);
	for (int i = 0; i < 2; i++)
		l.p[i] = power(matched_u[i] * over_g2, matched) / power(matched_w2[i] * over_w2, kept);
	return l;
}

static inline void
coefs(vf cutoff, vf resonance, const struct context *c, vf q[COEFS])
{
	const vf k = clamp(resonance, 0.0f, 1.0f) * 18.4f;
	const struct loop l = loop(loop_w(cutoff, c) * 0.70710678118654752f, k);
	const struct numerator n = loop_fit(&l, l.p[0], l.p[1], 0);
	q[G] = l.g;
	q[K] = l.k;
	q[INTO] = l.dc;
	q[OUT] = 1.0f + 0.25f * k;
	q[LOW1] = n.n1;
	q[LOW2] = n.n2;
}

static void
run(void *state, const struct block *b)
{
	struct state *const st = state;
	struct state s = *st;
	vf q[COEFS];
	coefs(last(b->in[CUTOFF], b), last(b->in[RESONANCE], b), b->c, q);
	const vf drive = clamp(last(b->in[DRIVE], b), -60.0f, 60.0f), into = lm_db_gain(drive), out = lm_db_gain(-0.5f * drive);
	q[INTO] *= into;
	q[OUT] *= out;
	for (int j = 0; j < COEFS; j++)
		ramp_to(&s.ramp[j], q[j], b);
	const int audio = b->in[CUTOFF].stride | b->in[RESONANCE].stride;
	for (int i = 0; i < b->n; i++) {
		LOOP_LINES(q, s.ramp, COEFS);
		if (audio) {
			coefs(at(b->in[CUTOFF], i), at(b->in[RESONANCE], i), b->c, q);
			q[INTO] *= into;
			q[OUT] *= out;
		}
		/* y_j = a_j y_(j-1) + m_j, from the last stage up: a_j = g over what the stages behind leave of p = 1 + 2 g */
		const vf g = q[G], gg = g * g, p = 1.0f + 2.0f * g, p2 = p * p;
		const vf e3 = p2 - gg, e2 = p * (p2 - 2.0f * gg), e1 = p * e2 - 2.0f * gg * e3;
		const vf all = 1.0f / ((p * e3) * (e2 * e1)), e21 = e2 * e1 * all;
		const vf d4 = e3 * e21, d3 = p2 * e21, d2 = (p * e3) * (e3 * (e1 * all)), d1 = (p * e3) * (e2 * (e2 * all));
		const vf a4 = g * d4, a3 = g * d3, a2 = g * d2, a1 = 2.0f * g * d1;
		const vf m4 = d4 * s.s[3], m3 = d3 * (s.s[2] + g * m4), m2 = d2 * (s.s[1] + g * m3);
		const vf m1 = d1 * (s.s[0] + 2.0f * (g * m2));
		const vf behind = a4 * (a3 * (a2 * m1 + m2) + m3) + m4;
		const vf x = clamp(at(b->in[IN], i), -1e6f, 1e6f) * q[INTO];
		const vf u = saturated_loop(x - q[K] * behind, q[K] * ((a1 * a2) * (a3 * a4)));
		const vf y1 = a1 * u + m1, y2 = a2 * y1 + m2, y3 = a3 * y2 + m3, y4 = a4 * y3 + m4;
		const vf y[4] = {y1, y2, y3, y4};
		for (int j = 0; j < 4; j++)
			s.s[j] = 2.0f * y[j] - s.s[j];
		const vf first = y3 - 2.0f * y4, second = (y2 - 2.0f * y3 + y4) - 2.0f * first; /* S y4, S^2 y4 */
		b->out[0][i] = q[OUT] * (y4 + q[LOW1] * first + q[LOW2] * second);
	}
	*st = s;
}

MODULE(diode) = {
	.name = "diode", .group = "filter",
	.help = "diode ladder: four coupled poles with saturation, up to self-oscillation",
	.ports = ports, .flags = MODULE_AUDIO, .state = sizeof(struct state), .run = run,
	.example = "diode{saw{}, cutoff = 600, resonance = 0.85, drive = 12} * adsr{} >> voices()",
};
