/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Four sine operators in the eight algorithms of Yamaha's DX21 and TX81Z:
 *     y_k = level_k sin 2 pi (p_k + sum of the y_m that modulate k),
 * p_k moving on by ratio_k f / rate a frame. As in all of the DX line this is
 * phase modulation, so the frequency goes through zero and the pitch stays
 * (J. Chowning, 1973): a modulator of level L swings the phase by L turns, an index
 * of 2 pi L. Operator 4 modulates itself by the mean of its last two samples, as
 * sine.c does. The carriers are summed and divided by their number.
 *
 * Side-bands are where theory puts them and are not limited: those beyond half the
 * rate fold back. They die quickly beyond (index + 1) modulator's frequencies.
 */
#include "synth/mod/osc.h"

enum { PITCH, DETUNE, ALGORITHM, RATIO1, LEVEL1 = RATIO1 + 4, FEEDBACK = LEVEL1 + 4, RANDOM };
enum { OPS = 4, ALGORITHMS = 8 };

static const char *const algorithms[] = {"4>3>2>1", "(4+3)>2>1", "(4+3>2)>1", "(4>3+2)>1", "4>3 2>1", "4>(3 2 1)", "4>3 2 1",
    "4 3 2 1", 0};

/* Who modulates whom: bit m of [algorithm][k]; then the carriers. Operators count from 0. */
static const uint8_t wires[ALGORITHMS][OPS] = {
    {2, 4, 8, 0}, {2, 12, 0, 0}, {10, 4, 0, 0}, {6, 0, 8, 0}, {2, 0, 8, 0}, {8, 8, 8, 0}, {0, 0, 8, 0}, {0, 0, 0, 0}};
static const uint8_t carriers[ALGORITHMS] = {1, 1, 1, 1, 5, 7, 7, 15};

#define RATIO(name) {PORT_IN, name, RATE_CONTROL, 1, 0.125f, 32, SCALE_LOG, 0, 0, 0, "times the pitch"}
#define LEVEL(name, def)                                                                                               \
	{                                                                                                              \
		PORT_IN, name, RATE_CONTROL, def, 0, 2, SCALE_LINEAR, 0, 0, 0,                                         \
		    "amplitude of a carrier; turns of a modulator's swing"                                             \
	}

static const struct port ports[] = {
    OSC_PITCH, OSC_DETUNE,
    {PORT_IN, "algorithm", RATE_FIXED, 4, 0, ALGORITHMS - 1, SCALE_CHOICE, algorithms, 0, 0,
	"who modulates whom; 1 to 8 of the DX21"},
    RATIO("ratio1"), RATIO("ratio2"), RATIO("ratio3"), RATIO("ratio4"),
    LEVEL("level1", 1), LEVEL("level2", 0), LEVEL("level3", 0), LEVEL("level4", 0),
    {PORT_IN, "feedback", RATE_CONTROL, 0, 0, 2, SCALE_LINEAR, 0, 0, 0,
	"of operator 4 to itself; 1 is a quarter turn, 2 nearly noise"},
    OSC_RANDOM,
    {PORT_OUT, "out", RATE_AUDIO, 0, -1, 1, SCALE_LINEAR, 0, 0, 0, "mean of the carriers"},
    {PORT_END},
};

struct operator {
	vu phase;
	struct ramp ratio, level;
};

struct state {
	struct osc osc;
	struct operator op[OPS];
	struct ramp feedback;
	vf y1, y2; /* of operator 4 */
};

static inline vf ratio_of(vf x) { return clamp(x, -64.0f, 64.0f); }
static inline vf level_of(vf x) { return clamp(x, -16.0f, 16.0f); }
static inline vf feedback_of(vf x) { return clamp(x, 0.0f, 2.0f) * 0.125f; }

/* `code` is known where this is inlined, so an algorithm pays for its own wires only. */
static inline __attribute__((always_inline)) void
play(struct state *state, const struct block *b, int code)
{
	struct state s = *state;
	vf *const out = b->out[0];
	int n = 0;
	for (int k = 0; k < OPS; k++)
		n += carriers[code] >> k & 1;
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
			vf p = osc_turn(o->phase);
			if (k == OPS - 1)
				p += fb * (s.y1 + s.y2);
			for (int m = k + 1; m < OPS; m++)
				if (wires[code][k] >> m & 1)
					p += y[m];
			const vf x = lm_sin_turn(p);
			if (k == OPS - 1) {
				s.y2 = s.y1;
				s.y1 = x;
			}
			y[k] = level * x;
			if (carriers[code] >> k & 1)
				sum += y[k];
			o->phase += osc_step(clamp(s.osc.inc * ratio, -0.49f, 0.49f));
		}
		out[i] = sum * (1.0f / (float)n);
	}
	*state = s;
}

static void
run(void *state, const struct block *b)
{
	struct state *const s = state;
	if (b->now == 0)
		for (int k = 0; k < OPS; k++)
			s->op[k].phase = osc_start(splat(0.0f), at(b->in[RANDOM], 0), b->c) * (uint32_t)(2 * k + 1);
	osc_block(&s->osc, b->in[PITCH], b->in[DETUNE], b);
	ramp_to(&s->feedback, feedback_of(at(b->in[FEEDBACK], b->n - 1)), b);
	for (int k = 0; k < OPS; k++) {
		ramp_to(&s->op[k].ratio, ratio_of(at(b->in[RATIO1 + k], b->n - 1)), b);
		ramp_to(&s->op[k].level, level_of(at(b->in[LEVEL1 + k], b->n - 1)), b);
	}
	switch ((int)fminf(fmaxf(b->c->fixed[ALGORITHM], 0), ALGORITHMS - 1)) {
	case 0: play(s, b, 0); break;
	case 1: play(s, b, 1); break;
	case 2: play(s, b, 2); break;
	case 3: play(s, b, 3); break;
	case 4: play(s, b, 4); break;
	case 5: play(s, b, 5); break;
	case 6: play(s, b, 6); break;
	case 7: play(s, b, 7); break;
	}
}

MODULE(fm4) = {
	.name = "fm4", .group = "oscillator",
	.help = "four sine operators that modulate each other, in eight algorithms",
	.ports = ports, .flags = MODULE_AUDIO, .state = sizeof(struct state), .run = run,
};
