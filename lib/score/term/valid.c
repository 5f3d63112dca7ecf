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
#include "score/term.h"

#define CLIP_AT    0.999f
#define RUMBLE_HZ  12.0
#define RUMBLE_FREE 0.1 /* share that a drum's thump may have */

static void *
create(const struct heard *golden, size_t n_golden, struct err *err)
{
	(void)golden, (void)n_golden;
	void *self = malloc(1); /* no state */
	if (!self)
		err_set(err, "out of memory");
	return self;
}

/* Power of a channel, and how much of it is left behind two one-pole low-passes. */
static void
channel_power(const struct heard *h, uint32_t c, double *all, double *low)
{
	const double w = 2 * 3.14159265358979 * RUMBLE_HZ / h->rate, k = w / (1 + w);
	/* The filters begin settled on the opening mean, so that DC counts from the
	   first sample and a thump's attack does not. */
	double mean = 0;
	for (uint64_t i = 0; i < h->frames; i++)
		mean += h->samples[i * h->channels + c];
	double y = mean / h->frames, z = y;
	for (uint64_t i = 0; i < h->frames; i++) {
		const double x = h->samples[i * h->channels + c];
		y += k * (x - y);
		z += k * (y - z);
		*all += x * x;
		*low += z * z;
	}
}

static int
score(void *self, const struct heard *h, double *value, char *why, size_t n_why, struct err *err)
{
	(void)self;
	const uint64_t n = h->frames * h->channels;
	if (!n || !h->rate)
		return err_set(err, "valid: a sound without frames");
	float peak = 0;
	uint64_t clipped = 0;
	for (uint64_t i = 0; i < n; i++) {
		const float a = fabsf(h->samples[i]);
		peak = a > peak ? a : peak;
		clipped += a >= CLIP_AT;
	}
	const double db = peak > 1e-6f ? 20 * fm_log10(peak) : -120;
	const double share = (double)clipped / n;
	double all = 0, low = 0;
	for (uint32_t c = 0; c < h->channels; c++)
		channel_power(h, c, &all, &low);
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
    .free = free,
};
