/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * True peak (ITU-R BS.1770-4, annex 2): the largest |x| of the signal at four times
 * the rate (twice from 96 kHz on, as it is from 192 kHz on), by a windowed sinc of 12 taps a phase (24)
 * under Hann's window over 49 points, which is libebur128's filter. What lies between samples is
 * computed only where it can be larger than the largest sample.
 */
#ifndef DSP_TRUE_PEAK_H
#define DSP_TRUE_PEAK_H

#include <stddef.h>

/* Of n samples that follow one another; the largest of the samples to *sample_peak. */
double true_peak(const float *x, size_t n, double rate, double *sample_peak);

#endif
