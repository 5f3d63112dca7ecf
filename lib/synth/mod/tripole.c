/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tripole: three one-pole stages in a loop with feedback k, saturating where the loop is
 * closed (synth/mod/ladder.h): u = sat(drive in (1 + k / 4) - k y3). Between a two-pole
 * filter and a ladder: 18 dB an octave, and the resonance is louder than a ladder's. It oscillates
 * by itself from k = 8 (at most 8.8), at its cutoff: the stages stand at cutoff / sqrt 3, so
 * without resonance it is 3 dB down at 0.29 of the cutoff. g, k and the mix of the stages are those which
 * give the analog magnitude for small signals: within 0.1 dB to 0.227 of the rate (10 kHz at 44.1), for
 * cutoffs to 0.36 of it.
 */
#include "synth/mod/ladder.h"

enum { IN, CUTOFF, RESONANCE, DRIVE };
enum { LOW, BAND, HIGH };

static const struct port ports[] = {
	PORT_SOUND("in", "sound"),
	PORT_KNOB("cutoff", 1000, 10, 20000, SCALE_LOG, "Hz", "where it rings"),
	PORT_KNOB("resonance", 0, 0, 1, SCALE_LINEAR, NULL, "it oscillates by itself from 0.91"),
	PORT_KNOB("drive", 0, -24, 48, SCALE_LINEAR, "dB", "into the saturation; half of it is taken back after"),
	PORT_RESULT("low", "18 dB an octave"),
	PORT_RESULT("band", "6 dB an octave below, 12 above"),
	PORT_RESULT("high", "18 dB an octave"),
	{0},
};

/* `band` has one zero at half the rate behind the stages, and `high` has two. */
enum { G, K, INTO, OUT, LOW1, LOW2, BAND0, BAND1, BAND2, HIGH0, HIGH1, HIGH2, COEFS };

struct state {
	vf s[3], band, high[2];
	struct ramp ramp[COEFS];
};

static inline void
coefs(vf cutoff, vf resonance, const struct context *c, vf q[COEFS])
{
	const vf k = clamp(resonance, 0.0f, 1.0f) * 8.8f;
	const struct loop l = three_loop(loop_w(cutoff, c) * 0.57735026918962576f, k);
	q[G] = l.g / (1.0f + l.g);
	q[K] = l.k;
	q[INTO] = (1.0f + 0.25f * k) * l.dc;
	struct numerator n = loop_fit(&l, l.p[0], l.p[1], 0);
	q[LOW1] = n.n1;
	q[LOW2] = n.n2;
	const vf scale = 2.0f * l.g / l.w;
	const float b0 = loop_bent[0], b1 = loop_bent[1];
	n = loop_fit(&l, l.p[0] * b0, l.p[1] * b1, 1);
	q[BAND0] = scale;
	q[BAND1] = scale * n.n1;
	q[BAND2] = scale * n.n2;
	n = loop_fit(&l, l.p[0] * (b0 * b0 * b0), l.p[1] * (b1 * b1 * b1), 2);
	const vf n1 = n.n1 / l.g, n2 = n.n2 / (l.g * l.g), quarter = 0.25f * scale * scale * scale;
	q[HIGH0] = quarter * (1.0f + n1 + n2);
	q[HIGH1] = quarter * 2.0f * (1.0f - n2);
	q[HIGH2] = quarter * (1.0f - n1 + n2);
}

static void
run(void *state, const struct block *b)
{
	struct state *const st = state;
	struct state s = *st;
	vf q[COEFS];
	coefs(last(b->in[CUTOFF], b), last(b->in[RESONANCE], b), b->c, q);
	const vf drive = clamp(last(b->in[DRIVE], b), -60.0f, 60.0f), into = lm_db_gain(drive);
	q[INTO] *= into;
	q[OUT] = lm_db_gain(-0.5f * drive);
	for (int j = 0; j < COEFS; j++)
		ramp_to(&s.ramp[j], q[j], b);
	const int audio = b->in[CUTOFF].stride | b->in[RESONANCE].stride;
	for (int i = 0; i < b->n; i++) {
		LOOP_LINES(q, s.ramp, COEFS);
		if (audio) {
			coefs(at(b->in[CUTOFF], i), at(b->in[RESONANCE], i), b->c, q);
			q[INTO] *= into;
		}
		const vf x = clamp(at(b->in[IN], i), -1e6f, 1e6f) * q[INTO];
		const vf g = q[G], h = 1.0f - g, g2 = g * g, g3 = g2 * g;
		const vf m1 = h * s.s[0], m2 = g * m1 + h * s.s[1], m3 = g * m2 + h * s.s[2];
		const vf u = saturated_loop(x - q[K] * m3, q[K] * g3);
		const vf y[4] = {u, g * u + m1, g2 * u + m2, g3 * u + m3};
		for (int j = 0; j < 3; j++)
			s.s[j] = 2.0f * y[j + 1] - s.s[j];
		/* S times a stage's output is the one before it less itself */
		const vf s1 = y[2] - y[3], s2 = y[1] - y[2], b2 = s2 - s1, high = (y[0] - y[1]) - s2 - b2;
		const vf out = q[OUT], band = q[BAND0] * s1 + q[BAND1] * b2 + q[BAND2] * high;
		b->out[LOW][i] = out * (y[3] + q[LOW1] * s1 + q[LOW2] * b2);
		b->out[BAND][i] = out * 0.5f * (band + s.band);
		b->out[HIGH][i] = out * (q[HIGH0] * high + q[HIGH1] * s.high[0] + q[HIGH2] * s.high[1]);
		s.band = band;
		s.high[1] = s.high[0];
		s.high[0] = high;
	}
	*st = s;
}

MODULE(tripole) = {
	.name = "tripole", .group = "filter",
	.help = "three-pole filter with saturation, up to self-oscillation",
	.ports = ports, .flags = MODULE_AUDIO, .state = sizeof(struct state), .run = run,
	.example = "tripole{saw{}, cutoff = 900, resonance = 0.7, drive = 6} * adsr{} >> voices()",
};
