/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * State-variable filter, two poles, four outputs at once: trapezoidal
 * integrators without a delay in the loop (V. Zavalishin, The Art of VA Filter
 * Design, ch. 4; A. Simper, "Linear Trapezoidal Integrated SVF", 2013):
 *     a1 = 1 / (1 + g (g + k)), a2 = g a1, a3 = g a2
 * with g and k from the analog filter's poles, and each output mixed so that its
 * magnitude is the analog filter's (synth/mod/matched.h): within 0.1 dB up to 0.227 of the
 * rate (10 kHz at 44.1) for cutoffs from 20 Hz to 0.36 of it (16 kHz), at any resonance.
 * The update of the two integrators is a contraction in the plain norm whatever
 * g and k are, so it stays one between two settings: a1, a2, a3 move in straight
 * lines over a block, and no modulation can make the filter blow up.
 */
#include "synth/mod/matched.h"

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

/* What moves in a straight line over a block. */
enum { A1, A2, A3, K, LOW1, LOW2, BAND1, BAND2, HIGH0, HIGH1, ZERO, NOTCH0, NOTCH1, COEFS };

struct state {
	vf ic1, ic2, high, notch;
	struct ramp ramp[COEFS];
};

static inline void
coefs(vf cutoff, vf resonance, const struct context *c, vf q[COEFS])
{
	const vf w = matched_w(cutoff, c), k = 2.0f - 1.98f * clamp(resonance, 0.0f, 1.0f);
	const struct two_pole t = two_pole(w, k);
	const vf g = t.g, p2 = t.p[1], u2 = splat(matched_u[1]), w2 = splat(matched_w2[1]);
	q[K] = t.k;
	q[A1] = 1.0f / (1.0f + g * (g + t.k));
	q[A2] = g * q[A1];
	q[A3] = g * q[A2];
	const struct numerator low = matched_fit(t.p[0], p2);
	q[LOW1] = low.n1 * g;
	q[LOW2] = low.n2 * (g * g);
	/* s / w: exact at 0 Hz and at the second frequency */
	const vf slope = g / w, bent = w2 / u2;
	q[BAND1] = 2.0f * slope;
	q[BAND2] = slope * g * root_of((bent * p2 - 4.0f) / u2);
	const vf steep = 4.0f * slope * slope;
	matched_taps(bent * bent * p2 * (1.0f / 16.0f), &q[HIGH0], &q[HIGH1]);
	q[HIGH0] *= steep;
	q[HIGH1] *= steep;
	matched_notch(w, &t, &q[ZERO], &q[NOTCH0], &q[NOTCH1]);
}

/* One frame of the integrators: 1, S and S^2 over the denominator. */
static inline void
step(vf *ic1, vf *ic2, vf x, const vf *q, vf *low, vf *band, vf *high)
{
	const vf v3 = x - *ic2, v1 = q[A1] * *ic1 + q[A2] * v3, v2 = (*ic2 + q[A2] * *ic1) + q[A3] * v3;
	*ic1 = (v1 + v1) - *ic1;
	*ic2 = (v2 + v2) - *ic2;
	*low = v2;
	*band = v1;
	*high = x - q[K] * v1 - v2;
}

/* Every coefficient anew in every frame. */
static void
run_audio(struct state *s, const struct block *b)
{
	vf q[COEFS], low, band, high;
	for (int i = 0; i < b->n; i++) {
		coefs(at(b->in[CUTOFF], i), at(b->in[RESONANCE], i), b->c, q);
		step(&s->ic1, &s->ic2, at(b->in[IN], i), q, &low, &band, &high);
		const vf n = low + q[ZERO] * high;
		b->out[LOW][i] = low + q[LOW1] * band + q[LOW2] * high;
		b->out[BAND][i] = q[BAND1] * band + q[BAND2] * high;
		b->out[HIGH][i] = q[HIGH0] * high + q[HIGH1] * s->high;
		b->out[NOTCH][i] = q[NOTCH0] * n + q[NOTCH1] * s->notch;
		s->high = high;
		s->notch = n;
	}
}

/* Straight lines; two outputs at a time, so that what moves fits the registers. */
static void
run_lines(struct state *s, const struct block *b)
{
	vf *const low = b->out[LOW], *const band = b->out[BAND], *const high = b->out[HIGH], *const notch = b->out[NOTCH];
	struct ramp *const r = s->ramp;
	struct ramp a1 = r[A1], a2 = r[A2], a3 = r[A3], k = r[K];
	vf ic1 = s->ic1, ic2 = s->ic2;
	for (int i = 0; i < b->n; i++) {
		const vf q[] = {[A1] = ramp_next(&a1), [A2] = ramp_next(&a2), [A3] = ramp_next(&a3), [K] = ramp_next(&k)};
		step(&ic1, &ic2, at(b->in[IN], i), q, &low[i], &band[i], &high[i]);
	}
	s->ic1 = ic1, s->ic2 = ic2;
	r[A1] = a1, r[A2] = a2, r[A3] = a3, r[K] = k;

	struct ramp c0 = r[HIGH0], c1 = r[HIGH1], z = r[ZERO], d0 = r[NOTCH0], d1 = r[NOTCH1];
	struct ramp l1 = r[LOW1], l2 = r[LOW2], b1 = r[BAND1], b2 = r[BAND2];
	vf last_high = s->high, last_notch = s->notch;
	for (int i = 0; i < b->n; i++) {
		const vf v2 = low[i], v1 = band[i], h = high[i], n = v2 + ramp_next(&z) * h;
		low[i] = v2 + ramp_next(&l1) * v1 + ramp_next(&l2) * h;
		band[i] = ramp_next(&b1) * v1 + ramp_next(&b2) * h;
		high[i] = ramp_next(&c0) * h + ramp_next(&c1) * last_high;
		notch[i] = ramp_next(&d0) * n + ramp_next(&d1) * last_notch;
		last_high = h;
		last_notch = n;
	}
	s->high = last_high, s->notch = last_notch;
	r[HIGH0] = c0, r[HIGH1] = c1, r[ZERO] = z, r[NOTCH0] = d0, r[NOTCH1] = d1;
	r[LOW1] = l1, r[LOW2] = l2, r[BAND1] = b1, r[BAND2] = b2;
}

static void
run(void *state, const struct block *b)
{
	struct state *const s = state;
	vf q[COEFS];
	coefs(last(b->in[CUTOFF], b), last(b->in[RESONANCE], b), b->c, q);
	for (int j = 0; j < COEFS; j++)
		ramp_to(&s->ramp[j], q[j], b);
	if (!(b->in[CUTOFF].stride | b->in[RESONANCE].stride)) {
		run_lines(s, b);
		return;
	}
	for (int j = 0; j < COEFS; j++)
		s->ramp[j].v = q[j];
	run_audio(s, b);
}

MODULE(svf) = {
	.name = "svf", .group = "filter",
	.help = "two-pole filter: low, band, high, notch",
	.ports = ports, .flags = MODULE_AUDIO, .state = sizeof(struct state), .run = run,
	.example = "svf{saw{}, cutoff = 800, resonance = 0.6} * adsr{} >> voices()",
};
