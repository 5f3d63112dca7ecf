/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Modulation spectrum of a whole sound: how strongly the amplitude of eight bands, an eighth
 * of the mel bands each, moves in seven octaves of rate, centred on 0.5, 1, 2 ... 32 Hz.
 * The amplitude is the root of the band's power in each frame; its mean is taken
 * away, a Hann window put on, and the columns are the RMS of what lies in each octave
 * over the mean: a depth, 0 for a steady sound. Rates over half the frame rate and
 * sounds of fewer than four frames have 0. After Atlas and Shamma, EURASIP JASP 2003.
 */
#include "feature/feat/modulation.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "dsp/fft.h"
#include "dsp/stft.h"
#include "feature/analysis.h"

enum { BANDS = MODULATION_BANDS, RATES = 7, COLUMNS = BANDS * RATES };
#define LOWEST 0.35355339059327376 /* 0.5 Hz less half an octave */

#define ROW(b) b "_0.5Hz", b "_1Hz", b "_2Hz", b "_4Hz", b "_8Hz", b "_16Hz", b "_32Hz"
static const char *const labels[] = {ROW("band0"), ROW("band1"), ROW("band2"), ROW("band3"), ROW("band4"), ROW("band5"),
    ROW("band6"), ROW("band7"), NULL};

static size_t
columns(const struct analysis *a)
{
	(void)a;
	return COLUMNS;
}

/* What is kept from sound to sound. */
struct modulation {
	float *amplitude, *power; /* [BANDS][points], [BANDS][points/2+1] */
	size_t points;
	float *window; /* [frames] */
	size_t frames;
};

static void
release(void *state)
{
	struct modulation *s = state;
	if (!s)
		return;
	free(s->amplitude);
	free(s->power);
	free(s->window);
	free(s);
}

static int
begin(struct analysis *a, void **state)
{
	const size_t frames = analysis_frames(a);
	size_t points = 64;
	while (points < frames)
		points *= 2;
	if (!*state && !(*state = calloc(1, sizeof(struct modulation))))
		return -1;
	struct modulation *s = *state;
	if (points != s->points) {
		free(s->amplitude);
		free(s->power);
		s->amplitude = malloc(BANDS * points * sizeof *s->amplitude);
		s->power = malloc(BANDS * (points / 2 + 1) * sizeof *s->power);
		s->points = s->amplitude && s->power ? points : 0;
	}
	if (frames != s->frames) {
		free(s->window);
		s->window = malloc(frames * sizeof *s->window);
		s->frames = s->window ? frames : 0;
		if (s->window)
			window_hann(s->window, frames);
	}
	return s->points && s->frames ? 0 : -1;
}

/* Takes the mean of y[frames] away, in units of which it is then. 0, or -1 for silence. */
static int
prepare(float *y, const float *window, size_t frames)
{
	double mean = 0;
	for (size_t t = 0; t < frames; t++)
		mean += y[t];
	mean /= (double)frames;
	if (!(mean > 0))
		return -1;
	const float unit = (float)(1 / mean);
	for (size_t t = 0; t < frames; t++)
		y[t] = (y[t] * unit - 1) * window[t];
	return 0;
}

/* RMS in each octave, which are 0.5 * 2^(r -+ 1/2) Hz, of a spectrum of `points`. */
static void
depths(const float *power, size_t points, double gain, double hop, float *out)
{
	double sum[RATES] = {0}, top = 2 * LOWEST;
	int r = 0;
	for (size_t k = 1; k <= points / 2; k++) {
		const double hz = (double)k / ((double)points * hop);
		for (; r < RATES && hz >= top; top *= 2)
			r++;
		if (r < RATES && hz >= LOWEST)
			sum[r] += power[k];
	}
	for (r = 0; r < RATES; r++)
		out[r] = (float)sqrt(2 * sum[r] / ((double)points * gain));
}

extern const struct feature feature_modulation;

static int
run(struct analysis *a, float *out)
{
	struct modulation *s = analysis_state(a, &feature_modulation);
	const float *mel = analysis_mel(a), *from[BANDS];
	bool sounds[BANDS];
	double gain = 0;
	if (!mel)
		return -1;
	for (int i = 0; i < COLUMNS; i++)
		out[i] = 0;
	if (s->frames < 4)
		return 0;
	memset(s->amplitude, 0, BANDS * s->points * sizeof *s->amplitude);
	ISA_PICK(modulation_amplitudes)(mel, analysis_framing(a)->mels, s->frames, s->points, s->amplitude);
	for (size_t b = 0; b < BANDS; b++) {
		sounds[b] = prepare(s->amplitude + b * s->points, s->window, s->frames) == 0;
		from[b] = s->amplitude + b * s->points;
	}
	if (signals_power(from, s->points, BANDS, s->power) < 0)
		return -1;
	for (size_t t = 0; t < s->frames; t++)
		gain += (double)s->window[t] * s->window[t];
	for (size_t b = 0; b < BANDS; b++)
		if (sounds[b])
			depths(s->power + b * (s->points / 2 + 1), s->points, gain, analysis_hop(a), out + b * RATES);
	return 0;
}

static const char *const needs[] = {"logmel", NULL};
const struct feature feature_modulation = {
    .name = "modulation",
    .axis = "band",
    .help = "depth of amplitude modulation in eight bands by seven octaves of rate",
    .columns = columns,
    .labels = labels,
    .run = run,
    .of = FEATURE_WHOLE,
    .needs = needs,
    .begin = begin,
    .release = release,
};
