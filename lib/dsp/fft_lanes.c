/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/lanes_double.h"
#include "dsp/fft_plan.h"
#include "dsp/rows.h"

#define V       vf
#define T       float
#define K(name) name
#include "dsp/fft_complex.h"
#undef V
#undef T
#undef K

#define V       vd
#define T       double
#define K(name) name##_precise
#include "dsp/fft_complex.h"
#undef V
#undef T
#undef K

/* Sample i of every frame to where the transform wants it. in: of the plan, in a register, for z may alias it. */
static inline void
put(const uint32_t *in, size_t odd, vf *z, size_t i, vf v)
{
	if (odd)
		z[2 * in[i]] = v, z[2 * in[i] + 1] = splat(0);
	else
		z[2 * in[i / 2] + i % 2] = v;
}

static inline vf
windowed(vf v, const float *window, size_t i)
{
	if (window)
		return v * window[i];
	return v;
}

/* odd, and whether there is a window, are known where this is called. */
static inline __attribute__((always_inline)) void
place_frames(const struct fft *f, const float *const *from, const float *window, size_t odd, vf *z)
{
	const uint32_t *in = f->in;
	const size_t n = f->n;
	const float *x[LANES];
	memcpy(x, from, sizeof x);
	size_t i = 0;
	for (; i + LANES <= n; i += LANES) {
		vf r[LANES];
		tile_to_lanes(x, i, r);
#pragma GCC unroll 16
		for (int l = 0; l < LANES; l++)
			put(in, odd, z, i + l, windowed(r[l], window, i + l));
	}
	for (; i < n; i++) {
		float y[LANES];
		for (int l = 0; l < LANES; l++)
			y[l] = x[l][i];
		put(in, odd, z, i, windowed(load(y), window, i));
	}
}

/* Every frame times the window, if there is one. */
static void
gather_frames(const struct fft *f, const float *const *from, const float *window, vf *z)
{
	if (f->n % 2 && window)
		place_frames(f, from, window, 1, z);
	else if (f->n % 2)
		place_frames(f, from, NULL, 1, z);
	else if (window)
		place_frames(f, from, window, 0, z);
	else
		place_frames(f, from, NULL, 0, z);
}

/* `wide` bins of all lanes, tile[bin], to out[lane][bin]. */
static void
scatter_bins(vf *tile, int wide, size_t count, size_t bins, float *out)
{
	if (wide == LANES) {
		vf r[LANES];
#pragma GCC unroll 16
		for (int i = 0; i < LANES; i++)
			r[i] = tile[i];
		transpose(r);
#pragma GCC unroll 16
		for (size_t l = 0; l < LANES; l++)
			if (l < count)
				memcpy(out + l * bins, &r[l], sizeof *r);
		return;
	}
	for (int i = 0; i < wide; i++)
		for (size_t l = 0; l < count; l++)
			out[l * bins + i] = lane_get(tile[i], (int)l);
}

static void
power(const struct fft *f, const float *const *from, const float *window, size_t count, float *work, float *out)
{
	const size_t bins = f->n / 2 + 1, pairs = f->n % 2 ? bins : f->h / 2 + 1;
	const float *half = f->table + f->half;
	vf *z = (vf *)work, up[LANES], down[LANES];
	gather_frames(f, from, window, z);
	transform(f, z, f->table);
	for (size_t k = 0; k < pairs; k += LANES) {
		const int wide = pairs - k < LANES ? (int)(pairs - k) : LANES;
		if (f->n % 2) {
			for (int i = 0; i < wide; i++)
				up[i] = z[2 * (k + i)] * z[2 * (k + i)] + z[2 * (k + i) + 1] * z[2 * (k + i) + 1];
			scatter_bins(up, wide, count, bins, out + k);
			continue;
		}
		for (int i = 0; i < wide; i++) {
			vf x[2], y[2];
			apart(f, z, k + i, half, x, y);
			up[i] = (x[0] * x[0] + x[1] * x[1]) * 0.25f;
			down[wide - 1 - i] = (y[0] * y[0] + y[1] * y[1]) * 0.25f;
		}
		scatter_bins(up, wide, count, bins, out + k);
		scatter_bins(down, wide, count, bins, out + f->h - k - (wide - 1));
	}
}

/* A frame in each lane: out[bins + 1][lanes], the last row their sums. */
static void
spectra(const struct fft *f, const float *const *from, const float *window, float *work, float *out)
{
	const float *half = f->table + f->half;
	vf *z = (vf *)work, *p = (vf *)out, low = splat(0), high = splat(0);
	gather_frames(f, from, window, z);
	transform(f, z, f->table);
	for (size_t k = 0; f->n % 2 && k <= f->n / 2; k++) {
		p[k] = z[2 * k] * z[2 * k] + z[2 * k + 1] * z[2 * k + 1];
		low += p[k];
	}
	for (size_t k = 0; f->n % 2 == 0 && k <= f->h / 2; k++) {
		vf x[2], y[2];
		apart(f, z, k, half, x, y);
		const vf up = (x[0] * x[0] + x[1] * x[1]) * 0.25f, down = (y[0] * y[0] + y[1] * y[1]) * 0.25f;
		p[k] = up;
		p[f->h - k] = down;
		low += up;
		high += down;
	}
	p[f->n / 2 + 1] = low + high;
}

/* Returns the square. */
static inline vd
put_precise(const struct fft *f, vd *z, size_t i, const float *x, double window)
{
	const vd w = widen(x) * window;
	if (f->n % 2)
		z[2 * f->in[i]] = w, z[2 * f->in[i] + 1] = w - w;
	else
		z[2 * f->in[i / 2] + i % 2] = w;
	return w * w;
}

/* Frames of which bit l of `faint` is set come out as loud as if their squares' sum were 1. */
static void
spectra_precise(const struct fft *f, const double *table, const float *const *from, const double *window, uint32_t faint,
    double *work, float *out)
{
	const size_t room = fft_work(f);
	const double *half = table + f->half;
	vd *z = (vd *)work, energy[LANES / WIDE];
	vf tile[LANES];
	for (size_t s = 0; s < LANES / WIDE; s++)
		energy[s] = splat_d(0);
	for (size_t i = 0; i < f->n; i += LANES) {
		const float *at[LANES];
		const size_t wide = f->n - i < LANES ? f->n - i : LANES;
		for (int l = 0; l < LANES; l++)
			at[l] = from[l] + i;
		rows_to_lanes(at, wide, tile);
		for (size_t j = 0; j < wide; j++)
			for (size_t s = 0; s < LANES / WIDE; s++)
				energy[s] += put_precise(f, z + s * room, i + j, (const float *)&tile[j] + s * WIDE, window[i + j]);
	}
	for (size_t s = 0; s < LANES / WIDE; s++, z += room, out += WIDE) {
		double size[WIDE];
		store_d(size, energy[s]);
		for (size_t l = 0; l < WIDE; l++)
			size[l] = faint >> (s * WIDE + l) & 1 && size[l] > 0 ? 1 / size[l] : 1;
		const vd gain = load_d(size);
		vd sum = splat_d(0);
		transform_precise(f, z, table);
		for (size_t k = 0; f->n % 2 && k <= f->n / 2; k++) {
			const vd up = gain * (z[2 * k] * z[2 * k] + z[2 * k + 1] * z[2 * k + 1]);
			narrow(out + k * LANES, up);
			sum += up;
		}
		for (size_t k = 0; f->n % 2 == 0 && k <= f->h / 2; k++) {
			vd x[2], y[2];
			apart_precise(f, z, k, half, x, y);
			const vd up = gain * ((x[0] * x[0] + x[1] * x[1]) * 0.25), down = gain * ((y[0] * y[0] + y[1] * y[1]) * 0.25);
			narrow(out + k * LANES, up);
			narrow(out + (f->h - k) * LANES, down);
			sum += up + down;
		}
		narrow(out + (f->n / 2 + 1) * LANES, sum);
	}
}

/* The power spectrum p is real: so is its transform, which comes out of the halves' one
   with real and imaginary parts exchanged. */
static void
correlate(const struct fft *f, const float *const *from, size_t lags, float *work, float *spectrum, float *out)
{
	const float *half = f->table + f->half;
	vf *z = (vf *)work, *p = (vf *)spectrum;
	gather_frames(f, from, NULL, z);
	transform(f, z, f->table);
	for (size_t k = 0; k <= f->h / 2; k++) {
		vf x[2], y[2];
		apart(f, z, k, half, x, y);
		p[k] = (x[0] * x[0] + x[1] * x[1]) * 0.25f;
		p[f->h - k] = (y[0] * y[0] + y[1] * y[1]) * 0.25f;
	}
	for (size_t k = 0; k <= f->h / 2; k++) {
		const size_t o = f->h - k;
		const vf even = p[k] + p[o], odd = p[k] - p[o];
		const vf re = odd * half[2 * k + 1], im = odd * half[2 * k];
		vf *a = z + 2 * f->in[k], *b = z + 2 * f->in[k ? o : 0];
		b[1] = even - re, b[0] = im;
		a[1] = even + re, a[0] = im;
	}
	transform(f, z, f->table);
	for (size_t i = 0; i < lags; i++) {
		const vf v = z[2 * (i / 2) + 1 - i % 2];
		store(out + i * LANES, v);
	}
}

const struct fft_kernel LANE_NAME(fft_kernel) = {LANES, power, spectra, spectra_precise, correlate};
