/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Log-mel spectrogram: power in the mel bands in dB, nothing lower than
 * 80 dB below the loudest of the whole sound. As librosa's
 * power_to_db(melspectrogram(y), ref=1, amin=1e-10, top_db=80).
 */
#include "feature/feat/logmel.h"

#include <math.h>
#include <stdlib.h>

#include "dsp/fft.h"
#include "feature/analysis.h"

extern const struct feature feature_logmel;

static size_t
columns(const struct analysis *a)
{
	return analysis_framing(a)->mels;
}

static void
release(void *state)
{
	struct logmel *s = state;
	if (!s)
		return;
	free(s->power);
	fft_release(s->band);
	free(s);
}

static int
begin(struct analysis *a, void **state)
{
	const size_t bands = analysis_framing(a)->mels, want = analysis_frames(a) * bands;
	struct logmel *s = *state ? *state : calloc(1, sizeof *s);
	if (!(*state = s) || (!s->band && !(s->band = fft_alloc(2 * bands * STFT_LANES))))
		return -1;
	if (want > s->room) {
		free(s->power);
		s->power = malloc(want * sizeof *s->power);
		s->room = s->power ? want : 0;
	}
	s->bank = analysis_bank(a);
	s->top = -INFINITY;
	return s->power ? 0 : -1;
}

static int
run(struct analysis *a, float *out)
{
	const struct logmel *s = analysis_state(a, &feature_logmel);
	ISA_PICK(logmel_floor)(out, analysis_frames(a) * columns(a), s->top - 80);
	return 0;
}

const struct feature feature_logmel = {
    .name = "logmel",
    .axis = "mel",
    .help = "power in mel bands in dB, at most 80 below the loudest (librosa)",
    .columns = columns,
    .run = run,
    .group = ISA_TABLE(logmel_group),
    .begin = begin,
    .release = release,
};

const float *
analysis_logmel(struct analysis *a)
{
	return analysis_feature(a, &feature_logmel);
}

const float *
analysis_mel(struct analysis *a)
{
	return analysis_logmel(a) ? ((struct logmel *)analysis_state(a, &feature_logmel))->power : NULL;
}
