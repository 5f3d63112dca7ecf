/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What else a sine oscillator plays: the waves of Yamaha's TX81Z and two more, each as
 * the first sixteen harmonics of its Fourier series, so that nothing folds back; those
 * over 0.48 of the rate are left out. With p in turns, s = sin 2 pi p, q = sin 4 pi p:
 *     squared             s |s|
 *     half                max(s, 0), and squared
 *     alternating         q in the first half, 0 in the other, and squared: q |q|
 *     camel               |q| in the first half, 0 in the other, and squared
 *     absolute            |s|
 *     quarter             sin (pi p / 2), which jumps: its harmonics are tapered by
 *                         sinc(k / 17) (C. Lanczos, 1956), so that it does not ring
 * Means are taken off and peaks brought to 1.
 */
#ifndef SYNTH_MOD_SINE_SHAPES_H
#define SYNTH_MOD_SINE_SHAPES_H

#include "synth/module.h"

enum { SHAPE_HARMONICS = 16, SHAPES = 9 };

/* Of sin 2 pi k p, then of cos 2 pi k p, k from 1. */
static const float sine_shapes[SHAPES][2][SHAPE_HARMONICS] = {
	/* squared */
	{{
		0.8485645f, 0, -0.1697129f, 0, -0.0242447f, 0, -0.008081567f, 0, -0.00367344f, 0, -0.001978006f, 0,
		-0.001186804f, 0, -0.0007679317f, 0
	}, {
		0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0
	}},
	/* half */
	{{
		0.7346501f, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0
	}, {
		0, -0.3117952f, 0, -0.06235904f, 0, -0.0267253f, 0, -0.01484739f, 0, -0.009448339f, 0, -0.006541157f,
		0, -0.004796849f, 0, -0.003668178f
	}},
	/* half squared */
	{{
		0.5657679f, 0, -0.1131536f, 0, -0.0161648f, 0, -0.005388265f, 0, -0.002449212f, 0, -0.001318806f, 0,
		-0.0007912837f, 0, -0.0005120071f, 0
	}, {
		0, -0.3332648f, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0
	}},
	/* alternating */
	{{
		0, 0.4995947f, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0
	}, {
		0.4240692f, 0, -0.2544415f, 0, -0.06058131f, 0, -0.02827128f, 0, -0.01652217f, 0, -0.01087357f, 0,
		-0.007710348f, 0, -0.005756595f, 0
	}},
	/* alternating squared */
	{{
		0, 0.4235287f, 0, 0, 0, -0.08470573f, 0, 0, 0, -0.01210082f, 0, 0, 0, -0.004033606f, 0, 0
	}, {
		0.3388229f, 0, -0.2420164f, 0, -0.112941f, 0, 0.02200149f, 0, -0.008687767f, 0, 0.004400298f, 0,
		-0.002555226f, 0, 0.001621162f, 0
	}},
	/* camel */
	{{
		0.6252094f, 0, 0.3751256f, 0, -0.08931563f, 0, 0.04168063f, 0, -0.02435881f, 0, 0.01603101f, 0,
		-0.01136744f, 0, 0.008487005f, 0
	}, {
		0, 0, 0, -0.3126047f, 0, 0, 0, -0.06252094f, 0, 0, 0, -0.02679469f, 0, 0, 0, -0.01488594f
	}},
	/* camel squared */
	{{
		0.4521788f, 0, 0.3229849f, 0, -0.1507263f, 0, -0.02936226f, 0, -0.01159433f, 0, -0.005872452f, 0,
		-0.003410097f, 0, -0.002163535f, 0
	}, {
		0, 0, 0, -0.3329441f, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0
	}},
	/* absolute */
	{{
		0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0
	}, {
		0, -0.7083334f, 0, -0.1416667f, 0, -0.06071429f, 0, -0.03373016f, 0, -0.02146465f, 0, -0.01486014f, 0,
		-0.01089744f, 0, -0.008333333f
	}},
	/* quarter */
	{{
		-0.5839271f, -0.273326f, -0.175481f, -0.1259352f, -0.09533734f, -0.07420926f, -0.05855423f,
		-0.04639717f, -0.03665197f, -0.0286729f, -0.02205185f, -0.01651741f, -0.01188068f, -0.008004396f,
		-0.004784535f, -0.002138927f
	}, {
		-0.1459818f, -0.03416575f, -0.01462341f, -0.007870952f, -0.004766867f, -0.003092052f, -0.002091222f,
		-0.001449911f, -0.00101811f, -0.0007168224f, -0.0005011783f, -0.0003441127f, -0.0002284746f,
		-0.0001429356f, -7.974223e-05f, -3.342073e-05f
	}},
};

/* A shape's harmonics for one block: those near half the rate fade out. */
struct shape {
	vf s[SHAPE_HARMONICS], c[SHAPE_HARMONICS];
};

static inline void
shape_block(struct shape *h, int shape, vf inc)
{
	for (int k = 0; k < SHAPE_HARMONICS; k++) {
		const vf fade = clamp((0.48f - inc * (float)(k + 1)) * 12.5f, 0.0f, 1.0f);
		h->s[k] = fade * sine_shapes[shape][0][k];
		h->c[k] = fade * sine_shapes[shape][1][k];
	}
}

/* The sum at `turn` by C. Clenshaw's recurrence (1955). */
static inline vf
shape_at(const struct shape *h, vf turn)
{
	const vf cosine = lm_cos_turn(turn), twice = 2.0f * cosine;
	vf s1 = splat(0.0f), s2 = s1, c1 = s1, c2 = s1;
	for (int k = SHAPE_HARMONICS - 1; k >= 0; k--) {
		const vf s = h->s[k] + twice * s1 - s2, c = h->c[k] + twice * c1 - c2;
		s2 = s1;
		s1 = s;
		c2 = c1;
		c1 = c;
	}
	return s1 * lm_sin_turn(turn) + c1 * cosine - c2;
}

#endif
