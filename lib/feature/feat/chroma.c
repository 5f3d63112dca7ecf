/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Chroma: power in the twelve pitch classes from C on, the largest of a frame
 * being 1; silence is 0. Every bin belongs to the classes about it with Gaussian
 * weight, and octaves far from the fifth count less. As librosa's
 * chroma_stft(y, tuning=0). Ellis, "Chroma feature analysis" (2007).
 */
#include "feature/feat/chroma.h"

#include <math.h>
#include <stdlib.h>

#include "base/fmath.h"
#include "feature/analysis.h"

enum { CLASSES = CHROMA_CLASSES, STRETCH = 128 };
static const char *const labels[] = {"C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B", NULL};

static size_t
columns(const struct analysis *a)
{
	(void)a;
	return CLASSES;
}

/* Position of bin k in semitones above A0 (27.5 Hz). */
static double
semitones(double bin_hz, size_t k)
{
	/* bin 0 is set one and a half octaves below bin 1 */
	return k ? CLASSES * fm_log2((double)k * bin_hz / 27.5) : semitones(bin_hz, 1) - 1.5 * CLASSES;
}

/* Bin k's weight in each class; 0 where it is less than a millionth of what the bin adds to all. */
static void
weigh(double bin_hz, size_t k, float w[CLASSES])
{
	const double at = semitones(bin_hz, k), width = fmax(semitones(bin_hz, k + 1) - at, 1);
	double bump[CLASSES], norm = 0;
	for (int c = 0; c < CLASSES; c++) {
		const double up = at - c + CLASSES / 2 + 10 * CLASSES;
		const double d = up - CLASSES * floor(up / CLASSES) - CLASSES / 2;
		bump[c] = fm_exp(-2 * (d / width) * (d / width));
		norm += bump[c] * bump[c];
	}
	norm = sqrt(norm);
	const double octave = (at / CLASSES - 5) / 2, size = fm_exp(-0.5 * octave * octave) / norm;
	for (int c = 0; c < CLASSES; c++)
		w[(c + 9) % CLASSES] = bump[c] > 1e-7 * norm ? (float)(bump[c] * size) : 0; /* from A to C */
}

static void
release(void *state)
{
	struct chroma *s = state;
	if (!s)
		return;
	free(s->run);
	free(s->weights);
	free(s);
}

/* Runs of bins with a weight: stretch by stretch, which the nearest cache holds, in each class after class. */
static int
fill(struct chroma *s, double bin_hz, size_t bins)
{
	float *all = malloc(bins * CLASSES * sizeof *all);
	size_t used = 0;
	free(s->run);
	free(s->weights);
	s->weights = malloc(bins * CLASSES * sizeof *s->weights);
	/* between two runs of a class there is a bin without, or a stretch ends */
	s->run = malloc((bins / 2 + bins / STRETCH + 2) * CLASSES * sizeof *s->run);
	s->runs = 0;
	if (!all || !s->weights || !s->run)
		return free(all), -1;
	for (size_t k = 0; k < bins; k++)
		weigh(bin_hz, k, all + k * CLASSES);
	for (size_t first = 0; first < bins; first += STRETCH)
		for (size_t c = 0; c < CLASSES; c++)
			for (size_t k = first; k < first + STRETCH && k < bins; k++) {
				const float w = all[k * CLASSES + c];
				if (!(w > 0))
					continue;
				if (k == first || !(all[(k - 1) * CLASSES + c] > 0))
					s->run[s->runs++] = (struct chroma_run){c, k, 0, s->weights + used};
				s->run[s->runs - 1].count++;
				s->weights[used++] = w;
			}
	free(all);
	return 0;
}

static int
begin(struct analysis *a, void **state)
{
	struct chroma *s = *state ? *state : calloc(1, sizeof *s);
	if (!(*state = s))
		return -1;
	if (s->rate == analysis_rate(a))
		return 0;
	s->rate = 0;
	if (fill(s, analysis_bin_hz(a), analysis_bins(a)) < 0)
		return -1;
	s->rate = analysis_rate(a);
	return 0;
}

const struct feature feature_chroma = {
    .name = "chroma",
    .axis = "class",
    .help = "power in the twelve pitch classes, the largest being 1 (librosa)",
    .columns = columns,
    .labels = labels,
    .group = ISA_TABLE(chroma_group),
    .begin = begin,
    .release = release,
};
