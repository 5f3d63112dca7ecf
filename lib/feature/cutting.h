/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Other ways to cut a loop than at its onsets (feature/slices.h): at its beats,
 * and at its transients alone. A transient is an onset at which the wave becomes
 * rough at once: the energy of its differences from sample to sample, which are
 * 6 dB an octave brighter, is over 9 dB higher in 3 ms right after it than in the
 * 20 ms before. Blows are; bowed, blown and filtered notes, and blows that drown in
 * the ringing of others, are not.
 */
#ifndef FEATURE_CUTTING_H
#define FEATURE_CUTTING_H

#include "feature/slices.h"

/* From one beat to the next; what comes before the first beat is a piece of its own if it is a tenth of a beat.
   Of a sound without a tempo: one piece. *list is malloc'ed, the caller's; silence gives none. */
int cut_at_beats(const float *x, size_t n, double rate, double bpm, double first, struct slice **list, size_t *count,
    struct err *err);

/* Joins slices of x[n] (slices_cut) that do not begin with a transient to the one before. Returns how many are left. */
size_t keep_transients(const float *x, size_t n, double rate, struct slice *list, size_t count);

#endif
