/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Chains of one-pole stages in a loop that saturates where it is closed:
 *     u = sat(v),  v = in - k y,  y = G u + what the stages remember
 * without a delay in the loop (V. Zavalishin, The Art of VA Filter Design, ch. 5), and what
 * the analog circuits' poles say of g and k. sat is a rational approximation of tanh (its
 * continued fraction), 1 at most, so that nothing behind it can blow up.
 */
#ifndef SYNTH_LADDER_H
#define SYNTH_LADDER_H

#include "synth/mod/matched.h"

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

/* u = sat(v) where v + kg sat(v) = rhs: Newton's step from the linear solution, with the
   saturation as a fraction so that one division does. */
static inline vf
saturated_loop(vf rhs, vf kg)
{
	const vf v0 = rhs * (1.0f / (1.0f + kg));
	const struct fraction t = saturate(v0);
	const vf step = t.under * ((v0 - rhs) * t.under + kg * t.over) /
	    ((1.0f + kg) * (t.under * t.under) - kg * (t.over * t.over));
	const struct fraction v = saturate(v0 - step);
	return v.over / v.under;
}

/* A loop by its poles: g of a stage, its feedback, the gain at 0 Hz over the analog one's,
   and |D / D(0)|^2 over the analog one's at the two frequencies of the fit. w: of a stage. */
struct loop {
	vf w, g, k, dc, p[2];
};

/* The same for what is all but 0 / 0, at a pole on the verge of oscillation. */
#define LOOP_TINY 1e-6f

/* Radians a frame of a cutoff; not so low that the fourth powers of its inverse run over. */
static inline vf
loop_w(vf cutoff, const struct context *c)
{
	return vmax(matched_w(cutoff, c), splat(2e-4f));
}

/* |(1 + i t)^4 + k|^2 / (1 + k)^2 */
static inline vf
four_power(vf t2, vf k)
{
	const vf re = 1.0f + k + t2 * (t2 - 6.0f), im = 1.0f - t2;
	return (re * re + 16.0f * t2 * im * im) / square_of(1.0f + k) + LOOP_TINY;
}

/* Four equal stages: poles at -1 + k^(1/4) (+-1 +- i) / sqrt 2. Those nearest to oscillation are put right; with
   tanh(p / 2) = X + i Y: g = Y - X, k = (sqrt 2 Y / g)^4. Beyond k = 4 the tuning stays what it is there. */
static inline struct loop
four_loop(vf w, vf k)
{
	const vf kept = vmin(k, splat(4.0f)), root = vsqrt(vsqrt(kept)) * 0.70710678118654752f;
	const struct poles q = matched_pair(w * (root - 1.0f), w * root);
	const vf y = root_of(q.product - q.mean * q.mean), over_w2 = 1.0f / (w * w);
	struct loop l = {.w = w, .g = y - q.mean};
	const vf matched = 4.0f * square_of(square_of(y / l.g)), over_g2 = 1.0f / (l.g * l.g);
	l.k = matched + (k - kept);
	l.dc = (1.0f + l.k) / (1.0f + k);
	for (int i = 0; i < 2; i++)
		l.p[i] = four_power(matched_u[i] * over_g2, matched) / four_power(matched_w2[i] * over_w2, kept);
	return l;
}

/* One frame of four trapezoidal stages, G = g / (1 + g), that remember s, in their loop: y[0] is what
   goes into the first, y[4] what leaves the last. */
static inline void
four_stages(vf s[4], vf x, vf g, vf k, vf y[5])
{
	const vf h = 1.0f - g, g2 = g * g, g3 = g2 * g, g4 = g2 * g2;
	/* the loop is v + k g^4 sat(v) = x - k m4, where m4 is what the stages remember */
	const vf m4 = (h * s[3] + (h * g) * s[2]) + ((h * g2) * s[1] + (h * g3) * s[0]);
	const vf u = saturated_loop(x - k * m4, k * g4);
	const vf m1 = h * s[0], m2 = g * m1 + h * s[1], m3 = g * m2 + h * s[2];
	y[0] = u;
	y[1] = g * u + m1;
	y[2] = g2 * u + m2;
	y[3] = g3 * u + m3;
	y[4] = g4 * u + m4;
	for (int j = 0; j < 4; j++)
		s[j] = 2.0f * y[j + 1] - s[j];
}

/* |(1 + i t)^3 + k|^2 / (1 + k)^2 */
static inline vf
three_power(vf t2, vf k)
{
	return (square_of(1.0f + k - 3.0f * t2) + t2 * square_of(3.0f - t2)) / square_of(1.0f + k) + LOOP_TINY;
}

/* Three equal stages: poles at -1 + k^(1/3) (1 +- i sqrt 3) / 2; it oscillates at sqrt 3 of a stage's frequency. */
static inline struct loop
three_loop(vf w, vf k)
{
	const vf kept = vmin(k, splat(8.0f)), root = lm_pow(vmax(kept, splat(1e-12f)), splat(1.0f / 3.0f));
	const vf r3 = splat(1.7320508075688772f);
	const struct poles q = matched_pair(w * (0.5f * root - 1.0f), w * (0.5f * root) * r3);
	const vf y = root_of(q.product - q.mean * q.mean) / r3, over_w2 = 1.0f / (w * w);
	struct loop l = {.w = w, .g = y - q.mean};
	const vf ratio = 2.0f * y / l.g, matched = ratio * ratio * ratio, over_g2 = 1.0f / (l.g * l.g);
	l.k = matched + (k - kept);
	l.dc = (1.0f + l.k) / (1.0f + k);
	for (int i = 0; i < 2; i++)
		l.p[i] = three_power(matched_u[i] * over_g2, matched) / three_power(matched_w2[i] * over_w2, kept);
	return l;
}

/* What |s / w|^2 is over |2 s|^2 at the two frequencies: for outputs with zeros at 0 Hz. */
static const float loop_bent[2] = {0.906629375f, 0.697988895f};

/* The numerator of an output whose magnitude misses the analog one by the square root of p, with `taps` zeros at half
   the rate to come behind it: p (1 + u)^taps is what it has to be. In S. */
static inline struct numerator
loop_fit(const struct loop *l, vf p1, vf p2, int taps)
{
	for (int i = 0; i < taps; i++) {
		p1 = p1 * (1.0f + matched_u[0]);
		p2 = p2 * (1.0f + matched_u[1]);
	}
	struct numerator n = matched_fit(p1, p2);
	n.n1 = n.n1 * l->g;
	n.n2 = n.n2 * (l->g * l->g);
	return n;
}

/* A straight line for each of n coefficients, in registers. */
#define LOOP_LINES(q, ramp, n) \
	_Pragma("GCC unroll 16") for (int j_ = 0; j_ < (n); j_++) \
		q[j_] = ramp_next(&ramp[j_])

#endif
