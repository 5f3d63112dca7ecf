/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The short-time Fourier transform, with librosa's and PyTorch's conventions: a
 * periodic Hann window of `win` samples in the middle of n_fft, frames `hop`
 * apart, frame 0 centred on sample 0 unless there is no padding. An stft does not change
 * after it is made: threads may share it.
 */
#ifndef DSP_STFT_H
#define DSP_STFT_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum stft_pad {
	STFT_NONE,    /* only whole frames; frame 0 starts at sample 0 */
	STFT_ZERO,    /* n_fft/2 zeros at both ends (librosa) */
	STFT_REFLECT, /* mirrored at both ends, without the last sample (PyTorch, auraloss) */
};

struct stft;

struct stft *stft_new(size_t n_fft, size_t win, size_t hop, enum stft_pad pad, struct err *err);
void stft_free(struct stft *s);

size_t stft_bins(const struct stft *s);             /* n_fft/2 + 1 */
size_t stft_frames(const struct stft *s, size_t n); /* of a signal of n samples */

/* Frames first .. first+count-1 of x[n] into out[count][bins]: |X|, or |X|². 0, or -1
   out of memory. */
int stft_magnitude(const struct stft *s, const float *x, size_t n, size_t first, size_t count, float *out);
int stft_power(const struct stft *s, const float *x, size_t n, size_t first, size_t count, float *out);

/* What follows hears many frames at once, a frame in each lane. stft_lanes: how many lanes they are where
   `count` frames are wanted, 1 to STFT_LANES; *set becomes the place of their instruction set in an ISA_TABLE. */
enum { STFT_LANES = 16 };
size_t stft_lanes(size_t count, int *set);

/* Room for that, of one thread. */
struct stft_room {
	float *work, *edge, *precise;
};
int stft_room_init(struct stft_room *r, const struct stft *s);
void stft_room_release(struct stft_room *r);

/* |X|² of the frames number[count], count <= STFT_LANES, into power[bins + 1][lanes], the last row being their sums,
   aligned as fft_alloc does; lanes that are left repeat the first frame. */
void stft_side_by_side(const struct stft *s, struct stft_room *r, const float *x, size_t n, const size_t *number,
    size_t count, float *power);
/* The same transformed in double precision, some three times as slow; -1 out of memory. Lanes of which `faint` has a bit are scaled
   up: floats cannot hold the squares of numbers under 1e-19. */
int stft_side_by_side_precise(const struct stft *s, struct stft_room *r, const float *x, size_t n, const size_t *number,
    size_t count, uint32_t faint, float *power);

/* What is rounded away: the magnitudes of single precision are off by this part of the root of the frame's sum
   (2e-9 to 5e-9 whatever the sound, of 2048 points), in all bins alike. */
#define STFT_ROUNDING 3e-9f

/* |X|² of `count` whole signals of n points: out[count][n/2+1]. 0, or -1 out of memory. */
int signals_power(const float *const *x, size_t n, size_t count, float *out);

/* The correlation of each of `count` frames of `size` samples, the first centred on sample `first`
   times hop with zeros beyond the ends, with itself: out[count][lags], lags <= size. */
int frames_correlate(const float *x, size_t n, size_t size, size_t hop, size_t first, size_t count, size_t lags,
    float *out);

/* Periodic Hann: sin²(pi i / n). */
void window_hann(float *w, size_t n);

#endif
