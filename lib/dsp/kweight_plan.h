/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inside dsp/kweight.h: the filters, and the loop over sixteen pieces of a sound at a time. */
#ifndef DSP_KWEIGHT_PLAN_H
#define DSP_KWEIGHT_PLAN_H

#include <stddef.h>

enum { KWEIGHT_PIECES = 16, KWEIGHT_STATES = 4 };

/* 1 + b1 z^-1 + b2 z^-2 over 1 + a1 z^-1 + a2 z^-2 is the shelf but for its gain; then
   (1 - z^-1)² over 1 + c1 z^-1 + c2 z^-2. Powers are to be multiplied by `power`. */
struct kweight {
	double b1, b2, a1, a2, c1, c2, power;
};

typedef float kweight_row[KWEIGHT_PIECES];       /* one sample of each piece */
typedef double kweight_state[KWEIGHT_PIECES];    /* one state of each piece, of KWEIGHT_STATES */

struct kweight_kernel {
	/* The next `count` samples of each piece, a multiple of 16, become rows. */
	void (*turn)(const float *const from[KWEIGHT_PIECES], size_t count, kweight_row *rows);
	/* Rows go through the filters; `run` adds the squares of what comes out to sum. */
	void (*warm)(const struct kweight *k, const kweight_row *rows, size_t count, kweight_state *state);
	void (*run)(const struct kweight *k, const kweight_row *rows, size_t count, kweight_state *state, double *sum);
};

extern const struct kweight_kernel kweight_kernel_scalar, kweight_kernel_sse, kweight_kernel_avx2, kweight_kernel_avx512;

#endif
