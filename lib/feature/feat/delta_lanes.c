/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "dsp/rows.h"
#include "feature/feat/delta.h"

enum { C = DELTA_COEFFICIENTS };

void
LANE_NAME(delta_fit)(const float *x, size_t n, const float *slope, const float *curve, size_t count, float *out)
{
	for (size_t t = 0; t < count; t++, x += C, out += DELTA_COLUMNS)
		for (size_t next = 0, c; next < C; next += LANES) {
			c = next + LANES <= C ? next : C - LANES; /* the last vector has some of those before it again */
			vf first = splat(0), second = splat(0);
			/* beside the middle, so that what all have in common is not rounded */
			const vf middle = load(x + n / 2 * C + c);
			for (size_t i = 0; i < n; i++) {
				const vf v = load(x + i * C + c) - middle;
				first += v * slope[i];
				second += v * curve[i];
			}
			memcpy(out + c, &first, sizeof first);
			memcpy(out + C + c, &second, sizeof second);
		}
}
