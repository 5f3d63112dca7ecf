/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/isa.h"
#include "base/lanes_memory.h"
#include "dsp/true_peak_plan.h"

/* The number of pairs is known where it is called, so that the loop is none. */
static inline __attribute__((always_inline)) vf
gaps(const struct true_peak_taps *t, const float *x, size_t pairs, int quarters)
{
	vf e = splat(0), s = splat(0), d = splat(0);
#pragma GCC unroll 12
	for (size_t k = 0; k < pairs; k++) {
		const vf a = load(x + k), b = load(x + 2 * pairs - 1 - k), both = a + b;
		e = e + both * t->even[k];
		if (quarters) {
			s = s + both * t->sum[k];
			d = d + (a - b) * t->difference[k];
		}
	}
	return quarters ? vmax(vabs(e), vabs(s) + vabs(d)) : vabs(e);
}

static float
between(const struct true_peak_taps *t, const float *x, size_t count)
{
	vf most = splat(0);
	float m[LANES], top = 0;
	for (size_t i = 0; i < count; i += LANES)
		most = vmax(most, t->quarters ? gaps(t, x + i, TRUE_PEAK_PAIRS / 2, 1) : gaps(t, x + i, TRUE_PEAK_PAIRS, 0));
	memcpy(m, &most, sizeof m);
	for (int l = 0; l < LANES; l++)
		top = m[l] > top ? m[l] : top;
	return top;
}

const struct true_peak_kernel LANE_NAME(true_peak_kernel) = {between};
