/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which octaves a sound fills: its energy in ten octaves about 31.25 Hz to 16 kHz,
 * from spectra of 2048 points under a Hann window.
 */
#ifndef FEATURE_OCCUPANCY_H
#define FEATURE_OCCUPANCY_H

#include <stdint.h>

#include "feature/analysis.h"

enum { OCTAVES = 10 };
extern const double octave_centre[OCTAVES]; /* Hz; an octave reaches half an octave down and up */

/* Part of the energy in each octave: they add up to 1, or are all 0. x is interleaved; loads `a` with each channel. */
int occupancy_of(struct analysis *a, const float *x, uint32_t rate, uint32_t channels, uint64_t frames,
    float out[OCTAVES], struct err *err);

#endif
