/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How the spectrum falls.
 *   slope  of the line through the magnitudes over Hz, their sum being 1: 1/Hz
 *          (Peeters, "A large set of audio features", 2004)
 *   tilt   of the line through the log-mel bands over octaves: dB/octave; white noise
 *          has about +1 to +3 (wider bands), pink noise 3 less
 * Silence has 0.
 */
#include <stdlib.h>

#include "base/fmath.h"
#include "dsp/product.h"
#include "feature/analysis.h"

enum { SLOPE, TILT, COLUMNS };
static const char *const labels[] = {"slope", "tilt", NULL};

static size_t
columns(const struct analysis *a)
{
	(void)a;
	return COLUMNS;
}

/* Least-squares weights of the log-mel bands, placed by the octave of their middle, for one rate. */
struct weights {
	double rate;
	float w[];
};

static int
begin(struct analysis *a, void **state)
{
	const struct mel *m = analysis_bank(a);
	struct weights *s = *state;
	double mean = 0, spread = 0;
	if (s && s->rate == analysis_rate(a))
		return 0;
	double *at = malloc(m->bands * sizeof *at);
	if (!s)
		*state = s = malloc(sizeof *s + m->bands * sizeof *s->w);
	if (!at || !s) {
		free(at);
		return -1;
	}
	for (size_t k = 0; k < m->bands; k++) {
		at[k] = fm_log2(m->middle[k]);
		mean += at[k] / (double)m->bands;
	}
	for (size_t k = 0; k < m->bands; k++)
		spread += (at[k] - mean) * (at[k] - mean);
	for (size_t k = 0; k < m->bands; k++)
		s->w[k] = spread > 0 ? (float)((at[k] - mean) / spread) : 0;
	s->rate = analysis_rate(a);
	free(at);
	return 0;
}

extern const struct feature feature_slope;

static int
run(struct analysis *a, float *out)
{
	const struct weights *s = analysis_state(a, &feature_slope);
	const size_t frames = analysis_frames(a);
	const float *db = analysis_logmel(a), *shape = analysis_feature(a, feature_find("shape")),
	            *loudness = analysis_feature(a, feature_find("loudness"));
	const size_t wide = feature_find("shape")->columns(a), wide_loudness = feature_find("loudness")->columns(a);
	if (!db || !shape || !loudness)
		return -1;
	/* the tilts into the first half, from where they are spread from the last on */
	rows_product(s->w, 1, analysis_framing(a)->mels, db, frames, out);
	/* the sums over the bins in closed form: then the slope follows from the centroid */
	const double hz = analysis_bin_hz(a), n = (double)analysis_bins(a), mid = (n - 1) / 2 * hz;
	const double spread = n * (n * n - 1) / 12 * hz * hz;
	for (size_t t = frames; t-- > 0;) {
		const int silent = loudness[t * wide_loudness] <= -100;
		out[t * COLUMNS + TILT] = silent ? 0 : out[t];
		out[t * COLUMNS + SLOPE] = silent ? 0 : (float)((shape[t * wide] - mid) / spread);
	}
	return 0;
}

static const char *const needs[] = {"logmel", "shape", "loudness", NULL};
const struct feature feature_slope = {
    .name = "slope",
    .axis = "descriptor",
    .help = "slope of the magnitudes (1/Hz) and tilt in dB per octave",
    .columns = columns,
    .labels = labels,
    .run = run,
    .needs = needs,
    .begin = begin,
    .release = free,
};
