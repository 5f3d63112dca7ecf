/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * complement: how well it goes with the golden loop that lacks it. Three
 * questions, of which the last decides whether the first two count:
 *
 *   gaps       the part of its energy that lies where the loop has little: in the
 *              spectrum (long-term mel bands, 30 dB below the loop's loudest is a
 *              gap), times that in time (frames, 20 dB below), square root
 *   agreement  key: how well its pitch classes fit the loop's key, beside the key
 *              that they fit best (feature/key.h): 1 in the same key, little less
 *              in the relative one, less and less along the circle of fifths (the
 *              neighbours of the Camelot wheel), 0 a tritone away; less if it is
 *              tuned otherwise. A loop that has no key agrees with any.
 *              groove: the part of its onsets that fall on sixteenths of the
 *              loop's beats (feature/tempo.h), less what chance would place there.
 *              Each counts as much as the sound has of it, pitch or onsets: what
 *              has neither, as noise, agrees with nothing
 *   valid      neither silence nor DC nor clipping (score/validity.h)
 *
 * value = valid * sqrt(gaps) * agreement, the best over the golden loops. A copy
 * of the loop agrees wholly and fills no gap.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fmath.h"
#include "feature/key.h"
#include "feature/onsets.h"
#include "feature/tempo.h"
#include "score/hearing.h"

#define SPECTRAL_GAP 30.0  /* dB */
#define TEMPORAL_GAP 20.0  /* dB */
#define ON_GRID      0.030 /* s from a sixteenth that still count, ever less */
#define ONSET_GAP    0.050 /* s */
#define IN_TUNE      15.0  /* cents that nobody minds */

/* What a sound plays: pitches and onsets. */
struct playing {
	struct key key;
	double tonal;    /* 0 noise, to 1: its pitch classes differ */
	struct onset *onset;
	size_t onsets;
	double rhythmic; /* 0 to 1: four onsets and more that stand out */
	double step, phase; /* s: a sixteenth, and where the first one is */
};

struct loop {
	const char *name;
	const struct sketch *sketch;
	struct playing playing;
	double free[ANALYSIS_MELS];
};

struct complement {
	struct loop *loop;
	size_t n;
	uint32_t rate;
};

static void
destroy(void *self)
{
	struct complement *s = self;
	if (!s)
		return;
	for (size_t i = 0; s->loop && i < s->n; i++)
		free(s->loop[i].playing.onset);
	free(s->loop);
	free(s);
}

/* How much of it is in few pitch classes. */
static double
tonal(const struct key *k)
{
	double sum = 0, square = 0;
	for (size_t c = 0; c < 12; c++)
		sum += k->chroma[c];
	for (size_t c = 0; c < 12 && k->key != KEY_NONE; c++) {
		const double d = k->chroma[c] / sum - 1.0 / 12;
		square += d * d;
	}
	return fmin(fmax((square * 12 - 0.05) / 0.3, 0), 1);
}

/* One onset alone would agree with every grid, what changes all the time has none that stand out,
   and in what goes on evenly the least change does: it takes a rise of some dB over the whole spectrum. */
static double
rhythmic(const struct sketch *sketch, const struct envelope *e, const struct onset *onset, size_t n)
{
	double mean = 0, strong = 0, rise = 0;
	for (size_t t = 0; t < sketch->frames; t++)
		rise = fmax(rise, sketch->onset[t]);
	for (size_t t = 0; t < e->n; t++)
		mean += e->v[t] / (double)e->n;
	for (size_t i = 0; i < n; i++)
		strong += onset[i].strength > 0.25f;
	const double distinct = mean > 0 ? fmin(fmax((1 / mean - 4) / 6, 0), 1) : 0;
	return distinct * fmin(fmax((strong - 1) / 3, 0), 1) * fmin(fmax((rise - 1) / 2, 0), 1);
}

static int
listen(struct playing *p, const struct heard *h, const struct sketch *sketch, struct err *err)
{
	struct envelope e;
	struct tempo tempo;
	float *mono = onsets_mono(h->samples, h->channels, h->frames);
	if (!mono)
		return err_set(err, "out of memory");
	int got = envelope_init(&e, mono, h->frames, h->rate, err);
	if (!got) {
		got = onsets_find(mono, h->frames, &e, ONSET_GAP, &p->onset, &p->onsets, err) < 0
		        || tempo_find(&e, h->frames, 0, &tempo, err) < 0 || key_find(mono, h->frames, h->rate, &p->key, err) < 0
		    ? -1 : 0;
		if (!got) {
			p->tonal = tonal(&p->key);
			p->rhythmic = rhythmic(sketch, &e, p->onset, p->onsets);
			p->step = 60 / (tempo.bpm > 0 ? tempo.bpm : 120) / 4;
			p->phase = fmod(tempo_phase(&e, &tempo), p->step);
		}
		envelope_release(&e);
	}
	free(mono);
	return got;
}

/* 0 to 1, for what has pitch. */
static double
key_agreement(const struct key *loop, const struct key *it)
{
	if (loop->key == KEY_NONE || it->key == KEY_NONE)
		return loop->key == KEY_NONE;
	double best = 0;
	for (int k = 0; k < KEYS; k++)
		best = fmax(best, it->fit[k]);
	const double fits = best > 0 ? fmax(it->fit[loop->key], 0) / best : 0;
	double apart = fabs(loop->tuning - it->tuning);
	apart = fmin(apart, 100 - apart);
	const double tuned = 1 - 0.7 * fmax(apart - IN_TUNE, 0) / (50 - IN_TUNE);
	/* drums have a key by chance */
	const double sure = fmin(fmax((loop->confidence - 0.2) / 0.3, 0), 1);
	return 1 - sure * (1 - fits * tuned);
}

/* The part of the onsets' strength on the grid, less what chance places there. */
static double
groove(const struct playing *loop, const struct playing *it, uint32_t rate)
{
	double sum = 0, on = 0;
	const double reach = fmin(ON_GRID, loop->step / 3), chance = reach / loop->step;
	for (size_t i = 0; i < it->onsets; i++) {
		const double at = ((double)it->onset[i].at / rate - loop->phase) / loop->step;
		const double off = fabs(at - floor(at + 0.5)) * loop->step;
		sum += it->onset[i].strength;
		on += it->onset[i].strength * fmax(1 - off / reach, 0);
	}
	return sum > 0 ? fmin(fmax((on / sum - chance) / (0.8 - chance), 0), 1) : 0;
}

static int
learn(struct complement *s, struct loop *l, const struct heard *h, struct err *err)
{
	l->name = h->name;
	if (h->rate != s->rate)
		return err_set(err, "complement: '%s' has another rate than the golden sounds before it", h->name);
	if (!(l->sketch = heard_sketch(h, err)) || listen(&l->playing, h, l->sketch, err) < 0)
		return -1;
	double most = -1000;
	for (size_t b = 0; b < ANALYSIS_MELS; b++)
		most = fmax(most, l->sketch->mean[b]);
	for (size_t b = 0; b < ANALYSIS_MELS; b++)
		l->free[b] = l->sketch->audible > 0 ? fmin((most - l->sketch->mean[b]) / SPECTRAL_GAP, 1) : 1;
	return 0;
}

static void *
create(const struct heard *golden, size_t n, struct err *err)
{
	if (!n)
		return err_set(err, "complement: there is no loop to complement"), NULL;
	struct complement *s = calloc(1, sizeof *s);
	if (!s)
		return err_set(err, "out of memory"), NULL;
	s->rate = golden->rate;
	s->n = n;
	s->loop = calloc(n, sizeof *s->loop);
	int got = s->loop ? 0 : err_set(err, "out of memory");
	for (size_t i = 0; i < n && !got; i++)
		got = learn(s, &s->loop[i], &golden[i], err);
	if (!got)
		return s;
	destroy(s);
	return NULL;
}

struct answer {
	double spectral, temporal, key, groove, value;
};

static struct answer
ask(const struct loop *l, const struct sketch *it, const struct playing *plays, uint32_t rate)
{
	struct answer a = {0};
	double weight = 0, time = 0;
	for (size_t b = 0; b < ANALYSIS_MELS; b++) {
		const double w = fm_pow(10, it->mean[b] / 10);
		weight += w;
		a.spectral += w * l->free[b];
	}
	a.spectral /= weight;
	for (size_t t = 0; t < it->frames; t++) {
		const double w = fm_pow(10, it->level[t] / 10);
		time += w;
		a.temporal += w * fmin(-l->sketch->level[t % l->sketch->frames] / TEMPORAL_GAP, 1);
	}
	a.temporal /= time;
	a.key = key_agreement(&l->playing.key, &plays->key);
	a.groove = groove(&l->playing, plays, rate);
	const double agreement = (plays->tonal * a.key + plays->rhythmic * a.groove) / fmax(plays->tonal + plays->rhythmic, 1);
	a.value = sqrt(sqrt(a.spectral * a.temporal)) * agreement;
	return a;
}

static int
score(void *self, const struct heard *h, double *value, char *why, size_t n_why, struct err *err)
{
	struct complement *s = self;
	if (h->rate != s->rate)
		return err_set(err, "complement: a sound of %u Hz cannot be held against one of %u Hz", h->rate, s->rate);
	const struct sketch *it = heard_sketch(h, err);
	if (!it)
		return -1;
	const double valid = it->validity;
	struct playing plays = {0};
	if (listen(&plays, h, it, err) < 0)
		return free(plays.onset), -1;
	*value = -1;
	for (size_t i = 0; i < s->n; i++) {
		const struct loop *l = &s->loop[i];
		const struct answer a = ask(l, it, &plays, h->rate);
		if (valid * a.value <= *value)
			continue;
		*value = valid * a.value;
		if (why)
			snprintf(why, n_why, "to %s: fills %.0f %% of the spectrum's gaps and %.0f %% in time; %s to %s: %.2f, groove %.2f",
			    l->name, 100 * a.spectral, 100 * a.temporal, plays.tonal > 0.1 ? key_name(plays.key.key) : "no key",
			    key_name(l->playing.key.key), a.key, a.groove);
	}
	free(plays.onset);
	if (why && valid < 0.01)
		snprintf(why, n_why, "no sound to complement anything with");
	return 0;
}

const struct term term_complement = {
    .name = "complement",
    .help = "how well it goes with the golden loop: fills its gaps, agrees in key and groove",
    .golden = true,
    .create = create,
    .score = score,
    .free = destroy,
};
