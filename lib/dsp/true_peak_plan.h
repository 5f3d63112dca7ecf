/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inside dsp/true_peak.h. */
#ifndef DSP_TRUE_PEAK_PLAN_H
#define DSP_TRUE_PEAK_PLAN_H

#include <stddef.h>

enum { TRUE_PEAK_PAIRS = 12, TRUE_PEAK_STEP = 16 };

/* The samples about a gap, paired from the outermost to the two beside it: what lies half-way is
   sum even[k] (a + b); a quarter before and after it is S + D and S - D with S = sum sum[k] (a + b),
   D = sum difference[k] (a - b), so the larger in size is |S| + |D|. */
struct true_peak_taps {
	size_t pairs;
	int quarters; /* whether those are looked at */
	float even[TRUE_PEAK_PAIRS], sum[TRUE_PEAK_PAIRS], difference[TRUE_PEAK_PAIRS];
};

/* The largest between samples of the `count` gaps, a multiple of TRUE_PEAK_STEP, the first of which
   has x[0 .. 2 pairs) about it. */
struct true_peak_kernel {
	float (*between)(const struct true_peak_taps *t, const float *x, size_t count);
};

extern const struct true_peak_kernel true_peak_kernel_scalar, true_peak_kernel_sse, true_peak_kernel_avx2,
    true_peak_kernel_avx512;

#endif
