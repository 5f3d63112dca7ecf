/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Fourier transforms of real signals, by FFTW in single precision. A plan is
 * made once for each length and shared by all threads for the life of the
 * process. FFTW estimates instead of measuring, so the same machine always
 * gets the same plan; its last bits still depend on the vector unit.
 */
#ifndef DSP_FFT_H
#define DSP_FFT_H

#include <stddef.h>

struct fft;

/* Room for n floats, aligned as transforms need it; NULL when out of memory.
   Goes with fft_release, which takes NULL. */
float *fft_alloc(size_t n);
void fft_release(float *p);

/* The transform of n points, any n > 0. NULL when out of memory. Never freed. */
const struct fft *fft_real(size_t n);

/* x[n] to n/2+1 complex numbers X[2*(n/2+1)], real and imaginary part in turn; x
   stays. And back, without the 1/n; X is destroyed. Both from fft_alloc. */
void fft_forward(const struct fft *f, const float *x, float *X);
void fft_backward(const struct fft *f, float *X, float *x);

/* The same forward in double precision, on buffers of any alignment: for the few frames
   where what single precision rounds away is asked for. */
void fft_forward_double(const struct fft *f, double *x, double *X);

#endif
