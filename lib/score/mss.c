/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "score/mss.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "score/kernels.h"

static const struct {
	int window, hop; /* in ms */
	size_t bands;
} scales[MSS_SCALES] = {{10, 5, 32}, {25, 10, 64}, {100, 50, 128}};

enum { MAX_BANDS = 128 };

/* The next multiple of 32 without a prime factor over 5. */
static size_t
quick_length(size_t n)
{
	for (n = (n + 31) / 32 * 32;; n += 32) {
		size_t rest = n;
		for (size_t f = 2; f <= 5; f++)
			while (rest % f == 0)
				rest /= f;
		if (rest == 1)
			return n;
	}
}

int
mss_plan_init(struct mss_plan *p, uint32_t rate, bool quick, struct err *err)
{
	*p = (struct mss_plan){0};
	if (rate < 1000 || rate > 768000)
		return err_set(err, "likeness is not defined at a rate of %u Hz", rate);
	for (int i = 0; i < MSS_SCALES; i++) {
		const size_t n = (size_t)rate * scales[i].window / 1000, hop = (size_t)rate * scales[i].hop / 1000;
		const size_t n_fft = quick ? quick_length(n) : n;
		if (!(p->stft[i] = stft_new(n_fft, n, hop, STFT_ZERO, err))
		    || !(p->mel[i] = mel_new(rate, n_fft, scales[i].bands, 0, 0, MEL_SLANEY, err))) {
			mss_plan_release(p);
			return -1;
		}
	}
	return 0;
}

void
mss_plan_release(struct mss_plan *p)
{
	for (int i = 0; i < MSS_SCALES; i++) {
		stft_free(p->stft[i]);
		mel_free(p->mel[i]);
	}
	*p = (struct mss_plan){0};
}

/* Power to dB below the loudest, in place. */
static void
below_loudest(const struct kernels *k, float *x, size_t n)
{
	float most = 0, peak;
	size_t none = 0;
	k->peaks(x, n, INFINITY, &most, &none);
	k->decibels(&most, 1, 0, &peak);
	k->decibels(x, n, -peak, x);
	for (size_t i = 0; i < n; i++)
		x[i] = x[i] > MSS_FLOOR ? x[i] : MSS_FLOOR;
}

int
mss_image_take(struct mss_image *m, const struct mss_plan *p, const float *x, uint32_t channels, size_t frames,
    struct err *err)
{
	const struct kernels *k = kernels_best();
	size_t bins = 0;
	for (int i = 0; i < MSS_SCALES; i++)
		bins = stft_bins(p->stft[i]) > bins ? stft_bins(p->stft[i]) : bins;
	m->channels = channels;
	int got = 0;
	for (int i = 0; i < MSS_SCALES && !got; i++) {
		const size_t t = stft_frames(p->stft[i], frames), bands = scales[i].bands, n = t * bands;
		m->frames[i] = t;
		m->bands[i] = bands;
		if (channels * n > m->room[i]) {
			free(m->db[i]);
			m->db[i] = malloc(channels * n * sizeof(float));
			m->room[i] = m->db[i] ? channels * n : 0;
		}
		if (!m->db[i])
			got = -1;
		for (uint32_t c = 0; c < channels && !got; c++)
			got = mel_power(p->mel[i], p->stft[i], x + c * frames, frames, m->db[i] + c * n);
		if (!got)
			below_loudest(k, m->db[i], channels * n);
	}
	return got ? err_set(err, "out of memory") : 0;
}

void
mss_image_release(struct mss_image *m)
{
	for (int i = 0; i < MSS_SCALES; i++)
		free(m->db[i]);
	*m = (struct mss_image){0};
}

double
mss_distance(const struct mss_image *a, const struct mss_image *b)
{
	const struct kernels *k = kernels_best();
	float silence[MAX_BANDS];
	for (int i = 0; i < MAX_BANDS; i++)
		silence[i] = MSS_FLOOR;
	double mean = 0;
	for (int i = 0; i < MSS_SCALES; i++) {
		const struct mss_image *longer = a->frames[i] > b->frames[i] ? a : b;
		const size_t both = (longer == a ? b : a)->frames[i], all = longer->frames[i], bands = a->bands[i];
		double sum = 0;
		for (uint32_t c = 0; c < a->channels; c++) {
			const float *rest = longer->db[i] + (c * all + both) * bands;
			sum += k->sum_abs(a->db[i] + c * a->frames[i] * bands, b->db[i] + c * b->frames[i] * bands, both * bands);
			for (size_t t = both; t < all; t++, rest += bands)
				sum += k->sum_abs(rest, silence, bands);
		}
		mean += sum / ((double)a->channels * all * bands) / MSS_SCALES;
	}
	return mean;
}
