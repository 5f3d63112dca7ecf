/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One channel under analysis. Spectra are librosa's: n_fft points under a periodic
 * Hann window, `hop` samples apart, frame 0 centred on sample 0, zeros beyond the
 * ends; so there are 1 + floor(n/hop) frames (of even n_fft). What several features
 * need is computed when the first asks for it. An analysis is made once and
 * loaded again and again: it keeps its buffers and filter banks. Spectra are not kept:
 * a pass over the sound hears all the features that are wanted.
 *
 * All pointers that come from an analysis last until it is loaded again.
 * Functions that compute return NULL when out of memory.
 */
#ifndef FEATURE_ANALYSIS_H
#define FEATURE_ANALYSIS_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "dsp/mel.h"
#include "feature/feature.h"

/* librosa's defaults, in which the summary is defined. */
enum {
	ANALYSIS_FFT = 2048,
	ANALYSIS_HOP = 512,
	ANALYSIS_BINS = ANALYSIS_FFT / 2 + 1,
	ANALYSIS_MELS = 128,
	ANALYSIS_K_HOP = 128, /* of K-weighted power: 400 ms begin nearly where they should */
	ANALYSIS_BLOCK = 64, /* frames of spectra that may be asked for at a time */
	ANALYSIS_PIECES = 16, /* at most, of a frame */
};

struct framing {
	size_t n_fft, hop, mels;
	enum mel_scale scale;
	double fmin, fmax; /* Hz, of the mel bands; fmax 0: half the rate */
};
extern const struct framing framing_default;

struct analysis *analysis_new(void);
struct analysis *analysis_new_framed(const struct framing *f, struct err *err);
const struct framing *analysis_framing(const struct analysis *a);
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

/* A frame is made of so many pieces, each of *size samples: the hops of which it is a whole number, so
   that what is summed over one serves all frames that it is in; or one. */
size_t analysis_pieces(const struct analysis *a, size_t *size);

size_t analysis_bins(const struct analysis *a);  /* n_fft/2 + 1 */
double analysis_bin_hz(const struct analysis *a); /* between bins */
const struct mel *analysis_bank(const struct analysis *a);

/* |X|² of frames first .. first+count-1, count <= ANALYSIS_BLOCK: [count][bins]. Lasts until the next are
   asked for: for features that look at few frames. */
const float *analysis_power(struct analysis *a, size_t first, size_t count);

/* [frames][mels]: power in the mel bands; and in dB, nothing lower than 80 dB below the loudest of the
   whole sound. */
const float *analysis_mel(struct analysis *a);
const float *analysis_logmel(struct analysis *a);

/* K-weighted (ITU-R BS.1770) power of each ANALYSIS_K_HOP: [ceil(n / ANALYSIS_K_HOP)] sums over the
   samples. analysis_k_hops is how many. */
const double *analysis_k(struct analysis *a);
size_t analysis_k_hops(const struct analysis *a);

/* The same of one of the channels of analysis_sound, until the next is asked for. Channels that were loaded one
   after the other are filtered but once. */
const double *analysis_k_of(struct analysis *a, uint32_t channel);

/* Says which features will be asked for before the next sound is loaded, besides those already
   said: one pass over the spectra then serves all. A feature that was not said has a pass of its own. */
void analysis_want(struct analysis *a, const struct feature *const *list, size_t n);

/* What the feature's begin prepared; NULL before. */
void *analysis_state(const struct analysis *a, const struct feature *f);

/* The values of one feature: [rows][columns]; computed once. Rows are the frames, or 1. */
size_t analysis_rows(const struct analysis *a, const struct feature *f);
const float *analysis_feature(struct analysis *a, const struct feature *f);

#endif
