/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Onset strength: how much louder the log-mel bands are than one frame before,
 * falling bands not counted, on average over the bands; in dB. As librosa's
 * onset_strength, which moves it on by the two frames that a centred window looks
 * ahead. Böck and Widmer, DAFx 2013 (with lag 1 and no maximum filter).
 */
#include "feature/feat/onset.h"

#include <string.h>

#include "feature/analysis.h"

static size_t
columns(const struct analysis *a)
{
	(void)a;
	return 1;
}

static int
run(struct analysis *a, float *out)
{
	const struct framing *f = analysis_framing(a);
	const float *db = analysis_logmel(a);
	const size_t frames = analysis_frames(a), shift = f->n_fft / (2 * f->hop), quiet = 1 + shift;
	if (!db)
		return -1;
	memset(out, 0, (quiet < frames ? quiet : frames) * sizeof *out);
	if (quiet < frames)
		ISA_PICK(onset_rise)(db + f->mels, f->mels, frames - quiet, out + quiet);
	return 0;
}

static const char *const labels[] = {"strength", NULL}, *const needs[] = {"logmel", NULL};
const struct feature feature_onset = {
    .name = "onset",
    .axis = "descriptor",
    .help = "mean rise of the log-mel bands since the frame before, in dB (librosa)",
    .columns = columns,
    .labels = labels,
    .run = run,
    .needs = needs,
};
