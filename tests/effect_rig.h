/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Drives one module at LANES = 1 for many blocks and keeps all of its output:
 *
 *     struct effect e;
 *     effect_open(&e, "delay", 48000, 24000);       rate, frames
 *     effect_set(&e, "time", 0.25);
 *     float *in = effect_signal(&e, "left");        frames of zeros to fill
 *     effect_run(&e);
 *     float *out = effect_out(&e, "left");
 *     effect_close(&e);
 */
#ifndef TESTS_EFFECT_RIG_H
#define TESTS_EFFECT_RIG_H

#define LANES 1
#include <stdio.h>
#include <stdlib.h>

#include "synth/module.h"
#include "tap.h"

#define TURN 6.283185307179586

enum { RIG_PORTS = 24 };

struct effect {
	const struct module *m;
	struct context c;
	float fixed[RIG_PORTS], value[RIG_PORTS], *signal[RIG_PORTS], *out[RIG_PORTS];
	int frames;
};

static inline size_t
effect_port(const struct effect *e, enum port_dir dir, const char *name)
{
	size_t i;
	if (port_find(e->m, dir, name, &i))
		return i;
	printf("Bail out! %s has no port '%s'\n", e->m->name, name);
	exit(1);
}

static inline void
effect_open(struct effect *e, const char *module, float rate, int frames)
{
	*e = (struct effect){0};
	for (size_t i = 0; modules_scalar[i]; i++)
		if (!strcmp(modules_scalar[i]->name, module))
			e->m = modules_scalar[i];
	if (!e->m) {
		printf("Bail out! no module '%s'\n", module);
		exit(1);
	}
	e->frames = (frames + BLOCK - 1) / BLOCK * BLOCK;
	e->c = (struct context){.rate = rate, .node = 1, .seed = 12345, .tempo = 120, .pitch = 69, .velocity = 1,
	    .random = 0.5f, .off = e->frames, .fixed = e->fixed};
	size_t in = 0, out = 0;
	for (const struct port *p = e->m->ports; p->dir != PORT_END; p++)
		if (p->dir == PORT_IN) {
			e->value[in] = p->from && !strcmp(p->from, "note.pitch") ? e->c.pitch : p->def;
			e->fixed[in] = p->rate == RATE_FIXED ? p->def : 0;
			in++;
		} else
			e->out[out++] = calloc((size_t)e->frames, sizeof(float));
}

static inline void
effect_set(struct effect *e, const char *port, float value)
{
	const size_t i = effect_port(e, PORT_IN, port);
	e->value[i] = value;
	if (port_find(e->m, PORT_IN, port, NULL)->rate == RATE_FIXED)
		e->fixed[i] = value;
}

static inline float *
effect_signal(struct effect *e, const char *port)
{
	const size_t i = effect_port(e, PORT_IN, port);
	if (!e->signal[i])
		e->signal[i] = calloc((size_t)e->frames, sizeof(float));
	return e->signal[i];
}

static inline float *
effect_out(const struct effect *e, const char *port)
{
	return e->out[effect_port(e, PORT_OUT, port)];
}

static inline void
effect_run(struct effect *e)
{
	const size_t bytes = e->m->size ? e->m->size(&e->c) : 0;
	void *state = calloc(1, bytes ? bytes : 1);
	if (e->m->init)
		e->m->init(state, &e->c);
	for (int now = 0; now < e->frames; now += BLOCK) {
		struct in in[RIG_PORTS];
		float *out[RIG_PORTS];
		for (int i = 0; i < RIG_PORTS; i++) {
			in[i] = e->signal[i] ? (struct in){e->signal[i] + now, 1} : (struct in){&e->value[i], 0};
			out[i] = e->out[i] ? e->out[i] + now : NULL;
		}
		const struct block b = {&e->c, BLOCK, 1, (uint32_t)now, in, out};
		e->m->run(state, &b);
	}
	free(state);
}

static inline void
effect_close(struct effect *e)
{
	for (int i = 0; i < RIG_PORTS; i++) {
		free(e->signal[i]);
		free(e->out[i]);
	}
}

/* --- signals and measures ---------------------------------------------------------- */

static inline void
sine_into(float *x, int n, double hz, double rate, double level)
{
	for (int i = 0; i < n; i++)
		x[i] = (float)(level * sin(TURN * hz * i / rate));
}

/* White noise in [-level, level). */
static inline void
noise_into(float *x, int n, uint32_t seed, double level)
{
	for (int i = 0; i < n; i++)
		x[i] = (float)level * noise_float(seed, (uint32_t)i);
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

static inline double
rms_of(const float *x, int n)
{
	double s = 0;
	for (int i = 0; i < n; i++)
		s += (double)x[i] * x[i];
	return sqrt(s / n);
}

static inline double
db(double ratio)
{
	return 20 * log10(ratio);
}

static inline int
all_finite(const float *x, int n)
{
	for (int i = 0; i < n; i++)
		if (!isfinite(x[i]))
			return 0;
	return 1;
}

#endif
