/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Fourier transforms of real signals, the same bits on every machine: only + - and *,
 * turned by factors from base/fmath.h that are rounded once. Any length: those without a
 * prime factor over 31 by their factors, others by a chirp, several times as long. A plan
 * is made once for each length and shared by all threads for the life of the process.
 * Many frames at a time, in lanes: dsp/stft.h.
 */
#ifndef DSP_FFT_H
#define DSP_FFT_H

#include <stddef.h>

struct fft;

/* Room for n floats, aligned for any vector; NULL when out of memory. Goes with
   fft_release, which takes NULL. */
float *fft_alloc(size_t n);
void fft_release(float *p);

/* The transform of n points, any n > 0. NULL when out of memory. Never freed. */
const struct fft *fft_real(size_t n);

/* x[n] to n/2+1 complex numbers X[2*(n/2+1)], real and imaginary part in turn. And back,
   without the 1/n; the imaginary parts of the first, and for even n the last, count as 0.
   What is read stays. 0, or -1 out of memory. */
int fft_forward(const struct fft *f, const float *x, float *X);
int fft_backward(const struct fft *f, const float *X, float *x);

/* The same forward in double precision: for the few frames where what single precision
   rounds away is asked for. */
int fft_forward_double(const struct fft *f, const double *x, double *X);

#endif
