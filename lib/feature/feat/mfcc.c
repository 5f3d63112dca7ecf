/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Mel-frequency cepstral coefficients: the first 20 of the orthonormal DCT-II of
 * the log-mel spectrogram. As librosa's mfcc(y, n_mfcc=20). Davis and Mermelstein,
 * IEEE ASSP 28 (1980).
 */
#include "dsp/mel.h"
#include "feature/analysis.h"

enum { COEFFICIENTS = 20 };

static size_t
columns(const struct analysis *a)
{
	(void)a;
	return COEFFICIENTS;
}

static int
run(struct analysis *a, float *out)
{
	const float *db = analysis_logmel(a);
	float dct[COEFFICIENTS * ANALYSIS_MELS];
	if (!db)
		return -1;
	dct_matrix(dct, COEFFICIENTS, ANALYSIS_MELS);
	dct_apply(dct, COEFFICIENTS, ANALYSIS_MELS, db, analysis_frames(a), out);
	return 0;
}

const struct feature feature_mfcc = {
    "mfcc", "coefficient", "20 mel-frequency cepstral coefficients (librosa)", columns, NULL, run, 0};
