/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Loudness after ITU-R BS.1770-4: the K weighting (a shelf for the head, a
 * high-pass) and the gated mean. The filters' coefficients for any sample rate
 * are those of the analogue prototypes that fit the standard's 48 kHz tables
 * (B. Mansbridge et al., AES 132, 2012; libebur128 uses the same).
 */
#ifndef DSP_KWEIGHT_H
#define DSP_KWEIGHT_H

#include <stddef.h>
#include <stdint.h>

/* The sum of squares of the weighted signal over each `hop` samples:
   out[ceil(n / hop)]; the last may hold fewer samples. */
void kweight_power(const float *x, size_t n, double rate, size_t hop, double *out);

/* The power of the samples [from, to), parts of samples included, by so[hops + 1], the sums of the hops of n samples
   from the first on: energy is spread evenly within a hop, and there is none beyond the ends. */
double kweight_within(const double *so, size_t n, size_t hop, double from, double to);

/* Mean square to LUFS, nothing below -100. */
double kweight_lufs(double mean_square);

/* Integrated loudness of channels under equal weight, from their power[c][hops] over n
   samples each: blocks of 400 ms every 100 ms (energy is spread evenly within a hop), gates at -70 LUFS and
   10 LU below what passes it. A sound shorter than a block is one block; one that no
   gate lets through is its plain mean. */
double kweight_integrated(const double *const *power, size_t channels, size_t n, size_t hop, double rate);

#endif
