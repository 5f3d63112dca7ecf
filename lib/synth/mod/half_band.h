/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Twice the rate and back: a half-band filter as two chains of allpasses, H(z) =
 * (A0(z^2) + z^-1 A1(z^2)) / 2 (R. Valenzuela, A. Constantinides, "Digital signal
 * processing schemes for efficient interpolation and decimation", 1983). Ten
 * coefficients, an elliptic design: 102 dB down from 0.27 of the doubled rate,
 * flat to 0.23 of it (20.3 kHz at 44.1 kHz). A sound goes through both and is
 * about 4 frames late.
 *
 * For a further doubling half as many will do, as the sound fills only half of the band
 * by then: wide_band, 99 dB down from 0.385 of its doubled rate, flat to 0.115 of it.
 */
#ifndef SYNTH_HALF_BAND_H
#define SYNTH_HALF_BAND_H

#include "base/lanes.h"

struct half_band {
	vf x[10], y[10]; /* one frame ago: into and out of each allpass */
};

/* Every other coefficient, from `first` on, is one chain. */
static inline vf
half_band_chain(struct half_band *h, int first, vf x)
{
	static const float c[10] = {0.038198145f, 0.141848414f, 0.284326749f, 0.436500581f, 0.577049052f, 0.695524101f,
	    0.790200596f, 0.864465800f, 0.923995928f, 0.975286561f};
	for (int k = first; k < 10; k += 2) {
		const vf y = c[k] * (x - h->y[k]) + h->x[k];
		h->x[k] = x;
		h->y[k] = y;
		x = y;
	}
	return x;
}

/* One frame becomes two. */
static inline void
half_band_up(struct half_band *h, vf x, vf y[2])
{
	y[0] = half_band_chain(h, 0, x);
	y[1] = half_band_chain(h, 1, x);
}

/* Two frames become one. */
static inline vf
half_band_down(struct half_band *h, const vf x[2])
{
	return 0.5f * (half_band_chain(h, 0, x[1]) + half_band_chain(h, 1, x[0]));
}

struct wide_band {
	vf x[5], y[5];
};

static inline vf
wide_band_chain(struct wide_band *h, int first, vf x)
{
	static const float c[5] = {0.044122025f, 0.167182685f, 0.348348449f, 0.571026550f, 0.838714872f};
	for (int k = first; k < 5; k += 2) {
		const vf y = c[k] * (x - h->y[k]) + h->x[k];
		h->x[k] = x;
		h->y[k] = y;
		x = y;
	}
	return x;
}

static inline void
wide_band_up(struct wide_band *h, vf x, vf y[2])
{
	y[0] = wide_band_chain(h, 0, x);
	y[1] = wide_band_chain(h, 1, x);
}

static inline vf
wide_band_down(struct wide_band *h, const vf x[2])
{
	return 0.5f * (wide_band_chain(h, 0, x[1]) + wide_band_chain(h, 1, x[0]));
}

#endif
