/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Means and deviations over frames are weighted by the square root of the
 * frame's amplitude, so that neither a long tail nor the silence after it
 * counts for more than the sound; frames 60 dB below the loudest count nothing.
 */
#include "feature/summary.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/fmath.h"
#include "dsp/kweight.h"

_Static_assert(SUMMARY_CHROMA + 12 == SUMMARY_COLUMNS, "the table has another length");

/* The features that it is made of; their columns. */
enum { LOUDNESS_OF, SHAPE_OF, MFCC_OF, ONSET_OF, CHROMA_OF, ROUGHNESS_OF, ENVELOPE_OF, PARENTS };
static const char *const parents[PARENTS] = {"loudness", "shape", "mfcc", "onset", "chroma", "roughness", "envelope"};
enum { SHAPES = 6, CEPSTRUM = 20, CLASSES = 12, MOST_COLUMNS = 20, BANDS = 8 };

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

/* Weighted mean and deviation of each of n columns, added where they are wanted. */
static void
statistics(const float *v, size_t n, size_t stride, size_t frames, const float *weight, double *mean, double *deviation)
{
	double w = 0, sum[MOST_COLUMNS] = {0}, square[MOST_COLUMNS] = {0};
	for (size_t t = 0; t < frames; t++, v += stride) {
		if (weight[t] <= 0)
			continue;
		w += weight[t];
		for (size_t i = 0; i < n; i++) {
			const double y = v[i], wy = weight[t] * y;
			sum[i] += wy;
			square[i] += wy * y;
		}
	}
	for (size_t i = 0; i < n; i++) {
		mean[i] = sum[i] / w;
		deviation[i] = sqrt(fmax(square[i] / w - mean[i] * mean[i], 0));
	}
}

static double octaves(double hz) { return fm_log2(hz > 20 ? hz : 20); }
static double decibels(double x) { return 10 * fm_log10(x > 1e-6 ? x : 1e-6); }

/* The shape on scales on which differences are heard alike: out[frames][SHAPES], zeros where nothing counts. */
static void
heard_alike(const float *shape, size_t frames, const float *weight, float *out)
{
	for (size_t t = 0; t < frames; t++, shape += SHAPES, out += SHAPES) {
		if (weight[t] <= 0) {
			memset(out, 0, SHAPES * sizeof *out);
			continue;
		}
		for (int i = 0; i < 3; i++)
			out[i] = (float)octaves(shape[i]);
		out[3] = (float)decibels(shape[3]);
		out[4] = sqrtf(shape[4]);
		out[5] = shape[5];
	}
}

/* Weights: the root of the amplitude, 0 from 60 dB below the loudest. Returns the part of the frames
   within 20 dB of it. */
static double
weigh(const float *loudness, size_t frames, float *weight)
{
	float most = -100;
	size_t sustained = 0;
	for (size_t t = 0; t < frames; t++)
		most = fmaxf(most, loudness[2 * t]);
	for (size_t t = 0; t < frames; t++) {
		const double below = loudness[2 * t] - most;
		weight[t] = below > -60 ? (float)fm_exp2(below * (3.3219280948873623 / 40)) : 0;
		sustained += below > -20;
	}
	return (double)sustained / (double)frames;
}

/* How much higher the centroid (column 0 of the shape, in octaves) is in the last third of the weight than in
   the first. */
static double
drift(const float *shape, size_t frames, const float *weight)
{
	double all = 0, at = 0, w[2] = {0}, sum[2] = {0};
	for (size_t t = 0; t < frames; t++)
		all += weight[t];
	for (size_t t = 0; t < frames; t++) {
		at += weight[t];
		const int third = at <= all / 3 ? 0 : at > all * 2 / 3 ? 1 : -1;
		if (third < 0)
			continue;
		w[third] += weight[t];
		sum[third] += weight[t] * shape[t * SHAPES];
	}
	return w[0] > 0 && w[1] > 0 ? sum[1] / w[1] - sum[0] / w[0] : 0;
}

/* Slaney's scale, in which the bands are evenly spaced. */
static double
mel_of(double hz)
{
	return hz < 1000 ? hz * 3 / 200 : 15 + fm_log(hz / 1000) / 0.06875177742094912;
}

/* Where the mel bands' power is, in dB of the whole: below 60 Hz, to 150 Hz, 2 to 5 kHz, above. */
static void
parts(const double *power, double rate, double *sum)
{
	static const double range[4][2] = {{0, 60}, {60, 150}, {2000, 5000}, {5000, 1e6}};
	const double step = mel_of(rate / 2) / (ANALYSIS_MELS + 1); /* band k's middle is k + 1 of them up */
	double all = 0;
	for (int k = 0; k < ANALYSIS_MELS; k++)
		all += power[k];
	for (int i = 0; i < 4; i++) {
		const double from = mel_of(range[i][0]), to = mel_of(range[i][1]);
		double part = 0;
		for (int k = 0; k < ANALYSIS_MELS; k++)
			if (step * (k + 1) >= from && step * (k + 1) < to)
				part += power[k];
		sum[SUMMARY_SUB + i] += decibels(all > 0 ? part / all : 0);
	}
}

/* How much has to be filled into the valleys of y[n], which are between two higher places: the part of what then is
   there. A rise and a fall have none. room: n. */
static double
valleys(const float *y, size_t n, float *room)
{
	double filled = 0, empty = 0;
	float most = 0;
	for (size_t t = 0; t < n; t++)
		room[t] = most = y[t] > most ? y[t] : most;
	most = 0;
	for (size_t t = n; t-- > 0;) {
		most = y[t] > most ? y[t] : most;
		const float top = most < room[t] ? most : room[t];
		filled += top;
		empty += top - y[t];
	}
	return filled > 0 ? empty / filled : 0;
}

/* Means of y[n] over 2 reach + 1, as far as there are so many. */
static void
smooth(const float *y, size_t n, size_t reach, float *out)
{
	double sum = 0;
	for (size_t t = 0; t < n && t < reach; t++)
		sum += y[t];
	for (size_t t = 0; t < n; t++) {
		sum += t + reach < n ? y[t + reach] : 0;
		sum -= t > reach ? y[t - reach - 1] : 0;
		const size_t from = t < reach ? 0 : t - reach, to = n - t <= reach ? n : t + reach + 1;
		out[t] = (float)(fmax(sum, 0) / (double)(to - from));
	}
}

/* How the amplitude of eight bands comes and goes between the first frame that counts and the last, the loud bands
   more: in means over 60 ms, and over 250 ms. room: 3 frames. */
static void
movement(const float *mel, size_t frames, double hop, const float *weight, const double *power, float *room, double *sum)
{
	size_t first = 0, last = frames;
	while (first < last && weight[first] <= 0)
		first++;
	while (last > first && weight[last - 1] <= 0)
		last--;
	static const double reach[2] = {0.03, 0.125};
	const size_t n = last - first;
	double depth[2] = {0}, weights = 0;
	for (int b = 0; b < BANDS; b++) {
		double all = 0;
		for (int k = 0; k < ANALYSIS_MELS / BANDS; k++)
			all += power[b * (ANALYSIS_MELS / BANDS) + k];
		for (size_t t = 0; t < n; t++) {
			const float *m = mel + (first + t) * ANALYSIS_MELS + b * (ANALYSIS_MELS / BANDS);
			float p = 0;
			for (int k = 0; k < ANALYSIS_MELS / BANDS; k++)
				p += m[k];
			room[t] = sqrtf(p);
		}
		weights += sqrt(all);
		for (int i = 0; i < 2; i++) {
			smooth(room, n, (size_t)(reach[i] / hop + 0.5), room + frames);
			depth[i] += sqrt(all) * valleys(room + frames, n, room + 2 * frames);
		}
	}
	for (int i = 0; i < 2; i++)
		sum[SUMMARY_VALLEYS + i] += weights > 0 ? sqrt(depth[i] / weights) : 0;
}

/* Mean of the pitch classes, each frame's sum being 1, and of how far they stand out: 0.29 if all are alike, 1 if
   there is one. */
static void
harmony(const float *chroma, size_t frames, const float *weight, double *sum)
{
	double w = 0, mean[CLASSES] = {0}, tonal = 0;
	for (size_t t = 0; t < frames; t++, chroma += CLASSES) {
		double all = 0, square = 0;
		for (int c = 0; c < CLASSES; c++) {
			all += chroma[c];
			square += (double)chroma[c] * chroma[c];
		}
		w += weight[t];
		if (all <= 0 || weight[t] <= 0)
			continue;
		tonal += weight[t] * sqrt(square) / all;
		for (int c = 0; c < CLASSES; c++)
			mean[c] += weight[t] / all * chroma[c];
	}
	sum[SUMMARY_TONAL] += tonal / w;
	for (int c = 0; c < CLASSES; c++)
		sum[SUMMARY_CHROMA + c] += mean[c] / w;
}

/* The columns of a channel, added to those of the others. */
static void
describe(struct summary *s, const float *const v[PARENTS], const float *mel, size_t frames, float *weight, float *room)
{
	double *sum = s->sum, mean[MOST_COLUMNS], deviation[MOST_COLUMNS];
	sum[SUMMARY_SUSTAIN] += weigh(v[LOUDNESS_OF], frames, weight);
	statistics(v[LOUDNESS_OF], 1, 2, frames, weight, mean, deviation);
	sum[SUMMARY_LEVEL_STD] += *deviation;
	statistics(v[ONSET_OF], 1, 1, frames, weight, mean, deviation);
	sum[SUMMARY_ONSET_MEAN] += *mean;
	sum[SUMMARY_ONSET_STD] += *deviation;
	heard_alike(v[SHAPE_OF], frames, weight, room);
	statistics(room, SHAPES, SHAPES, frames, weight, mean, deviation);
	for (int i = 0; i < SHAPES; i++) {
		sum[SUMMARY_SHAPE + 2 * i] += mean[i];
		sum[SUMMARY_SHAPE + 2 * i + 1] += deviation[i];
	}
	sum[SUMMARY_DRIFT] += drift(room, frames, weight);
	statistics(v[MFCC_OF], CEPSTRUM, CEPSTRUM, frames, weight, mean, deviation);
	for (int i = 0; i < CEPSTRUM; i++) {
		if (i)
			sum[SUMMARY_MFCC_MEAN + i - 1] += mean[i];
		sum[SUMMARY_MFCC_STD + i] += deviation[i];
	}
	for (size_t t = 0; t < frames; t++)
		room[t] = sqrtf(v[ROUGHNESS_OF][t]);
	statistics(room, 1, 1, frames, weight, mean, deviation);
	sum[SUMMARY_ROUGHNESS_MEAN] += *mean;
	sum[SUMMARY_ROUGHNESS_STD] += *deviation;
	harmony(v[CHROMA_OF], frames, weight, sum);
	double power[ANALYSIS_MELS] = {0};
	for (size_t t = 0; t < frames; t++)
		for (int i = 0; i < ANALYSIS_MELS; i++)
			power[i] += mel[t * ANALYSIS_MELS + (size_t)i];
	parts(power, s->rate, sum);
	movement(mel, frames, (double)ANALYSIS_HOP / s->rate, weight, power, room, sum);

	const float *e = v[ENVELOPE_OF]; /* attack, decay, centre, duration in s, crest in dB */
	sum[SUMMARY_ATTACK] += fm_log2(1 + 1000 * e[0]);
	sum[SUMMARY_DECAY] += fm_log2(1 + 1000 * e[1]);
	sum[SUMMARY_TEMPORAL] += e[2] * s->rate / (double)s->frames;
	sum[SUMMARY_EFFECTIVE] += fm_log2(1 + 1000 * e[3]);
	sum[SUMMARY_CREST] += e[4];
}

int
summary_add(struct summary *s, struct analysis *a, struct err *err)
{
	const size_t frames = analysis_frames(a);
	const struct feature *from[PARENTS + 1] = {feature_find("logmel")};
	for (int i = 0; i < PARENTS; i++)
		from[i + 1] = feature_find(parents[i]);
	analysis_want(a, from, PARENTS + 1);
	const float *v[PARENTS], *mel = analysis_mel(a);
	const double *k = analysis_k(a);
	float *weight = malloc(frames * sizeof *weight), *room = malloc(frames * SHAPES * sizeof *room);
	double *kept = malloc(analysis_k_hops(a) * sizeof *kept);
	bool good = mel && k && weight && room && kept;
	for (int i = 0; i < PARENTS && good; i++)
		good = (v[i] = analysis_feature(a, from[i + 1]));
	if (good) {
		s->k[s->added++] = memcpy(kept, k, analysis_k_hops(a) * sizeof *kept);
		describe(s, v, mel, frames, weight, room);
	} else
		free(kept);
	free(weight);
	free(room);
	return good ? 0 : err_set(err, "out of memory");
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
	s->sum[SUMMARY_DURATION] = fm_log2((double)s->frames / s->rate);
	/* the mean of the channels, not R128's sum, so that a mono sound on both sides is itself */
	const double lufs = kweight_integrated((const double *const *)s->k, s->added, s->frames, ANALYSIS_K_HOP, s->rate);
	s->sum[SUMMARY_LOUDNESS] = fmax(lufs - 10 * fm_log10(s->added ? s->added : 1), -70);
	s->sum[SUMMARY_WIDTH] = width(s);
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
