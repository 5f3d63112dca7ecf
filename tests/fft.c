/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Transforms against their definitions. */
#include "dsp/fft.h"

#include <math.h>
#include <stdlib.h>

#include "base/fmath.h"
#include "base/rng.h"
#include "dsp/mel.h"
#include "dsp/stft.h"
#include "tap.h"

#define TAU 6.28318530717958647692

static void
against_definition(size_t n)
{
	const struct fft *f = fft_real(n);
	float *x = fft_alloc(n), *X = fft_alloc(2 * (n / 2 + 1)), *y = fft_alloc(n);
	struct rng r = {n, 0};
	for (size_t i = 0; i < n; i++)
		x[i] = (float)(rng_uniform(&r) - 0.5);
	fft_forward(f, x, X);
	double worst = 0, scale = 0, back = 0;
	for (size_t k = 0; k <= n / 2; k += 1 + n / 60) {
		double re = 0, im = 0;
		for (size_t i = 0; i < n; i++) {
			const double a = TAU * (double)(i * k % n) / (double)n;
			re += x[i] * fm_cos(a);
			im -= x[i] * fm_sin(a);
		}
		worst = fmax(worst, hypot(re - X[2 * k], im - X[2 * k + 1]));
		scale = fmax(scale, hypot(re, im));
	}
	fft_backward(f, X, y);
	for (size_t i = 0; i < n; i++)
		back = fmax(back, fabs((double)y[i] / (double)n - x[i]));
	ok(worst < 2e-6 * scale && back < 1e-6, "%zu points: %.2g of the largest, back within %.2g", n, worst / scale, back);
	ok(fft_real(n) == f, "%zu points: planned once", n);
	fft_release(x);
	fft_release(X);
	fft_release(y);
}

/* A tone in the middle of bin k has magnitude amplitude * sum(window) / 2. */
static void
tone(size_t n_fft, size_t win, size_t hop, size_t k)
{
	struct err err;
	struct stft *s = stft_new(n_fft, win, hop, STFT_NONE, &err);
	const size_t n = n_fft + 3 * hop, bins = stft_bins(s);
	float *x = malloc(n * sizeof *x), *m = malloc(4 * bins * sizeof *m);
	for (size_t i = 0; i < n; i++)
		x[i] = (float)(0.5 * fm_cos(TAU * (double)(k * i % n_fft) / (double)n_fft + 1));
	stft_magnitude(s, x, n, 0, 4, m);
	const double want = 0.5 * (double)win / 4;
	ok(stft_frames(s, n) == 4 && fabs(m[k] / want - 1) < 1e-4 && fabs(m[3 * bins + k] / want - 1) < 1e-4,
	    "stft %zu/%zu/%zu: magnitude %.3f, by hand %.3f", n_fft, win, hop, m[k], want);
	free(x);
	free(m);
	stft_free(s);
}

static void
padding(void)
{
	struct err err;
	struct stft *s = stft_new(441, 441, 220, STFT_ZERO, &err);
	ok(stft_frames(s, 44100) == 1 + 44099 / 220, "librosa's frame count for an odd length: %zu", stft_frames(s, 44100));
	ok(stft_frames(s, 1) == 1, "one sample is one frame");
	float x[300], a[512 / 2 + 1], b[512 / 2 + 1], whole[600];
	stft_free(s);
	for (int i = 0; i < 300; i++)
		x[i] = (float)fm_sin(i * i * 0.01);
	/* frame 0 with a mirrored start is the frame of a signal mirrored by hand */
	for (int i = 0; i < 512; i++)
		whole[i] = x[abs(i - 256)];
	s = stft_new(512, 240, 50, STFT_REFLECT, &err);
	struct stft *plain = stft_new(512, 240, 50, STFT_NONE, &err);
	stft_power(s, x, 300, 0, 1, a);
	stft_power(plain, whole, 512, 0, 1, b);
	double worst = 0;
	for (int i = 0; i < 257; i++)
		worst = fmax(worst, fabsf(a[i] - b[i]));
	ok(worst == 0, "mirrored padding");
	float one = 0.5f;
	ok(stft_power(s, &one, 1, 0, 1, a) == 0 && isfinite(a[0]), "mirroring one sample ends");
	ok(stft_power(s, x, 3, 0, 1, a) == 0 && isfinite(a[0]), "mirroring three samples ends");
	stft_free(s);
	stft_free(plain);
	stft_free(NULL);
	ok(!stft_new(512, 513, 1, STFT_ZERO, &err) && !stft_new(512, 512, 0, STFT_ZERO, &err)
	        && !stft_new(0, 0, 1, STFT_ZERO, &err), "impossible settings: %s", err.text);
}

static void
bands(void)
{
	struct err err;
	static const size_t n_fft[] = {441, 1102, 2048, 4410}, count[] = {32, 64, 128, 128};
	for (int i = 0; i < 4; i++) {
		struct mel *m = mel_new(44100, n_fft[i], count[i], 0, 0, MEL_SLANEY, &err);
		size_t used = 0;
		for (size_t b = 0; b < m->bands; b++)
			used += m->count[b];
		ok(m && used <= 2 * m->bins && m->first[m->bands - 1] + m->count[m->bands - 1] <= m->bins,
		    "%zu bands over %zu points: %zu weights", count[i], n_fft[i], used);
		mel_free(m);
	}
	/* the area under a wide triangle is one: 2 / (hi - lo) is its height */
	struct mel *m = mel_new(44100, 32768, 20, 0, 0, MEL_HTK, &err);
	double area = 0;
	for (size_t k = 0; k < m->count[10]; k++)
		area += m->weights[m->at[10] + k] * 44100 / 32768;
	ok(fabs(area - 1) < 1e-3, "HTK band 10 has area %.5f", area);
	mel_free(m);
	mel_free(NULL);
	ok(!mel_new(44100, 2048, 0, 0, 0, MEL_SLANEY, &err) && !mel_new(44100, 2048, 8, 500, 400, MEL_SLANEY, &err),
	    "impossible banks: %s", err.text);

	float d[8 * 8];
	dct_matrix(d, 8, 8);
	double worst = 0;
	for (int i = 0; i < 8; i++)
		for (int k = 0; k < 8; k++) {
			double sum = 0;
			for (int j = 0; j < 8; j++)
				sum += d[i * 8 + j] * d[k * 8 + j];
			worst = fmax(worst, fabs(sum - (i == k)));
		}
	ok(worst < 1e-6, "the DCT is orthonormal: %.2g", worst);

	float x[4] = {1, 0.1f, 1e-12f, 0}, y[4];
	power_to_db(x, 4, 1, 80, y);
	ok(y[0] == 0 && fabsf(y[1] + 10) < 1e-5 && y[2] == -80 && y[3] == -80, "decibels with a floor of 80");
	power_to_db(x, 4, 0.1f, 0, y);
	ok(fabsf(y[0] - 10) < 1e-5 && fabsf(y[3] + 90) < 1e-4, "and without, over a reference");
}

int
main(void)
{
	static const size_t n[] = {1, 2, 3, 16, 441, 512, 1102, 2048, 2205, 4410};
	for (size_t i = 0; i < sizeof n / sizeof *n; i++)
		against_definition(n[i]);
	tone(2048, 2048, 512, 93);
	tone(1024, 600, 120, 100);
	tone(4410, 4410, 2205, 100);
	padding();
	bands();
	ok(!fft_real(0), "no transform of nothing");
	return done();
}
