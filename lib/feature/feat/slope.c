/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How the spectrum falls.
 *   slope  of the line through the magnitudes over Hz, their sum being 1: 1/Hz
 *          (Peeters, "A large set of audio features", 2004)
 *   tilt   of the line through the log-mel bands over octaves: dB/octave; white noise
 *          has about +1 to +3 (wider bands), pink noise 3 less
 * Silence has 0.
 */
#include "base/fmath.h"
#include "dsp/mel.h"
#include "feature/analysis.h"

enum { SLOPE, TILT, COLUMNS };
static const char *const labels[] = {"slope", "tilt", NULL};

static size_t
columns(const struct analysis *a)
{
	(void)a;
	return COLUMNS;
}

/* Least-squares weights of the log-mel bands, placed by the octave of their middle in Slaney's scale. */
static void
weights(double rate, double *w)
{
	/* 15 mel to 1 kHz, then a factor 6.4 every 27 */
	const double step = fm_log(6.4) / 27, top = rate / 2;
	const double mels = top < 1000 ? top * 3 / 200 : 15 + fm_log(top / 1000) / step;
	double mean = 0, spread = 0;
	for (int k = 0; k < ANALYSIS_MELS; k++) {
		const double mel = mels * (k + 1) / (ANALYSIS_MELS + 1);
		w[k] = fm_log2(mel < 15 ? mel * 200 / 3 : 1000 * fm_exp((mel - 15) * step));
		mean += w[k] / ANALYSIS_MELS;
	}
	for (int k = 0; k < ANALYSIS_MELS; k++) {
		w[k] -= mean;
		spread += w[k] * w[k];
	}
	for (int k = 0; k < ANALYSIS_MELS; k++)
		w[k] /= spread;
}

static int
run(struct analysis *a, float *out)
{
	const size_t frames = analysis_frames(a);
	const float *db = analysis_logmel(a), *shape = analysis_feature(a, feature_find("shape")),
	            *loudness = analysis_feature(a, feature_find("loudness"));
	const size_t wide = feature_find("shape")->columns(a), wide_loudness = feature_find("loudness")->columns(a);
	double w[ANALYSIS_MELS];
	if (!db || !shape || !loudness)
		return -1;
	weights(analysis_rate(a), w);
	/* the sums over the bins in closed form: then the slope follows from the centroid */
	const double hz = analysis_rate(a) / ANALYSIS_FFT, n = ANALYSIS_BINS, mid = (n - 1) / 2 * hz;
	const double spread = n * (n * n - 1) / 12 * hz * hz;
	for (size_t t = 0; t < frames; t++, db += ANALYSIS_MELS, out += COLUMNS) {
		double tilt = 0;
		for (int k = 0; k < ANALYSIS_MELS; k++)
			tilt += w[k] * db[k];
		const int silent = loudness[t * wide_loudness] <= -100;
		out[SLOPE] = silent ? 0 : (float)((shape[t * wide] - mid) / spread);
		out[TILT] = silent ? 0 : (float)tilt;
	}
	return 0;
}

const struct feature feature_slope = {
    "slope", "descriptor", "slope of the magnitudes (1/Hz) and tilt in dB per octave", columns, labels, run, 0};
