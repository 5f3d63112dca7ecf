/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Digital filters whose magnitude is the analog one's, not a bent copy of it
 * (after M. Vicanek, "Matched Second Order Digital Filters", 2016), for
 * trapezoidal structures (V. Zavalishin, The Art of VA Filter Design), which
 * stay calm when they are modulated.
 *
 * Such a structure computes polynomials in S = s / g with s = (z - 1) / (z + 1), and
 * s = i tan(w / 2) at w radians a frame. A pole p of the analog filter (radians a
 * frame) belongs at z = e^p, so at s = tanh(p / 2): g and the damping or the feedback
 * are those which put the poles there. What is left of the difference,
 *     |H analog|^2 |D(s)|^2 = |N(s)|^2,
 * is smooth, and N(s) = 1 + n1 s + n2 s^2 is fitted to it at two fixed frequencies; at
 * 0 Hz it is right by itself.
 */
#ifndef SYNTH_MATCHED_H
#define SYNTH_MATCHED_H

#include "synth/mod/glide.h"

#define RADIANS 6.283185307179586f
#define MATCHED_TOP (0.49f * RADIANS)

/* The frequencies of the fit, 0.12 and 0.22 of the rate: w, and squares of w, tan(w / 2) and sin(w / 2). */
static const float matched_w2[2] = {0.568489214f, 1.910755412f};
static const float matched_u[2] = {0.156758988f, 0.684378873f};
static const float matched_v[2] = {0.135515686f, 0.406309343f};
#define MATCHED_W2 1.382300768f /* the second itself */

/* Radians a frame of a cutoff in Hz. */
static inline vf
matched_w(vf cutoff, const struct context *c)
{
	return clamp(clamp(cutoff, 0.01f, 1e6f) * (RADIANS / c->rate), 1e-5f, MATCHED_TOP);
}

static inline vf square_of(vf x) { return x * x; }
static inline vf root_of(vf x) { return vsqrt(vmax(x, splat(0.0f))); }

/* Two poles in the plane of s: half their sum (negative where it decays), and their product. */
struct poles {
	vf mean, product;
};

/* Of the conjugate pair x +- i y, |x| < 3.3, 0 <= y < pi:
   tanh(p / 2) = (sinh x + i sin y) / (cosh x + cos y), by half angles, which keep small poles exact. */
static inline struct poles
matched_pair(vf x, vf y)
{
	const vf h = 0.5f * x, z = h * h;
	vf p = z * (1.0f / 39916800.0f) + 1.0f / 362880.0f; /* sinh: 1e-7 */
	p = p * z + 1.0f / 5040.0f;
	p = p * z + 1.0f / 120.0f;
	p = p * z + 1.0f / 6.0f;
	p = p * z + 1.0f;
	const vf sh = h * p, sh2 = sh * sh, sin2 = square_of(lm_sin_turn(y * (0.5f / RADIANS)));
	const vf under = 1.0f / (1.0f + sh2 - sin2);
	return (struct poles){sh * vsqrt(1.0f + sh2) * under, (sh2 + sin2) * under};
}

/* Of the real poles a and b. */
static inline struct poles
matched_real(vf a, vf b)
{
	const vf s = lm_tanh(0.5f * a), t = lm_tanh(0.5f * b);
	return (struct poles){0.5f * (s + t), s * t};
}

/* Numerator 1 + n1 s + n2 s^2 whose square is p1 and p2 at the two frequencies. */
struct numerator {
	vf n1, n2;
};

static inline struct numerator
matched_fit(vf p1, vf p2)
{
	const float u1 = matched_u[0], u2 = matched_u[1];
	const vf a = (p1 - 1.0f) * (1.0f / u1), b = ((p2 - 1.0f) * (1.0f / u2) - a) * (1.0f / (u2 - u1));
	struct numerator n;
	n.n2 = root_of(b);
	n.n1 = root_of(a - b * u1 + 2.0f * n.n2);
	return n;
}

/* Two taps t0 + t1 / z with 1 at 0 Hz, whose square is p at the second frequency: for what has all its zeros at 0 Hz. */
static inline void
matched_taps(vf p, vf *t0, vf *t1)
{
	const vf nyquist = root_of(1.0f + (p - 1.0f) * (1.0f / matched_v[1]));
	*t0 = 0.5f * (1.0f + nyquist);
	*t1 = 0.5f * (1.0f - nyquist);
}

/* Two poles of frequency w and damping k = 1 / Q, up to 2: g and damping of the structure,
   and |D|^2 / |D analog|^2 at the two frequencies. */
struct two_pole {
	vf g, k, p[2];
};

static inline vf
two_pole_power(vf t, vf k)
{
	return square_of(1.0f - t) + square_of(k) * t;
}

static inline struct two_pole
two_pole(vf w, vf k)
{
	const struct poles q = matched_pair(-0.5f * k * w, w * root_of(1.0f - 0.25f * k * k));
	const vf over_g2 = 1.0f / q.product, over_w2 = 1.0f / (w * w);
	struct two_pole t;
	t.g = vsqrt(q.product);
	t.k = -2.0f * q.mean / t.g;
	for (int i = 0; i < 2; i++)
		t.p[i] = two_pole_power(matched_u[i] * over_g2, t.k) / two_pole_power(matched_w2[i] * over_w2, k);
	return t;
}

/* The notch: (1 + c S^2) / D with its zero at w itself, and taps for the rest, fitted at the second
   frequency, or at the first where that is the notch. */
static inline void
matched_notch(vf w, const struct two_pole *t, vf *c, vf *t0, vf *t1)
{
	const vf over_t2 = 1.0f / square_of(lm_tan_pi(w * (1.0f / RADIANS))), over_w2 = 1.0f / (w * w);
	vf fit[2];
	for (int i = 0; i < 2; i++)
		fit[i] = t->p[i] * square_of((1.0f - matched_w2[i] * over_w2) / (1.0f - matched_u[i] * over_t2));
	const vf first = (fit[0] - 1.0f) * (matched_v[1] / matched_v[0]) + 1.0f;
	*c = t->g * t->g * over_t2;
	matched_taps(sel(lt(vabs(w - MATCHED_W2), splat(0.1f)), first, fit[1]), t0, t1);
}

#endif
