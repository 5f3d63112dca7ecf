/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Tonnetz: chroma, its sum being 1, on the circles of fifths, minor thirds and major
 * thirds, two coordinates each. As librosa's tonnetz(chroma=chroma_stft(tuning=0)).
 * Harte, Sandler and Gasser, "Detecting harmonic change in musical audio" (2006).
 */
#include "base/fmath.h"
#include "dsp/product.h"
#include "feature/analysis.h"

enum { CLASSES = 12, COLUMNS = 6, BLOCK = 64 };
static const char *const labels[] = {"fifth_x", "fifth_y", "minor_x", "minor_y", "major_x", "major_y", NULL};

static size_t
columns(const struct analysis *a)
{
	(void)a;
	return COLUMNS;
}

static int
run(struct analysis *a, float *out)
{
	static const double turn[] = {7. / 6, 3. / 2, 2. / 3}, radius[] = {1, 1, 0.5};
	const size_t frames = analysis_frames(a);
	const float *chroma = analysis_feature(a, feature_find("chroma"));
	float basis[COLUMNS + 1][CLASSES], at[BLOCK][COLUMNS + 1]; /* the last row gives the sum */
	if (!chroma)
		return -1;
	for (int c = 0; c < CLASSES; c++) {
		for (int k = 0; k < COLUMNS / 2; k++) {
			const double angle = 3.14159265358979323846 * turn[k] * c;
			basis[2 * k][c] = (float)(radius[k] * fm_sin(angle));
			basis[2 * k + 1][c] = (float)(radius[k] * fm_cos(angle));
		}
		basis[COLUMNS][c] = 1;
	}
	for (size_t t = 0; t < frames; t += BLOCK) {
		const size_t some = frames - t < BLOCK ? frames - t : BLOCK;
		rows_product(basis[0], COLUMNS + 1, CLASSES, chroma + t * CLASSES, some, at[0]);
		for (size_t i = 0; i < some; i++, out += COLUMNS) {
			const float part = at[i][COLUMNS] > 0 ? 1 / at[i][COLUMNS] : 0;
			for (int k = 0; k < COLUMNS; k++)
				out[k] = at[i][k] * part;
		}
	}
	return 0;
}

static const char *const needs[] = {"chroma", NULL};
const struct feature feature_tonnetz = {
    .name = "tonnetz",
    .axis = "coordinate",
    .help = "chroma on the circles of fifths, minor and major thirds (librosa)",
    .columns = columns,
    .labels = labels,
    .run = run,
    .needs = needs,
};
