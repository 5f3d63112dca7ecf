/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Log-mel spectrogram: power in 128 of Slaney's bands in dB, nothing lower than
 * 80 dB below the loudest of the whole sound. As librosa's
 * power_to_db(melspectrogram(y), ref=1, amin=1e-10, top_db=80).
 */
#include <string.h>

#include "feature/analysis.h"

static size_t
columns(const struct analysis *a)
{
	(void)a;
	return ANALYSIS_MELS;
}

static int
run(struct analysis *a, float *out)
{
	const float *db = analysis_logmel(a);
	if (!db)
		return -1;
	memcpy(out, db, analysis_frames(a) * ANALYSIS_MELS * sizeof *out);
	return 0;
}

const struct feature feature_logmel = {
    "logmel", "mel", "power in 128 mel bands in dB, at most 80 below the loudest (librosa)", columns, NULL, run, 0};
