/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How the cepstrum moves: slope and curvature a frame of the 20 MFCC over nine
 * frames, as librosa's delta(mfcc, width=9, order=1 and 2, mode='interp'): a line (order 1)
 * or a parabola (order 2) is fitted to the nine by least squares; the first and last
 * four frames have the values of the first and last whole nine. A sound of fewer than
 * nine frames is fitted as it is. Savitzky and Golay, Anal. Chem. 36 (1964).
 */
#include "feature/feat/delta.h"

#include <string.h>

#include "feature/analysis.h"

enum { COLUMNS = DELTA_COLUMNS, WIDTH = DELTA_WIDTH };

static const char *const labels[] = {
    "delta0", "delta1", "delta2", "delta3", "delta4", "delta5", "delta6", "delta7", "delta8", "delta9",
    "delta10", "delta11", "delta12", "delta13", "delta14", "delta15", "delta16", "delta17", "delta18", "delta19",
    "second0", "second1", "second2", "second3", "second4", "second5", "second6", "second7", "second8", "second9",
    "second10", "second11", "second12", "second13", "second14", "second15", "second16", "second17", "second18",
    "second19", NULL};

static size_t
columns(const struct analysis *a)
{
	(void)a;
	return COLUMNS;
}

/* Weights of n frames that give the slope of their line and twice their parabola's coefficient. */
static void
weights(int n, float *slope, float *curve)
{
	double at[WIDTH], squares = 0, mean = 0, spread = 0;
	for (int i = 0; i < n; i++) {
		at[i] = i - 0.5 * (n - 1);
		squares += at[i] * at[i];
	}
	mean = squares / n;
	for (int i = 0; i < n; i++)
		spread += (at[i] * at[i] - mean) * (at[i] * at[i] - mean);
	for (int i = 0; i < n; i++) {
		slope[i] = n > 1 ? (float)(at[i] / squares) : 0;
		curve[i] = n > 2 ? (float)(2 * (at[i] * at[i] - mean) / spread) : 0;
	}
}

static int
run(struct analysis *a, float *out)
{
	const size_t frames = analysis_frames(a), n = frames < WIDTH ? frames : WIDTH, half = n / 2;
	const float *mfcc = analysis_feature(a, feature_find("mfcc"));
	float slope[WIDTH], curve[WIDTH];
	if (!mfcc)
		return -1;
	weights((int)n, slope, curve);
	const size_t count = frames - n + 1, last = half + count - 1;
	ISA_PICK(delta_fit)(mfcc, n, slope, curve, count, out + half * COLUMNS);
	for (size_t t = 0; t < frames; t++)
		if (t < half || t > last)
			memcpy(out + t * COLUMNS, out + (t < half ? half : last) * COLUMNS, COLUMNS * sizeof *out);
	return 0;
}

static const char *const needs[] = {"mfcc", NULL};
const struct feature feature_delta = {
    .name = "delta",
    .axis = "coefficient",
    .help = "slope and curvature of the 20 MFCC over nine frames (librosa)",
    .columns = columns,
    .labels = labels,
    .run = run,
    .needs = needs,
};
