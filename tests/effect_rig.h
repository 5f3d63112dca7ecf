/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * module_rig.h for effects: a rate, a length, and buffers of its own.
 *
 *     struct effect e;
 *     effect_open(&e, "delay", 48000, 24000);      rate, frames
 *     effect_set(&e, "time", 0.25);
 *     effect_signal(&e, "left")[0] = 1;            frames of zeros to fill
 *     effect_run(&e);
 *     const float *y = effect_out(&e, "left");
 *     effect_close(&e);
 */
#ifndef TESTS_EFFECT_RIG_H
#define TESTS_EFFECT_RIG_H

#include "module_rig.h"
#include "tap.h"

#define TURN 6.283185307179586

struct effect {
	struct rig r;
	float *signal[DRIVE_PORTS];
	int frames; /* whole blocks */
};

static inline void
effect_open(struct effect *e, const char *module, float rate, int frames)
{
	*e = (struct effect){.r = rig(module), .frames = (frames + DRIVE_BLOCK - 1) / DRIVE_BLOCK * DRIVE_BLOCK};
	e->r.d.rate = rate;
}

static inline void
effect_set(struct effect *e, const char *port, double value)
{
	rig_set(&e->r, port, value);
}

static inline float *
effect_signal(struct effect *e, const char *port)
{
	const size_t i = rig_port(&e->r, PORT_IN, port);
	if (!e->signal[i])
		e->signal[i] = calloc((size_t)e->frames, sizeof(float));
	rig_signal(&e->r, port, e->signal[i]);
	return e->signal[i];
}

static inline const float *
effect_out(const struct effect *e, const char *port)
{
	return rig_out(&e->r, port);
}

static inline void
effect_run(struct effect *e)
{
	rig_run(&e->r, (size_t)e->frames);
}

static inline void
effect_close(struct effect *e)
{
	rig_free(&e->r);
	for (int i = 0; i < DRIVE_PORTS; i++)
		free(e->signal[i]);
}

/* --- signals and measures ---------------------------------------------------------- */

static inline void
sine_into(float *x, int n, double hz, double rate, double level)
{
	for (int i = 0; i < n; i++)
		x[i] = (float)(level * sin(TURN * hz * i / rate));
}

/* One of many white noises, number i of it, in [-1, 1). */
static inline float
noise_at(uint32_t seed, uint32_t i)
{
	uint32_t x = i * 0x9e3779b9u ^ seed * 0x85ebca6bu;
	x = (x ^ x >> 16) * 0x7feb352du;
	x = (x ^ x >> 15) * 0x846ca68bu;
	return (float)(int32_t)(x ^ x >> 16) * 0x1p-31f;
}

static inline void
noise_into(float *x, int n, uint32_t seed)
{
	for (int i = 0; i < n; i++)
		x[i] = noise_at(seed, (uint32_t)i);
}

/* Amplitude of one frequency in x: correlation under a Hann window. */
static inline double
amplitude_at(const float *x, int n, double hz, double rate)
{
	double re = 0, im = 0, sum = 0;
	for (int i = 0; i < n; i++) {
		const double w = 0.5 - 0.5 * cos(TURN * i / n), a = TURN * hz * i / rate;
		re += w * x[i] * cos(a);
		im += w * x[i] * sin(a);
		sum += w;
	}
	return 2 * sqrt(re * re + im * im) / sum;
}

static inline int
first_above(const float *x, int from, int n, float level)
{
	for (int i = from; i < n; i++)
		if (fabsf(x[i]) > level)
			return i;
	return -1;
}

/* Energy of the octave around hz that is still to come, at each frame: allocated, n + 1. */
static inline double *
energy_left(const float *x, int n, double hz, double rate)
{
	const double w = TURN * hz / rate, al = sin(w) / (2 * sqrt(2)), b0 = al / (1 + al), a1 = -2 * cos(w) / (1 + al),
	    a2 = (1 - al) / (1 + al);
	double x1 = 0, x2 = 0, y1 = 0, y2 = 0, *left = calloc((size_t)n + 1, sizeof *left);
	for (int i = 0; i < n; i++) {
		const double y = b0 * (x[i] - x2) - a1 * y1 - a2 * y2;
		x2 = x1, x1 = x[i], y2 = y1, y1 = y;
		left[i] = y * y;
	}
	for (int i = n - 1; i >= 0; i--)
		left[i] += left[i + 1];
	return left;
}

/* Reverberation time by Schroeder's backward integral: the straight line through -5 to -35 dB. */
static inline double
t30(const float *x, int n, double hz, double rate)
{
	double m = 0, sx = 0, sy = 0, sxx = 0, sxy = 0, *left = energy_left(x, n, hz, rate);
	for (int i = 0; i < n; i += 8) {
		const double d = 10 * log10(left[i] / left[0] + 1e-30), t = i / rate;
		if (d > -5 || d < -35)
			continue;
		m++, sx += t, sy += d, sxx += t * t, sxy += t * d;
	}
	free(left);
	return -60 * (m * sxx - sx * sx) / (m * sxy - sx * sy);
}

/* Correlation of two signals, -1 to 1. */
static inline double
alike(const float *x, const float *y, int n)
{
	double dot = 0;
	for (int i = 0; i < n; i++)
		dot += (double)x[i] * y[i];
	return dot / (n * rig_rms(x, (size_t)n) * rig_rms(y, (size_t)n) + 1e-30);
}

/* Runs an effect whose delay swings at hz, right a quarter turn ahead, and tells by how many ms it misses
   centre + swing sin: read off a ramp, in = seconds, whose value is the time that it comes from. */
static inline double
effect_swing_error(struct effect *e, double rate, double centre, double swing, double hz)
{
	static const char *const sides[] = {"left", "right"};
	for (int side = 0; side < 2; side++) {
		float *x = effect_signal(e, sides[side]);
		for (int i = 0; i < e->frames; i++)
			x[i] = (float)i / (float)rate;
	}
	effect_run(e);
	double worst = 0;
	for (int side = 0; side < 2; side++)
		for (int i = 2000; i < e->frames; i++) {
			const double lag = 1000 * (i / rate - effect_out(e, sides[side])[i]), turn = hz * (i + 1) / rate + 0.25 * side;
			worst = fmax(worst, fabs(lag - centre - swing * sin(TURN * turn)));
		}
	return worst;
}

#endif
