/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Transcendental functions over lanes: the same bits in every lane at every
 * width, tested against libm (tests/lmath.c). Polynomials are minimax fits
 * (reweighted least squares on Chebyshev nodes); the error stated is that of
 * the fit, to which a few float roundings (6e-8 each) are added.
 */
#ifndef DSP_LMATH_H
#define DSP_LMATH_H

#include "base/lanes.h"

/* Adding this and taking it off again rounds to a whole number, |x| < 2^22; with it added,
   the low bits hold that number. */
#define LM_ROUND 12582912.0f

/* 2^x for x in [-126, 127], clamped. Fit: 2e-9 relative. Whole numbers are exact. */
static inline vf
lm_exp2(vf x)
{
	x = clamp(x, -126.0f, 127.0f);
	const vf k = x + LM_ROUND, f = x - (k - LM_ROUND);
	vf p = f * 0.00015345809515565634f + 0.0013399930903688073f;
	p = p * f + 0.009618489071726799f;
	p = p * f + 0.05550328642129898f;
	p = p * f + 0.24022646248340607f;
	p = p * f + 0.6931471824645996f;
	p = p * f + 1.0f;
	return as_vf(u_as_vi(as_vu(as_vi(p)) + (as_vu(as_vi(k)) << 23)));
}

/* log2 of a positive normal number. Fit: 7e-10 relative to log2 of the mantissa. */
static inline vf
lm_log2(vf x)
{
	const vi u = as_vi(x) - 0x3f3504f3; /* sqrt(1/2): the mantissa comes out in [sqrt(1/2), sqrt(2)) */
	const vi k = u >> 23;
	const vf m = as_vf((u & 0x7fffff) + 0x3f3504f3), s = (m - 1.0f) / (m + 1.0f), z = s * s;
	vf p = z * 0.4318062365055084f + 0.5767117738723755f;
	p = p * z + 0.9617988467216492f;
	p = p * z + 2.885390043258667f;
	return to_float(k) + s * p;
}

/* x^y for x > 0. */
static inline vf lm_pow(vf x, vf y) { return lm_exp2(lm_log2(x) * y); }

/* sin(2 pi x), x in turns, |x| <= 1/2: what a phase counted in whole numbers gives. Fit: 5e-9. */
static inline vf
lm_sin_half(vf x)
{
	const vf a = vabs(x), f = copysign_v(vmin(a, 0.5f - a), x), z = f * f;
	vf p = z * 39.71091842651367f - 76.57498931884766f;
	p = p * z + 81.60223388671875f;
	p = p * z - 41.341678619384766f;
	p = p * z + 6.2831854820251465f;
	return f * p;
}

/* The same for any |x| < 2^22. */
static inline vf lm_sin_turn(vf x) { return lm_sin_half(x - (x + LM_ROUND - LM_ROUND)); }
static inline vf lm_cos_turn(vf x) { return lm_sin_turn(x + 0.25f); }

/* tan(pi x) for x in [0, 0.49]: what a filter's bilinear transform needs of cutoff / rate. */
static inline vf
lm_tan_pi(vf x)
{
	x = clamp(x, 0.0f, 0.49f) * 0.5f;
	return lm_sin_turn(x) / lm_sin_turn(0.25f - x);
}

/* Fit below 0.625: 4e-9 relative; above, by exp2. */
static inline vf
lm_tanh(vf x)
{
	const vf a = vmin(vabs(x), splat(10.0f)), z = a * a;
	vf p = z * -0.005659987218677998f + 0.02059098705649376f;
	p = p * z - 0.05372106656432152f;
	p = p * z + 0.13331127166748047f;
	p = p * z - 0.3333325982093811f;
	const vf small = a + a * (z * p);
	const vf e = lm_exp2(a * 2.8853900817779268f);
	return copysign_v(sel(lt(a, splat(0.625f)), small, 1.0f - 2.0f / (e + 1.0f)), x);
}

/* Hz of a MIDI note number (69 is 440 Hz), and amplitude of decibels (240 dB at most: times a signal it stays finite). */
static inline vf lm_note_hz(vf note) { return 440.0f * lm_exp2((note - 69.0f) * (1.0f / 12.0f)); }
static inline vf lm_db_gain(vf db) { return lm_exp2(vmin(db * 0.16609640474436813f, splat(40.0f))); }

#endif
