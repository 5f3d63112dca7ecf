/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The complex transform of fft_plan.h, written once: included with V the type of a number
 * (a vector of lanes, float or double), T that of the table, and K(name) the name of a
 * function. z is V[2 points], real and imaginary parts in turn. No lane looks at another.
 * Butterflies: Cooley and Tukey 1965; those of odd radix use that terms j and radix - j
 * share their products.
 */
#include <string.h>

#include "dsp/fft_plan.h"

#ifndef K /* fft.c and fft_lanes.c say what they want */
#define V       float
#define T       float
#define K(name) name
#endif

/* The first level when it is of radix 4: nothing to turn. */
static void
K(first4)(V *z, size_t n)
{
	for (V *end = z + 2 * n; z < end; z += 8) {
		const V ar = z[0] + z[4], ai = z[1] + z[5], br = z[0] - z[4], bi = z[1] - z[5];
		const V cr = z[2] + z[6], ci = z[3] + z[7], dr = z[2] - z[6], di = z[3] - z[7];
		z[0] = ar + cr, z[1] = ai + ci;
		z[2] = br + di, z[3] = bi - dr;
		z[4] = ar - cr, z[5] = ai - ci;
		z[6] = br - di, z[7] = bi + dr;
	}
}

static void
K(join4)(V *z, size_t m, const T *w)
{
	V *z1 = z + 2 * m, *z2 = z + 4 * m, *z3 = z + 6 * m;
	for (size_t k = 0; k < 2 * m; k += 2, w += 6) {
		const V xr = z1[k] * w[0] - z1[k + 1] * w[1], xi = z1[k] * w[1] + z1[k + 1] * w[0];
		const V yr = z2[k] * w[2] - z2[k + 1] * w[3], yi = z2[k] * w[3] + z2[k + 1] * w[2];
		const V vr = z3[k] * w[4] - z3[k + 1] * w[5], vi_ = z3[k] * w[5] + z3[k + 1] * w[4];
		const V ar = z[k] + yr, ai = z[k + 1] + yi, br = z[k] - yr, bi = z[k + 1] - yi;
		const V cr = xr + vr, ci = xi + vi_, dr = xr - vr, di = xi - vi_;
		z[k] = ar + cr, z[k + 1] = ai + ci;
		z1[k] = br + di, z1[k + 1] = bi - dr;
		z2[k] = ar - cr, z2[k + 1] = ai - ci;
		z3[k] = br - di, z3[k + 1] = bi + dr;
	}
}

static void
K(join2)(V *z, size_t m, const T *w)
{
	V *y = z + 2 * m;
	for (size_t k = 0; k < 2 * m; k += 2, w += 2) {
		const V re = y[k] * w[0] - y[k + 1] * w[1], im = y[k] * w[1] + y[k + 1] * w[0];
		y[k] = z[k] - re, y[k + 1] = z[k + 1] - im;
		z[k] = z[k] + re, z[k + 1] = z[k + 1] + im;
	}
}

static inline __attribute__((always_inline)) void
K(join_odd)(V *z, size_t m, size_t p, const T *w, const T *root)
{
	V sr[FFT_MAX_RADIX / 2 + 1], si[FFT_MAX_RADIX / 2 + 1], dr[FFT_MAX_RADIX / 2 + 1], di[FFT_MAX_RADIX / 2 + 1];
	for (size_t k = 0; k < 2 * m; k += 2, w += 2 * (p - 1)) {
		const V r0 = z[k], i0 = z[k + 1];
		V re = r0, im = i0;
		for (size_t j = 1; j <= p / 2; j++) {
			const V *x = z + k + 2 * m * j, *y = z + k + 2 * m * (p - j);
			const T *u = w + 2 * (j - 1), *v = w + 2 * (p - j - 1);
			const V xr = x[0] * u[0] - x[1] * u[1], xi = x[0] * u[1] + x[1] * u[0];
			const V yr = y[0] * v[0] - y[1] * v[1], yi = y[0] * v[1] + y[1] * v[0];
			sr[j] = xr + yr, si[j] = xi + yi, dr[j] = xr - yr, di[j] = xi - yi;
			re = re + sr[j], im = im + si[j];
		}
		z[k] = re, z[k + 1] = im;
		for (size_t q = 1; q <= p / 2; q++) {
			V ar = r0, ai = i0, br = dr[1] * root[2 * q + 1], bi = di[1] * root[2 * q + 1];
			ar = ar + sr[1] * root[2 * q], ai = ai + si[1] * root[2 * q];
			for (size_t j = 2, at = 2 * q; j <= p / 2; j++, at += q) {
				at -= at >= p ? p : 0;
				const T c = root[2 * at], s = root[2 * at + 1];
				ar = ar + sr[j] * c, ai = ai + si[j] * c;
				br = br + dr[j] * s, bi = bi + di[j] * s;
			}
			V *x = z + k + 2 * m * q, *y = z + k + 2 * m * (p - q);
			x[0] = ar + bi, x[1] = ai - br;
			y[0] = ar - bi, y[1] = ai + br;
		}
	}
}

static void
K(join)(const struct fft_level *l, V *z, const T *table)
{
	const T *w = table + l->turn, *root = table + l->root;
	switch (l->radix) {
	case 4: K(join4)(z, l->size, w); break;
	case 2: K(join2)(z, l->size, w); break;
	case 3: K(join_odd)(z, l->size, 3, w, root); break;
	case 5: K(join_odd)(z, l->size, 5, w, root); break;
	case 7: K(join_odd)(z, l->size, 7, w, root); break;
	default: K(join_odd)(z, l->size, l->radix, w, root);
	}
}

/* n points by the levels up to `last`. Small blocks go through all of theirs while they
   are in the nearest cache. */
static void
K(levels)(const struct fft *f, int last, V *z, size_t n, const T *table)
{
	const struct fft_level *l = f->level;
	if (n > 64 && last > 0) {
		const size_t m = l[last].size;
		for (size_t b = 0; b < n; b += m)
			K(levels)(f, last - 1, z + 2 * b, m, table);
		K(join)(&l[last], z, table);
		return;
	}
	for (int i = 0; i <= last; i++)
		if (i == 0 && l[i].radix == 4)
			K(first4)(z, n);
		else
			for (size_t b = 0; b < n; b += l[i].size * l[i].radix)
				K(join)(&l[i], z + 2 * b, table);
}

/* z[in[i]] to z[k]; after 2 h numbers of z there is what a chirp needs. */
static void
K(transform)(const struct fft *f, V *z, const T *table)
{
	if (!f->chirp) {
		K(levels)(f, f->levels - 1, z, f->h, table);
		return;
	}
	const T *c = table + f->chirp, *g = table + f->filter;
	V *a = z + 2 * f->h, *b = a + 2 * f->points;
	memset(a, 0, 2 * f->points * sizeof *a);
	for (size_t i = 0; i < f->h; i++) {
		V *to = a + 2 * f->place[i];
		to[0] = z[2 * i] * c[2 * i] - z[2 * i + 1] * c[2 * i + 1];
		to[1] = z[2 * i] * c[2 * i + 1] + z[2 * i + 1] * c[2 * i];
	}
	K(levels)(f, f->levels - 1, a, f->points, table);
	/* back is forward with real and imaginary parts exchanged */
	for (size_t i = 0; i < f->points; i++) {
		V *to = b + 2 * f->place[i];
		to[1] = a[2 * i] * g[2 * i] - a[2 * i + 1] * g[2 * i + 1];
		to[0] = a[2 * i] * g[2 * i + 1] + a[2 * i + 1] * g[2 * i];
	}
	K(levels)(f, f->levels - 1, b, f->points, table);
	for (size_t i = 0; i < f->h; i++) {
		const V re = b[2 * i + 1], im = b[2 * i];
		z[2 * i] = re * c[2 * i] - im * c[2 * i + 1];
		z[2 * i + 1] = re * c[2 * i + 1] + im * c[2 * i];
	}
}

/* Twice X[k] and X[h-k] of a real signal of even length, from its halves' transform z. */
static inline void
K(apart)(const struct fft *f, const V *z, size_t k, const T *half, V *x, V *y)
{
	const size_t o = k ? f->h - k : 0;
	const V a = z[2 * k], b = z[2 * k + 1], c = z[2 * o], d = z[2 * o + 1];
	const V er = a + c, ei = b - d, pr = b + d, pi = c - a;
	const V qr = pr * half[2 * k] - pi * half[2 * k + 1], qi = pr * half[2 * k + 1] + pi * half[2 * k];
	x[0] = er + qr, x[1] = ei + qi;
	y[0] = er - qr, y[1] = qi - ei;
}
