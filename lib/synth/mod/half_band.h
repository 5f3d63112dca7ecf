/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Twice the rate and back: a half-band filter as two chains of allpasses, H(z) =
 * (A0(z^2) + z^-1 A1(z^2)) / 2 (R. Valenzuela, A. Constantinides, "Digital signal
 * processing schemes for efficient interpolation and decimation", 1983). Eight
 * coefficients, an elliptic design: 82 dB down from 0.27 of the doubled rate,
 * flat to 0.23 of it (20.3 kHz at 44.1 kHz). A sound goes through both and is
 * about 4 frames late.
 */
#ifndef SYNTH_HALF_BAND_H
#define SYNTH_HALF_BAND_H

#include "dsp/lanes.h"

struct half_band {
	vf x[8], y[8]; /* one frame ago: into and out of each allpass */
};

/* Every other coefficient, from `first` on, is one chain. */
static inline vf
half_band_chain(struct half_band *h, int first, vf x)
{
	static const float c[8] = {0.0575171854f, 0.205933032f, 0.392204435f, 0.569338783f, 0.713911428f, 0.822958357f,
	    0.904270154f, 0.969458154f};
	for (int k = first; k < 8; k += 2) {
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

#endif
