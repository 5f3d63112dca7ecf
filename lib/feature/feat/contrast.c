/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Spectral contrast: in each of seven bands (to 200 Hz, then octaves, the last to half the
 * rate) the mean of the strongest 2 % of the magnitudes over that of the weakest, in dB. As librosa's
 * spectral_contrast(fmin=200, n_bands=6, quantile=0.02), floors included: peaks and
 * valleys are nowhere lower than 80 dB below the largest of their kind in the sound. A
 * band without bins has contrast 0. Jiang et al., ICME 2002.
 */
#include "feature/feat/contrast.h"

#include <math.h>
#include <stdlib.h>

#include "dsp/fft.h"
#include "feature/analysis.h"

enum { BANDS = CONTRAST_BANDS };
static const char *const labels[] = {"contrast0", "contrast1", "contrast2", "contrast3", "contrast4", "contrast5",
    "contrast6", NULL};

static size_t
columns(const struct analysis *a)
{
	(void)a;
	return BANDS;
}

/* Octave bands share the bin below their first one; the bin at their upper edge is left out. */
static void
lay_out(double hz, size_t bins, struct contrast_band *b)
{
	for (int i = 0; i < BANDS; i++) {
		const double low = i ? 200 * (double)(1 << (i - 1)) : 0, high = 200 * (double)(1 << i);
		size_t first = (size_t)fmin(ceil(low / hz), (double)bins), end = first;
		while (end < bins && (double)end * hz <= high)
			end++;
		if (first == end && i < BANDS - 1) {
			b[i] = (struct contrast_band){0, 0, 0};
			continue;
		}
		first -= i && first;
		if (i == BANDS - 1)
			end = bins;
		const double part = 0.02 * (double)(end - first);
		/* to the nearest, halves to even */
		double near = floor(part + 0.5);
		near -= near - part == 0.5 && near / 2 != floor(near / 2);
		const size_t count = near > 1 ? (size_t)near : 1;
		end -= i < BANDS - 1 && end > first + 1;
		b[i] = (struct contrast_band){first, end, count < end - first ? count : end - first};
	}
}

static void
release(void *state)
{
	struct contrast *s = state;
	if (!s)
		return;
	fft_release(s->extremes);
	free(s->found);
	free(s);
}

static int
begin(struct analysis *a, void **state)
{
	const size_t want = analysis_frames(a) * 2 * BANDS, bins = analysis_bins(a);
	struct contrast *s = *state ? *state : calloc(1, sizeof *s);
	if (!(*state = s))
		return -1;
	/* a band has at most all bins, of which two in a hundred count */
	if (!s->extremes && !(s->extremes = fft_alloc(2 * (bins / 50 + 2 * CONTRAST_SORTED) * STFT_LANES)))
		return -1;
	if (want > s->room) {
		free(s->found);
		s->found = malloc(want * sizeof *s->found);
		s->room = s->found ? want : 0;
	}
	if (s->rate != analysis_rate(a))
		lay_out(analysis_bin_hz(a), bins, s->band);
	s->rate = analysis_rate(a);
	return s->found ? 0 : -1;
}

extern const struct feature feature_contrast;

static int
run(struct analysis *a, float *out)
{
	const struct contrast *s = analysis_state(a, &feature_contrast);
	const size_t frames = analysis_frames(a);
	const float *v = s->found;
	float top[2] = {-100, -100};
	for (size_t t = 0; t < frames; t++, v += 2 * BANDS)
		for (size_t b = 0; b < BANDS; b++) {
			top[0] = v[b] > top[0] ? v[b] : top[0];
			top[1] = v[BANDS + b] > top[1] ? v[BANDS + b] : top[1];
		}
	const float low[2] = {top[0] - 80, top[1] - 80};
	v = s->found;
	for (size_t t = 0; t < frames; t++, v += 2 * BANDS)
		for (size_t b = 0; b < BANDS; b++) {
			const float peak = v[b] > low[0] ? v[b] : low[0], valley = v[BANDS + b] > low[1] ? v[BANDS + b] : low[1];
			*out++ = peak - valley;
		}
	return 0;
}

const struct feature feature_contrast = {
    .name = "contrast",
    .axis = "band",
    .help = "peaks over valleys of seven octave bands, in dB (librosa)",
    .columns = columns,
    .labels = labels,
    .run = run,
    .group = ISA_TABLE(contrast_group),
    .begin = begin,
    .release = release,
};
