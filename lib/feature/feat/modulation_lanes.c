/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "dsp/rows.h"
#include "feature/feat/modulation.h"

enum { TILE = 64 };

void
LANE_NAME(modulation_amplitudes)(const float *mel, size_t mels, size_t frames, size_t room, float *y)
{
	vf tile[TILE];
	for (size_t t = 0; t < frames; t += LANES)
		for (size_t b = 0; b < MODULATION_BANDS; b++) {
			vf sum = splat(0);
			const size_t end = (b + 1) * mels / MODULATION_BANDS, some = frames - t < LANES ? frames - t : LANES;
			for (size_t k = b * mels / MODULATION_BANDS, wide; k < end; k += wide) {
				const float *row[LANES];
				wide = end - k < TILE ? end - k : TILE;
				for (size_t l = 0; l < LANES; l++)
					row[l] = mel + (t + (l < some ? l : 0)) * mels + k;
				rows_to_lanes(row, wide, tile);
				for (size_t i = 0; i < wide; i++)
					sum += tile[i];
			}
			sum = vsqrt(sum);
			memcpy(y + b * room + t, &sum, some * sizeof *y);
		}
}
