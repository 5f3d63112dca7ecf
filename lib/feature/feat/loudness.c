/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Loudness over time.
 *   rms        root mean square of the frame's samples, in dB of full scale, zeros
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

	/* each piece's energy is summed once */
	double ring[ANALYSIS_PIECES] = {0};
	size_t piece;
	const size_t pieces = analysis_pieces(a, &piece), hop = analysis_framing(a)->hop, size = analysis_framing(a)->n_fft;
	const ptrdiff_t half = (ptrdiff_t)(size / 2), length = (ptrdiff_t)piece;
	for (size_t j = 0; j + 1 < pieces; j++)
		ring[j] = energy(x, n, (ptrdiff_t)(j * piece) - half, (ptrdiff_t)(j * piece) - half + length);
	for (size_t t = 0; t < frames; t++) {
		const ptrdiff_t last = (ptrdiff_t)(t * hop + (pieces - 1) * piece) - half;
		double sum = 0;
		ring[(t + pieces - 1) % pieces] = energy(x, n, last, last + length);
		for (size_t j = 0; j < pieces; j++) /* the oldest first, in every frame */
			sum += ring[(t + j) % pieces];
		const double ms = sum / (double)size;
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
		const double at = (double)(t * hop);
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
