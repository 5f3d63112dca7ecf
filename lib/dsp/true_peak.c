/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "dsp/true_peak.h"

#include <math.h>
#include <string.h>

#include "base/fmath.h"
#include "base/isa.h"
#include "dsp/sums.h"
#include "dsp/true_peak_plan.h"

enum { TAPS = 49, PAIRS = TRUE_PEAK_PAIRS, BLOCK = 64 };

static const struct true_peak_kernel *
kernel(void)
{
	switch (isa_best()) {
	case ISA_AVX512: return &true_peak_kernel_avx512;
	case ISA_AVX2: return &true_peak_kernel_avx2;
	case ISA_SCALAR: return &true_peak_kernel_scalar;
	default: return &true_peak_kernel_sse;
	}
}

static double
tap(int i, int factor)
{
	const double pi = 3.14159265358979323846, m = i - (TAPS - 1) / 2.0, angle = m * pi / factor;
	return m == 0 ? 1 : fm_sin(angle) / angle * 0.5 * (1 - fm_cos(2 * pi * i / (TAPS - 1)));
}

/* What a phase's taps add up to in size bounds what lies between samples: returns the largest. */
static double
design(int factor, struct true_peak_taps *t)
{
	double half = 0, quarter = 0;
	*t = (struct true_peak_taps){.pairs = (size_t)(PAIRS * 2 / factor), .quarters = factor == 4};
	for (size_t k = 0; k < t->pairs; k++) {
		const int at = (int)k * factor, mirrored = (int)(2 * t->pairs - 1 - k) * factor;
		const double e = tap(at + factor / 2, factor), a = tap(at + 1, factor), b = tap(mirrored + 1, factor);
		t->even[k] = (float)e;
		half += 2 * fabs(e);
		if (!t->quarters)
			continue;
		t->sum[k] = (float)((a + b) / 2);
		t->difference[k] = (float)((a - b) / 2);
		quarter += fabs(a) + fabs(b);
	}
	return fmax(half, quarter);
}

/* The largest in the gaps [from, from + BLOCK): gap i lies between the samples i - 1 and i. */
static double
look(const struct true_peak_taps *t, const float *x, size_t n, size_t from)
{
	float w[BLOCK + 2 * PAIRS] = {0};
	const ptrdiff_t start = (ptrdiff_t)from - (ptrdiff_t)t->pairs, end = start + BLOCK + 2 * (ptrdiff_t)t->pairs;
	if (start >= 0 && end <= (ptrdiff_t)n)
		return kernel()->between(t, x + start, BLOCK);
	const ptrdiff_t low = start < 0 ? 0 : start, high = end < (ptrdiff_t)n ? end : (ptrdiff_t)n;
	if (low < high)
		memcpy(w + (low - start), x + low, (size_t)(high - low) * sizeof *w);
	return kernel()->between(t, w, BLOCK);
}

double
true_peak(const float *x, size_t n, double rate, double *sample_peak)
{
	const struct sums_kernel *sums = sums_best();
	const int factor = rate < 96000 ? 4 : rate < 192000 ? 2 : 1;
	size_t loudest = 0;
	double peak = 0;
	for (size_t i = 0; i < n; i += BLOCK) {
		const double m = sums->largest(x + i, n - i < BLOCK ? n - i : BLOCK);
		if (m > peak) {
			peak = m;
			loudest = i;
		}
	}
	*sample_peak = peak;
	if (factor == 1)
		return peak;
	struct true_peak_taps t;
	/* where even the largest sample about could not lift it over the peak, nothing is to be computed;
	   first where the peak will be, so that this is most of the sound */
	const double bound = design(factor, &t) * 1.0001;
	peak = fmax(peak, look(&t, x, n, loudest));
	double before = 0, here = 0;
	for (size_t i = 0; i < n + PAIRS; i += BLOCK) {
		const size_t next = i + BLOCK, left = next < n ? n - next : 0;
		const double after = sums->largest(x + next - (left ? 0 : next), left < BLOCK ? left : BLOCK);
		if (i == 0)
			here = sums->largest(x, n < BLOCK ? n : BLOCK);
		if (fmax(before, fmax(here, after)) * bound > peak)
			peak = fmax(peak, look(&t, x, n, i));
		before = here;
		here = after;
	}
	return peak;
}
