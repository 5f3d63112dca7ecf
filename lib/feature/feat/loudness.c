/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Loudness over time.
 *   rms        root mean square of 2048 samples about the frame, in dB of full scale, zeros
 *              beyond the ends (20 log10 of librosa's rms), nothing below -100
 *   momentary  ITU-R BS.1770 loudness of this channel over the 400 ms about the frame, in
 *              LUFS, nothing below -100
 */
#include <math.h>
#include <stdlib.h>

#include "base/fmath.h"
#include "dsp/kweight.h"
#include "dsp/sums.h"
#include "feature/analysis.h"

enum { RMS, MOMENTARY, COLUMNS };
static const char *const labels[] = {"rms", "momentary", NULL};

static size_t
columns(const struct analysis *a)
{
	(void)a;
	return COLUMNS;
}

static double
energy(const float *x, size_t n, ptrdiff_t from, ptrdiff_t to)
{
	from = from < 0 ? 0 : from;
	to = to < (ptrdiff_t)n ? to : (ptrdiff_t)n;
	return from < to ? sums_best()->energy(x + from, (size_t)(to - from)) : 0;
}

static int
run(struct analysis *a, float *out)
{
	const size_t frames = analysis_frames(a), hops = analysis_k_hops(a);
	const double *k = analysis_k(a);
	if (!k)
		return -1;
	size_t n;
	const float *x = analysis_samples(a, &n);

	/* a frame is four hops: each hop's energy is summed once */
	double hop[4] = {0};
	const ptrdiff_t half = ANALYSIS_FFT / 2, step = ANALYSIS_HOP;
	for (ptrdiff_t j = 1; j < 4; j++)
		hop[j] = energy(x, n, (j - 1) * step - half, j * step - half);
	for (size_t t = 0; t < frames; t++) {
		const ptrdiff_t from = (ptrdiff_t)t * step - half;
		for (int j = 0; j < 3; j++)
			hop[j] = hop[j + 1];
		hop[3] = energy(x, n, from + 3 * step, from + 4 * step);
		const double ms = ((hop[0] + hop[1]) + (hop[2] + hop[3])) / ANALYSIS_FFT;
		out[t * COLUMNS + RMS] = ms > 1e-10 ? (float)(10 * fm_log10(ms)) : -100;
	}

	const double wide = 0.4 * analysis_rate(a);
	double *so = malloc((hops + 1) * sizeof *so);
	if (!so)
		return -1;
	so[0] = 0;
	for (size_t h = 0; h < hops; h++)
		so[h + 1] = so[h] + k[h];
	for (size_t t = 0; t < frames; t++) {
		const double at = (double)t * ANALYSIS_HOP;
		const double power = kweight_within(so, n, ANALYSIS_K_HOP, at - wide / 2, at + wide / 2);
		out[t * COLUMNS + MOMENTARY] = (float)kweight_lufs(power / wide);
	}
	free(so);
	return 0;
}

const struct feature feature_loudness = {
    .name = "loudness",
    .axis = "descriptor",
    .help = "RMS in dB (librosa) and momentary loudness in LUFS (BS.1770)",
    .columns = columns,
    .labels = labels,
    .run = run,
};
