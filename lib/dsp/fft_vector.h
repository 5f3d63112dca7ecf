/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Real transforms of vectors of lanes, for modules: a signal in each lane, the
 * same bits at every width. Even lengths, plans from fft_real(). A transform of n
 * points has n/2+1 complex numbers, real and imaginary parts in turn.
 */
#ifndef DSP_FFT_VECTOR_H
#define DSP_FFT_VECTOR_H

#include "base/lanes.h"

#define V       vf
#define T       float
#define K(name) fft_v_##name
#include "dsp/fft_complex.h"
#undef V
#undef T
#undef K

/* x[n] to X[n+2], twice the transform; work: fft_work(f) vectors. */
static inline void
fft_vector_forward(const struct fft *f, const vf *x, vf *X, vf *work)
{
	for (size_t i = 0; i < f->h; i++) {
		work[2 * f->in[i]] = x[2 * i];
		work[2 * f->in[i] + 1] = x[2 * i + 1];
	}
	fft_v_transform(f, work, f->table);
	for (size_t k = 0; k <= f->h / 2; k++) {
		vf a[2], b[2];
		fft_v_apart(f, work, k, f->table + f->half, a, b);
		for (int c = 0; c < 2; c++) {
			X[2 * k + (size_t)c] = a[c];
			X[2 * (f->h - k) + (size_t)c] = b[c];
		}
	}
}

/* And back, without the 1/n: the last half of x[n], which is work[n/2 .. n) with real and imaginary
   parts exchanged pairwise, to y[n/2]. */
static inline void
fft_vector_backward_end(const struct fft *f, const vf *X, vf *y, vf *work)
{
	const float *half = f->table + f->half;
	for (size_t k = 0; k <= f->h / 2; k++) {
		const size_t o = f->h - k;
		const vf ai = k ? X[2 * k + 1] : splat(0), bi = k ? X[2 * o + 1] : splat(0);
		const vf er = X[2 * k] + X[2 * o], ei = ai - bi, pr = X[2 * k] - X[2 * o], pi = ai + bi;
		const vf qr = pr * half[2 * k] + pi * half[2 * k + 1], qi = pi * half[2 * k] - pr * half[2 * k + 1];
		vf *a = work + 2 * f->in[k], *b = work + 2 * f->in[k ? o : 0];
		b[1] = er + qi, b[0] = qr - ei;
		a[1] = er - qi, a[0] = ei + qr;
	}
	fft_v_transform(f, work, f->table);
	for (size_t i = f->h / 2; i < f->h; i++) {
		y[2 * i - f->h] = work[2 * i + 1];
		y[2 * i - f->h + 1] = work[2 * i];
	}
}

#endif
