/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "dsp/product.h"
#include "dsp/rows.h"

enum { TILE = 128, MANY = 4 };

/* Adds to sum[some] what the columns of x[n] give. */
static inline __attribute__((always_inline)) void
add(const float *m, size_t wide, int some, const vf *x, size_t n, vf *sum)
{
	vf s[MANY];
	for (int r = 0; r < some; r++)
		s[r] = splat(0);
	for (size_t i = 0; i < n; i++)
#pragma GCC unroll 4
		for (int r = 0; r < some; r++)
			s[r] += x[i] * m[(size_t)r * wide + i];
	for (int r = 0; r < some; r++)
		sum[r] += s[r];
}

void
LANE_NAME(rows_product)(const float *m, size_t rows, size_t n, const float *x, size_t count, float *out)
{
	enum { SUMS = 64 };
	for (size_t t = 0; t < count; t += LANES)
		for (size_t first = 0; first < rows; first += SUMS) {
			const size_t some = rows - first < SUMS ? rows - first : SUMS;
			const float *from[LANES];
			float *to[LANES];
			vf sum[SUMS], tile[TILE];
			for (size_t r = 0; r < some; r++)
				sum[r] = splat(0);
			for (size_t i = 0; i < n; i += TILE) {
				const size_t wide = n - i < TILE ? n - i : TILE;
				for (size_t l = 0; l < LANES; l++)
					from[l] = x + (t + l < count ? t + l : t) * n + i;
				rows_to_lanes(from, wide, tile);
				size_t r = 0;
				for (; r + MANY <= some; r += MANY)
					add(m + (first + r) * n + i, n, MANY, tile, wide, sum + r);
				for (; r < some; r++)
					add(m + (first + r) * n + i, n, 1, tile, wide, sum + r);
			}
			for (size_t l = 0; l < LANES; l++)
				to[l] = t + l < count ? out + (t + l) * rows + first : NULL;
			lanes_to_rows(sum, some, to);
		}
}
