/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Sine, with what makes it an FM operator: out = sin 2 pi (p + phase + b), where
 * p moves on by f (1 + fm) / rate a frame and b is the mean of the last two
 * samples times feedback / 4 (the mean, as in Yamaha's DX7, keeps the loop from
 * hunting at half the rate). In place of the sine there are waves of few harmonics,
 * synth/mod/sine_shapes.h. What modulation adds beyond half the rate folds back.
 */
#include "synth/mod/osc.h"
#include "synth/mod/sine_shapes.h"

enum { PITCH, DETUNE, PHASE, FM, FEEDBACK, RANDOM, SHAPE };

static const char *const shapes[] = {"sine", "squared", "half", "half squared", "alternating", "alternating squared", "camel",
    "camel squared", "absolute", "quarter", 0};

static const struct port ports[] = {
    OSC_PITCH,
    OSC_DETUNE,
    {PORT_IN, "phase", RATE_AUDIO, 0, -16, 16, SCALE_LINEAR, 0, "turns", 0,
	"added to the phase: a constant is where the note starts, a signal is phase modulation"},
    {PORT_IN, "fm", RATE_AUDIO, 0, -16, 16, SCALE_LINEAR, 0, 0, 0,
	"linear frequency modulation, through zero: 1 doubles the frequency, -1 stops it"},
    {PORT_IN, "feedback", RATE_CONTROL, 0, 0, 1, SCALE_LINEAR, 0, 0, 0,
	"of the output to the phase; 1 is a quarter turn"},
    OSC_RANDOM,
    {PORT_IN, "shape", RATE_FIXED, 0, 0, SHAPES, SCALE_CHOICE, shapes, 0, 0, "sine, or one of sixteen harmonics"},
    {PORT_OUT, "out", RATE_AUDIO, 0, -1, 1, SCALE_LINEAR, 0, 0, 0, "-1 to 1"},
    {PORT_END},
};

struct state {
	struct osc o;
	struct ramp feedback;
	vf y1, y2;
};

/* Any shape but the sine, and any feedback. */
static void
run_shape(struct state *s, const struct block *b, int shape)
{
	struct shape h;
	struct osc o = s->o;
	vf y1 = s->y1, y2 = s->y2;
	shape_block(&h, shape - 1, o.inc + (float)BLOCK * o.d_inc);
	for (int i = 0; i < b->n; i++) {
		osc_next(&o, i, b);
		vf fb = ramp_next(&s->feedback);
		if (b->in[FEEDBACK].stride)
			fb = clamp(at(b->in[FEEDBACK], i), 0.0f, 1.0f) * 0.125f;
		const vf y = shape_at(&h, osc_turn(o.phase) + clamp(at(b->in[PHASE], i), -1e4f, 1e4f) + fb * (y1 + y2));
		y2 = y1;
		b->out[0][i] = y1 = y;
		o.phase += osc_step(clamp(o.inc + o.inc * at(b->in[FM], i), -0.49f, 0.49f));
	}
	s->o = o;
	s->y1 = y1;
	s->y2 = y2;
}

static void
run(void *state, const struct block *b)
{
	struct state *const s = state;
	struct osc o = s->o;
	vf y1 = s->y1, y2 = s->y2;
	if (b->now == 0)
		o.phase = osc_start(splat(0.0f), at(b->in[RANDOM], 0), b->c);
	osc_block(&o, b->in[PITCH], b->in[DETUNE], b);
	ramp_to(&s->feedback, clamp(at(b->in[FEEDBACK], b->n - 1), 0.0f, 1.0f) * 0.125f, b);
	const int shape = (int)fminf(fmaxf(b->c->fixed[SHAPE], 0), SHAPES);
	if (shape) {
		s->o = o;
		run_shape(s, b, shape);
		return;
	}
	vf *const out = b->out[0];
	/* without feedback a frame need not wait for the last one; the numbers are the same */
	if (!b->in[FEEDBACK].stride && !any(ne(s->feedback.v, splat(0.0f)) | ne(s->feedback.d, splat(0.0f)))) {
		for (int i = 0; i < b->n; i++) {
			osc_next(&o, i, b);
			out[i] = lm_sin_turn(osc_turn(o.phase) + clamp(at(b->in[PHASE], i), -1e4f, 1e4f));
			o.phase += osc_step(clamp(o.inc + o.inc * at(b->in[FM], i), -0.49f, 0.49f));
		}
		s->o = o;
		s->y1 = out[b->n - 1];
		s->y2 = out[b->n - 2];
		return;
	}
	for (int i = 0; i < b->n; i++) {
		osc_next(&o, i, b);
		vf fb = ramp_next(&s->feedback);
		if (b->in[FEEDBACK].stride)
			fb = clamp(at(b->in[FEEDBACK], i), 0.0f, 1.0f) * 0.125f;
		const vf pm = clamp(at(b->in[PHASE], i), -1e4f, 1e4f) + fb * (y1 + y2);
		y2 = y1;
		out[i] = y1 = lm_sin_turn(osc_turn(o.phase) + pm);
		o.phase += osc_step(clamp(o.inc + o.inc * at(b->in[FM], i), -0.49f, 0.49f));
	}
	s->o = o;
	s->y1 = y1;
	s->y2 = y2;
}

MODULE(sine) = {
	.name = "sine", .group = "oscillator",
	.help = "sine wave, with phase and frequency modulation and feedback",
	.ports = ports, .flags = MODULE_AUDIO, .state = sizeof(struct state), .run = run,
	.example = "sine{shape = \"camel\", feedback = 0.3} * adsr{} >> voices()",
};
