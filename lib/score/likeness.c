/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "score/likeness.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/fmath.h"
#include "dsp/mel.h"
#include "dsp/stft.h"
#include "score/kernels.h"
#include "score/mss.h"

enum {
	CHUNK = 32,         /* frames transformed at a time */
	MIN_FRAMES = 1025,  /* what mirroring half of 2048 samples takes */
	COEFFICIENTS = 20,  /* of wMFCC */
	FEW_COEFFICIENTS = 13, /* of MFCCD */
	MFCC_BANDS = 128,
};

/* Two sounds side by side: x[0] is the target; mono is the mean of the channels. */
struct pair {
	uint32_t rate, channels;
	size_t n;
	float *x[2], *mono[2];
};

float *
planar(const float *x, uint32_t channels, uint64_t frames, int mono, uint64_t padded)
{
	const uint32_t out_channels = mono ? 1 : channels;
	float *y = calloc(padded * out_channels, sizeof *y);
	if (!y)
		return NULL;
	if (channels == 1)
		return memcpy(y, x, frames * sizeof *y);
	for (uint32_t c = 0; c < channels && !mono; c++)
		for (uint64_t i = 0; i < frames; i++)
			y[c * padded + i] = x[i * channels + c];
	for (uint64_t i = 0; i < frames && mono; i++) {
		double mean = 0;
		for (uint32_t c = 0; c < channels; c++)
			mean += (double)x[i * channels + c] / channels;
		y[i] = (float)mean;
	}
	return y;
}

static int
mss(const struct pair *p, double *out, struct err *err)
{
	struct mss_plan plan;
	struct mss_image image[2] = {{0}};
	if (mss_plan_init(&plan, p->rate, false, err) < 0)
		return -1;
	int got = 0;
	for (int i = 0; i < 2 && !got; i++)
		got = mss_image_take(&image[i], &plan, p->x[i], p->channels, p->n, err);
	if (!got)
		*out = mss_distance(&image[0], &image[1]);
	for (int i = 0; i < 2; i++)
		mss_image_release(&image[i]);
	mss_plan_release(&plan);
	return got;
}

/* --- wMFCC ------------------------------------------------------------------------ */

/* The first `rows` cepstral coefficients of one sound: [frame][channel, coefficient], and KERNELS_ROWS
   frames of zeros. */
static float *
cepstra(const struct stft *stft, const struct mel *mel, const float *x, uint32_t channels, size_t n, size_t rows)
{
	const size_t frames = stft_frames(stft, n), bands = MFCC_BANDS;
	const size_t all = channels * frames * bands;
	float *m = malloc(all * sizeof(float));
	float *dct = malloc(rows * bands * sizeof(float));
	float *out = calloc(channels * (frames + KERNELS_ROWS) * rows, sizeof(float));
	int got = m && dct && out ? 0 : -1;
	for (size_t c = 0; c < channels && !got; c++)
		got = mel_power(mel, stft, x + c * n, n, m + c * frames * bands);
	if (!got) {
		power_to_db(m, all, 1, 80, m);
		dct_matrix(dct, rows, bands);
		for (size_t c = 0; c < channels; c++)
			for (size_t t = 0; t < frames; t++)
				dct_apply(dct, rows, bands, m + (c * frames + t) * bands, 1, out + (t * channels + c) * rows);
	}
	free(m);
	free(dct);
	if (got) {
		free(out);
		out = NULL;
	}
	return out;
}

/* One row of the table: what it costs to have come to (i, j). */
static void
warp_row(const float *cost, double per, const double *last, double *now, size_t n)
{
	double left = INFINITY;
	for (size_t j = 0; j < n; j++) {
		const double c = cost[j] * per;
		double best = left + c;
		if (last) {
			best = last[j] + c < best ? last[j] + c : best;
			best = j && last[j - 1] + 2 * c < best ? last[j - 1] + 2 * c : best;
		} else if (!j) {
			best = c;
		}
		left = now[j] = best;
	}
}

/* Dynamic time warping of two sequences of n frames (Sakoe and Chiba 1978; the
   symmetric step pattern: a diagonal step counts twice), over the sum of lengths. The table is
   made by KERNELS_ROWS rows at a time; a has room for so many after its end. */
static int
warp(const float *a, const float *b, size_t n, size_t columns, double *out)
{
	const struct kernels *k = kernels_best();
	const size_t across = (n + KERNELS_BLOCK - 1) / KERNELS_BLOCK * KERNELS_BLOCK;
	double *row[2] = {malloc(n * sizeof(double)), malloc(n * sizeof(double))};
	float *turned = calloc(columns * across, sizeof *turned), *cost = malloc(KERNELS_ROWS * across * sizeof *cost);
	const int got = row[0] && row[1] && turned && cost ? 0 : -1;
	for (size_t j = 0; !got && j < n; j++)
		for (size_t c = 0; c < columns; c++)
			turned[c * across + j] = b[j * columns + c];
	for (size_t i = 0; !got && i < n; i++) {
		if (i % KERNELS_ROWS == 0)
			k->distances(a + i * columns, columns, turned, across, cost);
		warp_row(cost + i % KERNELS_ROWS * across, 1.0 / (double)columns, i ? row[(i + 1) % 2] : NULL, row[i % 2], n);
	}
	if (!got)
		*out = row[(n - 1) % 2][n - 1] / (2.0 * (double)n);
	free(row[0]);
	free(row[1]);
	free(turned);
	free(cost);
	return got;
}

static int
wmfcc(const struct pair *p, double *out, struct err *err)
{
	const size_t n_fft = p->rate / 20, hop = p->rate / 100;
	struct mel *mel = NULL;
	struct stft *stft = stft_new(n_fft, n_fft, hop, STFT_ZERO, err);
	if (!stft || !(mel = mel_new(p->rate, n_fft, MFCC_BANDS, 0, 0, MEL_SLANEY, err))) {
		stft_free(stft);
		return -1;
	}
	float *c[2];
	for (int i = 0; i < 2; i++)
		c[i] = cepstra(stft, mel, p->x[i], p->channels, p->n, COEFFICIENTS);
	const int got = c[0] && c[1] ? warp(c[0], c[1], stft_frames(stft, p->n), p->channels * COEFFICIENTS, out) : -1;
	free(c[0]);
	free(c[1]);
	stft_free(stft);
	mel_free(mel);
	return got ? err_set(err, "out of memory") : 0;
}

/* --- SOT --------------------------------------------------------------------------- */

/* The distance between two magnitude spectra as heaps of earth of weight 1. */
static double
transport(const float *a, const float *b, size_t bins)
{
	double sum[2] = {0}, cdf = 0, d = 0;
	for (size_t i = 0; i < bins; i++) {
		sum[0] += a[i];
		sum[1] += b[i];
	}
	for (size_t i = 0; i < bins; i++) {
		cdf += a[i] / fmax(sum[0], 1e-6) - b[i] / fmax(sum[1], 1e-6);
		d += fabs(cdf);
	}
	return d / bins;
}

static int
sot(const struct pair *p, double *out, struct err *err)
{
	const size_t n_fft = p->rate / 20, hop = p->rate / 50;
	struct stft *stft = stft_new(n_fft, n_fft, hop, STFT_ZERO, err);
	if (!stft)
		return -1;
	const size_t frames = stft_frames(stft, p->n), bins = stft_bins(stft);
	float *s[2] = {malloc(bins * sizeof(float)), malloc(bins * sizeof(float))};
	int got = s[0] && s[1] ? 0 : -1;
	double sum = 0;
	for (size_t t = 0; t < frames && !got; t++) {
		for (int i = 0; i < 2 && !got; i++)
			got = stft_magnitude(stft, p->mono[i], p->n, t, 1, s[i]);
		if (!got)
			sum += transport(s[0], s[1], bins);
	}
	*out = sum / frames;
	free(s[0]);
	free(s[1]);
	stft_free(stft);
	return got ? err_set(err, "out of memory") : 0;
}

/* --- RMS ----------------------------------------------------------------------------- */

static double
frame_rms(const float *x, size_t n, int64_t from, size_t frame)
{
	double sum = 0;
	for (int64_t i = from > 0 ? from : 0; i < from + (int64_t)frame && i < (int64_t)n; i++)
		sum += (double)x[i] * x[i];
	return sqrt(sum / frame);
}

static double
rms(const struct pair *p)
{
	const size_t frame = p->rate / 20, hop = p->rate / 40;
	const size_t frames = 1 + (p->n + frame / 2 * 2 - frame) / hop;
	double dot = 0, a = 0, b = 0;
	for (size_t t = 0; t < frames; t++) {
		const int64_t from = (int64_t)(t * hop) - (int64_t)(frame / 2);
		const double x = frame_rms(p->mono[0], p->n, from, frame), y = frame_rms(p->mono[1], p->n, from, frame);
		dot += x * y;
		a += x * x;
		b += y * y;
	}
	if (a == 0 || b == 0)
		return a == b; /* silence is like silence only */
	return fmin(dot / sqrt(a * b), 1);
}

/* --- MR-STFT --------------------------------------------------------------------------- */

/* One channel at one resolution (Yamamoto, Song, Kim 2020; auraloss). */
static int
resolution(const struct stft *stft, const float *target, const float *candidate, size_t n, double *out)
{
	const struct kernels *k = kernels_best();
	const size_t frames = stft_frames(stft, n), bins = stft_bins(stft), row = CHUNK * bins;
	const float *x[2] = {target, candidate};
	float *mag[2] = {malloc(row * sizeof(float)), malloc(row * sizeof(float))};
	double squares = 0, norm = 0, logs = 0;
	int got = mag[0] && mag[1] ? 0 : -1;
	for (size_t t = 0; t < frames && !got; t += CHUNK) {
		const size_t count = frames - t < CHUNK ? frames - t : CHUNK;
		for (int i = 0; i < 2 && !got; i++) {
			got = stft_power(stft, x[i], n, t, count, mag[i]);
			if (!got)
				k->magnitudes(mag[i], count * bins, mag[i]);
		}
		if (!got) {
			k->spectral(mag[0], mag[1], count * bins, &squares, &logs);
			norm += k->sum_self(mag[0], count * bins);
		}
	}
	free(mag[0]);
	free(mag[1]);
	*out = sqrt(squares / norm) + logs / ((double)frames * bins);
	return got;
}

static int
mrstft(const struct pair *p, double *out, struct err *err)
{
	static const struct {
		size_t n_fft, hop, window;
	} of[] = {{1024, 120, 600}, {2048, 240, 1200}, {512, 50, 240}};
	enum { N = sizeof of / sizeof *of };
	*out = 0;
	for (int r = 0; r < N; r++) {
		struct stft *stft = stft_new(of[r].n_fft, of[r].window, of[r].hop, STFT_REFLECT, err);
		if (!stft)
			return -1;
		int got = 0;
		for (uint32_t c = 0; c < p->channels && !got; c++) {
			double d = 0;
			got = resolution(stft, p->x[0] + c * p->n, p->x[1] + c * p->n, p->n, &d);
			*out += d / (N * p->channels);
		}
		stft_free(stft);
		if (got)
			return err_set(err, "out of memory");
	}
	return 0;
}

/* --- LSD, MFCCD ------------------------------------------------------------------------- */

/* ||log S - log S'|| over all bins of all frames, S power, log as 10 log10(S + 1e-5)
   (Uzrad et al., DiffMoog, 2024: transforms of 1024, hop 256, no padding). */
static int
lsd(const struct pair *p, struct likeness *out, struct err *err)
{
	struct stft *stft = stft_new(1024, 1024, 256, STFT_NONE, err);
	if (!stft)
		return -1;
	const size_t frames = stft_frames(stft, p->n), bins = stft_bins(stft);
	float *s[2] = {malloc(bins * sizeof(float)), malloc(bins * sizeof(float))};
	int got = s[0] && s[1] ? 0 : -1;
	double sum = 0;
	for (size_t t = 0; t < frames && !got; t++) {
		for (int i = 0; i < 2 && !got; i++)
			got = stft_power(stft, p->mono[i], p->n, t, 1, s[i]);
		for (size_t k = 0; k < bins && !got; k++) {
			const double d = 10 * fm_log10((s[0][k] + 1e-5) / (s[1][k] + 1e-5));
			sum += d * d;
		}
	}
	out->lsd = sqrt(sum);
	out->lsd_frame = out->lsd / (double)frames;
	free(s[0]);
	free(s[1]);
	stft_free(stft);
	return got ? err_set(err, "out of memory") : 0;
}

/* Mean difference of 13 cepstral coefficients (Shier et al., SpiegeLib, 2020). */
static int
mfccd(const struct pair *p, double *out, struct err *err)
{
	enum { N_FFT = 2048, HOP = 1024 };
	struct mel *mel = NULL;
	struct stft *stft = stft_new(N_FFT, N_FFT, HOP, STFT_ZERO, err);
	if (!stft || !(mel = mel_new(p->rate, N_FFT, MFCC_BANDS, 0, 0, MEL_SLANEY, err))) {
		stft_free(stft);
		return -1;
	}
	const size_t n = stft_frames(stft, p->n) * FEW_COEFFICIENTS;
	float *c[2];
	for (int i = 0; i < 2; i++)
		c[i] = cepstra(stft, mel, p->mono[i], 1, p->n, FEW_COEFFICIENTS);
	const bool both = c[0] && c[1];
	if (both)
		*out = kernels_best()->sum_abs(c[0], c[1], n) / (double)n;
	free(c[0]);
	free(c[1]);
	stft_free(stft);
	mel_free(mel);
	return both ? 0 : err_set(err, "out of memory");
}

int
likeness_some(const struct sound *target, const struct sound *candidate, unsigned which, struct likeness *out,
    struct err *err)
{
	const struct sound *s[2] = {target, candidate};
	if (target->rate != candidate->rate)
		return err_set(err, "sounds of %u and %u Hz cannot be compared", target->rate, candidate->rate);
	const uint64_t longer = target->frames > candidate->frames ? target->frames : candidate->frames;
	if (!target->frames || !candidate->frames || longer > LIKENESS_MAX_SECONDS * target->rate)
		return err_set(err, "likeness takes sounds of up to %.0f seconds, not of %.4g and %.4g", LIKENESS_MAX_SECONDS,
		    (double)target->frames / target->rate, (double)candidate->frames / target->rate);
	const int mono = target->channels != candidate->channels;
	struct pair p = {target->rate, mono ? 1 : target->channels, longer > MIN_FRAMES ? longer : MIN_FRAMES, {0}, {0}};
	int got = 0;
	for (int i = 0; i < 2; i++) {
		p.x[i] = planar(s[i]->x, s[i]->channels, s[i]->frames, mono, p.n);
		p.mono[i] = planar(s[i]->x, s[i]->channels, s[i]->frames, 1, p.n);
		if (!p.x[i] || !p.mono[i])
			got = err_set(err, "out of memory");
	}
	if (!got && which & LIKENESS_MSS)
		got = mss(&p, &out->mss, err);
	if (!got && which & LIKENESS_WMFCC)
		got = wmfcc(&p, &out->wmfcc, err);
	if (!got && which & LIKENESS_SOT)
		got = sot(&p, &out->sot, err);
	if (!got && which & LIKENESS_RMS)
		out->rms = rms(&p);
	if (!got && which & LIKENESS_MRSTFT)
		got = mrstft(&p, &out->mrstft, err);
	if (!got && which & LIKENESS_LSD)
		got = lsd(&p, out, err);
	if (!got && which & LIKENESS_MFCCD)
		got = mfccd(&p, &out->mfccd, err);
	for (int i = 0; i < 2; i++) {
		free(p.x[i]);
		free(p.mono[i]);
	}
	return got;
}

int
likeness_measure(const struct sound *target, const struct sound *candidate, struct likeness *out, struct err *err)
{
	return likeness_some(target, candidate, LIKENESS_ALL, out, err);
}
