/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Onset strength: how much louder the log-mel bands are than one frame before,
 * falling bands not counted, on average over the bands; in dB. As librosa's
 * onset_strength, which moves it on by the two frames that a centred window looks
 * ahead. Böck and Widmer, DAFx 2013 (with lag 1 and no maximum filter).
 */
#include <string.h>

#include "feature/analysis.h"

enum { LAG = 1, SHIFT = ANALYSIS_FFT / 2 / ANALYSIS_HOP };

static size_t
columns(const struct analysis *a)
{
	(void)a;
	return 1;
}

static int
run(struct analysis *a, float *out)
{
	const float *db = analysis_logmel(a);
	const size_t frames = analysis_frames(a);
	if (!db)
		return -1;
	memset(out, 0, frames * sizeof *out);
	for (size_t t = LAG; t + SHIFT < frames; t++) {
		const float *now = db + t * ANALYSIS_MELS, *then = now - LAG * ANALYSIS_MELS;
		double sum = 0;
		for (int k = 0; k < ANALYSIS_MELS; k++)
			sum += now[k] > then[k] ? now[k] - then[k] : 0;
		out[t + SHIFT] = (float)(sum / ANALYSIS_MELS);
	}
	return 0;
}

static const char *const labels[] = {"strength", NULL};
const struct feature feature_onset = {
    "onset", "descriptor", "mean rise of the log-mel bands since the frame before, in dB (librosa)", columns, labels, run, 0};
