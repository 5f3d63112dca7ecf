/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One signal at a time: fft_complex.h and, with the same V, T and K, what goes around it. */
#include <stdlib.h>

#include "dsp/fft_complex.h"

static __attribute__((unused)) int
K(forward)(const struct fft *f, const T *table, const T *x, T *X)
{
	T *z = malloc(fft_work(f) * sizeof *z);
	if (!z)
		return -1;
	const int odd = f->n % 2;
	for (size_t i = 0; i < f->h; i++) {
		z[2 * f->in[i]] = odd ? x[i] : x[2 * i];
		z[2 * f->in[i] + 1] = odd ? 0 : x[2 * i + 1];
	}
	K(transform)(f, z, table);
	if (odd)
		memcpy(X, z, 2 * (f->n / 2 + 1) * sizeof *X);
	for (size_t k = 0; !odd && k <= f->h / 2; k++) {
		T a[2], b[2];
		K(apart)(f, z, k, table + f->half, a, b);
		for (int c = 0; c < 2; c++) {
			X[2 * k + c] = a[c] / 2;
			X[2 * (f->h - k) + c] = b[c] / 2;
		}
	}
	free(z);
	return 0;
}

static __attribute__((unused)) int
K(backward)(const struct fft *f, const T *table, const T *X, T *x)
{
	T *z = malloc(fft_work(f) * sizeof *z);
	if (!z)
		return -1;
	const int odd = f->n % 2;
	const T *half = table + f->half;
	/* real and imaginary parts exchanged: then forward is back */
	for (size_t k = 0; odd && k <= f->n / 2; k++) {
		T *a = z + 2 * f->in[k], *b = z + 2 * f->in[k ? f->n - k : 0];
		b[0] = -X[2 * k + 1], b[1] = X[2 * k];
		a[0] = k ? X[2 * k + 1] : 0, a[1] = X[2 * k];
	}
	for (size_t k = 0; !odd && k <= f->h / 2; k++) {
		const size_t o = f->h - k;
		const T ai = k ? X[2 * k + 1] : 0, bi = k ? X[2 * o + 1] : 0;
		const T er = X[2 * k] + X[2 * o], ei = ai - bi, pr = X[2 * k] - X[2 * o], pi = ai + bi;
		const T qr = pr * half[2 * k] + pi * half[2 * k + 1], qi = pi * half[2 * k] - pr * half[2 * k + 1];
		T *a = z + 2 * f->in[k], *b = z + 2 * f->in[k ? o : 0];
		b[1] = er + qi, b[0] = qr - ei;
		a[1] = er - qi, a[0] = ei + qr;
	}
	K(transform)(f, z, table);
	for (size_t i = 0; i < f->h; i++) {
		x[odd ? i : 2 * i] = z[2 * i + 1];
		if (!odd)
			x[2 * i + 1] = z[2 * i];
	}
	free(z);
	return 0;
}
