/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "score/sketch.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fmath.h"
#include "feature/onsets.h"
#include "score/hearing.h"

enum { WARM = 8 }; /* frames of the sound's end before its beginning */
#define DEPTH   60.0 /* dB: levels below the loudest that count */
#define FAIR    6.0  /* dB: the difference that is worth one half */
#define SEGMENT 0.25 /* s */

void
sketch_release(struct sketch *s)
{
	free(s->onset);
	free(s->level);
	free(s->chroma);
	*s = (struct sketch){0};
}

/* One channel without its mean, after its own end; malloc'ed. */
static float *
looped(const struct heard *h, size_t *n)
{
	const size_t warm = WARM * ANALYSIS_HOP, frames = h->frames;
	float *mono = onsets_mono(h->samples, h->channels, frames), *x = NULL;
	double mean = 0;
	*n = frames + warm;
	for (size_t i = 0; mono && i < frames; i++)
		mean += mono[i] / (double)frames;
	if (mono && (x = malloc(*n * sizeof *x))) {
		/* so many whole sounds that the last of them ends where the first begins */
		const size_t from = (frames - warm % frames) % frames;
		for (size_t i = 0; i < *n; i++)
			x[i] = (float)(mono[(from + i) % frames] - mean);
	}
	free(mono);
	return x;
}

/* Mean and spread over time of each band, frames weighted by the square root of their amplitude. */
static void
spectrum(struct sketch *s, const float *logmel)
{
	double weights = 0, all = 0;
	for (size_t b = 0; b < ANALYSIS_MELS; b++) {
		double sum = 0, square = 0;
		weights = 0;
		for (size_t t = 0; t < s->frames; t++) {
			const double w = s->level[t] > -DEPTH ? fm_pow(10, s->level[t] / 40) : 0, v = logmel[t * ANALYSIS_MELS + b];
			weights += w;
			sum += w * v;
			square += w * v * v;
		}
		sum /= weights;
		s->mean[b] = (float)sum;
		s->spread[b] = (float)sqrt(fmax(square / weights - sum * sum, 0));
		all += sum / ANALYSIS_MELS;
	}
	for (size_t b = 0; b < ANALYSIS_MELS; b++)
		s->mean[b] -= (float)all;
}

int
sketch_take(struct sketch *s, struct analysis *a, const struct heard *h, struct err *err)
{
	size_t n;
	sketch_release(s);
	if (!h->frames || !h->channels || h->frames > ((uint64_t)1 << 28) / h->channels)
		return err_set(err, "'%s': %llu frames in %u channels are no sound to compare", h->name,
		    (unsigned long long)h->frames, h->channels);
	float *x = looped(h, &n);
	if (!x)
		return err_set(err, "out of memory");
	const int got = analysis_load(a, x, 1, n, h->rate, err);
	free(x);
	if (got < 0)
		return -1;
	/* one pass over the spectra for both */
	analysis_want(a, (const struct feature *const[]){feature_find("onset"), feature_find("chroma")}, 2);
	const float *onset = analysis_feature(a, feature_find("onset")), *chroma = analysis_feature(a, feature_find("chroma")),
	            *loudness = analysis_feature(a, feature_find("loudness")), *logmel = analysis_logmel(a);
	s->frames = analysis_frames(a) - WARM;
	s->hop = analysis_hop(a);
	s->onset = malloc(s->frames * sizeof *s->onset);
	s->level = malloc(s->frames * sizeof *s->level);
	s->chroma = malloc(s->frames * SKETCH_CLASSES * sizeof *s->chroma);
	if (!onset || !chroma || !loudness || !logmel || !s->onset || !s->level || !s->chroma)
		return err_set(err, "out of memory");
	float loudest = -100;
	for (size_t t = 0; t < s->frames; t++)
		loudest = fmaxf(loudest, loudness[2 * (t + WARM)]);
	for (size_t t = 0; t < s->frames; t++) {
		s->level[t] = loudness[2 * (t + WARM)] - loudest;
		s->onset[t] = onset[t + WARM];
		const double amplitude = fm_pow(10, s->level[t] / 20);
		for (size_t c = 0; c < SKETCH_CLASSES; c++)
			s->chroma[t * SKETCH_CLASSES + c] = (float)(amplitude * chroma[(t + WARM) * SKETCH_CLASSES + c]);
	}
	s->audible = fmin(fmax((loudest + 80) / 30, 0), 1);
	spectrum(s, logmel + WARM * ANALYSIS_MELS);
	return 0;
}

/* --- comparison ---------------------------------------------------------------------- */

/* What there is to be compared: 0 to 1. */
static double
sound(const struct sketch *target, const struct sketch *it)
{
	return fmin(target->audible, it->audible) * validity_beside(target->validity, it->validity);
}

double
sketch_timbre(const struct sketch *a, const struct sketch *b)
{
	double d = 0;
	for (size_t k = 0; k < ANALYSIS_MELS; k++)
		d += (fabs(a->mean[k] - b->mean[k]) + 0.5 * fabs(a->spread[k] - b->spread[k])) / ANALYSIS_MELS;
	return sound(a, b) / (1 + d / FAIR);
}

double
sketch_envelope(const struct sketch *a, const struct sketch *b)
{
	const size_t n = a->frames > b->frames ? a->frames : b->frames;
	double d = 0;
	for (size_t t = 0; t < n; t++)
		d += fabs(fmax(t < a->frames ? a->level[t] : -DEPTH, -DEPTH) - fmax(t < b->frames ? b->level[t] : -DEPTH, -DEPTH));
	return sound(a, b) / (1 + d / (double)n / FAIR);
}

/* Onset strength about frame t, less what there is on average. */
static double
smooth(const struct sketch *s, ptrdiff_t t, double mean)
{
	static const double w[] = {1, 2, 3, 2, 1};
	double sum = 0;
	for (int i = -2; i <= 2; i++)
		if (t + i >= 0 && t + i < (ptrdiff_t)s->frames)
			sum += w[i + 2] / 9 * s->onset[t + i];
	return sum - mean;
}

/* a'b / (|a| |b|), nothing below 0; two that have nothing are the same. */
static double
cosine(double ab, double aa, double bb)
{
	if (aa <= 1e-12 || bb <= 1e-12)
		return aa <= 1e-12 && bb <= 1e-12;
	return fmin(fmax(ab / sqrt(aa * bb), 0), 1);
}

double
sketch_rhythm(const struct sketch *a, const struct sketch *b)
{
	const size_t n = a->frames > b->frames ? a->frames : b->frames;
	double ab = 0, aa = 0, bb = 0, mean[2] = {0};
	for (size_t t = 0; t < n; t++) {
		mean[0] += (t < a->frames ? a->onset[t] : 0) / n;
		mean[1] += (t < b->frames ? b->onset[t] : 0) / n;
	}
	for (size_t t = 0; t < n; t++) {
		const double x = smooth(a, (ptrdiff_t)t, mean[0]), y = smooth(b, (ptrdiff_t)t, mean[1]);
		ab += x * y;
		aa += x * x;
		bb += y * y;
	}
	return sound(a, b) * cosine(ab, aa, bb);
}

/* Chroma of the frames from .. to, without what all classes have. */
static void
segment(const struct sketch *s, size_t from, size_t to, double out[SKETCH_CLASSES])
{
	double mean = 0;
	memset(out, 0, SKETCH_CLASSES * sizeof *out);
	for (size_t t = from; t < to && t < s->frames; t++)
		for (size_t c = 0; c < SKETCH_CLASSES; c++)
			out[c] += s->chroma[t * SKETCH_CLASSES + c];
	for (size_t c = 0; c < SKETCH_CLASSES; c++)
		mean += out[c] / SKETCH_CLASSES;
	for (size_t c = 0; c < SKETCH_CLASSES; c++)
		out[c] -= mean;
}

double
sketch_harmony(const struct sketch *a, const struct sketch *b)
{
	const size_t n = a->frames > b->frames ? a->frames : b->frames, step = (size_t)fmax(SEGMENT / a->hop, 1);
	double ab = 0, aa = 0, bb = 0, x[SKETCH_CLASSES], y[SKETCH_CLASSES];
	for (size_t t = 0; t < n; t += step) {
		segment(a, t, t + step, x);
		segment(b, t, t + step, y);
		for (size_t c = 0; c < SKETCH_CLASSES; c++) {
			ab += x[c] * y[c];
			aa += x[c] * x[c];
			bb += y[c] * y[c];
		}
	}
	return sound(a, b) * cosine(ab, aa, bb);
}

/* --- terms --------------------------------------------------------------------------- */

struct aspect_term {
	const struct heard *golden;
	const struct sketch **sketch;
	size_t n;
};

void
sketch_term_free(void *self)
{
	struct aspect_term *s = self;
	if (!s)
		return;
	free(s->sketch);
	free(s);
}

void *
sketch_term_new(const struct heard *golden, size_t n, struct err *err)
{
	if (!n)
		return err_set(err, "nothing is given to be like"), NULL;
	struct aspect_term *s = calloc(1, sizeof *s);
	if (!s || !(s->sketch = calloc(n, sizeof *s->sketch)))
		return free(s), err_set(err, "out of memory"), NULL;
	s->golden = golden;
	for (; s->n < n; s->n++) {
		if (golden[s->n].rate != golden->rate)
			err_set(err, "'%s' has another rate than the golden sounds before it", golden[s->n].name);
		else if ((s->sketch[s->n] = heard_sketch(&golden[s->n], err)))
			continue;
		sketch_term_free(s);
		return NULL;
	}
	return s;
}

int
sketch_term_prepare(const void *self, const struct heard *h, struct err *err)
{
	(void)self;
	return heard_sketch(h, err) ? 0 : -1;
}

int
sketch_term_score(void *self, sketch_aspect *of, const char *aspect, const struct heard *h, double *value, char *why,
    size_t n_why, struct err *err)
{
	const struct aspect_term *s = self;
	size_t nearest = 0;
	if (h->rate != s->golden->rate)
		return err_set(err, "%s: a sound of %u Hz cannot be held against one of %u Hz", aspect, h->rate, s->golden->rate);
	const struct sketch *it = heard_sketch(h, err);
	if (!it)
		return -1;
	*value = -1;
	for (size_t i = 0; i < s->n; i++) {
		const double v = of(s->sketch[i], it);
		if (v > *value) {
			*value = v;
			nearest = i;
		}
	}
	if (why)
		snprintf(why, n_why, it->audible > 0 ? "%s nearest to that of %s" : "%s of nothing: silent", aspect,
		    s->golden[nearest].name);
	return 0;
}
