/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "feature/occupancy.h"

#include <math.h>

const double octave_centre[OCTAVES] = {31.25, 62.5, 125, 250, 500, 1000, 2000, 4000, 8000, 16000};

/* A bin counts for what of its width lies in the octave. */
static double
overlap(size_t bin, double width, double lo, double hi)
{
	const double from = fmax(((double)bin - 0.5) * width, lo), to = fmin(((double)bin + 0.5) * width, hi);
	return fmax(to - from, 0) / width;
}

int
occupancy_of(struct analysis *a, const float *x, uint32_t rate, uint32_t channels, uint64_t frames,
    float out[OCTAVES], struct err *err)
{
	double sum[OCTAVES] = {0}, all = 0, bin[ANALYSIS_BINS] = {0};
	for (uint32_t c = 0; c < channels; c++) {
		if (analysis_load(a, x + c, channels, frames, rate, err) < 0)
			return -1;
		const size_t n = analysis_frames(a);
		for (size_t t = 0; t < n; t += ANALYSIS_BLOCK) {
			const size_t some = n - t < ANALYSIS_BLOCK ? n - t : ANALYSIS_BLOCK;
			const float *p = analysis_power(a, t, some);
			if (!p)
				return err_set(err, "out of memory");
			for (size_t i = 0; i < some; i++)
				for (size_t k = 0; k < ANALYSIS_BINS; k++)
					bin[k] += p[i * ANALYSIS_BINS + k];
		}
	}
	const double width = (double)rate / ANALYSIS_FFT, half = 1.4142135623730951;
	for (int o = 0; o < OCTAVES; o++) {
		for (size_t k = 0; k < ANALYSIS_BINS; k++)
			sum[o] += bin[k] * overlap(k, width, octave_centre[o] / half, octave_centre[o] * half);
		all += sum[o];
	}
	for (int o = 0; o < OCTAVES; o++)
		out[o] = all > 0 ? (float)(sum[o] / all) : 0;
	return 0;
}
