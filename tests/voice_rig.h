/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The Voice of torchsynth (Turian et al. 2021), the yardstick of rendering speed:
 * its 78 parameters drawn by chance, as a recipe of our modules, and the same
 * equations in plain double precision. 4 s at 44.1 kHz, control points at 441 Hz.
 */
#ifndef TESTS_VOICE_RIG_H
#define TESTS_VOICE_RIG_H

#include <math.h>

#include "base/rng.h"
#include "recipe_rig.h"

enum { VOICE_RATE = 44100, VOICE_FRAMES = 4 * VOICE_RATE, VOICE_HOP = 100, VOICE_POINTS = VOICE_FRAMES / VOICE_HOP + 2 };

struct voice_env {
	float attack, decay, sustain, release, curve;
};

/* As numbers that both take: floats. */
struct voice {
	float pitch;
	double length;                    /* s */
	struct voice_env env[2], rate[2], level[2]; /* rate and level: of the LFOs */
	struct {
		float rate, depth, phase, weight[5]; /* phase in turns */
	} lfo[2];
	float amount[4][5];               /* from adsr_1, adsr_2, lfo_1, lfo_2 */
	struct {
		float tune, depth, phase, shape;
	} vco[2];
	float mix[3];
	uint64_t seed;
};

/* p in [0, 1] to min..max, bent by the curve. */
static inline float
voice_draw(struct rng *g, double min, double max, double curve)
{
	return (float)(min + (max - min) * pow(rng_uniform(g), 1 / curve));
}

static inline float
voice_draw_sym(struct rng *g, double min, double max, double curve)
{
	const double d = 2 * rng_uniform(g) - 1, n = copysign(pow(fabs(d), 1 / curve), d);
	return (float)(min + (max - min) / 2 * (n + 1));
}

static inline struct voice_env
voice_draw_env(struct rng *g)
{
	struct voice_env e;
	e.attack = voice_draw(g, 0, 2, 0.5);
	e.decay = voice_draw(g, 0, 2, 0.5);
	e.sustain = voice_draw(g, 0, 1, 1);
	e.release = voice_draw(g, 0, 5, 0.5);
	e.curve = voice_draw(g, 0.1, 6, 1);
	return e;
}

static inline struct voice
voice_random(uint64_t seed)
{
	struct rng g = {seed, 0};
	struct voice v = {.seed = seed};
	v.pitch = voice_draw(&g, 0, 127, 1);
	v.length = voice_draw(&g, 0.01, 4, 0.5);
	for (int i = 0; i < 2; i++) {
		v.env[i] = voice_draw_env(&g);
		v.rate[i] = voice_draw_env(&g);
		v.level[i] = voice_draw_env(&g);
		v.lfo[i].rate = voice_draw(&g, 0, 20, 0.25);
		v.lfo[i].depth = voice_draw_sym(&g, -10, 20, 0.5);
		v.lfo[i].phase = voice_draw(&g, -0.5, 0.5, 1);
		for (int k = 0; k < 5; k++)
			v.lfo[i].weight[k] = voice_draw(&g, 0, 1, 1);
		v.vco[i].tune = voice_draw(&g, -24, 24, 1);
		v.vco[i].depth = voice_draw_sym(&g, -96, 96, 0.2);
		v.vco[i].phase = voice_draw(&g, -0.5, 0.5, 1);
		v.vco[i].shape = voice_draw(&g, 0, 1, 1);
	}
	for (int i = 0; i < 20; i++)
		v.amount[i / 5][i % 5] = voice_draw(&g, 0, 1, 0.5);
	for (int i = 0; i < 3; i++)
		v.mix[i] = voice_draw(&g, 0, 1, 0.025);
	/* p^40 is mostly under -100 dB, where a voice of ours is over: the loudest is brought to 1 */
	const float most = fmaxf(fmaxf(v.mix[0], v.mix[1]), v.mix[2]);
	for (int i = 0; i < 3; i++)
		v.mix[i] /= most;
	return v;
}

/* --- of our modules -------------------------------------------------------------------- */

static inline void
voice_set_env(struct rec *r, uint32_t node, const char *const port[5], const struct voice_env *e)
{
	const float x[5] = {e->attack, e->decay, e->sustain, e->release, e->curve};
	for (int k = 0; k < 5; k++)
		rec_set(r, node, port[k], x[k]);
}

enum { VOICE_NOISE = 8 }; /* number of the noise's node: the reference needs its seed */

static inline struct rec *
voice_recipe(const struct voice *v)
{
	static const char *const env[5] = {"attack", "decay", "sustain", "release", "curve"};
	static const char *const rate[5] = {"rate_attack", "rate_decay", "rate_sustain", "rate_release", "rate_curve"};
	static const char *const level[5] = {"level_attack", "level_decay", "level_sustain", "level_release", "level_curve"};
	static const char *const weight[5] = {"sine", "triangle", "saw", "fall", "square"};
	static const char *const amount[4][5] = {{"a1", "a2", "a3", "a4", "a5"}, {"b1", "b2", "b3", "b4", "b5"},
	    {"c1", "c2", "c3", "c4", "c5"}, {"d1", "d2", "d3", "d4", "d5"}};
	static const char *const letter[4] = {"a", "b", "c", "d"}, *const place[5] = {"one", "two", "three", "four", "five"};
	static const char *const mix[3] = {"level_a", "level_b", "level_c"};
	struct rec *r = rec_new(VOICE_RATE, 60, 4, 0);
	r->recipe.seed = v->seed;
	const uint32_t note = rec_node(r, "note");
	uint32_t source[4], vco[2];
	for (int i = 0; i < 2; i++) {
		source[i] = rec_node(r, "contour");
		voice_set_env(r, source[i], env, &v->env[i]);
	}
	for (int i = 0; i < 2; i++) {
		source[2 + i] = rec_node(r, "lfoblend");
		rec_set(r, source[2 + i], "rate", v->lfo[i].rate);
		rec_set(r, source[2 + i], "depth", v->lfo[i].depth);
		rec_set(r, source[2 + i], "phase", v->lfo[i].phase);
		for (int k = 0; k < 5; k++)
			rec_set(r, source[2 + i], weight[k], v->lfo[i].weight[k]);
		voice_set_env(r, source[2 + i], rate, &v->rate[i]);
		voice_set_env(r, source[2 + i], level, &v->level[i]);
	}
	const uint32_t matrix = rec_node(r, "matrix");
	for (int i = 0; i < 4; i++) {
		rec_wire(r, matrix, letter[i], source[i], "out");
		for (int k = 0; k < 5; k++)
			rec_set(r, matrix, amount[i][k], v->amount[i][k]);
	}
	for (int i = 0; i < 2; i++) {
		vco[i] = rec_node(r, "vco");
		rec_wire(r, vco[i], "pitch", note, "pitch");
		rec_set(r, vco[i], "tune", v->vco[i].tune);
		rec_wire(r, vco[i], "mod", matrix, place[2 * i]);
		rec_set(r, vco[i], "depth", v->vco[i].depth);
		rec_set(r, vco[i], "phase", v->vco[i].phase);
		rec_set(r, vco[i], "wave", (float)i);
		rec_set(r, vco[i], "shape", v->vco[i].shape);
		rec_wire(r, vco[i], "level", matrix, place[2 * i + 1]);
	}
	const uint32_t noise = rec_node(r, "noise"), hiss = rec_node(r, "mul"), mixer = rec_node(r, "mixer");
	rec_wire(r, hiss, "a", noise, "out");
	rec_wire(r, hiss, "b", matrix, place[4]);
	rec_wire(r, mixer, "a", vco[0], "out");
	rec_wire(r, mixer, "b", vco[1], "out");
	rec_wire(r, mixer, "c", hiss, "out");
	for (int i = 0; i < 3; i++)
		rec_set(r, mixer, mix[i], v->mix[i]);
	rec_end(r, mixer, "out", NULL);
	rec_note(r, 0, v->length, v->pitch, 1);
	return r;
}

/* --- in double ----------------------------------------------------------------------------- */

static inline double
voice_ramp(double k, double start, double length, int down)
{
	const double r = fmin((fmax(k - start, 0) + 1e-6) / length + 1e-6, 1);
	return down && length > 0 ? 1 - r : r;
}

static inline double
voice_env_at(const struct voice_env *e, double length, int k)
{
	const double p = (double)VOICE_RATE / VOICE_HOP, on = length * p, attack = e->attack * p;
	const double a = fmin(attack, on), d = fmin(fmax(on - attack, 0), e->decay * p), s = e->sustain;
	return pow(voice_ramp(k, 0, a, 0), e->curve) * ((1 - s) * pow(voice_ramp(k, a, d, 1), e->curve) + s)
	    * pow(voice_ramp(k, on, e->release * p, 1), e->curve);
}

static inline void
voice_lfo(const struct voice *v, int which, double *out)
{
	double x = v->lfo[which].phase, sum = 0, w[5];
	for (int j = 0; j < 5; j++)
		sum += w[j] = pow(v->lfo[which].weight[j], M_E);
	for (int k = 0; k < VOICE_POINTS; k++) {
		x += fmax(v->lfo[which].rate + v->lfo[which].depth * voice_env_at(&v->rate[which], v->length, k), 0) * VOICE_HOP
		    / VOICE_RATE;
		const double saw = x - floor(x), c = cos(2 * M_PI * x + M_PI);
		const double shape[5] = {(c + 1) / 2, saw < 0.5 ? 2 * saw : 2 - 2 * saw, saw, 1 - saw, c > 0 ? 1 : c < 0 ? 0 : 0.5};
		out[k] = 0;
		for (int j = 0; j < 5; j++)
			out[k] += shape[j] * w[j] / sum;
		out[k] *= voice_env_at(&v->level[which], v->length, k);
	}
}

static inline double
voice_hz(double pitch)
{
	return 440 * exp2((pitch - 69) / 12);
}

/* One oscillator, times its level, added to y times mix. */
static inline void
voice_vco(const struct voice *v, int which, const double *mod, const double *level, double *y)
{
	const double base = (double)v->pitch + v->vco[which].tune, depth = v->vco[which].depth, shape = v->vco[which].shape;
	const double fm = voice_hz(base + fmax(depth, 0)), p = 12000 / (fm * log10(fm));
	double x = v->vco[which].phase;
	for (int i = 0; i < VOICE_FRAMES; i++) {
		x += voice_hz(fmin(fmax(base + depth * mod[i], 0), 127)) / VOICE_RATE;
		x -= floor(x);
		double z = cos(2 * M_PI * x);
		if (which)
			z = (1 - shape / 2) * tanh(M_PI * p * sin(2 * M_PI * x) / 2) * (1 + shape * z);
		y[i] += z * level[i] * v->mix[which];
	}
}

/* VOICE_FRAMES samples; noise: as many of the white noise that the recipe's node makes. */
static inline void
voice_reference(const struct voice *v, const float *noise, double *y)
{
	static double point[4][VOICE_POINTS], place[5][VOICE_FRAMES];
	for (int i = 0; i < 2; i++) {
		for (int k = 0; k < VOICE_POINTS; k++)
			point[i][k] = voice_env_at(&v->env[i], v->length, k);
		voice_lfo(v, i, point[2 + i]);
	}
	for (int j = 0; j < 5; j++)
		for (int i = 0; i < VOICE_FRAMES; i++) {
			const int k = i / VOICE_HOP;
			const double part = (double)(i % VOICE_HOP) / VOICE_HOP;
			place[j][i] = 0;
			for (int s = 0; s < 4; s++)
				place[j][i] += v->amount[s][j] * (point[s][k] + part * (point[s][k + 1] - point[s][k]));
		}
	for (int i = 0; i < VOICE_FRAMES; i++)
		y[i] = noise[i] * place[4][i] * v->mix[2];
	for (int i = 0; i < 2; i++)
		voice_vco(v, i, place[2 * i], place[2 * i + 1], y);
}

/* The mixer of torchsynth brings down what is over full scale. */
static inline void
voice_normalise(float *y, size_t n)
{
	float peak[16] = {1};
	size_t i = 0;
	for (; i + 16 <= n; i += 16)
		for (int k = 0; k < 16; k++) {
			const float a = fabsf(y[i + k]);
			peak[k] = a > peak[k] ? a : peak[k];
		}
	for (; i < n; i++)
		peak[0] = fabsf(y[i]) > peak[0] ? fabsf(y[i]) : peak[0];
	for (int k = 1; k < 16; k++)
		peak[0] = peak[k] > peak[0] ? peak[k] : peak[0];
	const float gain = 1 / peak[0];
	for (i = 0; gain < 1 && i < n; i++)
		y[i] *= gain;
}

#endif
