/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The inner loops of nearest, once for each instruction set; the same bits from all. */
#ifndef BASE_NEAREST_LANES_H
#define BASE_NEAREST_LANES_H

#include <stddef.h>
#include <stdint.h>

enum {
	NEAREST_SIDE = 64,   /* rows of a leaf, leaves of a group, groups of a block */
	NEAREST_PARTIAL = 16 /* sums of a distance, rows being padded to as many columns */
};

struct nearest_kernels {
	/* Sum of (a - b)² over `width` columns (4, 8 or a multiple of 16). */
	float (*squared)(const float *a, const float *b, size_t width);
	/* out[axes] = (x - mean) times the first columns of axis[width][stride]; axes is a multiple of 16. */
	void (*project)(const float *x, const float *mean, const float *axis, size_t width, size_t stride, size_t axes,
	    float *out);
	/* Of 64 boxes low, high [dims][64]: the squared distance of each to q, less `slack` an axis. */
	void (*boxes)(const float *low, const float *high, size_t dims, const float *q, float slack, float *out);
	/* Of 64 rows, code [dims][64]: which (bits) are no farther from q than limit says, squared. A
	   row's component is low + step * code, give or take `slack`. */
	uint64_t (*codes)(const uint8_t *code, size_t dims, const float *q, const float *low, const float *step, float slack,
	    float limit);
};

extern const struct nearest_kernels nearest_kernels_scalar, nearest_kernels_sse, nearest_kernels_avx2,
    nearest_kernels_avx512;

#endif
