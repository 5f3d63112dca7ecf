/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "score/validity.h"

#include <math.h>
#include <stdlib.h>

#include "base/fmath.h"
#include "score/kernels.h"

#define CLIP_AT 0.999f
enum { MEAN_OF = 16 }; /* frames: what is left of them at 12 Hz is all that is looked at */

/* Means of MEAN_OF frames of a channel, and of the rest; their mean. */
static double
thin_out(const struct heard *h, uint32_t c, float *out)
{
	const size_t step = h->channels;
	const float *x = h->samples + c;
	double all = 0;
	for (uint64_t i = 0; i < h->frames;) {
		const uint64_t n = h->frames - i < MEAN_OF ? h->frames - i : MEAN_OF;
		float sum[4] = {0};
		uint64_t k = 0;
		for (; k + 4 <= n; k += 4, x += 4 * step)
			for (size_t j = 0; j < 4; j++)
				sum[j] += x[j * step];
		for (; k < n; k++, x += step)
			sum[0] += *x;
		const float mean = (sum[0] + sum[1]) + (sum[2] + sum[3]);
		all += mean;
		*out++ = mean / (float)n;
		i += n;
	}
	return all / (double)h->frames;
}

/* The energy of a channel that is left behind two one-pole low-passes. */
static double
rumble_of(const struct heard *h, uint32_t c, float *low)
{
	const double w = 2 * 3.14159265358979 * RUMBLE_HZ * MEAN_OF / h->rate, k = w / (1 + w);
	/* The filters begin settled on the mean, so that DC counts from the first sample and
	   a thump's attack does not. */
	double y = thin_out(h, c, low), z = y, sum = 0;
	for (uint64_t i = 0; i < h->frames; i += MEAN_OF) {
		y += k * (*low++ - y);
		z += k * (y - z);
		sum += z * z * (double)(h->frames - i < MEAN_OF ? h->frames - i : MEAN_OF);
	}
	return sum;
}

int
validity_of(const struct heard *h, struct validity *v, struct err *err)
{
	const struct kernels *k = kernels_best();
	const uint64_t n = h->frames * h->channels;
	if (!n || !h->rate)
		return err_set(err, "'%s' is a sound without frames", h->name);
	float *means = malloc((h->frames / MEAN_OF + 1) * sizeof *means), peak = 0;
	if (!means)
		return err_set(err, "out of memory");
	size_t clipped = 0;
	k->peaks(h->samples, n, CLIP_AT, &peak, &clipped);
	const double all = k->sum_self(h->samples, n);
	double low = 0;
	for (uint32_t c = 0; c < h->channels; c++)
		low += rumble_of(h, c, means);
	free(means);
	v->db = peak > 1e-6f ? 20 * fm_log10(peak) : -120;
	v->clipped = (double)clipped / (double)n;
	v->rumble = all > 0 ? fmin(low / all, 1) : 0;
	v->level = fmin(fmax((v->db + 80) / 40, 0), 1);
	v->value = v->level / (1 + v->clipped / 0.01) * (1 - fmax(v->rumble - RUMBLE_FREE, 0) / (1 - RUMBLE_FREE));
	return 0;
}
