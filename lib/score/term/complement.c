/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * complement: how well it goes with the golden loop that lacks it. Three
 * questions, of which the last decides whether the first two count:
 *
 *   gaps       the part of its energy that lies where the loop has little: in the
 *              spectrum (long-term mel bands, 30 dB below the loop's loudest is a
 *              gap), times that in time (frames, 20 dB below), square root
 *   agreement  key: correlation of the chroma of the whole with the loop's.
 *              groove: the part of its onset strength that falls on sixteenths of
 *              the loop's own grid, less what chance would place there. Each
 *              counts as much as the sound has of it, pitch or onsets: what has
 *              neither, as noise, agrees with nothing
 *   valid      the term valid: neither silence nor DC nor clipping
 *
 * value = valid * sqrt(gaps * agreement), the best over the golden loops. A copy
 * of the loop agrees wholly and fills no gap.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fmath.h"
#include "feature/onsets.h"
#include "feature/tempo.h"
#include "score/hearing.h"

#define SPECTRAL_GAP 30.0  /* dB */
#define TEMPORAL_GAP 20.0  /* dB */
#define ON_GRID      0.030 /* s from a sixteenth that still count, ever less */

struct loop {
	const char *name;
	const struct sketch *sketch;
	double chroma[SKETCH_CLASSES];
	double step, phase; /* s: a sixteenth, and where the first one is */
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
	free(s->loop);
	free(s);
}

/* Chroma of the whole without what all classes have; returns how much of the energy is in
   few classes: 0 noise, 1 one or two notes. */
static double
key_of(const struct sketch *s, double out[SKETCH_CLASSES])
{
	double sum = 0, square = 0;
	memset(out, 0, SKETCH_CLASSES * sizeof *out);
	for (size_t t = 0; t < s->frames; t++)
		for (size_t c = 0; c < SKETCH_CLASSES; c++)
			out[c] += s->chroma[t * SKETCH_CLASSES + c];
	for (size_t c = 0; c < SKETCH_CLASSES; c++)
		sum += out[c];
	for (size_t c = 0; c < SKETCH_CLASSES && sum > 0; c++) {
		out[c] = out[c] / sum - 1.0 / SKETCH_CLASSES;
		square += out[c] * out[c];
	}
	return fmin(fmax((square * SKETCH_CLASSES - 0.05) / 0.3, 0), 1);
}

/* How much of a rhythm there is: 0 for what goes on evenly, 1 for four onsets and more that
   stand out. One onset alone would agree with every grid. */
static double
rhythmic(const struct sketch *s)
{
	double mean = 0, most = 0, peaks = 0;
	for (size_t t = 0; t < s->frames; t++) {
		mean += s->onset[t] / (double)s->frames;
		most = fmax(most, s->onset[t]);
	}
	for (size_t t = 1; t + 1 < s->frames; t++)
		peaks += s->onset[t] > 0.25 * most && s->onset[t] > s->onset[t - 1] && s->onset[t] >= s->onset[t + 1];
	return mean > 0 ? fmin(fmax((most / mean - 4) / 6, 0), 1) * fmin(fmax((peaks - 1) / 3, 0), 1) : 0;
}

/* The part of the onset strength on the grid, less what chance places there. */
static double
on_grid(const struct sketch *s, double step, double phase)
{
	double sum = 0, on = 0;
	const double reach = fmin(ON_GRID, step / 3), chance = reach / step;
	for (size_t t = 0; t < s->frames; t++) {
		const double at = ((double)t * s->hop - phase) / step, off = fabs(at - floor(at + 0.5)) * step;
		/* what rises little everywhere is no onset */
		const double strength = fmax(s->onset[t] - 2, 0);
		sum += strength;
		on += strength * fmax(1 - off / reach, 0);
	}
	return sum > 0 ? fmin(fmax((on / sum - chance) / (0.8 - chance), 0), 1) : 0;
}

/* The loop's own grid: its tempo, and the phase at which most onsets fall on it. */
static int
grid_of(struct loop *l, const struct heard *h, struct err *err)
{
	struct envelope e;
	struct tempo tempo;
	float *mono = onsets_mono(h->samples, h->channels, h->frames);
	if (!mono)
		return err_set(err, "out of memory");
	int got = envelope_init(&e, mono, h->frames, h->rate, err);
	free(mono);
	if (got < 0)
		return -1;
	got = tempo_find(&e, h->frames, 0, &tempo, err);
	envelope_release(&e);
	if (got < 0)
		return -1;
	l->step = 60 / (tempo.bpm > 0 ? tempo.bpm : 120) / 4;
	double best = -1;
	for (double phase = 0; phase < l->step; phase += 0.005) {
		const double on = on_grid(l->sketch, l->step, phase);
		if (on > best) {
			best = on;
			l->phase = phase;
		}
	}
	return 0;
}

static int
learn(struct complement *s, struct loop *l, const struct heard *h, struct err *err)
{
	l->name = h->name;
	if (h->rate != s->rate)
		return err_set(err, "complement: '%s' has another rate than the golden sounds before it", h->name);
	if (!(l->sketch = heard_sketch(h, err)) || grid_of(l, h, err) < 0)
		return -1;
	key_of(l->sketch, l->chroma);
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
ask(const struct loop *l, const struct sketch *it)
{
	struct answer a = {0};
	double weight = 0, time = 0, chroma[SKETCH_CLASSES], ab = 0, aa = 0, bb = 0;
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
	const double tonal = key_of(it, chroma), beats = rhythmic(it);
	for (size_t c = 0; c < SKETCH_CLASSES; c++) {
		ab += chroma[c] * l->chroma[c];
		aa += chroma[c] * chroma[c];
		bb += l->chroma[c] * l->chroma[c];
	}
	a.key = aa > 0 && bb > 0 ? fmax(ab / sqrt(aa * bb), 0) : 0;
	a.groove = on_grid(it, l->step, l->phase);
	const double agreement = (tonal * a.key + beats * a.groove) / fmax(tonal + beats, 1);
	a.value = sqrt(sqrt(a.spectral * a.temporal) * agreement);
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
	*value = -1;
	for (size_t i = 0; i < s->n; i++) {
		const struct answer a = ask(&s->loop[i], it);
		if (valid * a.value <= *value)
			continue;
		*value = valid * a.value;
		if (why)
			snprintf(why, n_why, "to %s: fills %.0f %% of the spectrum's gaps and %.0f %% in time; key %.2f, groove %.2f",
			    s->loop[i].name, 100 * a.spectral, 100 * a.temporal, a.key, a.groove);
	}
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
