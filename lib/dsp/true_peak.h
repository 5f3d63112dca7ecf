/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * True peak (ITU-R BS.1770-4, annex 2): the largest |x| of the signal at four times
 * the rate (twice from 96 kHz on, as it is from 192 kHz on), by a windowed sinc of 12 taps a phase
 * (Hann over 49 points, as libebur128's).
 */
#ifndef DSP_TRUE_PEAK_H
#define DSP_TRUE_PEAK_H

#include <stddef.h>

/* Of n samples, `stride` apart. */
double true_peak(const float *x, size_t stride, size_t n, double rate);

#endif
