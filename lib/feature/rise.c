/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "feature/rise.h"

#include <math.h>
#include <stdlib.h>

#include "base/fmath.h"
#include "dsp/mel.h"
#include "dsp/stft.h"

enum { BANDS = 24, MOST_FRAMES = 192, STEEP = 3 /* frames, either way: half a window */ };
#define BACK 0.045  /* s that are looked at before and after */
#define AHEAD 0.025
#define SPREAD 0.012 /* s: how far off the first guess is, as a rule */

struct rise {
	double rate;
	size_t n_fft, hop;
	struct stft *stft;
	struct mel *mel;
	float *power; /* [MOST_FRAMES][bins] */
	float level[MOST_FRAMES * BANDS];
};

struct rise *
rise_new(double rate, struct err *err)
{
	struct rise *r = calloc(1, sizeof *r);
	if (!r)
		return err_set(err, "out of memory"), NULL;
	size_t n_fft = 16;
	while ((double)n_fft * 1.42 < 0.0058 * rate && n_fft < 1 << 14)
		n_fft *= 2;
	r->rate = rate;
	r->n_fft = n_fft;
	r->hop = n_fft / 8;
	r->stft = stft_new(n_fft, n_fft, r->hop, STFT_ZERO, err);
	r->mel = r->stft ? mel_new(rate, n_fft, BANDS, 0, 0, MEL_HTK, err) : NULL;
	if (r->mel && !(r->power = malloc(MOST_FRAMES * stft_bins(r->stft) * sizeof *r->power)))
		err_set(err, "out of memory");
	if (!r->power)
		return rise_free(r), NULL;
	return r;
}

void
rise_free(struct rise *r)
{
	if (!r)
		return;
	stft_free(r->stft);
	mel_free(r->mel);
	free(r->power);
	free(r);
}

/* The wave's own start in x[from..to): the first block after the quietest before the steepest step, then the first sample that
   leaves the quiet. */
static size_t
in_wave(const float *x, size_t from, size_t to, double rate, size_t otherwise)
{
	const size_t block = (size_t)fmax(1, rate * 0.0005);
	enum { MOST = 128 };
	double level[MOST];
	size_t blocks = 0, top = 0;
	for (size_t i = from; i + block <= to && blocks < MOST; i += block) {
		double most = 0;
		for (size_t j = i; j < i + block; j++)
			most = fmax(most, fabsf(x[j]));
		level[blocks++] = most;
	}
	double best = 0;
	for (size_t i = 0; i < blocks; i++)
		if (level[i] > best) {
			best = level[i];
			top = i;
		}
	/* where it was ten times quieter before, the wave can tell */
	size_t low = top;
	while (low > 0 && level[low] > 0.1 * best)
		low--;
	if (blocks < 2 || level[low] > 0.1 * best)
		return otherwise;
	size_t at = from + low * block;
	while (at < to && fabsf(x[at]) < 0.05 * best)
		at++;
	return at;
}

int
rise_find(struct rise *r, const float *x, size_t n, size_t about, size_t *at)
{
	const double per = r->rate / (double)r->hop; /* frames a second */
	const size_t frames = stft_frames(r->stft, n), back = (size_t)(BACK * per), ahead = (size_t)(AHEAD * per);
	const size_t middle = about / r->hop, first = middle > back ? middle - back : 0;
	const size_t end = middle + ahead + 1 < frames ? middle + ahead + 1 : frames;
	const size_t count = end > first && end - first < MOST_FRAMES ? end - first : 0;
	*at = about < n ? about : n ? n - 1 : 0;
	if (count < 8)
		return 0;
	if (stft_power(r->stft, x, n, first, count, r->power) < 0)
		return -1;
	mel_apply(r->mel, r->power, count, r->level);
	float *y = r->level, most = 0;
	for (size_t i = 0; i < count * BANDS; i++)
		most = y[i] > most ? y[i] : most;
	if (!(most > 0))
		return 0;
	const double scale = 1e3 / sqrt(most);
	for (size_t i = 0; i < count * BANDS; i++)
		y[i] = (float)fm_log(1 + scale * sqrt(y[i]));
	/* how much each band grows about here */
	const double c = (double)middle - (double)first;
	double weight[BANDS], e[MOST_FRAMES], all = 0;
	for (int b = 0; b < BANDS; b++) {
		double before = 0, then = 0;
		size_t of = 0;
		for (size_t t = 0; t < count; t++) {
			if ((double)t < c - 0.010 * per && (double)t >= c - 0.035 * per) {
				before += y[t * BANDS + (size_t)b];
				of++;
			} else if ((double)t >= c - 0.008 * per && (double)t <= c + 0.016 * per) {
				then = fmax(then, y[t * BANDS + (size_t)b]);
			}
		}
		weight[b] = fmax(0, then - (of ? before / (double)of : 0));
		weight[b] *= weight[b];
		all += weight[b];
	}
	if (!(all > 0))
		return 0;
	for (size_t t = 0; t < count; t++) {
		e[t] = 0;
		for (int b = 0; b < BANDS; b++)
			e[t] += weight[b] / all * y[t * BANDS + (size_t)b];
	}
	double best = -1;
	size_t steep = 0;
	for (size_t t = 0; t < count; t++) {
		const double d = ((double)t - c) / (SPREAD * per), before = t >= STEEP ? e[t - STEEP] : first ? e[0] : 0;
		const double up = (e[t + STEEP < count ? t + STEEP : count - 1] - before) * fm_exp(-0.5 * d * d);
		if (up > best) {
			best = up;
			steep = t;
		}
	}
	size_t top = steep, low = steep;
	for (size_t t = steep; t < count && t <= steep + 2 * STEEP; t++)
		if (e[t] > e[top])
			top = t;
	for (size_t t = steep; t-- > 0 && (double)t > (double)steep - 0.025 * per;)
		if (e[t] < e[low])
			low = t;
	size_t start = top;
	while (start > 0 && e[start] > e[low] + 0.25 * (e[top] - e[low]))
		start--;
	*at = (first + start) * r->hop + r->n_fft / 4;
	if (*at >= n)
		*at = n - 1;
	const size_t near = (size_t)(0.004 * r->rate), from = *at > near ? *at - near : 0, to = *at + near < n ? *at + near : n;
	*at = in_wave(x, from, to, r->rate, *at);
	return 0;
}
