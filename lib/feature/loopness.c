/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "feature/loopness.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/fmath.h"
#include "dsp/fft.h"
#include "dsp/mel.h"
#include "dsp/stft.h"

enum {
	EIGHTHS = 8,
	BANDS = 40,
	TEETH = 64, /* of the comb over the autocorrelation */
};
#define LOW 60.0
#define HIGH 220.0
#define NEAR 0.015 /* seconds that a loop may be longer or shorter than its beats */

/* 0 at lo, 1 at hi, linear between. */
static double
ramp(double x, double lo, double hi)
{
	return fmin(fmax((x - lo) / (hi - lo), 0), 1);
}

/* --- through ----------------------------------------------------------------------------- */

static double
level(const float *x, size_t n)
{
	double sum = 0;
	for (size_t i = 0; i < n; i++)
		sum += (double)x[i] * x[i];
	return 10 * fm_log10(fmax(n ? sum / (double)n : 0, 1e-12));
}

/* dB of the quieter of its ends and of its quietest eighth, the loudest being 0. */
static void
levels(const float *x, size_t n, double *ends, double *quietest)
{
	double part[EIGHTHS], most = -INFINITY, least = INFINITY;
	for (size_t k = 0; k < EIGHTHS; k++) {
		const size_t from = n / EIGHTHS * k, to = k + 1 < EIGHTHS ? n / EIGHTHS * (k + 1) : n;
		part[k] = level(x + from, to - from);
		most = fmax(most, part[k]);
		least = fmin(least, part[k]);
	}
	*ends = fmin(part[0], part[EIGHTHS - 1]) - most;
	*quietest = least - most;
}

/* --- returns ----------------------------------------------------------------------------- */

/* The autocorrelation of v[n], each lag relative to how much of it overlaps: r[n+1], r[0] is 1. */
static double *
autocorrelation(const float *v, size_t n)
{
	size_t size = 64;
	while (size < 2 * n)
		size *= 2;
	const struct fft *f = fft_real(size);
	float *x = fft_alloc(size), *X = fft_alloc(size + 2);
	double *r = calloc(n + 1, sizeof *r), mean = 0;
	int got = f && x && X && r ? 0 : -1;
	for (size_t i = 0; i < n; i++)
		mean += v[i] / (double)n;
	for (size_t i = 0; got == 0 && i < size; i++)
		x[i] = i < n ? (float)(0.5 * v[i] + 0.25 * ((i ? v[i - 1] : 0) + (i + 1 < n ? v[i + 1] : 0)) - mean) : 0;
	if (got == 0)
		got = fft_forward(f, x, X);
	for (size_t k = 0; got == 0 && k <= size / 2; k++) {
		X[2 * k] = X[2 * k] * X[2 * k] + X[2 * k + 1] * X[2 * k + 1];
		X[2 * k + 1] = 0;
	}
	if (got == 0)
		got = fft_backward(f, X, x);
	for (size_t i = 0; got == 0 && x[0] > 0 && i < n; i++)
		r[i] = (double)x[i] / x[0] * (double)n / (double)(n - i);
	fft_release(x);
	fft_release(X);
	if (got == 0)
		return r;
	free(r);
	return NULL;
}

/* Mean of r at the multiples of a lag up to three quarters of n. */
static double
comb(const double *r, size_t n, double lag)
{
	double sum = 0;
	int teeth = 0;
	for (; teeth < TEETH && (teeth + 1) * lag <= 0.75 * (double)n; teeth++) {
		const double at = floor((teeth + 1) * lag), part = (teeth + 1) * lag - at;
		sum += (1 - part) * r[(size_t)at] + part * r[(size_t)at + 1];
	}
	return teeth ? sum / teeth : 0;
}

/* Loops of five or seven beats are rare. */
static double
usual(int beats)
{
	return beats % 4 == 0 || beats == 2 ? 1 : beats % 2 == 0 ? 0.9 : beats == 3 ? 0.7 : 0.6;
}

/* How well the onsets come back at the best whole number of beats; and at the best number of any kind. */
static int
rhythm(const struct envelope *e, size_t n, double *whole, double *any)
{
	const double minutes = (double)n / e->rate / 60, all = (double)n / (double)e->hop;
	const size_t frames = (size_t)all < e->n ? (size_t)all : e->n;
	double *r = autocorrelation(e->v, frames);
	*whole = *any = 0;
	if (!r)
		return -1;
	for (double b = fmax(4.0 / 3, LOW * minutes); b <= HIGH * minutes; b *= 1.0005)
		*any = fmax(*any, comb(r, frames, all / b));
	const double off = NEAR * e->rate / (double)n;
	for (int b = (int)fmax(2, floor(LOW * minutes)); b <= HIGH * minutes; b++)
		for (int i = -5; i <= 5; i++)
			*whole = fmax(*whole, usual(b) * comb(r, frames, all / b * (1 + off * i / 5)));
	free(r);
	return 0;
}

/* --- join -------------------------------------------------------------------------------- */

static int
by_size(const void *a, const void *b)
{
	const float x = *(const float *)a, y = *(const float *)b;
	return (x > y) - (x < y);
}

/* Rows of mel bands in dB below the loudest, of frames that begin every half window; NULL when out of memory. */
static float *
bands(const float *x, size_t n, const struct stft *s, const struct mel *m, size_t frames)
{
	float *y = malloc(frames * BANDS * sizeof *y), most = 0;
	if (!y || mel_power(m, s, x, n, y) < 0) {
		free(y);
		return NULL;
	}
	for (size_t i = 0; i < frames * BANDS; i++)
		most = fmaxf(most, y[i]);
	for (size_t i = 0; most > 0 && i < frames * BANDS; i++)
		y[i] = (float)(10 * fm_log10(y[i] / most + 1e-6));
	return y;
}

/* The step of the spectrum, from one window of 46 ms to the next, where the end meets the beginning: relative to
   the largest step inside, and to the fiftieth part of the largest. */
static int
spectral_step(const float *x, size_t n, double rate, double *to_largest, double *to_large, struct err *err)
{
	size_t window = 16;
	while ((double)window * 1.42 < 0.046 * rate)
		window *= 2;
	const size_t hop = window / 2, off = n % hop, whole = n - off + 2 * window;
	*to_largest = *to_large = INFINITY;
	if (n < 4 * window)
		return 0;
	struct stft *s = stft_new(window, window, hop, STFT_NONE, err);
	struct mel *m = s ? mel_new(rate, window, BANDS, 0, 0, MEL_HTK, err) : NULL;
	float *y = malloc(whole * sizeof *y);
	const size_t frames = s ? stft_frames(s, whole) : 0, seam = (n - off) / hop;
	float *db = NULL, *step = calloc(frames + 1, sizeof *step);
	int got = m ? 0 : -1;
	if (got == 0 && y && step) {
		/* so that a frame begins at the seam */
		memcpy(y, x + off, (n - off) * sizeof *y);
		memcpy(y + n - off, x, 2 * window * sizeof *y);
		db = bands(y, whole, s, m, frames);
	}
	for (size_t t = 2; db && t <= seam; t++) {
		double sum = 0;
		for (size_t b = 0; b < BANDS; b++) {
			const double d = (double)db[t * BANDS + b] - db[(t - 2) * BANDS + b];
			sum += d * d;
		}
		step[t] = (float)sqrt(sum / BANDS);
	}
	if (db) {
		const size_t inside = seam - 2;
		qsort(step + 2, inside, sizeof *step, by_size);
		*to_largest = step[seam] / fmax(step[seam - 1], 1e-3);
		*to_large = step[seam] / fmax(step[2 + inside * 98 / 100], 1e-3);
	} else if (got == 0) {
		got = err_set(err, "out of memory");
	}
	stft_free(s);
	mel_free(m);
	free(y);
	free(db);
	free(step);
	return got;
}

/* The step of the wave at the seam, relative to the largest within 10 ms of it. */
static double
wave_step(const float *x, size_t n, double rate)
{
	const size_t near = (size_t)(0.01 * rate) < n / 2 ? (size_t)(0.01 * rate) : n / 2;
	double most = 1e-6;
	for (size_t i = 0; i + 1 < near; i++) {
		most = fmax(most, fabs((double)x[i + 1] - x[i]));
		most = fmax(most, fabs((double)x[n - 1 - i] - x[n - 2 - i]));
	}
	return fabs((double)x[n - 1] - x[0]) / most;
}

int
loopness_find(const float *x, size_t n, const struct envelope *e, struct loopness *l, struct err *err)
{
	double ends, quietest, whole, any, to_largest, to_large;
	*l = (struct loopness){0};
	if ((double)n < 0.4 * e->rate || level(x, n) < -100)
		return 0;
	levels(x, n, &ends, &quietest);
	if (rhythm(e, n, &whole, &any) < 0)
		return err_set(err, "out of memory");
	if (spectral_step(x, n, e->rate, &to_largest, &to_large, err) < 0)
		return -1;
	const double leap = wave_step(x, n, e->rate);
	l->through = ramp(ends, -36, -18);
	/* what strikes hides a step; what is even shows it */
	const double returns = ramp(whole, 0.15, 0.45) * ramp(whole / fmax(any, 1e-9), 0.5, 0.8);
	const double even = ramp(quietest, -10, -5) * (1 - ramp(any, 0.3, 0.5));
	const double struck = (1 - ramp(to_largest, 1, 1.6)) * (1 - ramp(leap, 4, 12));
	const double held = (1 - ramp(to_large, 1, 1.6)) * (1 - ramp(leap, 1.5, 4));
	const int rhythmic = returns * struck >= even * held;
	l->returns = rhythmic ? returns : even;
	l->join = rhythmic ? struck : held;
	l->loopness = l->through * l->returns * l->join;
	return 0;
}
