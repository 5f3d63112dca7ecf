/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Mel-frequency cepstral coefficients: the first 20 of the orthonormal DCT-II of
 * the log-mel spectrogram, 0 where there are fewer bands. As librosa's mfcc(y, n_mfcc=20).
 * Davis and Mermelstein, IEEE ASSP 28 (1980).
 */
#include <stdlib.h>

#include "dsp/mel.h"
#include "dsp/product.h"
#include "feature/analysis.h"

enum { COEFFICIENTS = 20 };
extern const struct feature feature_mfcc;

static size_t
columns(const struct analysis *a)
{
	(void)a;
	return COEFFICIENTS;
}

/* The matrix, which is that of any sound. */
static int
begin(struct analysis *a, void **state)
{
	const size_t bands = analysis_framing(a)->mels, few = bands < COEFFICIENTS ? bands : COEFFICIENTS;
	if (!*state && (*state = calloc(COEFFICIENTS * bands, sizeof(float))))
		dct_matrix(*state, few, bands);
	return *state ? 0 : -1;
}

static int
run(struct analysis *a, float *out)
{
	const float *db = analysis_logmel(a), *dct = analysis_state(a, &feature_mfcc);
	if (!db)
		return -1;
	rows_product(dct, COEFFICIENTS, analysis_framing(a)->mels, db, analysis_frames(a), out);
	return 0;
}

static const char *const needs[] = {"logmel", NULL};
const struct feature feature_mfcc = {
    .name = "mfcc",
    .axis = "coefficient",
    .help = "20 mel-frequency cepstral coefficients (librosa)",
    .columns = columns,
    .run = run,
    .needs = needs,
    .begin = begin,
    .release = free,
};
