/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "feature/analysis.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "dsp/kweight.h"
#include "dsp/mel.h"
#include "dsp/stft.h"
#include "dsp/sums.h"

enum {
	KEEP_FRAMES = 8192, /* of spectra: 95 seconds at 44.1 kHz, 34 MB */
	MAX_FEATURES = 64,
	MAX_CHANNELS = 8, /* whose K-weighted power is kept for what hears all channels */
};

/* A buffer that grows and is kept; `is` says that it holds this sound's values. */
struct cache {
	float *p;
	size_t room;
	int is;
};

/* K-weighted power of a channel's hops. */
struct k_power {
	double *p;
	size_t room;
	int is;
};

struct analysis {
	float *x;
	size_t n, room;
	uint32_t rate, channels;
	const float *sound; /* all channels; the caller's, or x */
	struct stft *stft;
	struct mel *bank;
	struct cache power, mel, logmel, feature[MAX_FEATURES];
	size_t block; /* first frame of the spectra in `power`, where not all are kept */
	struct k_power k[MAX_CHANNELS + 1]; /* of the channels of one sound, loaded in turn; the last: of any other */
	const float *from; /* where the channel was copied from, how far apart its samples lay */
	size_t stride;
	size_t channel; /* how many of the same sound were loaded before it */
};

struct analysis *
analysis_new(void)
{
	struct analysis *a = calloc(1, sizeof *a);
	if (a && !(a->stft = stft_new(ANALYSIS_FFT, ANALYSIS_FFT, ANALYSIS_HOP, STFT_ZERO, NULL))) {
		free(a);
		return NULL;
	}
	return a;
}

void
analysis_free(struct analysis *a)
{
	if (!a)
		return;
	free(a->x);
	stft_free(a->stft);
	mel_free(a->bank);
	free(a->power.p);
	free(a->mel.p);
	free(a->logmel.p);
	for (int i = 0; i < MAX_FEATURES; i++)
		free(a->feature[i].p);
	for (int i = 0; i <= MAX_CHANNELS; i++)
		free(a->k[i].p);
	free(a);
}

static float *
room(struct cache *c, size_t n)
{
	if (n > c->room) {
		free(c->p);
		c->p = malloc(n * sizeof *c->p);
		c->room = c->p ? n : 0;
	}
	return c->p;
}

static struct k_power *
k_slot(struct analysis *a, size_t channel)
{
	return &a->k[channel < MAX_CHANNELS ? channel : MAX_CHANNELS];
}

int
analysis_load(struct analysis *a, const float *x, size_t stride, size_t n, uint32_t rate, struct err *err)
{
	if (!n)
		return err_set(err, "there is no sound (0 frames)");
	if (rate < 1)
		return err_set(err, "the sample rate is 0");
	if (n > a->room) {
		free(a->x);
		a->x = malloc(n * sizeof *a->x);
		a->room = a->x ? n : 0;
	}
	if (rate != a->rate || !a->bank) {
		mel_free(a->bank);
		a->bank = mel_new(rate, ANALYSIS_FFT, ANALYSIS_MELS, 0, 0, MEL_SLANEY, err);
	}
	if (!a->x || !a->bank)
		return err_set(err, "out of memory");
	for (size_t i = 0; i < n; i++) {
		a->x[i] = x[i * stride];
		if (!(fabsf(a->x[i]) <= 1e10f))
			return err_set(err, "frame %zu of the sound is %g", i, a->x[i]);
	}
	const int next = a->channel + 1 < stride && stride == a->stride && n == a->n && rate == a->rate && x == a->from + 1;
	a->channel = next ? a->channel + 1 : 0;
	a->from = x;
	a->stride = stride;
	a->n = n;
	a->rate = rate;
	analysis_of(a, a->x, 1);
	a->power.is = a->mel.is = a->logmel.is = k_slot(a, a->channel)->is = 0;
	for (int i = 0; i < MAX_FEATURES; i++)
		a->feature[i].is = 0;
	return 0;
}

void
analysis_of(struct analysis *a, const float *x, uint32_t channels)
{
	a->sound = x;
	a->channels = channels;
}

const float *
analysis_sound(const struct analysis *a, uint32_t *channels)
{
	*channels = a->channels;
	return a->sound;
}

const float *
analysis_samples(const struct analysis *a, size_t *n)
{
	*n = a->n;
	return a->x;
}

double
analysis_rate(const struct analysis *a)
{
	return a->rate;
}

size_t
analysis_frames(const struct analysis *a)
{
	return stft_frames(a->stft, a->n);
}

double
analysis_hop(const struct analysis *a)
{
	return (double)ANALYSIS_HOP / a->rate;
}

const float *
analysis_power(struct analysis *a, size_t first, size_t count)
{
	const size_t frames = analysis_frames(a);
	if (first > frames || count > frames - first || count > ANALYSIS_BLOCK)
		return NULL;
	const int whole = frames <= KEEP_FRAMES;
	if (!room(&a->power, (whole ? frames : ANALYSIS_BLOCK) * ANALYSIS_BINS))
		return NULL;
	if (whole) {
		if (!a->power.is && stft_power(a->stft, a->x, a->n, 0, frames, a->power.p) < 0)
			return NULL;
		a->power.is = 1;
		return a->power.p + first * ANALYSIS_BINS;
	}
	if (!a->power.is || a->block != first) {
		const size_t left = frames - first, n = left < ANALYSIS_BLOCK ? left : ANALYSIS_BLOCK;
		if (stft_power(a->stft, a->x, a->n, first, n, a->power.p) < 0)
			return NULL;
		a->power.is = 1;
		a->block = first;
	}
	return a->power.p;
}

int
analysis_magnitude_double(const struct analysis *a, size_t frame, double *out)
{
	return stft_magnitude_double(a->stft, a->x, a->n, frame, out);
}

const float *
analysis_mel(struct analysis *a)
{
	const size_t frames = analysis_frames(a);
	if (a->mel.is)
		return a->mel.p;
	if (!room(&a->mel, frames * ANALYSIS_MELS))
		return NULL;
	for (size_t t = 0; t < frames; t += ANALYSIS_BLOCK) {
		const size_t n = frames - t < ANALYSIS_BLOCK ? frames - t : ANALYSIS_BLOCK;
		const float *p = analysis_power(a, t, n);
		if (!p)
			return NULL;
		mel_apply(a->bank, p, n, a->mel.p + t * ANALYSIS_MELS);
	}
	a->mel.is = 1;
	return a->mel.p;
}

const float *
analysis_logmel(struct analysis *a)
{
	const size_t n = analysis_frames(a) * ANALYSIS_MELS;
	if (a->logmel.is)
		return a->logmel.p;
	const float *mel = analysis_mel(a);
	if (!mel || !room(&a->logmel, n))
		return NULL;
	power_to_db(mel, n, 1, 80, a->logmel.p);
	a->logmel.is = 1;
	return a->logmel.p;
}

size_t
analysis_k_hops(const struct analysis *a)
{
	return (a->n + ANALYSIS_HOP - 1) / ANALYSIS_HOP;
}

static const double *
k_weighted(struct analysis *a, struct k_power *k, const float *x)
{
	const size_t hops = analysis_k_hops(a);
	if (hops > k->room) {
		free(k->p);
		k->p = malloc(hops * sizeof *k->p);
		k->room = k->p ? hops : 0;
	}
	if (!k->p)
		return NULL;
	kweight_power(x, a->n, a->rate, ANALYSIS_HOP, k->p);
	return k->p;
}

const double *
analysis_k(struct analysis *a)
{
	struct k_power *k = k_slot(a, a->channel);
	if (!k->is)
		k->is = k_weighted(a, k, a->x) != NULL;
	return k->is ? k->p : NULL;
}

const double *
analysis_k_of(struct analysis *a, uint32_t channel)
{
	const int in_turn = a->channels > 1 && a->from == a->sound + a->channel;
	if (a->channels == 1 || (in_turn && channel == a->channel))
		return analysis_k(a);
	struct k_power *k = k_slot(a, channel);
	if (in_turn && channel < a->channel && channel < MAX_CHANNELS && k->is)
		return k->p;
	float *one = malloc(a->n * sizeof *one);
	if (!one)
		return NULL;
	sums_pick(a->sound + channel, a->channels, a->n, one);
	const double *got = k_weighted(a, k, one);
	k->is = 0; /* what analysis_k has in this place is another channel's */
	free(one);
	return got;
}

size_t
analysis_rows(const struct analysis *a, const struct feature *f)
{
	return f->of & FEATURE_WHOLE ? 1 : analysis_frames(a);
}

const float *
analysis_feature(struct analysis *a, const struct feature *f)
{
	int i = 0;
	while (i < MAX_FEATURES && features[i] && features[i] != f)
		i++;
	if (i == MAX_FEATURES || !features[i])
		return NULL;
	struct cache *c = &a->feature[i];
	if (c->is)
		return c->p;
	if (!room(c, analysis_rows(a, f) * f->columns(a)) || f->run(a, c->p) < 0)
		return NULL;
	c->is = 1;
	return c->p;
}

const struct feature *
feature_find(const char *name)
{
	for (int i = 0; features[i]; i++)
		if (!strcmp(features[i]->name, name))
			return features[i];
	return NULL;
}
