/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Mel bands, decibels and cepstra: the steps from a spectrum to what is heard
 * of it, equal to librosa's. A mel bank does not change after it is made.
 */
#ifndef DSP_MEL_H
#define DSP_MEL_H

#include <stddef.h>

#include "base/err.h"
#include "base/isa.h"
#include "dsp/stft.h"

enum mel_scale {
	MEL_SLANEY, /* linear to 1 kHz, logarithmic above (Auditory Toolbox 1998) */
	MEL_HTK,    /* 2595 log10(1 + f/700) */
};

struct mel {
	size_t bands, bins;
	size_t *first, *count; /* of each band: its first bin and how many */
	size_t *at;            /* where its weights begin */
	float *weights;
	double *middle; /* [bands] Hz, of each triangle's top */
};

/* Triangles of unit area (in Hz) between fmin and fmax; fmax 0 is rate/2. */
struct mel *mel_new(double rate, size_t n_fft, size_t bands, double fmin, double fmax, enum mel_scale scale,
    struct err *err);
void mel_free(struct mel *m);

/* power[frames][bins] to out[frames][bands]. */
void mel_apply(const struct mel *m, const float *power, size_t frames, float *out);

/* The same bits of frames side by side: power[bins][lanes], of which `count` are wanted, to out[count][bands]. */
typedef void mel_beside_run(const struct mel *m, const float *power, size_t count, float *out);
ISA_DECLARE(mel_beside_run, mel_beside);

/* The power of all frames of x[n] in them: out[stft_frames(s, n)][bands]. 0, or -1 out of memory. */
int mel_power(const struct mel *m, const struct stft *s, const float *x, size_t n, float *out);

/* 10 log10(max(x, 1e-10) / ref), then nothing below the largest less top_db (0: no
   such floor). In place is legal. */
void power_to_db(const float *x, size_t n, float ref, float top_db, float *out);

/* Rows k < rows of the orthonormal DCT-II of n points: m[rows][n]. */
void dct_matrix(float *m, size_t rows, size_t n);

/* x[frames][n] to out[frames][rows] by such a matrix. */
void dct_apply(const float *m, size_t rows, size_t n, const float *x, size_t frames, float *out);

#endif
