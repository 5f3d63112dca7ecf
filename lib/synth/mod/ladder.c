/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Ladder filter after R. Moog (1965): four one-pole stages in a loop with feedback
 * k, saturating where the loop is closed (synth/mod/ladder.h):
 *     u = sat(v),  v = drive in (1 + k / 2) - k y4,  y4 = G^4 u + S
 * with trapezoidal stages (Zavalishin, ch. 5): G = g / (1 + g), S what the stages remember. It oscillates
 * by itself from k = 4 (at most 4.4), at its cutoff. g, k and the mix of the stages are those which
 * give the analog magnitude for small signals (synth/mod/matched.h): to 0.227 of the rate (10 kHz
 * at 44.1) and cutoffs to 0.36 of it `low` and `low12` are within 0.1 dB, `high` within 0.15, `band` within 0.2.
 */
#include "synth/mod/ladder.h"

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

/* `band` has one zero at half the rate behind the stages, as `low12`, and `high` has three. */
enum { G, K, INTO, OUT, LOW1, LOW2, ZERO, TWELVE1, TWELVE2, BAND0, BAND1, BAND2, HIGH0, HIGH1, HIGH2, COEFS };

struct state {
	vf s[4], low12, band, high[3];
	struct ramp ramp[COEFS];
};

static inline void
coefs(vf cutoff, vf resonance, const struct context *c, vf q[COEFS])
{
	const vf k = clamp(resonance, 0.0f, 1.0f) * 4.4f;
	const struct loop l = four_loop(loop_w(cutoff, c), k);
	const vf over_w2 = 1.0f / (l.w * l.w), over_g2 = 1.0f / (l.g * l.g);
	q[G] = l.g / (1.0f + l.g);
	q[K] = l.k;
	q[INTO] = (1.0f + 0.5f * k) * l.dc;
	struct numerator n = loop_fit(&l, l.p[0], l.p[1], 0);
	q[LOW1] = n.n1;
	q[LOW2] = n.n2;
	/* the two zeros of `low12` where they belong, at s = tanh(w / 2) */
	const vf gz = lm_tanh(0.5f * l.w), over_gz2 = 1.0f / (gz * gz);
	vf p[2];
	for (int i = 0; i < 2; i++)
		p[i] = l.p[i] * square_of((1.0f + matched_w2[i] * over_w2) / (1.0f + matched_u[i] * over_gz2));
	q[ZERO] = l.g / gz;
	n = loop_fit(&l, p[0], p[1], 1);
	q[TWELVE1] = n.n1;
	q[TWELVE2] = n.n2;
	const vf scale = square_of(2.0f * l.g / l.w);
	const float b0 = loop_bent[0] * loop_bent[0], b1 = loop_bent[1] * loop_bent[1];
	n = loop_fit(&l, l.p[0] * b0, l.p[1] * b1, 1);
	q[BAND0] = 4.0f * scale;
	q[BAND1] = n.n1;
	q[BAND2] = n.n2;
	/* as (t0 + t1 / z + t2 / z^2) (1 + 1 / z) / 2 */
	n = loop_fit(&l, l.p[0] * (b0 * b0), l.p[1] * (b1 * b1), 3);
	const vf n1 = n.n1 / l.g, n2 = n.n2 * over_g2, quarter = 0.25f * scale * scale;
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
		vf y[5];
		four_stages(s.s, clamp(at(b->in[IN], i), -1e6f, 1e6f) * q[INTO], q[G], q[K], y);
		/* S times a stage's output is the one before it less itself */
		const vf s1 = y[3] - y[4], s2 = y[2] - y[3], b2 = s2 - s1; /* S, S (1 + S), S^2 over four */
		const vf s3 = y[1] - y[2], b3 = s3 - s2, c3 = b3 - b2;     /* S (1 + S)^2, S^2 (1 + S), S^3 */
		const vf s4 = y[0] - y[1], b4 = s4 - s3, c4 = b4 - b3, high = c4 - c3;
		const vf out = q[OUT];
		const vf one = y[4] + q[ZERO] * s1, one1 = s1 + q[ZERO] * b2, one2 = b2 + q[ZERO] * c3, one3 = c3 + q[ZERO] * high;
		const vf low12 = (one + q[ZERO] * one1) + q[TWELVE1] * (one1 + q[ZERO] * one2) + q[TWELVE2] * (one2 + q[ZERO] * one3);
		const vf band = b2 + q[BAND1] * c3 + q[BAND2] * high;
		b->out[LOW][i] = out * (y[4] + q[LOW1] * s1 + q[LOW2] * b2);
		b->out[LOW12][i] = out * 0.5f * (low12 + s.low12);
		b->out[BAND][i] = out * 0.5f * q[BAND0] * (band + s.band);
		s.low12 = low12;
		s.band = band;
		const vf smooth = 0.5f * (high + s.high[0]);
		b->out[HIGH][i] = out * (q[HIGH0] * smooth + q[HIGH1] * s.high[1] + q[HIGH2] * s.high[2]);
		s.high[0] = high;
		s.high[2] = s.high[1];
		s.high[1] = smooth;
	}
	*st = s;
}

MODULE(ladder) = {
	.name = "ladder", .group = "filter",
	.help = "four-pole ladder filter with saturation, up to self-oscillation",
	.ports = ports, .flags = MODULE_AUDIO, .state = sizeof(struct state), .run = run,
	.example = "ladder{saw{}, cutoff = 700, resonance = 0.7, drive = 12} * adsr{} >> voices()",
};
