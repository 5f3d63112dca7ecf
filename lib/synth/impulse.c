/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "synth/impulse.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "dsp/fft.h"
#include "synth/samples.h"

static uint64_t
frames_at(const struct asset *a, uint32_t rate)
{
	const double most = IMPULSE_SECONDS * rate;
	const uint64_t n = samples_resampled(a->frames, a->rate, rate);
	return (double)n < most ? n : (uint64_t)most;
}

void
impulse_lay_out(const struct asset *a, uint32_t rate, struct impulse *shape, size_t *numbers)
{
	const int64_t n = (int64_t)frames_at(a, rate);
	*shape = (struct impulse){.channels = a->channels > 1 ? 2 : 1};
	*numbers = 0;
	int block = IMPULSE_BLOCK;
	for (int l = 0; l < IMPULSE_LEVELS; l++, block *= IMPULSE_STEP) {
		/* a level's first frame is as late as its block is long: only then is one complete */
		const int64_t first = l ? block : 0, end = l + 1 < IMPULSE_LEVELS ? (int64_t)block * IMPULSE_STEP : n;
		const int64_t here = (n < end ? n : end) - first;
		struct impulse_level *level = &shape->level[l];
		level->block = block;
		level->count = here > 0 ? (int)((here + block - 1) / block) : 0;
		for (int c = 0; c < 2; c++) {
			level->at[c] = c < shape->channels ? *numbers : level->at[0];
			if (c < shape->channels)
				*numbers += (size_t)level->count * (size_t)(2 * block + 2);
		}
	}
}

struct wish {
	const struct asset *a;
	uint32_t rate;
};

static int
transform(struct impulse *m, const struct impulse_level *l, int channel, const float *h, int64_t n)
{
	const struct fft *f = fft_real((size_t)(2 * l->block));
	float *x = fft_alloc((size_t)(2 * l->block)), *X = m->x + l->at[channel];
	const int64_t first = l->block == IMPULSE_BLOCK ? 0 : l->block;
	int status = f && x ? 0 : -1;
	for (int k = 0; k < l->count && !status; k++, X += 2 * l->block + 2) {
		memset(x, 0, (size_t)(2 * l->block) * sizeof *x);
		for (int i = 0; i < l->block && first + (int64_t)k * l->block + i < n; i++)
			x[i] = h[first + (int64_t)k * l->block + i];
		status = fft_forward(f, x, X);
	}
	fft_release(x);
	return status;
}

static void *
make_impulse(void *user, size_t *bytes)
{
	const struct wish *w = user;
	struct impulse shape;
	size_t numbers;
	impulse_lay_out(w->a, w->rate, &shape, &numbers);
	const uint64_t full = samples_resampled(w->a->frames, w->a->rate, w->rate), n = frames_at(w->a, w->rate);
	struct impulse *m = malloc(*bytes = sizeof *m + numbers * sizeof(float));
	float *h = malloc((size_t)shape.channels * full * sizeof *h);
	int status = m && h ? 0 : -1;
	double most = 0;
	for (int c = 0; c < shape.channels && !status; c++) {
		double energy = 0;
		samples_resample(w->a->x + (size_t)c * w->a->frames, w->a->frames, w->a->rate, w->rate, h + (size_t)c * full);
		for (uint64_t i = 0; i < n; i++)
			energy += (double)h[(size_t)c * full + i] * h[(size_t)c * full + i];
		most = fmax(most, energy);
	}
	if (!status) {
		*m = shape;
		/* and the 1/n of the transform back, and the two that its way forward leaves out: 1/2 1/(2 block) */
		const double gain = most > 0 ? 1 / sqrt(most) : 0;
		for (uint64_t i = 0; i < (uint64_t)shape.channels * full; i++)
			h[i] = (float)(h[i] * gain);
		for (int c = 0; c < shape.channels; c++)
			for (int l = 0; l < IMPULSE_LEVELS && !status; l++)
				status = transform(m, &m->level[l], c, h + (size_t)c * full, (int64_t)n);
		for (int l = 0; l < IMPULSE_LEVELS && !status; l++)
			for (size_t i = 0; i < (size_t)m->level[l].count * (size_t)(2 * m->level[l].block + 2); i++)
				for (int c = 0; c < shape.channels; c++)
					m->x[m->level[l].at[c] + i] *= 0.25f / (float)m->level[l].block; /* powers of two: exact */
	}
	free(h);
	if (status < 0)
		free(m);
	return status < 0 ? NULL : m;
}

const struct impulse *
impulse_of(const struct asset *a, uint32_t rate)
{
	struct wish w = {a, rate};
	uint8_t key[HASH_SIZE];
	asset_key(key, "impulse", &a, 1, rate);
	return asset_derived(key, make_impulse, &w);
}
