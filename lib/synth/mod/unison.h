/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Unison: 1 to 16 saws, pulses or triangles around one pitch, each band-limited by
 * synth/mod/blep.h. Wave k of n stands at x = 2 k / (n - 1) - 1 and is detuned by
 * `spread` x sqrt |x| cents: seven saws come within 0.04 of the spread to the JP-8000's
 * (A. Szabo, "How to emulate the super saw", 2010), whose offsets do not beat in step.
 * The inner one (or two) sounds at level 1, the others at `mix`; all are divided by the
 * root of the sum of squares, so that the power is one wave's whatever n is (as long
 * as the phases are by chance). The outer pairs stand apart by `width`, every other
 * one swapped, at constant power.
 */
#ifndef SYNTH_MOD_UNISON_H
#define SYNTH_MOD_UNISON_H

#include "synth/mod/blep.h"
#include "synth/mod/glide.h"
#include "synth/mod/osc.h"

/* Inputs in the order of both modules' tables; supersaw has the first eight. */
enum { PITCH, DETUNE, COUNT, SPREAD, MIX, WIDTH, PHASE, RANDOM, WAVE, PULSE };
enum { LEFT, RIGHT };
enum { MOST = 16 };
enum wave { SAW, SQUARE, TRIANGLE };

#define UNISON_PORTS \
	OSC_PITCH, OSC_DETUNE, \
	{PORT_IN, "count", RATE_FIXED, 7, 1, MOST, SCALE_LINEAR, 0, 0, 0, "how many", .whole = true}, \
	{PORT_IN, "spread", RATE_CONTROL, 25, 0, 200, SCALE_LINEAR, 0, "cents", 0, "detuning of the outermost", .when = "count >= 2"}, \
	{PORT_IN, "mix", RATE_CONTROL, 0.7f, 0, 1, SCALE_LINEAR, 0, 0, 0, "level of the others against the inner one", .when = "count >= 3"}, \
	{PORT_IN, "width", RATE_CONTROL, 0.7f, 0, 1, SCALE_LINEAR, 0, 0, 0, "0 both sides the same, 1 the outermost at the sides", .when = "count >= 2"}, \
	OSC_PHASE, \
	{PORT_IN, "random", RATE_CONTROL, 1, 0, 1, SCALE_LINEAR, 0, "turns", 0, \
	"how much of each one's start is by chance"}
#define UNISON_OUTS \
	{PORT_OUT, "left", RATE_AUDIO, 0, -1, 1, SCALE_LINEAR, 0, 0, 0, "left side, as loud as one"}, \
	{PORT_OUT, "right", RATE_AUDIO, 0, -1, 1, SCALE_LINEAR, 0, 0, 0, "right side"}

struct one {
	vu phase;
	struct ramp ratio, inverse, left, right;
};

struct state {
	struct osc osc;
	struct blep_post left, right;
	struct ramp pulse;
	struct one one[MOST];
};

struct place {
	vf ratio, inverse, left, right; /* of frequency, 1 / ratio, gains */
};

static inline int
count_of(const struct context *c)
{
	return (int)(fminf(fmaxf(c->fixed[COUNT], 1), MOST) + 0.5f);
}

static inline struct place
place(int k, int n, const struct block *b, int i)
{
	const float x = n > 1 ? 2.0f * (float)k / (float)(n - 1) - 1.0f : 0.0f, bent = x * sqrtf(fabsf(x));
	const int rank = k < n - 1 - k ? k : n - 1 - k, inner = n & 1 ? 1 : 2; /* rank 0: outermost */
	const vf mix = clamp(at(b->in[MIX], i), 0.0f, 1.0f);
	const vf octaves = clamp(at(b->in[SPREAD], i), -1200.0f, 1200.0f) * (bent * (1.0f / 1200.0f));
	const vf one = rank == (n - 1) / 2 ? splat(1.0f) : mix;
	const vf level = one / vsqrt((float)inner + (float)(n - inner) * mix * mix);
	const vf side = clamp(at(b->in[WIDTH], i), 0.0f, 1.0f) * (rank & 1 ? -x : x);
	return (struct place){lm_exp2(octaves), lm_exp2(-octaves), level * vsqrt(1.0f - side), level * vsqrt(1.0f + side)};
}

/* x in turns around the jump, fall around a pulse's second one, inc and r as in blep.h. */
static inline __attribute__((always_inline)) vf
shape(enum wave wave, vf x, vf fall, vf inc, vf r)
{
	const vi high = gt(inc, splat(wave == TRIANGLE ? BLEP_TRIANGLE_MAX : BLEP_SAW_MAX));
	vf y = wave == TRIANGLE ? blep_triangle(x, inc, r) : blep_saw(x, r);
	if (wave == SQUARE)
		y = blep_saw(fall, r) - y;
	if (!any(high))
		return y;
	vf slow = wave == TRIANGLE ? blep_triangle_high(x, inc, r) : blep_saw_high(x, r);
	if (wave == SQUARE)
		slow = blep_saw_high(fall, r) - slow;
	return sel(high, slow, y);
}

/* What all of them share over a block. */
struct common {
	vf inc[BLOCK], period[BLOCK], left[BLOCK], right[BLOCK];
	vu pulse[BLOCK]; /* a pulse's width in 2^-32 turns */
};

enum way { HELD, GLIDING, MOVING };

/* Where nothing glides a frame need not ask; the numbers are the same. */
static inline __attribute__((always_inline)) void
frames(struct one *s, int k, int n, struct common *c, const struct block *b, enum wave wave, enum way way)
{
	struct one v = *s;
	struct place p = {v.ratio.v, v.inverse.v, v.left.v, v.right.v};
	for (int i = 0; i < b->n; i++) {
		if (way == GLIDING)
			p = (struct place){ramp_next(&v.ratio), ramp_next(&v.inverse), ramp_next(&v.left), ramp_next(&v.right)};
		if (way == MOVING)
			p = place(k, n, b, i);
		const vf f = vmin(c->inc[i] * p.ratio, splat(0.49f)), t = vmax(c->period[i] * p.inverse, splat(1.0f / 0.49f));
		const vf fall = wave == SQUARE ? osc_turn(v.phase - c->pulse[i]) : splat(0.0f);
		const vf y = shape(wave, osc_turn(v.phase), fall, f, t * (1.0f / BLEP_HALF));
		c->left[i] += p.left * y;
		c->right[i] += p.right * y;
		v.phase += osc_step(f);
	}
	*s = v;
}

/* One of them over a block, added to both sides. */
static inline __attribute__((always_inline)) void
add_one(struct one *s, int k, int n, struct common *c, const struct block *b, enum wave wave)
{
	const int moving = b->in[SPREAD].stride | b->in[MIX].stride | b->in[WIDTH].stride;
	const struct place p = place(k, n, b, b->n - 1);
	ramp_to(&s->ratio, p.ratio, b);
	ramp_to(&s->inverse, p.inverse, b);
	ramp_to(&s->left, p.left, b);
	ramp_to(&s->right, p.right, b);
	const vf zero = splat(0.0f);
	const int held = !any(ne(s->ratio.d, zero) | ne(s->inverse.d, zero) | ne(s->left.d, zero) | ne(s->right.d, zero));
	if (moving)
		frames(s, k, n, c, b, wave, MOVING);
	else if (held)
		frames(s, k, n, c, b, wave, HELD);
	else
		frames(s, k, n, c, b, wave, GLIDING);
}

static inline __attribute__((always_inline)) void
unison(struct state *s, const struct block *b, enum wave wave)
{
	/* from 0 upwards, a pulse from its rise */
	static const float from[] = {0.5f, 0, -0.25f};
	const int n = count_of(b->c);
	struct common c;
	if (b->now == 0)
		for (int k = 0; k < n; k++) { /* each by a chance of its own */
			const vf r = noise_float(b->c->seed, splat_u(0x73757065u + (uint32_t)k)) * 0.5f + 0.5f;
			const vf own = clamp(at(b->in[RANDOM], 0), 0.0f, 1.0f) * r;
			s->one[k].phase =
			    osc_start(clamp(at(b->in[PHASE], 0), -1e4f, 1e4f) + from[wave] + own, splat(0.0f), b->c);
		}
	osc_block(&s->osc, b->in[PITCH], b->in[DETUNE], b);
	if (wave == SQUARE)
		glide_to(&s->pulse, b->in[PULSE], b);
	for (int i = 0; i < b->n; i++) {
		osc_next(&s->osc, i, b);
		c.inc[i] = s->osc.inc;
		c.period[i] = s->osc.period;
		c.left[i] = c.right[i] = splat(0.0f);
		if (wave == SQUARE)
			c.pulse[i] = osc_share(glide(&s->pulse, b->in[PULSE], i));
	}
	for (int k = 0; k < n; k++)
		add_one(&s->one[k], k, n, &c, b, wave);
	for (int i = 0; i < b->n; i++) {
		if (b->now == 0 && i == 0) {
			blep_start(&s->left, c.left[0]);
			blep_start(&s->right, c.right[0]);
		}
		b->out[LEFT][i] = blep_post(&s->left, c.left[i]);
		b->out[RIGHT][i] = blep_post(&s->right, c.right[i]);
	}
}

#endif
