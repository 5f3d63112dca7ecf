/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Means and deviations over frames are weighted by the square root of the
 * frame's amplitude, so that neither a long tail nor the silence after it
 * counts for more than the sound; frames 60 dB below the loudest count nothing.
 */
#include "feature/summary.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/fmath.h"
#include "dsp/kweight.h"

enum {
	DURATION, LOUDNESS, CREST, ATTACK, TEMPORAL, SUSTAIN, WIDTH, /* once a sound */
	LEVEL_STD, ONSET_MEAN, ONSET_STD,
	SHAPE, /* six means and deviations in turn */
	MFCC_MEAN = SHAPE + 12, /* 1 to 19: coefficient 0 is the level */
	MFCC_STD = MFCC_MEAN + 19, /* 0 to 19 */
};
_Static_assert(MFCC_STD + 20 == SUMMARY_COLUMNS, "the table below has another length");

int
summary_init(struct summary *s, const float *x, uint32_t rate, uint32_t channels, uint64_t frames, struct err *err)
{
	*s = (struct summary){.x = x, .rate = rate, .channels = channels, .frames = frames};
	if (!channels || channels > SUMMARY_MAX_CHANNELS)
		return err_set(err, "the sound has %u channels, not 1 to %d", channels, SUMMARY_MAX_CHANNELS);
	if (!frames || !rate)
		return err_set(err, "there is no sound (%llu frames at %u Hz)", (unsigned long long)frames, rate);
	return 0;
}

void
summary_release(struct summary *s)
{
	for (uint32_t c = 0; c < SUMMARY_MAX_CHANNELS; c++)
		free(s->k[c]);
	memset(s->k, 0, sizeof s->k);
}

/* Weighted mean and deviation of one column; `map` takes values to a scale on which
   differences are heard alike. */
static void
statistics(const float *v, size_t columns, size_t frames, const float *weight, double (*map)(double), double *mean,
    double *deviation)
{
	double w = 0, sum = 0, square = 0;
	for (size_t t = 0; t < frames; t++) {
		if (weight[t] <= 0)
			continue;
		const double y = map ? map(v[t * columns]) : v[t * columns];
		w += weight[t];
		sum += weight[t] * y;
	}
	sum /= w;
	for (size_t t = 0; t < frames; t++) {
		if (weight[t] <= 0)
			continue;
		const double y = (map ? map(v[t * columns]) : v[t * columns]) - sum;
		square += weight[t] * y * y;
	}
	if (mean)
		*mean += sum;
	*deviation += sqrt(square / w);
}

static double octaves(double hz) { return fm_log2(hz > 20 ? hz : 20); }
static double decibels(double x) { return 10 * fm_log10(x > 1e-6 ? x : 1e-6); }
static double root(double x) { return sqrt(x); }

/* Attack: from the last time the envelope is under a fifth of its peak to the first time
   it reaches nine tenths, in ms. Crest in dB; energy's centre as a part of the length. */
static void
envelope(const float *x, size_t n, double rate, double *sum)
{
	const size_t step = rate >= 2000 ? (size_t)(rate / 1000) : 1;
	double peak = 0, energy = 0, moment = 0;
	for (size_t i = 0; i < n; i++) {
		const double e = (double)x[i] * x[i];
		peak = fmax(peak, fabsf(x[i]));
		energy += e;
		moment += e * (double)i;
	}
	size_t rise = 0, top = 0;
	for (size_t i = 0; i < n; i += step) {
		double most = 0;
		for (size_t j = i; j < n && j < i + step; j++)
			most = fmax(most, fabsf(x[j]));
		if (most < 0.2 * peak)
			rise = i + step;
		if (most >= 0.9 * peak) {
			top = i + step;
			break;
		}
	}
	sum[ATTACK] += fm_log2(1 + 1000 * (double)(top - rise) / rate);
	sum[CREST] += energy > 0 ? 20 * fm_log10(peak) - 10 * fm_log10(energy / (double)n) : 0;
	sum[TEMPORAL] += energy > 0 ? moment / energy / (double)n : 0.5;
}

int
summary_add(struct summary *s, struct analysis *a, struct err *err)
{
	const size_t frames = analysis_frames(a);
	const float *loudness = analysis_feature(a, feature_find("loudness")),
	            *shape = analysis_feature(a, feature_find("shape")),
	            *mfcc = analysis_feature(a, feature_find("mfcc")),
	            *onset = analysis_feature(a, feature_find("onset"));
	const double *k = analysis_k(a);
	float *weight = malloc(frames * sizeof *weight);
	double *kept = malloc(analysis_k_hops(a) * sizeof *kept);
	if (!loudness || !shape || !mfcc || !onset || !k || !weight || !kept) {
		free(weight);
		free(kept);
		return err_set(err, "out of memory");
	}
	s->k[s->added++] = memcpy(kept, k, analysis_k_hops(a) * sizeof *kept);

	float most = -100;
	for (size_t t = 0; t < frames; t++)
		most = fmaxf(most, loudness[2 * t]);
	double sustained = 0;
	for (size_t t = 0; t < frames; t++) {
		const double below = loudness[2 * t] - most;
		weight[t] = below > -60 ? (float)fm_pow(10, below / 40) : 0;
		sustained += below > -20;
	}
	double *sum = s->sum, ignored = 0;
	sum[SUSTAIN] += sustained / (double)frames;
	statistics(loudness, 2, frames, weight, NULL, &ignored, &sum[LEVEL_STD]);
	statistics(onset, 1, frames, weight, NULL, &sum[ONSET_MEAN], &sum[ONSET_STD]);
	static double (*const maps[])(double) = {octaves, octaves, octaves, decibels, root, NULL};
	for (size_t i = 0; i < 6; i++)
		statistics(shape + i, 6, frames, weight, maps[i], &sum[SHAPE + 2 * i], &sum[SHAPE + 2 * i + 1]);
	for (size_t i = 0; i < 20; i++)
		statistics(mfcc + i, 20, frames, weight, NULL, i ? &sum[MFCC_MEAN + i - 1] : NULL, &sum[MFCC_STD + i]);
	free(weight);

	size_t n;
	const float *x = analysis_samples(a, &n);
	envelope(x, n, s->rate, sum);
	return 0;
}

/* The part of the energy of the first two channels that is in their difference. */
static double
width(const struct summary *s)
{
	double mid = 0, side = 0;
	for (uint64_t i = 0; s->channels > 1 && i < s->frames; i++) {
		const double l = s->x[i * s->channels], r = s->x[i * s->channels + 1];
		mid += (l + r) * (l + r);
		side += (l - r) * (l - r);
	}
	return mid + side > 0 ? side / (mid + side) : 0;
}

void
summary_finish(struct summary *s, float out[SUMMARY_COLUMNS])
{
	for (int i = 0; i < SUMMARY_COLUMNS; i++)
		s->sum[i] /= s->added ? s->added : 1;
	s->sum[DURATION] = fm_log2((double)s->frames / s->rate);
	/* the mean of the channels, not R128's sum, so that a mono sound on both sides is itself */
	const double lufs = kweight_integrated((const double *const *)s->k, s->added, s->frames, ANALYSIS_HOP, s->rate);
	s->sum[LOUDNESS] = fmax(lufs - 10 * fm_log10(s->added ? s->added : 1), -70);
	s->sum[WIDTH] = width(s);
	for (int i = 0; i < SUMMARY_COLUMNS; i++)
		out[i] = (float)((s->sum[i] - summary_columns[i].mid) / summary_columns[i].unit);
}

int
summary_of(struct analysis *a, const float *x, uint32_t rate, uint32_t channels, uint64_t frames,
    float out[SUMMARY_COLUMNS], struct err *err)
{
	struct summary s;
	int got = summary_init(&s, x, rate, channels, frames, err);
	for (uint32_t c = 0; got == 0 && c < channels; c++) {
		got = analysis_load(a, x + c, channels, frames, rate, err);
		if (got == 0)
			got = summary_add(&s, a, err);
	}
	if (got == 0)
		summary_finish(&s, out);
	summary_release(&s);
	return got;
}
