/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "dsp/rows.h"
#include "feature/feat/onset.h"

enum { TILE = 128 };

void
LANE_NAME(onset_rise)(const float *x, size_t n, size_t count, float *out)
{
	for (size_t t = 0; t < count; t += LANES) {
		vf even = splat(0), odd = splat(0), now[TILE], then[TILE];
		for (size_t i = 0; i < n; i += TILE) {
			const size_t wide = n - i < TILE ? n - i : TILE;
			const float *row[LANES], *before[LANES];
			for (size_t l = 0; l < LANES; l++) {
				row[l] = x + (t + l < count ? t + l : t) * n + i;
				before[l] = row[l] - n;
			}
			rows_to_lanes(row, wide, now);
			rows_to_lanes(before, wide, then);
			size_t k = 0;
			for (; k + 2 <= wide; k += 2) {
				even += vmax(now[k] - then[k], splat(0));
				odd += vmax(now[k + 1] - then[k + 1], splat(0));
			}
			if (k < wide)
				even += vmax(now[k] - then[k], splat(0));
		}
		const vf mean = (even + odd) / (float)n;
		for (size_t l = 0; l < LANES && t + l < count; l++)
			out[t + l] = lane_get(mean, (int)l);
	}
}
