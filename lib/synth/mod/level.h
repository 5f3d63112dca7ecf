/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What modules that look at levels share: decibels as powers of two (6.02 dB), a bend
 * with a soft knee, and how the two sides are heard.
 */
#ifndef SYNTH_MOD_LEVEL_H
#define SYNTH_MOD_LEVEL_H

#include "synth/mod/glide.h"

#define BITS_A_DB 0.16609640474436813f

static const char *const level_sources[] = {"self", "key", NULL};
#define PORT_LEVEL_SOURCE PORT_CHOICE("source", 0, level_sources, "the sound's own level, or that of key")

/* A level as a power of two. */
static inline vf
level_bits(vf size)
{
	return lm_log2(clamp(size, 1e-6f, 1e6f));
}

/* 0 below a threshold, what is over it above, and between -half and half a parabola that joins them:
   the soft knee of D. Giannoulis, M. Massberg, J. Reiss (JAES 60(6), 2012). half > 0. */
static inline vf
knee(vf over, vf half)
{
	const vf round = clampv(over + half, splat(0.0f), 2.0f * half);
	return round * round * (0.25f / half) + vmax(over - half, splat(0.0f));
}

/* Half of a knee in decibels. */
static inline vf
half_knee(vf db)
{
	return 0.5f * BITS_A_DB * clamp(db, 0.01f, 48.0f);
}

#endif
