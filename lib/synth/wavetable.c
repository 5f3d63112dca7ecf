/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "synth/wavetable.h"

#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/fmath.h"
#include "base/rng.h"
#include "dsp/fft.h"

const char *const wavetable_names[] = {"classic", "pulse", "vowel", "organ", "sweep", "glass", 0};

#define PI 3.14159265358979323846

/* Each gives the amplitude of partial k of frame p (0..1 over the table). */

/* Sine, triangle, saw, square, one into the other. */
static double
classic(int k, double p)
{
	const double odd = k & 1;
	const double wave[4] = {
	    k == 1, odd * 8 / (PI * PI * k * k) * (k % 4 == 3 ? -1 : 1), 2 / (PI * k), odd * 4 / (PI * k)};
	const double x = p * 3;
	const int i = x < 2 ? (int)x : 2;
	return wave[i] + (wave[i + 1] - wave[i]) * (x - i);
}

/* Half a turn down to a fiftieth. */
static double
pulse(int k, double p)
{
	return 4 / (PI * k) * fm_sin(PI * k * (0.5 - 0.48 * p));
}

/* a e i o u: three formants each over a voice of 110 Hz (Peterson and Barney 1952, men). */
static double
vowel(int k, double p)
{
	static const double hz[5][3] = {
	    {730, 1090, 2440}, {530, 1840, 2480}, {270, 2290, 3010}, {570, 840, 2410}, {300, 870, 2240}};
	static const double level[3] = {1, 0.5, 0.25};
	const double x = p * 4, f = 110 * k;
	const int i = x < 3 ? (int)x : 3;
	double a = 0.02;
	for (int j = 0; j < 3; j++) {
		const double centre = hz[i][j] + (hz[i + 1][j] - hz[i][j]) * (x - i),
			     d = (f - centre) / (60 + 0.06 * centre);
		a += level[j] / (1 + d * d);
	}
	return a / sqrt(k);
}

/* Drawbars, pulled one after the other. */
static double
organ(int k, double p)
{
	static const int bar[8] = {1, 2, 3, 4, 6, 8, 12, 16};
	double a = 0;
	for (int j = 0; j < 8; j++)
		a += (k == bar[j]) * fmin(fmax(p * 7 - j + 1, 0), 1) / (1 + 0.15 * j);
	return a;
}

/* A saw through a resonance that climbs from partial 1 to 48. */
static double
sweep(int k, double p)
{
	const double centre = fm_exp2(p * 5.58), d = k / centre;
	return 2 / (PI * k) / sqrt((1 - d * d) * (1 - d * d) + 0.03 * d * d);
}

/* Bell-like clusters of partials, drawn by chance. */
static double
glass(int k, double p)
{
	double a = k == 1;
	for (int i = 0; i < 2; i++) {
		const double x = p * 7, frame = floor(x) + i, weight = i ? x - floor(x) : 1 - (x - floor(x));
		const uint64_t bits = rng_at(0x676c617373 + (uint64_t)frame, (uint64_t)k);
		a += weight * (k > 1 && k <= 64 && bits % 5 == 0) * (double)(bits >> 40) * 0x1p-24 / sqrt(sqrt(k));
	}
	return a;
}

static double (*const partials[WAVETABLES])(int k, double p) = {classic, pulse, vowel, organ, sweep, glass};

typedef float table[WAVETABLE_FRAMES][WAVETABLE_LEVELS][WAVETABLE_ROW];
static table tables[WAVETABLES];

/* Partials are added from the lowest up; each level is what stands there when its last has come. */
static void
build(int which)
{
	static double sine[WAVETABLE_LENGTH], sum[WAVETABLE_LENGTH];
	for (int i = 0; i < WAVETABLE_LENGTH; i++)
		sine[i] = fm_sin(2 * PI * i / WAVETABLE_LENGTH);
	for (int f = 0; f < WAVETABLE_FRAMES; f++) {
		memset(sum, 0, sizeof sum);
		int k = 1;
		for (int level = WAVETABLE_LEVELS - 1; level >= 0; level--) {
			const int last = (int)(WAVETABLE_PARTIALS * fm_exp2(-0.5 * level) + 1e-9);
			for (; k <= last; k++) {
				const double a = partials[which](k, (double)f / (WAVETABLE_FRAMES - 1));
				/* pulses are made of cosines: their flanks then fall together */
				const unsigned turn = which == 1 ? WAVETABLE_LENGTH / 4 : 0;
				for (unsigned i = 0; a != 0 && i < WAVETABLE_LENGTH; i++)
					sum[i] += a * sine[(i * (unsigned)k + turn) % WAVETABLE_LENGTH];
			}
			for (int i = 0; i < WAVETABLE_ROW; i++)
				tables[which][f][level][i] = (float)sum[i % WAVETABLE_LENGTH];
		}
		double peak = 1e-9;
		for (int i = 0; i < WAVETABLE_LENGTH; i++)
			peak = fmax(peak, fabs(sum[i]));
		for (int level = 0; level < WAVETABLE_LEVELS; level++)
			for (int i = 0; i < WAVETABLE_ROW; i++)
				tables[which][f][level][i] = (float)(tables[which][f][level][i] / peak);
	}
}

const float *
wavetable(int which)
{
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	static int built[WAVETABLES];
	pthread_mutex_lock(&lock);
	if (!built[which])
		build(which);
	built[which] = 1;
	pthread_mutex_unlock(&lock);
	return &tables[which][0][0][0];
}

/* --- out of files ------------------------------------------------------------------------ */

enum { SERUM = 2048, LONGEST = ASSET_CYCLE };

static uint32_t
cycle_of(const struct asset *a)
{
	if (a->cycle && a->cycle <= a->frames)
		return a->cycle;
	return (a->frames % SERUM == 0 && a->frames > SERUM) || a->frames > LONGEST ? SERUM : (uint32_t)a->frames;
}

/* The partials of one cycle, by its transform, to all levels of a frame. */
static int
analyse(const float *x, uint32_t n, float *row)
{
	const struct fft *in = fft_real(n), *out = fft_real(WAVETABLE_LENGTH);
	double *d = malloc((n + 2 * (n / 2 + 1)) * sizeof *d), *X = d + n;
	float *Y = fft_alloc(2 * (WAVETABLE_LENGTH / 2 + 1)), *y = fft_alloc(WAVETABLE_LENGTH);
	int status = in && out && d && Y && y ? 0 : -1;
	for (uint32_t i = 0; !status && i < n; i++)
		d[i] = x[i];
	if (!status)
		status = fft_forward_double(in, d, X);
	for (int level = 0; level < WAVETABLE_LEVELS && !status; level++) {
		const uint32_t last = (uint32_t)(WAVETABLE_PARTIALS * fm_exp2(-0.5 * level) + 1e-9);
		memset(Y, 0, 2 * (WAVETABLE_LENGTH / 2 + 1) * sizeof *Y);
		for (uint32_t k = 1; k <= last && 2 * k < n; k++) {
			Y[2 * k] = (float)(X[2 * k] / n);
			Y[2 * k + 1] = (float)(X[2 * k + 1] / n);
		}
		status = fft_backward(out, Y, y);
		for (int i = 0; i < WAVETABLE_ROW; i++)
			row[level * WAVETABLE_ROW + i] = y[i % WAVETABLE_LENGTH];
	}
	free(d);
	fft_release(Y);
	fft_release(y);
	return status;
}

struct wish {
	const struct asset *const *sounds;
	size_t n;
};

static void *
make_table(void *user, size_t *bytes)
{
	enum { FRAME = WAVETABLE_LEVELS * WAVETABLE_ROW };
	const struct wish *w = user;
	size_t frames = 0, at = 0;
	for (size_t i = 0; i < w->n; i++)
		frames += w->sounds[i]->frames / cycle_of(w->sounds[i]);
	frames = frames < WAVETABLE_MOST ? frames : WAVETABLE_MOST;
	struct wavetable *t = malloc(*bytes = sizeof *t + (frames + (frames == 1)) * FRAME * sizeof(float));
	for (size_t i = 0; t && i < w->n; i++) {
		const uint32_t cycle = cycle_of(w->sounds[i]);
		for (uint64_t k = 0; k < w->sounds[i]->frames / cycle && at < frames; k++, at++)
			if (analyse(w->sounds[i]->x + k * cycle, cycle, t->x + at * FRAME) < 0)
				return free(t), NULL;
	}
	if (!t)
		return NULL;
	float peak = 1e-9f;
	for (size_t f = 0; f < frames; f++)
		for (int i = 0; i < WAVETABLE_LENGTH; i++)
			peak = fmaxf(peak, fabsf(t->x[f * FRAME + (size_t)i]));
	for (size_t i = 0; i < frames * FRAME; i++)
		t->x[i] /= peak;
	if (frames == 1)
		memcpy(t->x + FRAME, t->x, FRAME * sizeof *t->x);
	t->frames = frames == 1 ? 2 : (int)frames;
	return t;
}

const struct wavetable *
wavetable_of(const struct asset *const *sounds, size_t n)
{
	struct wish w = {sounds, n};
	uint8_t key[HASH_SIZE];
	asset_key(key, "wavetable", sounds, n, 0);
	return asset_derived(key, make_table, &w);
}
