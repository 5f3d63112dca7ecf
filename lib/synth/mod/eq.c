/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * eq: low shelf, two peaks, high shelf, on both sides. The curves are those of
 * R. Bristow-Johnson's Audio EQ Cookbook (shelves of Q 1/sqrt 2), computed by
 * trapezoidal state-variable filters (A. Simper, "Linear Trapezoidal Integrated
 * SVF", 2013), which keep their precision at low frequencies and stay calm when
 * moved. With A = 10^(gain / 40), t = tan(pi f / rate):
 *     low shelf   g = t / sqrt A   k = sqrt 2     out = x + k (A - 1) v1 + (A^2 - 1) v2
 *     peak        g = t            k = 1 / (Q A)  out = x + k (A^2 - 1) v1
 *     high shelf  g = t sqrt A     k = sqrt 2     out = A^2 x + k (A - A^2) v1 + (1 - A^2) v2
 */
#include "synth/mod/glide.h"

enum { LEFT, RIGHT, LOW, LOW_GAIN, PEAK1, PEAK1_GAIN, PEAK1_Q, PEAK2, PEAK2_GAIN, PEAK2_Q, HIGH, HIGH_GAIN };
enum { BANDS = 4 };

static const struct port ports[] = {
	PORT_SOUND("left", "left side"),
	PORT_SOUND("right", "right side"),
	PORT_KNOB("low", 120, 20, 1000, SCALE_LOG, "Hz", "middle of the low shelf's slope"),
	PORT_KNOB("low_gain", 0, -24, 24, SCALE_LINEAR, "dB", "height of the low shelf"),
	PORT_KNOB("peak1", 500, 20, 20000, SCALE_LOG, "Hz", "first peak"),
	PORT_KNOB("peak1_gain", 0, -24, 24, SCALE_LINEAR, "dB", "its height"),
	PORT_KNOB("peak1_q", 1, 0.1f, 20, SCALE_LOG, NULL, "its narrowness"),
	PORT_KNOB("peak2", 2500, 20, 20000, SCALE_LOG, "Hz", "second peak"),
	PORT_KNOB("peak2_gain", 0, -24, 24, SCALE_LINEAR, "dB", "its height"),
	PORT_KNOB("peak2_q", 1, 0.1f, 20, SCALE_LOG, NULL, "its narrowness"),
	PORT_KNOB("high", 6000, 500, 20000, SCALE_LOG, "Hz", "middle of the high shelf's slope"),
	PORT_KNOB("high_gain", 0, -24, 24, SCALE_LINEAR, "dB", "height of the high shelf"),
	PORT_RESULT("left", "left side"),
	PORT_RESULT("right", "right side"),
	{0},
};

struct band {
	struct ramp a1, a2, a3, m0, m1, m2;
	vf ic1[2], ic2[2]; /* the integrators, left and right */
};

struct state {
	struct band band[BANDS];
};

static void
band_to(struct band *q, vf g, vf k, vf m0, vf m1, vf m2, const struct block *b)
{
	const vf a1 = 1.0f / (1.0f + g * (g + k));
	ramp_to(&q->a1, a1, b);
	ramp_to(&q->a2, g * a1, b);
	ramp_to(&q->a3, g * (g * a1), b);
	ramp_to(&q->m0, m0, b);
	ramp_to(&q->m1, m1, b);
	ramp_to(&q->m2, m2, b);
}

/* tan(pi f / rate) and the root of the linear gain, of the two ports from `port`. */
static vf
warped(const struct block *b, int port)
{
	return lm_tan_pi(clamp(last(b->in[port], b), 1.0f, 1e6f) * (1.0f / b->c->rate));
}

static vf
root_gain(const struct block *b, int port)
{
	return lm_db_gain(0.5f * clamp(last(b->in[port], b), -48.0f, 48.0f));
}

static void
settle(struct state *s, const struct block *b)
{
	const vf one = splat(1.0f), zero = splat(0.0f), k = splat(1.4142135623730951f);
	vf a = root_gain(b, LOW_GAIN);
	band_to(&s->band[0], warped(b, LOW) / vsqrt(a), k, one, k * (a - 1.0f), a * a - 1.0f, b);
	for (int p = 0; p < 2; p++) {
		const int port = p ? PEAK2 : PEAK1;
		a = root_gain(b, port + 1);
		const vf narrow = 1.0f / (clamp(last(b->in[port + 2], b), 0.05f, 100.0f) * a);
		band_to(&s->band[1 + p], warped(b, port), narrow, one, narrow * (a * a - 1.0f), zero, b);
	}
	a = root_gain(b, HIGH_GAIN);
	band_to(&s->band[3], warped(b, HIGH) * vsqrt(a), k, a * a, k * (a - a * a), 1.0f - a * a, b);
}

/* One band over the block, both sides, in place. */
static void
filter(struct band *state, vf *left, vf *right, int n)
{
	struct band q = *state;
	for (int i = 0; i < n; i++) {
		const vf a1 = ramp_next(&q.a1), a2 = ramp_next(&q.a2), a3 = ramp_next(&q.a3);
		const vf m0 = ramp_next(&q.m0), m1 = ramp_next(&q.m1), m2 = ramp_next(&q.m2);
		vf *const x[2] = {&left[i], &right[i]};
		for (int side = 0; side < 2; side++) {
			const vf v0 = *x[side], v3 = v0 - q.ic2[side];
			const vf v1 = a1 * q.ic1[side] + a2 * v3, v2 = q.ic2[side] + a2 * q.ic1[side] + a3 * v3;
			q.ic1[side] = 2.0f * v1 - q.ic1[side];
			q.ic2[side] = 2.0f * v2 - q.ic2[side];
			*x[side] = m0 * v0 + m1 * v1 + m2 * v2;
		}
	}
	*state = q;
}

static void
run(void *state, const struct block *b)
{
	struct state *s = state;
	settle(s, b);
	for (int i = 0; i < b->n; i++) {
		b->out[0][i] = at(b->in[LEFT], i);
		b->out[1][i] = at(b->in[RIGHT], i);
	}
	for (int k = 0; k < BANDS; k++)
		filter(&s->band[k], b->out[0], b->out[1], b->n);
}

MODULE(eq) = {
	.name = "eq", .group = "effect",
	.help = "four-band equaliser: two shelves, two peaks",
	.ports = ports, .flags = MODULE_AUDIO, .state = sizeof(struct state), .run = run,
};
