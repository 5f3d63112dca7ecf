/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A bench for one module: set its inputs, run it (one lane, the scalar build),
 * look at its outputs. Then spectra, to say something physical about them.
 *
 *     struct rig r = rig("svf");
 *     rig_set(&r, "cutoff", 1000);
 *     rig_signal(&r, "in", x);            // x[frames]: wired, each frame
 *     rig_run(&r, frames);                // frames: rounded up to whole blocks
 *     const float *low = rig_out(&r, "low");
 *     rig_free(&r);
 */
#ifndef TESTS_MODULE_RIG_H
#define TESTS_MODULE_RIG_H

#include <complex.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "synth/asset.h"
#include "synth/engine/drive.h"

struct rig {
	const struct module *m;
	struct drive d;
	uint32_t seed;
	float tempo, pitch, velocity, random;
	int32_t off;
	float value[DRIVE_PORTS];         /* of each input */
	const float *signal[DRIVE_PORTS]; /* or a number a frame; NULL: the value */
	const float *control[DRIVE_PORTS]; /* or a number a block */
	float *out[DRIVE_PORTS];
	size_t frames;
};

static inline struct rig
rig(const char *module)
{
	struct rig r = {.seed = 1, .tempo = 120, .pitch = 60, .velocity = 1, .off = 1 << 30};
	r.d.rate = 44100;
	for (size_t i = 0; modules_scalar[i]; i++)
		if (!strcmp(modules_scalar[i]->name, module)) {
			r.m = modules_scalar[i];
			r.d.module = i;
		}
	if (!r.m) {
		fprintf(stderr, "no module '%s'\n", module);
		exit(1);
	}
	size_t k = 0;
	for (const struct port *p = r.m->ports; p->dir != PORT_END; p++)
		if (p->dir == PORT_IN)
			r.value[k++] = p->def;
	return r;
}

static inline size_t
rig_port(const struct rig *r, enum port_dir dir, const char *name)
{
	size_t k = 0;
	if (!port_find(r->m, dir, name, &k)) {
		fprintf(stderr, "%s has no port '%s'\n", r->m->name, name);
		exit(1);
	}
	return k;
}

/* A sound to play: x[channels][frames]. */
static inline const struct asset *
rig_asset(const float *x, uint32_t channels, size_t frames, uint32_t rate, uint32_t cycle)
{
	struct err err;
	struct asset *a = asset_new(rate, channels, frames, cycle, &err);
	if (a)
		memcpy(a->x, x, frames * channels * sizeof *x);
	const struct asset *kept = a ? asset_keep(a, &err) : NULL;
	if (!kept) {
		fprintf(stderr, "%s\n", err.text);
		exit(1);
	}
	return kept;
}

/* The sounds that the module plays; the list must outlive the runs. */
static inline void
rig_sounds(struct rig *r, const struct asset *const *sounds, size_t n)
{
	r->d.sounds = sounds;
	r->d.n_sounds = n;
}

/* A choice is set by its number. */
static inline void
rig_set(struct rig *r, const char *port, double value)
{
	const size_t k = rig_port(r, PORT_IN, port);
	r->value[k] = (float)value;
	r->signal[k] = r->control[k] = NULL;
}

/* x holds a number a frame, for whole blocks (64 frames). */
static inline void
rig_signal(struct rig *r, const char *port, const float *x)
{
	r->signal[rig_port(r, PORT_IN, port)] = x;
}

/* x holds a number a block. */
static inline void
rig_control(struct rig *r, const char *port, const float *x)
{
	r->control[rig_port(r, PORT_IN, port)] = x;
}

static inline void
rig_free(struct rig *r)
{
	for (size_t k = 0; k < DRIVE_PORTS; k++) {
		free(r->out[k]);
		r->out[k] = NULL;
	}
}

static inline void
rig_run(struct rig *r, size_t frames)
{
	const size_t blocks = (frames + DRIVE_BLOCK - 1) / DRIVE_BLOCK, n_in = port_count(r->m, PORT_IN);
	rig_free(r);
	r->d.blocks = blocks;
	r->d.seed = &r->seed;
	r->d.tempo = &r->tempo;
	r->d.pitch = &r->pitch;
	r->d.velocity = &r->velocity;
	r->d.random = &r->random;
	r->d.off = &r->off;
	r->d.fixed = r->value;
	float *held[DRIVE_PORTS] = {0};
	for (size_t k = 0; k < n_in; k++) {
		r->d.stride[k] = r->signal[k] != NULL;
		r->d.in[k] = r->signal[k] ? r->signal[k] : r->control[k];
		if (r->d.in[k])
			continue;
		held[k] = malloc((blocks + 1) * sizeof(float));
		for (size_t t = 0; t < blocks; t++)
			held[k][t] = r->value[k];
		r->d.in[k] = held[k];
	}
	for (size_t k = 0; k < port_count(r->m, PORT_OUT); k++)
		r->d.out[k] = r->out[k] = calloc(blocks * DRIVE_BLOCK + 1, sizeof(float));
	if (drive_scalar(&r->d) < 0)
		exit(1);
	for (size_t k = 0; k < n_in; k++)
		free(held[k]);
	r->frames = blocks * DRIVE_BLOCK;
}

/* A number a frame (a block where d.once_a_block is set); valid until the next run. */
static inline const float *
rig_out(const struct rig *r, const char *port)
{
	return r->out[rig_port(r, PORT_OUT, port)];
}

static inline int
rig_finite(const float *x, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!isfinite(x[i]))
			return 0;
	return 1;
}

static inline double
rig_peak(const float *x, size_t n)
{
	double p = 0;
	for (size_t i = 0; i < n; i++)
		p = fmax(p, fabs((double)x[i]));
	return p;
}

static inline double
rig_rms(const float *x, size_t n)
{
	double s = 0;
	for (size_t i = 0; i < n; i++)
		s += (double)x[i] * (double)x[i];
	return sqrt(s / (double)n);
}

static inline double
rig_db(double ratio)
{
	return 20 * log10(fmax(ratio, 1e-12));
}

/* In place, n a power of two; e^-iwt. */
static inline void
rig_fft(double complex *x, size_t n)
{
	for (size_t i = 1, j = 0; i < n; i++) {
		size_t bit = n >> 1;
		for (; j & bit; bit >>= 1)
			j ^= bit;
		j |= bit;
		if (i < j) {
			const double complex t = x[i];
			x[i] = x[j];
			x[j] = t;
		}
	}
	for (size_t len = 2; len <= n; len *= 2)
		for (size_t k = 0; k < len / 2; k++) {
			const double complex w = cexp(-2 * M_PI * I * (double)k / (double)len);
			for (size_t i = k; i < n; i += len) {
				const double complex u = x[i], v = x[i + len / 2] * w;
				x[i] = u + v;
				x[i + len / 2] = u - v;
			}
		}
}

/* Windowed amplitude spectrum of x[n], n a power of two: n/2 bins, allocated; a sine
   of amplitude 1 reads 1 at its bin. Blackman-Harris with seven terms: sidelobes under
   -160 dB (Albrecht 2001), main lobe +-7 bins. */
static inline double *
rig_spectrum(const float *x, size_t n)
{
	static const double a[7] = {0.27105140069342, -0.43329793923448, 0.21812299954311, -0.06592544638803,
	    0.01081174209837, -0.00077658482522, 0.00001388721735};
	double complex *z = malloc(n * sizeof *z);
	double *mag = malloc(n / 2 * sizeof *mag);
	for (size_t i = 0; i < n; i++) {
		double w = 0;
		for (int k = 0; k < 7; k++)
			w += a[k] * cos(2 * M_PI * k * (double)i / (double)n);
		z[i] = (double)x[i] * w;
	}
	rig_fft(z, n);
	for (size_t i = 0; i < n / 2; i++)
		mag[i] = cabs(z[i]) * 2 / (a[0] * (double)n);
	free(z);
	return mag;
}

/* Amplitude and phase (of a cosine, radians at x[0]) of one partial, f in turns a frame,
   under the same kind of window; read away from other partials by 7 bins or more. */
static inline double complex
rig_partial(const float *x, size_t n, double f)
{
	static const double a[4] = {0.35875, -0.48829, 0.14128, -0.01168};
	/* turning by a fixed angle each frame is exact enough over 1e5 frames (1e-11) */
	const double complex turn = cexp(-2 * M_PI * I * f), step = cexp(2 * M_PI * I / (double)n);
	double complex s = 0, z = 1, w = 1;
	for (size_t i = 0; i < n; i++) {
		const double c1 = creal(w), c2 = 2 * c1 * c1 - 1, c3 = c1 * (2 * c2 - 1);
		s += (double)x[i] * (a[0] + a[1] * c1 + a[2] * c2 + a[3] * c3) * z;
		z *= turn;
		w *= step;
	}
	return s * 2 / (a[0] * (double)n);
}

/* The frequency near f (turns a frame) that x really has, from the phase's advance
   between two windows n apart: x holds 2 n. */
static inline double
rig_frequency(const float *x, size_t n, double f)
{
	const double turn = carg(rig_partial(x + n, n, f) * conj(rig_partial(x, n, f))) / (2 * M_PI);
	/* partial() counts its phase from its own start: the expected advance is f n turns */
	const double whole = f * (double)n;
	return f + (turn - (whole - floor(whole + 0.5)) - floor(turn - (whole - floor(whole + 0.5)) + 0.5)) / (double)n;
}

#endif
