/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One channel under analysis. Spectra are librosa's defaults: 2048 points under
 * a periodic Hann window, 512 samples apart, frame 0 centred on sample 0, zeros
 * beyond the ends; so there are 1 + floor(n/512) frames. What several features
 * need is computed when the first asks for it. An analysis is made once and
 * loaded again and again: it keeps its buffers and filter banks.
 *
 * All pointers that come from an analysis last until it is loaded again.
 * Functions that compute return NULL when out of memory.
 */
#ifndef FEATURE_ANALYSIS_H
#define FEATURE_ANALYSIS_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "feature/feature.h"

enum {
	ANALYSIS_FFT = 2048,
	ANALYSIS_HOP = 512,
	ANALYSIS_BINS = ANALYSIS_FFT / 2 + 1,
	ANALYSIS_MELS = 128,
	ANALYSIS_BLOCK = 64, /* frames of spectra that may be asked for at a time */
};

struct analysis *analysis_new(void);
void analysis_free(struct analysis *a);

/* Takes one channel of n samples, `stride` apart, which are copied. Refuses 0 samples, a
   rate of 0 and what is not finite. */
int analysis_load(struct analysis *a, const float *x, size_t stride, size_t n, uint32_t rate, struct err *err);

/* Says that the channel just loaded is one of `channels` of the interleaved sound x, which
   stays the caller's and must last until the next load. Without it a channel is a mono sound. All
   channels must be known to be finite: call it with the last. */
void analysis_of(struct analysis *a, const float *x, uint32_t channels);
const float *analysis_sound(const struct analysis *a, uint32_t *channels);

const float *analysis_samples(const struct analysis *a, size_t *n);
double analysis_rate(const struct analysis *a); /* Hz */
size_t analysis_frames(const struct analysis *a);
double analysis_hop(const struct analysis *a); /* seconds between frames */

/* |X|² of frames first .. first+count-1, count <= ANALYSIS_BLOCK: [count][ANALYSIS_BINS].
   Spectra of long sounds are not kept: the block lasts until the next is asked for. */
const float *analysis_power(struct analysis *a, size_t first, size_t count);

/* |X| of one frame from a transform in double precision: out[ANALYSIS_BINS]. 0 or -1. */
int analysis_magnitude_double(const struct analysis *a, size_t frame, double *out);

/* [frames][ANALYSIS_MELS]: power in Slaney's bands; and in dB, nothing lower than 80 dB
   below the loudest of the whole sound. */
const float *analysis_mel(struct analysis *a);
const float *analysis_logmel(struct analysis *a);

/* K-weighted (ITU-R BS.1770) power of each hop: [ceil(n / ANALYSIS_HOP)] sums over the
   samples. analysis_k_hops is how many. */
const double *analysis_k(struct analysis *a);
size_t analysis_k_hops(const struct analysis *a);

/* The same of one of the channels of analysis_sound, until the next is asked for. Channels that were loaded one
   after the other are filtered but once. */
const double *analysis_k_of(struct analysis *a, uint32_t channel);

/* The values of one feature: [rows][columns]; computed once. Rows are the frames, or 1. */
size_t analysis_rows(const struct analysis *a, const struct feature *f);
const float *analysis_feature(struct analysis *a, const struct feature *f);

#endif
