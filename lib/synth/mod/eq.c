/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * eq: low shelf, two peaks, high shelf, on both sides. The curves are those of
 * R. Bristow-Johnson's Audio EQ Cookbook (shelves of Q 1/sqrt 2) before the bilinear
 * transform: with A = 10^(|gain| / 40), s in units of the frequency,
 *     peak    (s^2 + s A / Q + 1) / (s^2 + s / (Q A) + 1)
 *     slope   (s^2 / A + s sqrt(2 / A) + 1) / (s^2 A + s sqrt(2 A) + 1), from 1 down to 1 / A^2
 * and 1 / peak where it cuts; slope A^2 and 1 / (slope A^2) are the low shelf up and
 * down, 1 / slope and slope the high shelf. Magnitudes are the analog ones within 0.1 dB up to
 * 0.227 of the rate (10 kHz at 44.1): poles matched, numerators fitted (synth/mod/matched.h),
 * turned upside down where it cuts. Computed by trapezoidal state-variable filters (A. Simper,
 * "Linear Trapezoidal Integrated SVF", 2013), precise at low frequencies and calm when moved.
 */
#include "synth/mod/matched.h"

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

/* (1 + n1 S + n2 S^2) / (1 + k S + S^2), S = s / g, times level. */
struct section {
	vf g, k, n1, n2, level;
};

static void
band_to(struct band *q, struct section s, const struct block *b)
{
	const vf a1 = 1.0f / (1.0f + s.g * (s.g + s.k));
	ramp_to(&q->a1, a1, b);
	ramp_to(&q->a2, s.g * a1, b);
	ramp_to(&q->a3, s.g * (s.g * a1), b);
	ramp_to(&q->m0, s.level * s.n2, b);
	ramp_to(&q->m1, s.level * (s.n1 - s.k * s.n2), b);
	ramp_to(&q->m2, s.level * (1.0f - s.n2), b);
}

/* Poles of frequency w and damping k = 1 / Q, real ones too: the structure's g and k. */
static void
poles_of(vf w, vf k, vf *g, vf *damping)
{
	const vf apart = 0.25f * k * k - 1.0f, x = 0.5f * k * w, fast = vmin(x + w * root_of(apart), splat(60.0f));
	const struct poles conjugate = matched_pair(-vmin(x, w), w * root_of(-apart));
	const struct poles real = matched_real(-fast, -w * w / fast);
	const vi two = gt(apart, splat(0.0f));
	*g = vsqrt(sel(two, real.product, conjugate.product));
	*damping = -2.0f * sel(two, real.mean, conjugate.mean) / *g;
}

/* (1 + n1 S + n2 S^2) / (1 + k S + S^2), or that upside down where told: its zeros' own g is g / sqrt n2. */
static struct section
section(vf g, vf k, vf n1, vf n2, vi upside_down)
{
	const vf r = 1.0f / vsqrt(n2);
	return (struct section){.g = sel(upside_down, g * r, g),
	    .k = sel(upside_down, n1 * r, k),
	    .n1 = sel(upside_down, k * r, n1),
	    .n2 = sel(upside_down, r * r, n2),
	    .level = splat(1.0f)};
}

/* Zeros of damping kz over poles of damping kp <= kz, both at w. The fit is that of
   |N|^2 - |D|^2 = |D|^2 (|H|^2 - 1) = (e + f t) t, t = |S|^2, which loses nothing to rounding at low frequencies. */
static struct section
peak(vf w, vf kz, vf kp, vi upside_down)
{
	vf g, k, t[2], e[2];
	poles_of(w, kp, &g, &k);
	for (int i = 0; i < 2; i++) {
		const vf y = matched_w2[i] / (w * w);
		t[i] = matched_u[i] / (g * g);
		e[i] = (kz * kz - kp * kp) * (y / t[i]) * (two_pole_power(t[i], k) / two_pole_power(y, kp));
	}
	const vf f = vmax((e[1] - e[0]) / (t[1] - t[0]), splat(-0.999f)), n2 = vsqrt(1.0f + f);
	return section(g, k, root_of(k * k + (e[0] - f * t[0]) + 2.0f * f / (1.0f + n2)), n2, upside_down);
}

static struct section
slope(vf w, vf a, vi upside_down)
{
	const vf k = splat(1.4142135623730951f), high = w * w * a, low = w * w / a;
	vf g, damping, p[2];
	poles_of(vsqrt(low), k, &g, &damping);
	for (int i = 0; i < 2; i++)
		p[i] = two_pole_power(matched_u[i] / (g * g), damping) / two_pole_power(matched_w2[i] / low, k) *
		    two_pole_power(matched_w2[i] / high, k);
	const struct numerator n = matched_fit(p[0], p[1]);
	return section(g, damping, n.n1 * g, vmax(n.n2 * (g * g), splat(1e-6f)), upside_down);
}

static vf
gain_of(const struct block *b, int port)
{
	return clamp(last(b->in[port], b), -48.0f, 48.0f);
}

static void
settle(struct state *s, const struct block *b)
{
	const vf zero = splat(0.0f);
	vf gain = gain_of(b, LOW_GAIN), a = lm_db_gain(0.5f * vabs(gain));
	struct section q = slope(matched_w(last(b->in[LOW], b), b->c), a, lt(gain, zero));
	q.level = lm_db_gain(gain);
	band_to(&s->band[0], q, b);
	for (int p = 0; p < 2; p++) {
		const int port = p ? PEAK2 : PEAK1;
		const vf w = matched_w(last(b->in[port], b), b->c), narrow = 1.0f / clamp(last(b->in[port + 2], b), 0.05f, 100.0f);
		gain = gain_of(b, port + 1);
		a = lm_db_gain(0.5f * vabs(gain));
		band_to(&s->band[1 + p], peak(w, narrow * a, narrow / a, lt(gain, zero)), b);
	}
	gain = gain_of(b, HIGH_GAIN);
	a = lm_db_gain(0.5f * vabs(gain));
	band_to(&s->band[3], slope(matched_w(last(b->in[HIGH], b), b->c), a, gt(gain, zero)), b);
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
	.example = "saw{} * adsr{} >> voices() >> eq{low_gain = 6, peak1 = 900, peak1_gain = -12, high_gain = 6}",
};
