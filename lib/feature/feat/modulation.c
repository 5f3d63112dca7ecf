/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Modulation spectrum of a whole sound: how strongly the amplitude of eight bands of
 * sixteen mel bands each moves in seven octaves of rate, centred on 0.5, 1, 2 ... 32 Hz.
 * The amplitude is the root of the band's power in each frame; its mean is taken
 * away, a Hann window put on, and the columns are the RMS of what lies in each octave
 * over the mean: a depth, 0 for a steady sound. Rates over half the frame rate and
 * sounds of fewer than four frames have 0. After Atlas and Shamma, EURASIP JASP 2003.
 */
#include <math.h>
#include <stdlib.h>

#include "dsp/fft.h"
#include "dsp/stft.h"
#include "feature/analysis.h"

enum { BANDS = 8, RATES = 7, COLUMNS = BANDS * RATES };

#define ROW(b) b "_0.5Hz", b "_1Hz", b "_2Hz", b "_4Hz", b "_8Hz", b "_16Hz", b "_32Hz"
static const char *const labels[] = {ROW("band0"), ROW("band1"), ROW("band2"), ROW("band3"), ROW("band4"), ROW("band5"),
    ROW("band6"), ROW("band7"), NULL};

static size_t
columns(const struct analysis *a)
{
	(void)a;
	return COLUMNS;
}

/* One band: y[points] has the amplitude of `frames` frames and zeros, X room for its spectrum. */
static int
depths(const struct fft *fft, float *y, float *X, const float *window, size_t frames, size_t points, double hop, float *out)
{
	double mean = 0, gain = 0, sum[RATES] = {0};
	for (size_t t = 0; t < frames; t++)
		mean += y[t];
	mean /= (double)frames;
	if (!(mean > 0))
		return 0;
	for (size_t t = 0; t < frames; t++) {
		y[t] = (float)((y[t] / mean - 1) * window[t]);
		gain += (double)window[t] * window[t];
	}
	if (fft_forward(fft, y, X) < 0)
		return -1;
	/* octave r is 0.5 * 2^(r -+ 1/2) Hz */
	for (size_t k = 1; k <= points / 2; k++) {
		const double hz = (double)k / ((double)points * hop);
		double top = 0.35355339059327376 * 2;
		int r = 0;
		for (; r < RATES && hz >= top; top *= 2)
			r++;
		if (r < RATES && hz >= 0.35355339059327376)
			sum[r] += (double)X[2 * k] * X[2 * k] + (double)X[2 * k + 1] * X[2 * k + 1];
	}
	for (int r = 0; r < RATES; r++)
		out[r] = (float)sqrt(2 * sum[r] / ((double)points * gain));
	return 0;
}

static int
run(struct analysis *a, float *out)
{
	const size_t frames = analysis_frames(a);
	const float *mel = analysis_mel(a);
	const size_t mels = analysis_framing(a)->mels;
	size_t points = 64;
	while (points < frames)
		points *= 2;
	for (int i = 0; i < COLUMNS; i++)
		out[i] = 0;
	if (!mel)
		return -1;
	if (frames < 4)
		return 0;
	const struct fft *fft = fft_real(points);
	float *y = fft_alloc(points), *X = fft_alloc(points + 2), *window = fft_alloc(frames);
	int got = fft && y && X && window ? 0 : -1;
	if (got == 0)
		window_hann(window, frames);
	for (size_t b = 0; got == 0 && b < BANDS; b++) {
		for (size_t t = 0; t < points; t++) {
			double power = 0;
			for (size_t k = b * mels / BANDS; t < frames && k < (b + 1) * mels / BANDS; k++)
				power += mel[t * mels + k];
			y[t] = (float)sqrt(power);
		}
		got = depths(fft, y, X, window, frames, points, analysis_hop(a), out + b * RATES);
	}
	fft_release(y);
	fft_release(X);
	fft_release(window);
	return got;
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
};
