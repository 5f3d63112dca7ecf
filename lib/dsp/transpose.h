/* SPDX-License-Identifier: GPL-3.0-or-later */
/* LANES rows of LANES numbers, turned: what lies side by side in memory gets a lane each. */
#ifndef DSP_TRANSPOSE_H
#define DSP_TRANSPOSE_H

#include "base/lanes.h"

/* The lanes of a and b in turn, a0 b0 a1 b1 ...: the first LANES of them, and the rest. */
#if LANES == 1
#define LOW_HALVES_OF(a, b)  (a)
#define HIGH_HALVES_OF(a, b) (b)
#elif LANES == 4
#define LOW_HALVES_OF(a, b)  __builtin_shuffle(a, b, (vi){0, 4, 1, 5})
#define HIGH_HALVES_OF(a, b) __builtin_shuffle(a, b, (vi){2, 6, 3, 7})
#elif LANES == 8
#define LOW_HALVES_OF(a, b)  __builtin_shuffle(a, b, (vi){0, 8, 1, 9, 2, 10, 3, 11})
#define HIGH_HALVES_OF(a, b) __builtin_shuffle(a, b, (vi){4, 12, 5, 13, 6, 14, 7, 15})
#elif LANES == 16
#define LOW_HALVES_OF(a, b)  __builtin_shuffle(a, b, (vi){0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23})
#define HIGH_HALVES_OF(a, b) __builtin_shuffle(a, b, (vi){8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31})
#endif

/* Rows become columns: log2(LANES) times, row i and row i + LANES/2 are shuffled into one another. */
static inline __attribute__((always_inline)) void
transpose(vf *r)
{
#if LANES > 1
	vf t[LANES];
#pragma GCC unroll 4
	for (int stage = 1; stage < LANES; stage *= 2) {
#pragma GCC unroll 8
		for (int i = 0; i < LANES / 2; i++) {
			t[2 * i] = LOW_HALVES_OF(r[i], r[i + LANES / 2]);
			t[2 * i + 1] = HIGH_HALVES_OF(r[i], r[i + LANES / 2]);
		}
#pragma GCC unroll 16
		for (int i = 0; i < LANES; i++)
			r[i] = t[i];
	}
#else
	(void)r;
#endif
}

#endif
