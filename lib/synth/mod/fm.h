/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * OPS sine operators that modulate each other, OPS (4) defined by who includes this:
 *     y_k = level_k sin 2 pi (p_k + sum of the y_m that modulate k),
 * p_k moving on by ratio_k f / rate a frame, or by hz_k / rate where that is above 0.
 * As in all of Yamaha's DX line this is phase modulation, so the frequency goes through
 * zero and the pitch stays (J. Chowning, 1973): a modulator of level L swings the phase
 * by L turns, an index of 2 pi L. One operator modulates itself by the mean of its last
 * two samples, as sine.c does. The carriers are summed and divided by their number.
 *
 * Side-bands are where theory puts them and are not limited: those beyond half the
 * rate fold back. They die quickly beyond (index + 1) modulator's frequencies.
 */
#ifndef SYNTH_MOD_FM_H
#define SYNTH_MOD_FM_H

#include "synth/mod/glide.h"
#include "synth/mod/osc.h"

#ifndef OPS
#define OPS 4
#endif

enum { PITCH, DETUNE, ALGORITHM, RATIO1, LEVEL1 = RATIO1 + OPS, HZ1 = LEVEL1 + OPS, FEEDBACK = HZ1 + OPS, OPERATOR, RANDOM };

#define RATIO(name) {PORT_IN, name, RATE_CONTROL, 1, 0.125f, 32, SCALE_LOG, 0, 0, 0, "times the pitch"}
#define LEVEL(name, def) PORT_KNOB(name, def, 0, 2, SCALE_LINEAR, 0, "amplitude of a carrier; turns of a modulator's swing")
#define HZ(name) PORT_KNOB(name, 0, 0, 16000, SCALE_LINEAR, "Hz", "above 0: this frequency, whatever the pitch and the ratio")
#define FM_TAIL(operators, default_operator)                                                                           \
	{PORT_IN, "feedback", RATE_CONTROL, 0, 0, 2, SCALE_LINEAR, 0, 0, 0,                                            \
	    "of an operator to itself; 1 is a quarter turn, 2 nearly noise"},                                          \
	    PORT_CHOICE("operator", default_operator, operators, "that the feedback is of"), OSC_RANDOM,               \
	    {PORT_OUT, "out", RATE_AUDIO, 0, -1, 1, SCALE_LINEAR, 0, 0, 0, "mean of the carriers"}, {PORT_END}

struct operator {
	vu phase;
	struct ramp ratio, level, hz;
	int fixed; /* hz counts in some lane of this block */
};

struct state {
	struct osc osc;
	struct operator op[OPS];
	struct ramp feedback;
	vf y1, y2; /* of the operator that feeds itself */
};

static inline vf ratio_of(vf x) { return clamp(x, -64.0f, 64.0f); }
static inline vf level_of(vf x) { return clamp(x, -16.0f, 16.0f); }
static inline vf feedback_of(vf x) { return clamp(x, 0.0f, 2.0f) * 0.125f; }

/* Once a block. */
static inline void
fm_block(struct state *s, const struct block *b)
{
	if (b->now == 0)
		for (int k = 0; k < OPS; k++)
			s->op[k].phase = osc_start(splat(0.0f), at(b->in[RANDOM], 0), b->c) * (uint32_t)(2 * k + 1);
	osc_block(&s->osc, b->in[PITCH], b->in[DETUNE], b);
	ramp_to(&s->feedback, feedback_of(last(b->in[FEEDBACK], b)), b);
	for (int k = 0; k < OPS; k++) {
		struct operator *const o = &s->op[k];
		ramp_to(&o->ratio, ratio_of(last(b->in[RATIO1 + k], b)), b);
		ramp_to(&o->level, level_of(last(b->in[LEVEL1 + k], b)), b);
		glide_to(&o->hz, b->in[HZ1 + k], b);
		o->fixed = b->in[HZ1 + k].stride || any(gt(o->hz.v, splat(0.0f)) | ne(o->hz.d, splat(0.0f)));
	}
}

/* The wires are known where this is inlined, so an algorithm pays for its own only.
   Bit m of wires[k]: m modulates k; bit k of carriers: k is heard. Operators count from 0. */
static inline __attribute__((always_inline)) void
fm_play(struct state *state, const struct block *b, const uint8_t wires[OPS], unsigned carriers)
{
	struct state s = *state;
	vf *const out = b->out[0];
	const int own = OPS - 1 - (int)fminf(fmaxf(b->c->fixed[OPERATOR], 0), OPS - 1);
	int n = 0;
	for (int k = 0; k < OPS; k++)
		n += carriers >> k & 1;
	for (int i = 0; i < b->n; i++) {
		vf y[OPS], sum = splat(0.0f);
		osc_next(&s.osc, i, b);
		vf fb = ramp_next(&s.feedback);
		if (b->in[FEEDBACK].stride)
			fb = feedback_of(at(b->in[FEEDBACK], i));
		for (int k = OPS - 1; k >= 0; k--) {
			struct operator *const o = &s.op[k];
			vf ratio = ramp_next(&o->ratio), level = ramp_next(&o->level);
			if (b->in[RATIO1 + k].stride)
				ratio = ratio_of(at(b->in[RATIO1 + k], i));
			if (b->in[LEVEL1 + k].stride)
				level = level_of(at(b->in[LEVEL1 + k], i));
			vf p = osc_turn(o->phase), inc = s.osc.inc * ratio;
			if (o->fixed) {
				const vf hz = glide(&o->hz, b->in[HZ1 + k], i);
				inc = sel(gt(hz, splat(0.0f)), hz * (1.0f / b->c->rate), inc);
			}
			if (k == own)
				p += fb * (s.y1 + s.y2);
			for (int m = k + 1; m < OPS; m++)
				if (wires[k] >> m & 1)
					p += y[m];
			const vf x = lm_sin_turn(p);
			if (k == own) {
				s.y2 = s.y1;
				s.y1 = x;
			}
			y[k] = level * x;
			if (carriers >> k & 1)
				sum += y[k];
			o->phase += osc_step(clamp(inc, -0.49f, 0.49f));
		}
		out[i] = sum * (1.0f / (float)n);
	}
	*state = s;
}

#endif
