/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "dsp/true_peak.h"

#include <math.h>

#include "base/fmath.h"

enum { TAPS = 49, PHASES = 4, LENGTH = 13, BLOCK = 32 };

/* phase[p][k] multiplies the sample k back. What the phases' taps add up to in size bounds the
   peak of what lies between samples. */
static double
design(int factor, float phase[PHASES][LENGTH], int count[PHASES])
{
	const double pi = 3.14159265358979323846;
	double most = 0, size[PHASES] = {0};
	for (int p = 0; p < PHASES; p++)
		count[p] = 0;
	for (int i = 0; i < TAPS; i++) {
		const double m = i - (TAPS - 1) / 2.0, angle = m * pi / factor;
		const double sinc = m == 0 ? 1 : fm_sin(angle) / angle;
		const double c = sinc * 0.5 * (1 - fm_cos(2 * pi * i / (TAPS - 1)));
		if (fabs(c) < 1e-6)
			continue;
		const int p = i % factor;
		const int k = i / factor;
		while (count[p] < k && count[p] < LENGTH)
			phase[p][count[p]++] = 0;
		if (k < LENGTH)
			phase[p][count[p]++] = (float)c;
		size[p] += fabs(c);
	}
	for (int p = 0; p < factor; p++)
		most = fmax(most, size[p]);
	return most;
}

static float
sample(const float *x, size_t stride, size_t n, ptrdiff_t i)
{
	return i >= 0 && i < (ptrdiff_t)n ? x[(size_t)i * stride] : 0;
}

double
true_peak(const float *x, size_t stride, size_t n, double rate)
{
	const int factor = rate < 96000 ? 4 : rate < 192000 ? 2 : 1;
	double peak = 0;
	for (size_t i = 0; i < n; i++)
		peak = fmax(peak, fabsf(x[i * stride]));
	if (factor == 1)
		return peak;
	float phase[PHASES][LENGTH];
	int count[PHASES];
	/* where even the largest sample about could not lift it over the peak, nothing is to be computed */
	const double bound = design(factor, phase, count) * 1.0001;
	const ptrdiff_t reach = LENGTH * 2, end = (ptrdiff_t)n + LENGTH;
	for (ptrdiff_t t = 0; t < end; t += BLOCK) {
		float near = 0;
		for (ptrdiff_t i = t - reach; i < t + BLOCK; i++)
			near = fmaxf(near, fabsf(sample(x, stride, n, i)));
		if (near * bound <= peak)
			continue;
		float w[BLOCK + LENGTH];
		for (int i = 0; i < BLOCK + LENGTH; i++)
			w[i] = sample(x, stride, n, t - LENGTH + i);
		for (int p = 0; p < factor; p++)
			for (int i = 0; i < BLOCK; i++) {
				float sum = 0;
				for (int k = 0; k < count[p]; k++)
					sum += phase[p][k] * w[LENGTH + i - k];
				peak = fmax(peak, fabsf(sum));
			}
	}
	return peak;
}
