/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How harmonic the sound is at its f0, frame by frame; 0 where it has none.
 *   harmonicity    correlation r of the 2048 samples with themselves one period on, 0 to 1
 *   hnr            harmonics over noise, dB: r / (1 - r), within -60 and 60 (Boersma 1993)
 *   inharmonicity  how far the partials are from h f0: 2 sum |f_h - h f0| p_h / (f0 sum p_h)
 *                  with p_h the power of the largest bin within f0 / 4 of h f0, of the
 *                  first 20; 0 harmonic, 0.5 as far as it goes (after Peeters 2004)
 */
#include <math.h>

#include "base/fmath.h"
#include "feature/analysis.h"

enum { HARMONICITY, HNR, INHARMONICITY, COLUMNS };
enum { PARTIALS = 20, SIZE = 2048 };
static const char *const labels[] = {"harmonicity", "hnr", "inharmonicity", NULL};

static size_t
columns(const struct analysis *a)
{
	(void)a;
	return COLUMNS;
}

/* Of what lies `lag` apart within [from, to), over the geometric mean of both energies. */
static double
correlation(const float *x, size_t from, size_t to, size_t lag)
{
	double both = 0, first = 0, second = 0;
	for (size_t i = from; i + lag < to; i++) {
		const double u = x[i], v = x[i + lag];
		both += u * v;
		first += u * u;
		second += v * v;
	}
	const double size = sqrt(first) * sqrt(second);
	return size > 0 ? both / size : 0;
}

static double
harmonicity(const float *x, size_t n, size_t at, double period)
{
	const size_t half = SIZE / 2, lag = (size_t)(period + 0.5);
	const size_t from = at > half ? at - half : 0, to = at + half < n ? at + half : n;
	if (lag < 2)
		return 0;
	/* the top of the parabola through three lags: a period is no whole number of samples */
	const double l = correlation(x, from, to, lag - 1), m = correlation(x, from, to, lag), r = correlation(x, from, to, lag + 1);
	const double curve = 2 * m - l - r, slope = (r - l) / 2;
	const double top = curve > 0 && fabs(slope) <= curve ? m + slope * slope / (2 * curve) : fmax(m, fmax(l, r));
	return fmin(1, fmax(0, top));
}

static double
inharmonicity(const float *p, size_t bins, double f0, double bin_hz)
{
	double away = 0, sum = 0;
	for (int h = 1; h <= PARTIALS && (h + 0.25) * f0 < ((double)bins - 2) * bin_hz; h++) {
		const size_t low = (size_t)fmax(1, ceil((h - 0.25) * f0 / bin_hz)), high = (size_t)((h + 0.25) * f0 / bin_hz);
		size_t at = low;
		for (size_t k = low; k <= high; k++)
			if (p[k] > p[at])
				at = k;
		/* a partial is a peak: what is largest at the edge of its reach is some other's skirt */
		if (low > high || p[at] <= 0 || p[at] < p[at - 1] || p[at] < p[at + 1])
			continue;
		const double l = fm_log(fmax(p[at - 1], 1e-30)), m = fm_log(p[at]), r = fm_log(fmax(p[at + 1], 1e-30));
		const double curve = 2 * m - l - r, shift = curve > 0 ? fmin(0.5, fmax(-0.5, (r - l) / 2 / curve)) : 0;
		away += fabs(((double)at + shift) * bin_hz - h * f0) * p[at];
		sum += p[at];
	}
	return sum > 0 ? fmin(0.5, 2 * away / (f0 * sum)) : 0;
}

static int
run(struct analysis *a, float *out)
{
	const size_t frames = analysis_frames(a), bins = analysis_bins(a), hop = analysis_framing(a)->hop;
	const struct feature *f = feature_find("f0");
	const float *f0 = analysis_feature(a, f);
	const double rate = analysis_rate(a);
	size_t n;
	const float *x = analysis_samples(a, &n);
	if (!f0)
		return -1;
	for (size_t t = 0; t < frames; t++, out += COLUMNS) {
		const double hz = f0[t * f->columns(a)];
		const size_t start = t / ANALYSIS_BLOCK * ANALYSIS_BLOCK;
		const float *p = analysis_power(a, start, frames - start < ANALYSIS_BLOCK ? frames - start : ANALYSIS_BLOCK);
		if (!p)
			return -1;
		out[HARMONICITY] = out[HNR] = out[INHARMONICITY] = 0;
		if (hz <= 0)
			continue;
		const double r = harmonicity(x, n, t * hop, rate / hz);
		out[HARMONICITY] = (float)r;
		out[HNR] = (float)(10 * fm_log10(fmax(r, 1e-6) / fmax(1 - r, 1e-6)));
		out[INHARMONICITY] = (float)inharmonicity(p + (t - start) * bins, bins, hz, analysis_bin_hz(a));
	}
	return 0;
}

static const char *const needs[] = {"f0", NULL};
const struct feature feature_harmonics = {
    .name = "harmonics",
    .axis = "descriptor",
    .help = "harmonicity, harmonics over noise in dB, inharmonicity, at f0",
    .columns = columns,
    .labels = labels,
    .run = run,
    .needs = needs,
};
