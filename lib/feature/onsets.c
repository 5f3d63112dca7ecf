/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Flux after Böck and Widmer, "Maximum filter vibrato suppression for onset
 * detection", DAFx 2013: rises of log(1 + c X) over mel bands against the largest
 * of three neighbouring bands a few frames before. Peaks after Böck, Krebs and
 * Schedl, ISMIR 2012.
 */
#include "feature/onsets.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/fmath.h"
#include "dsp/mel.h"
#include "dsp/stft.h"
#include "feature/rise.h"

enum { BANDS = 60 };
#define MASK 0.045 /* s */

/* A power of two near this many seconds. */
static size_t
power_of_two(double seconds, double rate)
{
	size_t n = 16;
	while ((double)n * 1.42 < seconds * rate && n < 1 << 16)
		n *= 2;
	return n;
}

/* Rows of log(1 + c |X|) bands, c such that what is 70 dB below the loudest still counts. */
static float *
bands(const float *x, size_t n, const struct stft *s, const struct mel *m, size_t frames)
{
	float *y = malloc(frames * BANDS * sizeof *y);
	if (!y || mel_power(m, s, x, n, y) < 0) {
		free(y);
		return NULL;
	}
	float most = 0;
	for (size_t i = 0; i < frames * BANDS; i++)
		most = y[i] > most ? y[i] : most;
	const double scale = most > 0 ? 3e3 / sqrt(most) : 0;
	for (size_t i = 0; i < frames * BANDS; i++)
		y[i] = (float)fm_log(1 + scale * sqrt(y[i]));
	return y;
}

int
envelope_init(struct envelope *e, const float *x, size_t n, double rate, struct err *err)
{
	const size_t n_fft = power_of_two(0.023, rate);
	*e = (struct envelope){.hop = n_fft / 8, .rate = rate};
	struct stft *s = stft_new(n_fft, n_fft, e->hop, STFT_ZERO, err);
	struct mel *m = s ? mel_new(rate, n_fft, BANDS, 0, 0, MEL_HTK, err) : NULL;
	if (!m)
		return stft_free(s), -1;
	e->n = stft_frames(s, n);
	e->v = calloc(e->n, sizeof *e->v);
	float *y = e->v ? bands(x, n, s, m, e->n) : NULL;
	stft_free(s);
	mel_free(m);
	if (!y) {
		envelope_release(e);
		return err_set(err, "out of memory");
	}
	/* before the first frame there is silence; over more than half a window a rise is seen whole */
	enum { LAG = 5 };
	const size_t begun = (size_t)(0.05 * rate / (double)e->hop);
	float most = 0, later = 0;
	for (size_t t = 0; t < e->n; t++) {
		const float *now = y + t * BANDS, *then = t >= LAG ? now - LAG * BANDS : NULL;
		double sum = 0;
		for (int b = 0; b < BANDS; b++) {
			float before = 0;
			for (int k = b - 1; then && k <= b + 1; k++)
				if (k >= 0 && k < BANDS && then[k] > before)
					before = then[k];
			sum += now[b] > before ? now[b] - before : 0;
		}
		e->v[t] = (float)sum;
		most = e->v[t] > most ? e->v[t] : most;
		later = t > begun && e->v[t] > later ? e->v[t] : later;
	}
	/* a sound that starts out of silence rises far more than any that follows another */
	most = fmaxf(later, 0.3f * most);
	for (size_t t = 0; most > 0 && t < e->n; t++)
		e->v[t] = fminf(e->v[t] / most, 1);
	free(y);
	return 0;
}

void
envelope_release(struct envelope *e)
{
	free(e->v);
	e->v = NULL;
}

int
onsets_find(const float *x, size_t n, const struct envelope *e, double gap, struct onset **list, size_t *count,
    struct err *err)
{
	const double per = e->rate / (double)e->hop; /* frames a second */
	const size_t near = (size_t)fmax(1, 0.03 * per), wide = (size_t)fmax(1, 0.10 * per);
	const float delta = 0.035f;
	*count = 0;
	if (!(*list = malloc((e->n + 1) * sizeof **list)))
		return err_set(err, "out of memory");
	struct rise *r = rise_new(e->rate, err);
	if (!r) {
		free(*list);
		*list = NULL;
		return -1;
	}
	double sum = 0, mask = 0;
	size_t masked = 0;
	for (size_t i = 0; i < wide && i < e->n; i++)
		sum += e->v[i];
	for (size_t t = 0; t < e->n; t++) {
		/* sum runs over t-wide .. t+wide */
		if (t + wide < e->n)
			sum += e->v[t + wide];
		if (t > wide)
			sum -= e->v[t - wide - 1];
		const size_t from = t > near ? t - near : 0, to = t + near < e->n ? t + near : e->n - 1;
		float most = 0;
		for (size_t i = from; i <= to; i++)
			most = e->v[i] > most ? e->v[i] : most;
		const size_t left = t > wide ? t - wide : 0, right = t + wide < e->n ? t + wide : e->n - 1;
		const double mean = sum / (double)(right - left + 1);
		if (e->v[t] < most || e->v[t] < mean * 1.3 + delta)
			continue;
		/* a strike has more than one rise: for a while after it only strong ones count; nor does a hiss that the
		   file begins with */
		if (*count && e->v[t] < mask * fm_exp(-(double)(t - masked) / (MASK * per)))
			continue;
		if (t < near && e->v[t] < 0.25)
			continue;
		mask = e->v[t];
		masked = t;
		/* a centred window rises half a window before the sound, and is steepest at it */
		size_t at;
		if (rise_find(r, x, n, t * e->hop, &at) < 0) {
			rise_free(r);
			free(*list);
			*list = NULL;
			return err_set(err, "out of memory");
		}
		struct onset *last = *count ? *list + *count - 1 : NULL;
		if (last && (double)at < (double)last->at + gap * e->rate) {
			last->strength = fmaxf(last->strength, e->v[t]);
			continue;
		}
		(*list)[(*count)++] = (struct onset){at, e->v[t]};
	}
	rise_free(r);
	return 0;
}

float *
onsets_mono(const float *x, size_t channels, size_t frames)
{
	float *y = malloc((frames ? frames : 1) * sizeof *y);
	double one = 0, mean = 0;
	for (size_t i = 0; y && i < frames; i++) {
		double sum = 0;
		for (size_t c = 0; c < channels; c++)
			sum += x[i * channels + c];
		y[i] = (float)(sum / (double)channels);
		mean += (double)y[i] * y[i];
		one += (double)x[i * channels] * x[i * channels];
	}
	for (size_t i = 0; y && mean < 0.1 * one && i < frames; i++)
		y[i] = x[i * channels];
	return y;
}
