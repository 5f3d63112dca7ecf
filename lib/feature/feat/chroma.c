/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Chroma: power in the twelve pitch classes from C on, the largest of a frame
 * being 1; silence is 0. Every bin belongs to the classes about it with Gaussian
 * weight, and octaves far from the fifth count less. As librosa's
 * chroma_stft(y, tuning=0). Ellis, "Chroma feature analysis" (2007).
 */
#include <math.h>
#include <stdlib.h>

#include "base/fmath.h"
#include "feature/analysis.h"

enum { CLASSES = 12 };
static const char *const labels[] = {"C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B", NULL};

static size_t
columns(const struct analysis *a)
{
	(void)a;
	return CLASSES;
}

/* Position of bin k in semitones above A0 (27.5 Hz). */
static double
semitones(double rate, size_t k)
{
	/* bin 0 is set one and a half octaves below bin 1 */
	return k ? CLASSES * fm_log2((double)k * rate / ANALYSIS_FFT / 27.5) : semitones(rate, 1) - 1.5 * CLASSES;
}

/* w[bins][CLASSES] */
static void
weights(double rate, float *w)
{
	for (size_t k = 0; k < ANALYSIS_BINS; k++, w += CLASSES) {
		const double at = semitones(rate, k), width = fmax(semitones(rate, k + 1) - at, 1);
		double bump[CLASSES], norm = 0;
		for (int c = 0; c < CLASSES; c++) {
			const double up = at - c + CLASSES / 2 + 10 * CLASSES;
			const double d = up - CLASSES * floor(up / CLASSES) - CLASSES / 2;
			bump[c] = fm_exp(-2 * (d / width) * (d / width));
			norm += bump[c] * bump[c];
		}
		const double octave = (at / CLASSES - 5) / 2, size = fm_exp(-0.5 * octave * octave) / sqrt(norm);
		for (int c = 0; c < CLASSES; c++)
			w[(c + 9) % CLASSES] = (float)(bump[c] * size); /* from A to C */
	}
}

static int
run(struct analysis *a, float *out)
{
	const size_t frames = analysis_frames(a);
	float *w = malloc(ANALYSIS_BINS * CLASSES * sizeof *w);
	if (!w)
		return -1;
	weights(analysis_rate(a), w);
	for (size_t t = 0; t < frames; t += ANALYSIS_BLOCK) {
		const size_t n = frames - t < ANALYSIS_BLOCK ? frames - t : ANALYSIS_BLOCK;
		const float *p = analysis_power(a, t, n);
		if (!p)
			return free(w), -1;
		for (size_t i = 0; i < n; i++, out += CLASSES) {
			float sum[CLASSES] = {0}, most = 0;
			for (size_t k = 0; k < ANALYSIS_BINS; k++, p++)
				for (int c = 0; c < CLASSES; c++)
					sum[c] += *p * w[k * CLASSES + (size_t)c];
			for (int c = 0; c < CLASSES; c++)
				most = sum[c] > most ? sum[c] : most;
			for (int c = 0; c < CLASSES; c++)
				out[c] = most > 1.17549435e-38f ? sum[c] / most : 0;
		}
	}
	free(w);
	return 0;
}

const struct feature feature_chroma = {
    "chroma", "class", "power in the twelve pitch classes, the largest being 1 (librosa)", columns, labels, run, 0};
