/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "synth/samples.h"

#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/fmath.h"

#define PI 3.14159265358979323846

/* Modified Bessel function of the first kind, order 0, by its series. */
static double
bessel(double x)
{
	double sum = 1, term = 1;
	for (int k = 1; k < 60; k++) {
		term *= x / (2 * k) * (x / (2 * k));
		sum += term;
	}
	return sum;
}

/* sinc(x) under a Kaiser window (1974) that ends at x = zeros. */
static double
windowed_sinc(double x, double zeros, double beta)
{
	const double u = x / zeros;
	if (fabs(u) >= 1)
		return 0;
	const double sinc = x == 0 ? 1 : fm_sin(PI * x) / (PI * x);
	return sinc * bessel(beta * sqrt(1 - u * u)) / bessel(beta);
}

/* --- the kernels ------------------------------------------------------------------- */

static struct kernel kernels[KERNELS];

static void
make_kernels(void)
{
	static const int taps[KERNELS] = {KERNEL_TAPS, 28, 36, 40, 48};
	static float rows[(KERNEL_STEPS + 1) * (24 + 28 + 36 + 40 + 48)];
	float *to = rows;
	for (int k = 0; k < KERNELS; k++) {
		const double slow = fm_exp2(0.25 * k);
		kernels[k] = (struct kernel){taps[k], to};
		for (int p = 0; p <= KERNEL_STEPS; p++)
			for (int i = 0; i < taps[k]; i++) {
				const double t = (i - taps[k] / 2 + 1) - (double)p / KERNEL_STEPS;
				const double w = windowed_sinc(t / slow, taps[k] / 2 / slow, 8.5) / slow;
				/* to the bit: at whole frames and no speed over 1 a sound is what it is */
				*to++ = k == 0 && p % KERNEL_STEPS == 0 ? (float)(fabs(t) < 0.5) : (float)w;
			}
	}
}

const struct kernel *
samples_kernels(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	pthread_once(&once, make_kernels);
	return kernels;
}

/* --- levels ----------------------------------------------------------------------- */

enum { TAPS = 24 }; /* odd ones of a half-band filter, to each side */

/* Every other frame of x, what lies above a quarter of its rate taken away. */
static void
halve(const float *x, int64_t n, float *y, int64_t m)
{
	double h[TAPS];
	for (int k = 0; k < TAPS; k++)
		h[k] = 0.5 * windowed_sinc((2 * k + 1) * 0.5, TAPS, 9);
	for (int64_t i = 0; i < m; i++) {
		double sum = 2 * i < n ? 0.5 * x[2 * i] : 0;
		for (int k = 0; k < TAPS; k++) {
			const int64_t a = 2 * i - (2 * k + 1), b = 2 * i + (2 * k + 1);
			sum += h[k] * ((a >= 0 && a < n ? x[a] : 0) + (b < n ? x[b] : 0));
		}
		y[i] = (float)sum;
	}
}

static int64_t
level_frames(uint64_t frames, int level)
{
	return (int64_t)(frames >> level) + 1;
}

struct wish {
	const struct asset *const *a;
	size_t n;
};

static void *
make_samples(void *user, size_t *bytes)
{
	const struct wish *w = user;
	size_t room = 0;
	for (size_t i = 0; i < w->n; i++)
		for (int l = 0; l < SAMPLES_LEVELS; l++)
			room += (w->a[i]->channels > 1 ? 2 : 1) * (size_t)(level_frames(w->a[i]->frames, l) + 2 * SAMPLES_GUARD);
	struct samples *s = calloc(1, *bytes = sizeof *s + room * sizeof(float));
	if (!s)
		return NULL;
	s->n = (int)w->n;
	s->channels = 1;
	size_t at = 0;
	for (int i = 0; i < s->n; i++) {
		const struct asset *a = w->a[i];
		s->sound[i].rate = (float)a->rate;
		s->sound[i].frames = (int32_t)a->frames;
		for (int c = 0; c < 2; c++) {
			if ((uint32_t)c >= a->channels) {
				memcpy(s->sound[i].at[c], s->sound[i].at[0], sizeof s->sound[i].at[c]);
				continue;
			}
			s->channels = c + 1 > s->channels ? c + 1 : s->channels;
			for (int l = 0; l < SAMPLES_LEVELS; l++) {
				const int64_t m = level_frames(a->frames, l);
				float *to = s->x + at + SAMPLES_GUARD;
				s->sound[i].at[c][l] = (int32_t)(at + SAMPLES_GUARD);
				if (l == 0)
					memcpy(to, a->x + (uint64_t)c * a->frames, a->frames * sizeof *to);
				else
					halve(s->x + s->sound[i].at[c][l - 1], level_frames(a->frames, l - 1), to, m);
				at += (size_t)m + 2 * SAMPLES_GUARD;
			}
		}
	}
	return s;
}

const struct samples *
samples_of(const struct asset *const *a, size_t n)
{
	struct wish w = {a, n < SAMPLES_MAX ? n : SAMPLES_MAX};
	uint8_t key[HASH_SIZE];
	if (!n)
		return NULL;
	asset_key(key, "samples", a, w.n, 0);
	return asset_derived(key, make_samples, &w);
}

/* --- another rate ------------------------------------------------------------------- */

uint64_t
samples_resampled(uint64_t n, uint32_t from, uint32_t to)
{
	return (uint64_t)ceil((double)n * to / from);
}

enum { ZEROS = 48, STEPS = 256 };
static double window[ZEROS * STEPS + 2];

static void
make_window(void)
{
	for (int k = 0; k <= ZEROS * STEPS; k++) {
		const double u = (double)k / (ZEROS * STEPS);
		window[k] = bessel(11 * sqrt(1 - u * u)) / bessel(11);
	}
}

/* The window is looked up in its table, the sine turned on from tap to tap. */
void
samples_resample(const float *x, uint64_t n, uint32_t from, uint32_t to, float *y)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	pthread_once(&once, make_window);
	if (from == to) {
		memcpy(y, x, n * sizeof *y);
		return;
	}
	const double cut = (to < from ? (double)to / from : 1) * 0.96;
	const int64_t reach = (int64_t)ceil(ZEROS / cut);
	const double turn_c = fm_cos(PI * cut), turn_s = fm_sin(PI * cut);
	for (uint64_t i = 0; i < samples_resampled(n, from, to); i++) {
		/* exact: both are whole numbers below 2^53 */
		const uint64_t whole = (uint64_t)i * from / to;
		const double part = (double)((uint64_t)i * from % to) / to;
		int64_t k = (int64_t)whole - reach;
		double t = (double)-reach - part, c = fm_cos(PI * cut * t), s = fm_sin(PI * cut * t), sum = 0;
		for (; k <= (int64_t)whole + reach; k++, t += 1) {
			const double a = fabs(t) * cut * STEPS;
			const int j = (int)a;
			if (k >= 0 && k < (int64_t)n && j < ZEROS * STEPS) {
				const double w = window[j] + (a - j) * (window[j + 1] - window[j]);
				sum += x[k] * w * (fabs(t) < 1e-9 ? cut : s / (PI * t));
			}
			const double next = c * turn_c - s * turn_s;
			s = s * turn_c + c * turn_s;
			c = next;
		}
		y[i] = (float)sum;
	}
}
