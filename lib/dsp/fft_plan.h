/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What fft.c plans and the kernels carry out. A real transform of n points is a complex
 * one of h = n/2 and a pass that takes the two halves apart (h = n, and no such pass,
 * where n is odd). The complex one is decimated in time, radix after radix, in place:
 * input i goes to place[i], which is i with its digits reversed, and block by block the
 * blocks inside a block are joined. Where h has a prime factor over FFT_MAX_RADIX it is a
 * convolution with a chirp (Bluestein 1970) of `points`, a power of two.
 */
#ifndef DSP_FFT_PLAN_H
#define DSP_FFT_PLAN_H

#include <stddef.h>
#include <stdint.h>

#include "base/isa.h"

enum { FFT_MAX_RADIX = 31, FFT_MAX_LEVELS = 30 };

struct fft {
	size_t n, h, points; /* points == h without a chirp */
	int levels;
	struct fft_level {
		unsigned radix; /* 4, 2 or an odd prime */
		size_t size;    /* of the blocks that are joined */
		size_t turn;    /* [size][radix-1] times (cos, -sin) of 2 pi j k / (radix size) */
		size_t root;    /* [radix] times (cos, sin) of 2 pi q / radix, odd ones only */
	} level[FFT_MAX_LEVELS]; /* from the innermost out */
	uint32_t *place; /* [points] */
	uint32_t *in;    /* [h]: where the kernel wants input i: place, or i before a chirp */
	size_t half;     /* [h/2+1] times (cos, -sin) of 2 pi k / n, even n only */
	size_t chirp;    /* [h] times (cos, -sin) of pi i² / h; 0: there is none */
	size_t filter;   /* [points] complex: the transform of the chirp's conjugate, over points */
	size_t numbers;  /* all these are offsets into one table */
	float *table;
	double *precise; /* made when first asked for */
	struct fft *next;
};

/* Numbers that a kernel works in, for each lane. */
static inline size_t
fft_work(const struct fft *f)
{
	return 2 * f->h + (f->chirp ? 4 * f->points : 0);
}

/* Frames side by side, one a lane. */
struct fft_kernel {
	size_t lanes;
	/* from[lanes] are frames of n samples, of which `count` are wanted: |X|² of those
	   samples times the window into out[count][n/2+1]. work: fft_work(f) * lanes floats,
	   aligned as a vector of all lanes. */
	void (*power)(const struct fft *f, const float *const *from, const float *window, size_t count, float *work,
	    float *out);
	/* The same of all lanes, a frame in each: out[n/2+2][lanes], whose last row is the sum of the others. */
	void (*spectra)(const struct fft *f, const float *const *from, const float *window, float *work, float *out);
	/* The same transformed in double, by the table of fft_precise: work has fft_work(f) * lanes doubles. Lanes that
	   have a bit in `faint` are scaled so that squares of floats hold them. */
	void (*spectra_precise)(const struct fft *f, const double *table, const float *const *from, const double *window,
	    uint32_t faint, double *work, float *out);
	/* Twice the n times the circular correlation of each frame with itself, of lags 0 .. lags-1 < n, into
	   out[lags][lanes]; n even. spectrum: room for n/2 + 1 vectors. */
	void (*correlate)(const struct fft *f, const float *const *from, size_t lags, float *work, float *spectrum,
	    float *out);
};

ISA_DECLARE(const struct fft_kernel, fft_kernel);

/* The narrowest kernel that takes `count` frames at once, or else the widest of isa_best(). Its place in an
   ISA_TABLE. */
int fft_kernel_for(size_t count);
extern const struct fft_kernel *const fft_kernels[];

/* The plan's numbers in double; made when first asked for, NULL out of memory. */
const double *fft_precise(const struct fft *f);

#endif
