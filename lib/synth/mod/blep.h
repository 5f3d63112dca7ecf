/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Band-limited jumps and corners. A jump of a wave is replaced by a smooth step
 * S(t), the integral of a low-pass kernel 7 frames wide (BLEP: T. Stilson and J.
 * Smith, 1996; polynomial: V. Välimäki et al., 2012); a corner by its integral
 * A(t). S is one odd polynomial over the whole width, so there are no pieces to
 * choose from and outside it a clamp does the work: S(-1) = -1, S(1) = 1.
 *
 * Kernel and post-filter are one minimax design (iteratively reweighted least squares
 * over the kernel's polynomial, for the best two poles; 44.1 kHz): kernel * filter is
 * flat within 0.025 dB to 16 kHz (0.3628 of the rate), and what folds back to below
 * 16 kHz is under -96 dB of the fundamental for a saw at 4186 Hz (C8), less for lower
 * notes.
 */
#ifndef SYNTH_MOD_BLEP_H
#define SYNTH_MOD_BLEP_H

#include "synth/module.h"

/* Frames from the jump to where S ends. */
#define BLEP_HALF 3.5f

/* Steps are told by x = t / BLEP_HALF, already clamped to [-1, 1]. */
static inline vf
blep_step(vf x)
{
	const vf u = x * x - 0.5f;
	vf p = u * -2.0436370372772217f + 3.5279147624969482f;
	p = p * u - 3.8576908111572266f;
	p = p * u + 3.845414876937866f;
	p = p * u - 3.212229013442993f;
	p = p * u + 2.223518133163452f;
	p = p * u - 1.473363995552063f;
	p = p * u + 1.4233877658843994f;
	return p * x;
}

/* Smooth |x|, for |x| <= 1; 1 at 1. */
static inline vf
blep_abs(vf x)
{
	const vf u = x * x - 0.5f;
	vf p = u * -0.12772731482982635f + 0.25199392437934875f;
	p = p * u - 0.32147422432899475f;
	p = p * u + 0.38454148173332214f;
	p = p * u - 0.40152862668037415f;
	p = p * u + 0.3705863654613495f;
	p = p * u - 0.36834099888801575f;
	p = p * u + 0.7116938829421997f;
	return p * u + 0.7065469026565552f;
}

/* The falling saw jump of -2 at turn 0, x in [-0.5, 0.5] turns, r = 1 / (BLEP_HALF inc):
   from 0 up to 1, down to -1 and up to 0. Right where the jumps are further apart
   than the kernel is wide, inc <= BLEP_SAW_MAX. */
#define BLEP_SAW_MAX (0.5f / BLEP_HALF)
static inline vf
blep_saw(vf x, vf r)
{
	return 2.0f * x - blep_step(clamp(x * r, -1.0f, 1.0f));
}

/* The same for any inc < 0.5: the neighbours' steps count too. */
static inline vf
blep_saw_high(vf x, vf r)
{
	vf y = 2.0f * x;
	for (int m = -2; m <= 2; m++)
		y = y - blep_step(clamp((x - (float)m) * r, -1.0f, 1.0f));
	return y;
}

/* Corners are half a turn apart; the kernel must fit between them. */
#define BLEP_TRIANGLE_MAX (0.25f / BLEP_HALF)

/* A triangle, 1 at turn 0 and -1 at half a turn: only the nearest corner counts. */
static inline vf
blep_triangle(vf x, vf inc, vf r)
{
	const vf q = vabs(x) - 0.25f, d = 0.25f - vabs(q), e = vmin(d * r, splat(1.0f));
	const vf y = 1.0f - 4.0f * (d + inc * BLEP_HALF * (blep_abs(e) - e));
	return as_vf(as_vi(y) ^ (~as_vi(q) & (int32_t)0x80000000));
}

/* The same for any inc < 0.5. */
static inline vf
blep_triangle_high(vf x, vf inc, vf r)
{
	vf sum = splat(0.0f);
	for (int m = -4; m <= 4; m++) {
		const vf e = vmin(vabs(x - 0.5f * (float)m) * r, splat(1.0f)), d = blep_abs(e) - e;
		sum = m & 1 ? sum - d : sum + d;
	}
	return 1.0f - 4.0f * (vabs(x) + inc * BLEP_HALF * sum);
}

/* What makes the kernel flat: two poles, 1 at 0 Hz. */
struct blep_post {
	vf y1, y2;
};

/* Before the first: as if that had been there for ever, so that the start does not ring. */
static inline void
blep_start(struct blep_post *p, vf x)
{
	p->y1 = p->y2 = x;
}

static inline vf
blep_post(struct blep_post *p, vf x)
{
	const vf y = (2.585407704114914f * x - 0.43575283885002136f * p->y2) - 1.1496548652648926f * p->y1;
	p->y2 = p->y1;
	return p->y1 = y;
}

#endif
