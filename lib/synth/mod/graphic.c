/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * graphic: ten sliders an octave apart, and the response goes through all of them: at each
 * centre it is what the slider says, within 0.1 dB, though every band reaches into its
 * neighbours. Bands are peaks in a row,
 *     H(s) = (s^2 + s A / Q + 1) / (s^2 + s / (A Q) + 1),  A = 10^(g / 40),
 * as trapezoidal state-variable filters (A. Simper, 2013), Q 1.1 where the rate leaves octaves as
 * they are and less where the bilinear transform pulls them apart. Their gains g are not those of the sliders:
 * they are solved for, whenever a slider moves, by g += P (sliders - response(g)), where P is about
 * the inverse of how bands reach into each other, the same around each band (the interaction matrix of
 * V. Välimäki, J. Liski, "Accurate cascade graphic equalizer", IEEE SPL 24(2), 2017), and the
 * response of peaks at ten frequencies is exact: five rounds from P sliders. Bands over 0.45
 * of the rate do nothing.
 */
#include "synth/mod/glide.h"

enum { LEFT, RIGHT, FIRST, BANDS = 10, ROUNDS = 5 };
#define LOWEST 31.25f /* Hz */

#define SLIDER(hz) PORT_KNOB(hz, 0, -12, 12, SCALE_LINEAR, "dB", "gain there")

static const struct port ports[] = {
	PORT_SOUND("left", "left side"),
	PORT_SOUND("right", "right side"),
	SLIDER("hz31"), SLIDER("hz63"), SLIDER("hz125"), SLIDER("hz250"), SLIDER("hz500"),
	SLIDER("hz1000"), SLIDER("hz2000"), SLIDER("hz4000"), SLIDER("hz8000"), SLIDER("hz16000"),
	PORT_RESULT("left", "left side"),
	PORT_RESULT("right", "right side"),
	{0},
};

struct band {
	struct ramp a1, a2, a3, m;
	vf ic1[2], ic2[2]; /* the integrators, left and right */
};

struct state {
	struct band band[BANDS];
	vf slider[BANDS];
	int bands;                         /* how many the rate has room for */
	vf g[BANDS], q[BANDS];             /* tan(pi f / rate); Q */
	vf apart[BANDS][BANDS];            /* (f / f0 - f0 / f)^2, warped: of band [1] at the centre of [0] */
	vf a1[BANDS], a2[BANDS], a3[BANDS], m[BANDS]; /* what the sliders ask for */
};

/* How far apart two frequencies are: 1.5 for an octave. */
static inline vf
steps(vf f, vf g)
{
	return f / g - g / f;
}

static void
init(void *state, const struct context *c)
{
	struct state *s = state;
	for (int k = 0; k < BANDS && LOWEST * (float)(1 << k) <= 0.45f * c->rate; k++, s->bands++)
		s->g[k] = lm_tan_pi(splat(LOWEST * (float)(1 << k) / c->rate));
	for (int k = 0; k < s->bands; k++) {
		for (int j = 0; j < s->bands; j++) {
			const vf d = steps(s->g[j], s->g[k]);
			s->apart[j][k] = d * d;
		}
		const vf below = k > 0 ? steps(s->g[k], s->g[k - 1]) : splat(1.5f);
		const vf above = k + 1 < s->bands ? steps(s->g[k + 1], s->g[k]) : below;
		s->q[k] = 1.1f * 3.0f / (below + above);
	}
}

/* y += P x */
static inline void
add_inverse(vf *y, const vf *x, int n)
{
	const vf zero = splat(0.0f);
	for (int k = 0; k < n; k++) {
		const vf one = (k > 0 ? x[k - 1] : zero) + (k + 1 < n ? x[k + 1] : zero);
		const vf two = (k > 1 ? x[k - 2] : zero) + (k + 2 < n ? x[k + 2] : zero);
		y[k] = clamp(y[k] + 1.21f * x[k] - 0.343f * one + 0.022f * two, -60.0f, 60.0f);
	}
}

/* The bands' own gains and filters for these sliders. */
static void
solve(struct state *s)
{
	vf gain[BANDS] = {0}, far[BANDS], peak[BANDS], foot[BANDS];
	for (int k = 0; k < s->bands; k++)
		far[k] = s->slider[k];
	for (int round = 0;; round++) {
		add_inverse(gain, far, s->bands);
		for (int k = 0; k < s->bands; k++) {
			const vf a = lm_exp2(gain[k] * (3.321928094887362f / 40)), up = a / s->q[k], down = 1.0f / (a * s->q[k]);
			peak[k] = up * up;
			foot[k] = down * down;
		}
		if (round == ROUNDS)
			break;
		for (int j = 0; j < s->bands; j++) { /* in two halves, or the product might leave the range of float */
			far[j] = s->slider[j];
			for (int first = 0; first < s->bands; first += BANDS / 2) {
				vf over = splat(1.0f), under = over;
				for (int k = first; k < first + BANDS / 2 && k < s->bands; k++) {
					over = over * (s->apart[j][k] + peak[k]);
					under = under * (s->apart[j][k] + foot[k]);
				}
				far[j] -= 3.010299956639812f * lm_log2(over / under);
			}
		}
	}
	for (int k = 0; k < s->bands; k++) {
		const vf damping = vsqrt(foot[k]), g = s->g[k];
		s->a1[k] = 1.0f / (1.0f + g * (g + damping));
		s->a2[k] = g * s->a1[k];
		s->a3[k] = g * s->a2[k];
		s->m[k] = vsqrt(peak[k]) - damping; /* k (A^2 - 1) */
	}
}

static void
run(void *state, const struct block *b)
{
	struct state *s = state;
	vi moved = splat_i(b->now == 0 ? -1 : 0);
	for (int k = 0; k < BANDS; k++) {
		const vf now = clamp(last(b->in[FIRST + k], b), -12.0f, 12.0f);
		moved |= ne(now, s->slider[k]);
		s->slider[k] = now;
	}
	if (any(moved))
		solve(s);
	for (int k = 0; k < s->bands; k++) {
		struct band q = s->band[k];
		ramp_to(&q.a1, s->a1[k], b);
		ramp_to(&q.a2, s->a2[k], b);
		ramp_to(&q.a3, s->a3[k], b);
		ramp_to(&q.m, s->m[k], b);
		for (int i = 0; i < b->n; i++) {
			const vf a1 = ramp_next(&q.a1), a2 = ramp_next(&q.a2), a3 = ramp_next(&q.a3), m = ramp_next(&q.m);
			for (int side = 0; side < 2; side++) {
				const vf x = k ? b->out[side][i] : at(b->in[LEFT + side], i);
				const vf v3 = x - q.ic2[side], v1 = a1 * q.ic1[side] + a2 * v3;
				const vf v2 = q.ic2[side] + a2 * q.ic1[side] + a3 * v3;
				q.ic1[side] = 2.0f * v1 - q.ic1[side];
				q.ic2[side] = 2.0f * v2 - q.ic2[side];
				b->out[side][i] = x + m * v1;
			}
		}
		s->band[k] = q;
	}
	for (int side = 0; side < 2 && s->bands == 0; side++)
		for (int i = 0; i < b->n; i++)
			b->out[side][i] = at(b->in[LEFT + side], i);
}

MODULE(graphic) = {
	.name = "graphic", .group = "effect",
	.help = "graphic equaliser: ten bands, an octave each",
	.ports = ports, .flags = MODULE_AUDIO, .state = sizeof(struct state), .init = init, .run = run,
	.example = "saw{} * adsr{} * 0.3 >> voices() >> graphic{hz250 = -9, hz1000 = 6, hz2000 = -9, hz8000 = 9}",
};
