/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Band-limited jumps and corners. A jump of a wave is replaced by a smooth step
 * S(t), the integral of a low-pass kernel 7 frames wide (BLEP: T. Stilson and J.
 * Smith, 1996; polynomial: V. Välimäki et al., 2012); a corner by its integral
 * A(t). S is one odd polynomial over the whole width, so there are no pieces to
 * choose from and outside it a clamp does the work: S(-1) = -1, S(1) = 1.
 *
 * Kernel and post-filter are one minimax design (reweighted least squares, 44.1
 * kHz): kernel * filter is flat within 0.033 dB to 16 kHz (0.3628 of the rate),
 * and what folds back to below 16 kHz is under -80.6 dB of the fundamental for a
 * saw at 4186 Hz (C8), less for lower notes.
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
	vf p = u * 3.273625135421753f - 6.783534526824951f;
	p = p * u + 7.941384792327881f;
	p = p * u - 8.172016143798828f;
	p = p * u + 6.762599468231201f;
	p = p * u - 4.208337783813477f;
	p = p * u + 2.245028018951416f;
	p = p * u - 1.3679815530776978f;
	p = p * u + 1.3976136445999146f;
	return p * x;
}

/* Smooth |x|, for |x| <= 1; 1 at 1. */
static inline vf
blep_abs(vf x)
{
	const vf u = x * x - 0.5f;
	vf p = u * 0.1818680614233017f - 0.42397090792655945f;
	p = p * u + 0.5672417879104614f;
	p = p * u - 0.6810013651847839f;
	p = p * u + 0.6762599349021912f;
	p = p * u - 0.5260422229766846f;
	p = p * u + 0.37417134642601013f;
	p = p * u - 0.34199538826942444f;
	p = p * u + 0.6988068222999573f;
	return p * u + 0.7085785269737244f;
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

/* What makes the kernel flat: one pole, one zero, 1 at 0 Hz. */
struct blep_post {
	vf x1, y1;
};

/* Before the first: as if that had been there for ever, so that the start does not ring. */
static inline void
blep_start(struct blep_post *p, vf x)
{
	p->x1 = p->y1 = x;
}

static inline vf
blep_post(struct blep_post *p, vf x)
{
	const vf y = 2.2388059701492535f * (x - 0.1625f * p->x1) - 0.875f * p->y1;
	p->x1 = x;
	return p->y1 = y;
}

#endif
