/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Whether two sounds are one recording: the largest magnitude of their
 * correlation over all shifts, fractions of a sample included, relative to the
 * energy of both, once both have passed a filter that rises with frequency to
 * 2 kHz and falls with its cube from there: neither one deep tone nor what other
 * rates and lossy formats change decides. 1: the same but for level, sign and shift.
 * Of Debian's 165 sounds no two are over 0.965; a copy as Ogg Vorbis or at half
 * the rate is over 0.96, nearly always over 0.98.
 */
#ifndef FEATURE_ALIKE_H
#define FEATURE_ALIKE_H

#include <stddef.h>

#include "base/err.h"
#include "feature/occupancy.h"

#define ALIKE_SAME 0.975 /* from here on they are one */

/* Two channels of one rate, of na and nb samples. *value 0 where one is silent. */
int alike(const float *a, size_t na, const float *b, size_t nb, double rate, double *value, struct err *err);

/* Standard deviation of the energy over time, in seconds; shift and level leave it as it is. */
double energy_spread(const float *x, size_t n, double rate);

/* Whether it is worth asking: no octave up to 5.6 kHz differs by 3 dB, and the spreads by no more than twice. */
int may_be_alike(const float a[OCTAVES], double spread_a, const float b[OCTAVES], double spread_b);

#endif
