/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "dsp/kweight.h"

#include <math.h>

#include "base/fmath.h"

struct biquad {
	double b0, b1, b2, a1, a2;
};

static void
k_filters(double rate, struct biquad *shelf, struct biquad *pass)
{
	const double pi = 3.14159265358979323846;
	double f = 1681.974450955533, q = 0.7071752369554196;
	const double vh = fm_pow(10, 3.999843853973347 / 20), vb = fm_pow(vh, 0.4996667741545416);
	double k = fm_tan(pi * fmin(f / rate, 0.49)), a0 = 1 + k / q + k * k;
	*shelf = (struct biquad){(vh + vb * k / q + k * k) / a0, 2 * (k * k - vh) / a0, (vh - vb * k / q + k * k) / a0,
	    2 * (k * k - 1) / a0, (1 - k / q + k * k) / a0};
	f = 38.13547087602444;
	q = 0.5003270373238773;
	k = fm_tan(pi * fmin(f / rate, 0.49));
	a0 = 1 + k / q + k * k;
	*pass = (struct biquad){1, -2, 1, 2 * (k * k - 1) / a0, (1 - k / q + k * k) / a0};
}

void
kweight_power(const float *x, size_t n, double rate, size_t hop, double *out)
{
	struct biquad s, p;
	k_filters(rate, &s, &p);
	double s1 = 0, s2 = 0, p1 = 0, p2 = 0; /* states, transposed direct form II */
	for (size_t i = 0; i < n;) {
		const size_t end = n - i < hop ? n : i + hop;
		double sum = 0;
		for (; i < end; i++) {
			const double v = x[i], y = s.b0 * v + s1;
			s1 = s.b1 * v - s.a1 * y + s2;
			s2 = s.b2 * v - s.a2 * y;
			const double z = y + p1;
			p1 = -2 * y - p.a1 * z + p2;
			p2 = y - p.a2 * z;
			sum += z * z;
		}
		*out++ = sum;
		/* a tail that only decays would end in denormals */
		if (fabs(p1) + fabs(p2) + fabs(s1) + fabs(s2) < 1e-100)
			s1 = s2 = p1 = p2 = 0;
	}
}

double
kweight_lufs(double mean_square)
{
	return mean_square > 1e-10 ? -0.691 + 10 * fm_log10(mean_square) : -100;
}

/* Mean square of all channels over the hops [from, to), whose ends may lie within hops;
   `last` is how much of a hop the last one is. */
static double
block(const double *const *power, size_t channels, double from, double to, size_t hops, size_t hop, double last)
{
	double sum = 0, width = 0;
	for (size_t i = (size_t)from; i < hops && (double)i < to; i++) {
		const double part = fmin(to, (double)i + 1) - fmax(from, (double)i);
		for (size_t c = 0; c < channels; c++)
			sum += part * power[c][i];
		width += part * (i + 1 == hops ? last : 1);
	}
	return width > 0 ? sum / (width * (double)hop) : 0;
}

double
kweight_integrated(const double *const *power, size_t channels, size_t n, size_t hop, double rate)
{
	const size_t hops = (n + hop - 1) / hop;
	const double last = (double)(n - (hops - 1) * hop) / (double)hop, length = (double)n / (double)hop;
	const double wide = 0.4 * rate / (double)hop, step = wide / 4;
	const double whole = block(power, channels, 0, (double)hops, hops, hop, last);
	if (length < wide)
		return kweight_lufs(whole);
	double gate = 1.1724653045822964e-7; /* mean square at -70 LUFS */
	for (int pass = 0; pass < 2; pass++) {
		double sum = 0, count = 0;
		for (size_t b = 0; (double)b * step + wide <= length + 1e-6; b++) {
			const double ms = block(power, channels, (double)b * step, (double)b * step + wide, hops, hop, last);
			if (ms > gate) {
				sum += ms;
				count++;
			}
		}
		if (!count)
			return kweight_lufs(whole);
		if (pass == 1)
			return kweight_lufs(sum / count);
		gate = fmax(gate, 0.1 * sum / count);
	}
	return kweight_lufs(whole);
}
