/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Transforms against their definitions. */
#include "dsp/fft.h"

#include <fftw3.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/fmath.h"
#include "base/isa.h"
#include "base/rng.h"
#include "dsp/fft_plan.h"
#include "dsp/mel.h"
#include "dsp/stft.h"
#include "tap.h"

#define TAU 6.28318530717958647692

static void
noise(float *x, size_t n, uint64_t seed)
{
	struct rng r = {seed, 0};
	for (size_t i = 0; i < n; i++)
		x[i] = (float)(rng_uniform(&r) - 0.5);
}

/* FFTW in double precision knows the truth. */
static void
against_fftw(size_t n)
{
	const struct fft *f = fft_real(n);
	const size_t m = 2 * (n / 2 + 1);
	float *x = fft_alloc(n), *X = fft_alloc(m), *y = fft_alloc(n);
	double *d = fftw_alloc_real(n), *D = fftw_alloc_real(m), *P = malloc(m * sizeof *P);
	fftw_plan plan = fftw_plan_dft_r2c_1d((int)n, d, (fftw_complex *)D, FFTW_ESTIMATE);
	noise(x, n, n);
	for (size_t i = 0; i < n; i++)
		d[i] = x[i];
	int got = fft_forward(f, x, X) | fft_forward_double(f, d, P);
	fftw_execute(plan);
	double worst = 0, precise = 0, scale = 0, back = 0;
	for (size_t k = 0; k < m; k += 2) {
		worst = fmax(worst, hypot(D[k] - X[k], D[k + 1] - X[k + 1]));
		precise = fmax(precise, hypot(D[k] - P[k], D[k + 1] - P[k + 1]));
		scale = fmax(scale, hypot(D[k], D[k + 1]));
	}
	got |= fft_backward(f, X, y);
	for (size_t i = 0; i < n; i++)
		back = fmax(back, fabs((double)y[i] / (double)n - x[i]));
	ok(!got && worst < 1e-6 * scale && precise < 2e-15 * scale && back < 1e-6,
	    "%zu points: off by %.2g of the largest, %.2g in double; back within %.2g", n, worst / scale, precise / scale, back);
	ok(fft_real(n) == f, "%zu points: planned once", n);
	fftw_destroy_plan(plan);
	fftw_free(d);
	fftw_free(D);
	free(P);
	fft_release(x);
	fft_release(X);
	fft_release(y);
}

/* An impulse at i turns once in n / i bins; a cosine of k turns is n / 2 in bin k. And sums of signals give sums. */
static void
known(size_t n)
{
	const struct fft *f = fft_real(n);
	const size_t m = 2 * (n / 2 + 1), at = n / 3, bin = n / 5;
	float *x = calloc(n, sizeof *x), *X = malloc(m * sizeof *X), *y = malloc(n * sizeof *y), *Y = malloc(m * sizeof *Y);
	x[at] = 1;
	fft_forward(f, x, X);
	double impulse = 0, sine = 0, linear = 0;
	for (size_t k = 0; k <= n / 2; k++) {
		const double a = TAU * (double)(at * k % n) / (double)n;
		impulse = fmax(impulse, hypot(X[2 * k] - fm_cos(a), X[2 * k + 1] + fm_sin(a)));
	}
	for (size_t i = 0; i < n; i++)
		x[i] = (float)fm_cos(TAU * (double)(bin * i % n) / (double)n);
	fft_forward(f, x, X);
	for (size_t k = 0; k <= n / 2; k++)
		sine = fmax(sine, hypot(X[2 * k] - (k == bin ? (double)n / 2 : 0), X[2 * k + 1]) / (double)n);
	noise(y, n, 1);
	fft_forward(f, y, Y);
	for (size_t i = 0; i < n; i++)
		y[i] = x[i] + 2 * y[i];
	float *Z = malloc(m * sizeof *Z);
	fft_forward(f, y, Z);
	for (size_t k = 0; k < m; k++)
		linear = fmax(linear, fabs((double)Z[k] - X[k] - 2.0 * Y[k]) / (double)n);
	ok(impulse < 1e-6 && sine < 3e-7 && linear < 3e-7, "%zu points: impulse within %.2g, cosine %.2g, a sum %.2g", n, impulse,
	    sine, linear);
	free(x);
	free(X);
	free(y);
	free(Y);
	free(Z);
}

/* Every width gives the scalar kernel's bytes, whoever is in the other lanes. */
static void
widths(size_t n)
{
	enum { FRAMES = 16 };
	static const struct fft_kernel *const of[] = {&fft_kernel_scalar, &fft_kernel_sse, &fft_kernel_avx2, &fft_kernel_avx512};
	const struct fft *f = fft_real(n);
	const size_t bins = n / 2 + 1;
	float *x = malloc((n + FRAMES * 7) * sizeof *x), *w = malloc(n * sizeof *w), *work = fft_alloc(fft_work(f) * FRAMES);
	float *want = malloc(FRAMES * bins * sizeof *want), *got = malloc(FRAMES * bins * sizeof *got);
	noise(x, n + FRAMES * 7, n);
	noise(w, n, 2);
	const float *from[FRAMES];
	for (size_t t = 0; t < FRAMES; t++) {
		from[0] = x + 7 * t;
		of[0]->power(f, from, w, 1, work, want + t * bins);
	}
	for (int i = 1; i < 4; i++) {
		const struct fft_kernel *k = of[i];
		if (!isa_machine_has((enum isa)(ISA_SCALAR + i))) {
			skip(isa_name((enum isa)(ISA_SCALAR + i)), "this machine has it not");
			continue;
		}
		for (size_t t = 0; t < FRAMES; t += k->lanes) {
			for (size_t l = 0; l < k->lanes; l++)
				from[l] = x + 7 * (t + l);
			k->power(f, from, w, k->lanes, work, got + t * bins);
		}
		int same = !memcmp(want, got, FRAMES * bins * sizeof *want);
		/* three frames in other company; the row after them stays */
		for (size_t l = 0; l < k->lanes; l++)
			from[l] = x + 7 * (l < 3 ? 9 - l : 12);
		got[3 * bins] = -1;
		k->power(f, from, w, 3, work, got);
		for (size_t l = 0; l < 3; l++)
			same &= !memcmp(want + (9 - l) * bins, got + l * bins, bins * sizeof *want);
		ok(same && got[3 * bins] == -1, "%zu points: %zu lanes, the same bytes as alone", n, k->lanes);
	}
	free(x);
	free(w);
	free(want);
	free(got);
	fft_release(work);
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
	/* powers of two, products of small primes, and lengths that take a chirp: 74, 2003, 6007 */
	static const size_t n[] = {1, 2, 3, 4, 8, 16, 32, 64, 74, 128, 256, 441, 480, 512, 1024, 1102, 1152, 2003, 2048, 2205, 4096,
	    4410, 4608, 6007, 8192, 16384, 32768, 65536, 131072};
	for (size_t i = 0; i < sizeof n / sizeof *n; i++)
		against_fftw(n[i]);
	static const size_t lanes[] = {2, 3, 16, 37, 74, 441, 480, 512, 1024, 1102, 1152, 2048, 4410, 8192};
	for (size_t i = 0; i < sizeof lanes / sizeof *lanes; i++)
		widths(lanes[i]);
	known(2048);
	known(2205);
	known(2003);
	known(131072);
	tone(2048, 2048, 512, 93);
	tone(1024, 600, 120, 100);
	tone(4410, 4410, 2205, 100);
	padding();
	bands();
	ok(!fft_real(0), "no transform of nothing");
	return done();
}
