/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * valid: whether this is a sound at all, as a product of three factors, each 1
 * for anything a producer would keep, and falling smoothly so that a search is
 * led out of the fault:
 *   level    0 at a peak of -80 dBFS and below, 1 from -40 dBFS up, linear in dB;
 *   clipping 1 / (1 + share / 0.01), share of samples at or beyond 0.999;
 *   rumble   1 - share of power below 12 Hz (DC included) beyond a tenth.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/fmath.h"
#include "score/kernels.h"
#include "score/term.h"

#define CLIP_AT    0.999f
#define RUMBLE_HZ  12.0
#define RUMBLE_FREE 0.1 /* share that a drum's thump may have */

enum { MEAN_OF = 16 }; /* frames: what is left of them at 12 Hz is all that is looked at */

struct valid {
	float *low; /* of one channel, the means of MEAN_OF frames */
	size_t room;
};

static void *
create(const struct heard *golden, size_t n_golden, struct err *err)
{
	(void)golden, (void)n_golden;
	struct valid *s = calloc(1, sizeof *s);
	if (!s)
		err_set(err, "out of memory");
	return s;
}

static void
destroy(void *self)
{
	struct valid *s = self;
	if (!s)
		return;
	free(s->low);
	free(s);
}

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

static int
score(void *self, const struct heard *h, double *value, char *why, size_t n_why, struct err *err)
{
	struct valid *s = self;
	const struct kernels *k = kernels_best();
	const uint64_t n = h->frames * h->channels;
	const size_t means = h->frames / MEAN_OF + 1;
	if (!n || !h->rate)
		return err_set(err, "valid: a sound without frames");
	if (means > s->room) {
		free(s->low);
		s->low = malloc(means * sizeof *s->low);
		s->room = s->low ? means : 0;
	}
	if (!s->low)
		return err_set(err, "out of memory");
	float peak = 0;
	size_t clipped = 0;
	k->peaks(h->samples, n, CLIP_AT, &peak, &clipped);
	const double all = k->sum_self(h->samples, n);
	double low = 0;
	for (uint32_t c = 0; c < h->channels; c++)
		low += rumble_of(h, c, s->low);
	const double db = peak > 1e-6f ? 20 * fm_log10(peak) : -120;
	const double share = (double)clipped / n;
	const double rumble = all > 0 ? fmin(low / all, 1) : 0;

	const double level = fmin(fmax((db + 80) / 40, 0), 1);
	*value = level / (1 + share / 0.01) * (1 - fmax(rumble - RUMBLE_FREE, 0) / (1 - RUMBLE_FREE));
	if (!why)
		return 0;
	if (level == 0)
		snprintf(why, n_why, "silent: the peak is at %.0f dBFS", db);
	else if (share > 0.001)
		snprintf(why, n_why, "clipped: %.1f %% of the samples", 100 * share);
	else if (rumble > RUMBLE_FREE)
		snprintf(why, n_why, "%.0f %% of the power is DC or below %.0f Hz", 100 * rumble, RUMBLE_HZ);
	else if (level < 1)
		snprintf(why, n_why, "very quiet: the peak is at %.0f dBFS", db);
	else
		snprintf(why, n_why, "sound: peak %.1f dBFS, no clipping, no DC", db);
	return 0;
}

const struct term term_valid = {
    .name = "valid",
    .help = "whether it is a sound at all: not silent, not clipped, no DC or rumble",
    .create = create,
    .score = score,
    .free = destroy,
};
