/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Between rows of numbers in memory and lanes: LANES rows side by side, a row in each
 * lane. For lane code.
 */
#ifndef DSP_ROWS_H
#define DSP_ROWS_H

#include "base/isa.h"
#include "base/lanes_memory.h"
#include "dsp/transpose.h"

/* LANES numbers of each row, from the ith on, to v[LANES]. */
static inline __attribute__((always_inline)) void
tile_to_lanes(const float *const *row, size_t i, vf *v)
{
#pragma GCC unroll 16
	for (int l = 0; l < LANES; l++)
		v[l] = load(row[l] + i);
	transpose(v);
}

/* Each row[lane][n] to v[n]. */
static inline void
rows_to_lanes(const float *const *row, size_t n, vf *v)
{
	for (size_t i = 0; i + LANES <= n; i += LANES) {
		vf r[LANES];
		tile_to_lanes(row, i, r);
#pragma GCC unroll 16
		for (int l = 0; l < LANES; l++)
			v[i + (size_t)l] = r[l];
	}
	for (size_t i = n / LANES * LANES; i < n; i++) {
		float x[LANES];
		for (int l = 0; l < LANES; l++)
			x[l] = row[l][i];
		v[i] = load(x);
	}
}

/* And back: v[n] to each row[lane][n] that is not NULL. */
static inline void
lanes_to_rows(const vf *v, size_t n, float *const *row)
{
	for (size_t i = 0; i + LANES <= n; i += LANES) {
		vf r[LANES];
#pragma GCC unroll 16
		for (int l = 0; l < LANES; l++)
			r[l] = v[i + (size_t)l];
		transpose(r);
#pragma GCC unroll 16
		for (int l = 0; l < LANES; l++)
			if (row[l])
				memcpy(row[l] + i, &r[l], sizeof *r);
	}
	for (size_t i = n / LANES * LANES; i < n; i++)
		for (int l = 0; l < LANES; l++)
			if (row[l])
				row[l][i] = lane_get(v[i], l);
}

#endif
