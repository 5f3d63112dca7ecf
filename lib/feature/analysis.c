/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "feature/analysis.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "dsp/fft.h"
#include "dsp/kweight.h"
#include "dsp/mel.h"
#include "dsp/stft.h"
#include "dsp/sums.h"

enum {
	MAX_FEATURES = 63,
	MAX_CHANNELS = 8, /* whose K-weighted power is kept for what hears all channels */
};

const struct framing framing_default = {ANALYSIS_FFT, ANALYSIS_HOP, ANALYSIS_MELS, MEL_SLANEY, 0, 0};

/* A buffer that grows and is kept; `is` says that it holds this sound's values. */
struct cache {
	float *p;
	size_t room;
	bool is;
};

/* A feature's values of this sound. */
struct heard {
	struct cache values;
	void *state;
	bool wanted, passed; /* passed: its groups were heard, what is left is to finish them */
};

/* K-weighted power of a channel's hops. */
struct k_power {
	double *p;
	size_t room;
	int is;
};

struct analysis {
	struct framing framing;
	float *x;
	size_t n, room;
	uint32_t rate, channels;
	const float *sound; /* all channels; the caller's, or x */
	struct stft *stft;
	struct stft_room side;
	float *group; /* spectra side by side */
	struct mel *bank;
	struct cache block;
	size_t first, count; /* frames of the spectra in `block` */
	struct heard heard[MAX_FEATURES];
	struct k_power k[MAX_CHANNELS + 1]; /* of the channels of one sound, loaded in turn; the last: of any other */
	const float *from; /* where the channel was copied from, how far apart its samples lay */
	size_t stride;
	size_t channel; /* how many of the same sound were loaded before it */
};

struct analysis *
analysis_new_framed(const struct framing *f, struct err *err)
{
	if (f->n_fft < 32 || f->n_fft > 65536)
		return err_set(err, "a frame has 32 to 65536 samples, not %zu", f->n_fft), NULL;
	struct analysis *a = calloc(1, sizeof *a);
	if (!a)
		return err_set(err, "out of memory"), NULL;
	a->framing = *f;
	if (!(a->stft = stft_new(f->n_fft, f->n_fft, f->hop, STFT_ZERO, err))) {
		free(a);
		return NULL;
	}
	a->group = fft_alloc((stft_bins(a->stft) + 1) * STFT_LANES);
	if (!a->group || stft_room_init(&a->side, a->stft) < 0) {
		analysis_free(a);
		return err_set(err, "out of memory"), NULL;
	}
	return a;
}

struct analysis *
analysis_new(void)
{
	struct err err;
	return analysis_new_framed(&framing_default, &err);
}

void
analysis_free(struct analysis *a)
{
	if (!a)
		return;
	fft_release(a->x);
	stft_free(a->stft);
	stft_room_release(&a->side);
	fft_release(a->group);
	mel_free(a->bank);
	free(a->block.p);
	for (int i = 0; i < MAX_FEATURES && features[i]; i++) {
		free(a->heard[i].values.p);
		if (features[i]->release)
			features[i]->release(a->heard[i].state);
	}
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
		fft_release(a->x);
		a->x = fft_alloc(n); /* a vector of samples lies in one line of the cache */
		a->room = a->x ? n : 0;
	}
	if (rate != a->rate || !a->bank) {
		mel_free(a->bank);
		const struct framing *f = &a->framing;
		if (!(a->bank = mel_new(rate, f->n_fft, f->mels, f->fmin, f->fmax, f->scale, err)))
			return -1;
	}
	if (!a->x)
		return err_set(err, "out of memory");
	sums_pick(x, stride, n, a->x);
	const size_t good = sums_best()->within(a->x, n, 1e10f);
	if (good < n)
		return err_set(err, "frame %zu of the sound is %g", good, a->x[good]);
	const int next = a->channel + 1 < stride && stride == a->stride && n == a->n && rate == a->rate && x == a->from + 1;
	a->channel = next ? a->channel + 1 : 0;
	a->from = x;
	a->stride = stride;
	a->n = n;
	a->rate = rate;
	analysis_of(a, a->x, 1);
	a->block.is = false;
	k_slot(a, a->channel)->is = 0;
	for (int i = 0; i < MAX_FEATURES; i++)
		a->heard[i].values.is = a->heard[i].wanted = a->heard[i].passed = false;
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
	return (double)a->framing.hop / a->rate;
}

const struct framing *
analysis_framing(const struct analysis *a)
{
	return &a->framing;
}

size_t
analysis_pieces(const struct analysis *a, size_t *size)
{
	const struct framing *f = &a->framing;
	const size_t pieces = f->n_fft / f->hop;
	const bool whole = f->n_fft % f->hop == 0 && pieces <= ANALYSIS_PIECES;
	*size = whole ? f->hop : f->n_fft;
	return whole ? pieces : 1;
}

size_t
analysis_bins(const struct analysis *a)
{
	return stft_bins(a->stft);
}

double
analysis_bin_hz(const struct analysis *a)
{
	return (double)a->rate / (double)a->framing.n_fft;
}

const struct mel *
analysis_bank(const struct analysis *a)
{
	return a->bank;
}

const float *
analysis_power(struct analysis *a, size_t first, size_t count)
{
	const size_t frames = analysis_frames(a), bins = analysis_bins(a);
	if (first > frames || count > frames - first || count > ANALYSIS_BLOCK)
		return NULL;
	if (!a->block.is || first < a->first || first + count > a->first + a->count) {
		const size_t left = frames - first;
		a->first = first;
		a->count = left < ANALYSIS_BLOCK ? left : ANALYSIS_BLOCK;
		a->block.is = room(&a->block, a->count * bins) != NULL
		    && stft_power(a->stft, a->x, a->n, first, a->count, a->block.p) == 0;
	}
	return a->block.is ? a->block.p + (first - a->first) * bins : NULL;
}

size_t
analysis_k_hops(const struct analysis *a)
{
	return (a->n + ANALYSIS_K_HOP - 1) / ANALYSIS_K_HOP;
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
	kweight_power(x, a->n, a->rate, ANALYSIS_K_HOP, k->p);
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

static struct heard *
heard(struct analysis *a, const struct feature *f)
{
	for (int i = 0; i < MAX_FEATURES && features[i]; i++)
		if (features[i] == f)
			return &a->heard[i];
	return NULL;
}

void
analysis_want(struct analysis *a, const struct feature *const *list, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct heard *h = heard(a, list[i]);
		if (!h || h->wanted)
			continue;
		h->wanted = true;
		for (const char *const *need = list[i]->needs; need && *need; need++) {
			const struct feature *f = feature_find(*need);
			analysis_want(a, &f, 1);
		}
	}
}

void *
analysis_state(const struct analysis *a, const struct feature *f)
{
	return heard((struct analysis *)a, f)->state;
}

/* Features that hear groups, and frames that some of them must hear again in double. */
struct pass {
	struct group g;
	const struct feature *feature[MAX_FEATURES];
	struct heard *heard[MAX_FEATURES];
	int n;
	size_t again[2 * STFT_LANES], waiting;
	uint64_t by[2 * STFT_LANES]; /* bit i: feature i must; bit MAX_FEATURES: the frame is faint */
};

/* Under this the power of a frame is as if there were none, for all that counts in decibels. */
#define FAINT 1e-22f

static bool
silent(const struct analysis *a, size_t frame)
{
	const size_t size = a->framing.n_fft, at = frame * a->framing.hop, from = at > size / 2 ? at - size / 2 : 0;
	const size_t end = at + size - size / 2 < a->n ? at + size - size / 2 : a->n;
	return from >= end || !(sums_best()->largest(a->x + from, end - from) > 0);
}

/* The spectra of some frames, heard by those features for whom `by`, if there is one, has a bit in a lane. */
static int
hear(struct analysis *a, struct pass *p, const size_t *frame, const uint64_t *by, size_t count)
{
	struct group *g = &p->g;
	uint64_t again[STFT_LANES] = {0};
	int set;
	g->lanes = stft_lanes(count, &set);
	g->precise = by != NULL;
	g->faint = 0;
	for (size_t l = 0; l < g->lanes; l++)
		g->frame[l] = frame[l < count ? l : 0];
	for (size_t l = 0; by && l < count; l++)
		g->faint |= (uint32_t)(by[l] >> MAX_FEATURES & 1) << l;
	if (!by)
		stft_side_by_side(a->stft, &a->side, a->x, a->n, frame, count, a->group);
	else if (stft_side_by_side_precise(a->stft, &a->side, a->x, a->n, frame, count, g->faint, a->group) < 0)
		return -1;
	for (size_t l = 0; !by && l < count; l++)
		g->faint |= (uint32_t)(a->group[g->bins * g->lanes + l] < FAINT && !silent(a, frame[l])) << l;
	for (int i = 0; i < p->n; i++) {
		g->wanted = 0;
		for (size_t l = 0; l < count; l++)
			g->wanted |= (uint32_t)(!by || (by[l] >> i & 1)) << l;
		if (!g->wanted)
			continue;
		const uint32_t lanes = p->feature[i]->group[set](g, p->heard[i]->state, p->heard[i]->values.p);
		for (size_t l = 0; l < count; l++)
			again[l] |= (uint64_t)(lanes >> l & 1) << i;
	}
	for (size_t l = 0; !by && l < count; l++)
		if (again[l]) {
			p->again[p->waiting] = frame[l];
			p->by[p->waiting++] = again[l] | (uint64_t)(g->faint >> l & 1) << MAX_FEATURES;
		}
	return 0;
}

/* Those that wait, as soon as they fill the lanes. */
static int
hear_again(struct analysis *a, struct pass *p, size_t at_least)
{
	while (p->waiting && p->waiting >= at_least) {
		int set;
		const size_t lanes = stft_lanes(p->waiting, &set), some = lanes < p->waiting ? lanes : p->waiting;
		if (hear(a, p, p->again, p->by, some) < 0)
			return -1;
		p->waiting -= some;
		memmove(p->again, p->again + some, p->waiting * sizeof *p->again);
		memmove(p->by, p->by + some, p->waiting * sizeof *p->by);
	}
	return 0;
}

/* All wanted features of spectra that have not been heard, in one pass. */
static int
pass(struct analysis *a)
{
	const size_t frames = analysis_frames(a);
	struct pass p = {.g = {.bins = analysis_bins(a), .bin_hz = analysis_bin_hz(a), .power = a->group}};
	for (int i = 0; i < MAX_FEATURES && features[i]; i++) {
		const struct feature *f = features[i];
		struct heard *h = &a->heard[i];
		if (!f->group[0] || !h->wanted || h->passed)
			continue;
		if (!room(&h->values, frames * f->columns(a)) || f->begin(a, &h->state) < 0)
			return -1;
		p.feature[p.n] = f;
		p.heard[p.n++] = h;
	}
	for (size_t t = 0, some; t < frames; t += some) {
		size_t frame[STFT_LANES];
		int set;
		some = stft_lanes(frames - t, &set);
		some = some < frames - t ? some : frames - t;
		for (size_t l = 0; l < some; l++)
			frame[l] = t + l;
		if (hear(a, &p, frame, NULL, some) < 0 || hear_again(a, &p, STFT_LANES) < 0)
			return -1;
	}
	if (hear_again(a, &p, 1) < 0)
		return -1;
	for (int i = 0; i < p.n; i++)
		p.heard[i]->passed = true;
	return 0;
}

const float *
analysis_feature(struct analysis *a, const struct feature *f)
{
	struct heard *h = f ? heard(a, f) : NULL;
	if (!h)
		return NULL;
	if (h->values.is)
		return h->values.p;
	analysis_want(a, &f, 1);
	if (f->group[0] ? !h->passed && pass(a) < 0 : !room(&h->values, analysis_rows(a, f) * f->columns(a)))
		return NULL;
	if ((!f->group[0] && f->begin && f->begin(a, &h->state) < 0) || (f->run && f->run(a, h->values.p) < 0))
		return NULL;
	h->values.is = true;
	return h->values.p;
}

const struct feature *
feature_find(const char *name)
{
	for (int i = 0; features[i]; i++)
		if (!strcmp(features[i]->name, name))
			return features[i];
	return NULL;
}
