/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Sounds that the project makes itself, so that patches and examples that play
 * one sound anywhere: "made:loop" is a bar of drums at 120 beats a minute,
 * "made:voice" a sung C4, "made:hall" a room's answer in stereo, "made:waves" a
 * wavetable of 2048 points a cycle. What they are must never change: their hashes
 * stand in recipes (tests/asset.c).
 */
#include <math.h>
#include <pthread.h>
#include <string.h>

#include "base/fmath.h"
#include "base/rng.h"
#include "synth/asset.h"

#define PI 3.14159265358979323846
enum { RATE = 44100 };

static double
noise(uint64_t seed, uint64_t i)
{
	return (double)(rng_at(seed, i) >> 11) * 0x1p-52 - 1;
}

/* Adds n frames of a drum to x: kind 0 kick, 1 snare, 2 hat. */
static void
drum(float *x, int n, int kind)
{
	double phase = 0, band = 0, low = 0;
	for (int i = 0; i < n; i++) {
		const double t = (double)i / RATE, hiss = noise(0x6472756d + (uint64_t)kind, (uint64_t)i);
		double y;
		if (kind == 0) {
			phase += (48 + 160 * fm_exp(-t / 0.025)) / RATE;
			y = 0.8 * fm_sin(2 * PI * (phase - floor(phase))) * fm_exp(-t / 0.11);
		} else if (kind == 1) {
			low += 0.5 * (hiss - low);
			y = 0.35 * low * fm_exp(-t / 0.07) + 0.35 * fm_sin(2 * PI * 185 * t) * fm_exp(-t / 0.04);
		} else {
			band += 0.3 * (hiss - band);
			y = 0.16 * (hiss - band) * fm_exp(-t / 0.025);
		}
		const double out = fmin(1, (n - i) / 200.0); /* no step at the end */
		x[i] += (float)(y * out);
	}
}

static void
make_loop(struct asset *a)
{
	const int eighth = RATE / 4;
	memset(a->x, 0, a->frames * sizeof *a->x);
	for (int i = 0; i < 8; i++)
		drum(a->x + i * eighth, eighth, 2);
	for (int i = 0; i < 4; i++)
		drum(a->x + 2 * i * eighth, 2 * eighth, i & 1);
	drum(a->x + 5 * eighth, 2 * eighth, 0);
}

/* Partials under three formants (Peterson and Barney 1952), with a little vibrato. */
static void
make_voice(struct asset *a)
{
	static const double hz[3] = {730, 1090, 2440}, level[3] = {1, 0.5, 0.3};
	double gain[40], phase = 0;
	const double pitch = 261.6255653005986;
	for (int k = 1; k <= 40; k++) {
		gain[k - 1] = 0.02;
		for (int j = 0; j < 3; j++) {
			const double d = (pitch * k - hz[j]) / 110;
			gain[k - 1] += level[j] / (1 + d * d);
		}
		gain[k - 1] /= sqrt(k);
	}
	for (uint64_t i = 0; i < a->frames; i++) {
		const double t = (double)i / RATE, end = (double)(a->frames - i) / RATE;
		const double vibrato = 0.003 * fmin(1, t / 0.4) * fm_sin(2 * PI * 5.2 * t);
		double y = 0;
		phase += pitch * (1 + vibrato) / RATE;
		phase -= floor(phase);
		for (int k = 1; k <= 40; k++)
			y += gain[k - 1] * fm_sin(2 * PI * k * phase);
		a->x[i] = (float)(0.8 * y * fmin(1, t / 0.04) * fmin(1, end / 0.15));
	}
}

/* Noise that loses its treble as it decays, 60 dB in 1.1 s; another one at each side. */
static void
make_hall(struct asset *a)
{
	for (uint32_t c = 0; c < 2; c++) {
		double low = 0;
		for (uint64_t i = 0; i < a->frames; i++) {
			const double t = (double)i / RATE;
			low += (0.1 + 0.7 * fm_exp(-t / 0.3)) * (noise(0x68616c6c + c, i) - low);
			a->x[c * a->frames + i] = (float)(0.25 * low * fm_exp(-6.907755 * t / 1.1) * fmin(1, (i + 1) / 400.0));
		}
		a->x[c * a->frames] = 0.5f; /* what comes straight */
	}
}

/* From few even partials to many odd ones. */
static void
make_waves(struct asset *a)
{
	for (uint64_t f = 0; f < a->frames / a->cycle; f++)
		for (uint32_t i = 0; i < a->cycle; i++) {
			double y = 0;
			for (int k = 1; k <= 4 + 6 * (int)f; k++)
				y += (k & 1 ? 1 : 1 - (double)f / 7) / (k * (1 + 0.15 * ((k * 5 + (int)f) % 4)))
				    * fm_sin(2 * PI * ((k * i) % a->cycle) / a->cycle);
			a->x[f * a->cycle + i] = (float)(0.5 * y);
		}
}

static const struct {
	uint32_t channels, frames, cycle;
	void (*fill)(struct asset *a);
} kinds[] = {
    {1, 2 * RATE, 0, make_loop}, {1, 3 * RATE / 2, 0, make_voice}, {2, 6 * RATE / 5, 0, make_hall},
    {1, 8 * 2048, 2048, make_waves},
};
const char *const asset_made_names[] = {"loop", "voice", "hall", "waves", NULL};

const struct asset *
asset_make(const char *name, struct err *err)
{
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	static uint8_t hash[4][HASH_SIZE];
	static int hashed[4];
	int i = 0;
	while (asset_made_names[i] && strcmp(asset_made_names[i], name))
		i++;
	if (!asset_made_names[i])
		return err_set(err, "there is no 'made:%s'; there are loop, voice, hall and waves", name), NULL;
	pthread_mutex_lock(&lock);
	const struct asset *a = hashed[i] ? asset_known(hash[i]) : NULL;
	struct asset *fresh = a ? NULL : asset_new(RATE, kinds[i].channels, kinds[i].frames, kinds[i].cycle, err);
	if (fresh) {
		kinds[i].fill(fresh);
		a = asset_keep(fresh, err);
	}
	if (a) {
		memcpy(hash[i], a->hash, HASH_SIZE);
		hashed[i] = 1;
	}
	pthread_mutex_unlock(&lock);
	return a;
}
