/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * autopan: the sound goes from side to side. left cos(a), right sin(a), each times sqrt(2),
 * a = (1 + depth w) pi / 4, w a wave between -1 and 1 that begins at right: equal power,
 * so left^2 + right^2 stays as it is and a side rises by 3 dB at most. In mono a sound
 * that was in the middle swings between 0 and -3 dB.
 */
#include "synth/mod/swing.h"

enum { LEFT, RIGHT, RATE, SYNC, DEPTH, SHAPE };

static const struct port ports[] = {
	PORT_SOUND("left", "left side"),
	PORT_SOUND("right", "right side"),
	PORT_KNOB("rate", 0.5f, 0.02f, 20, SCALE_LOG, "Hz", "there and back, times a second", .when = "sync = off"),
	PORT_SYNC("length of there and back, in place of rate"),
	PORT_KNOB("depth", 0.7f, 0, 1, SCALE_LINEAR, NULL, "0 still, 1 all the way to each side"),
	PORT_CHOICE("shape", SWING_SINE, swing_shapes, "of the way; square jumps"),
	PORT_RESULT("left", "left side"),
	PORT_RESULT("right", "right side"),
	{0},
};

struct state {
	struct ramp depth, slope;
	vu phase;
};

static void
run(void *state, const struct block *b)
{
	struct state s = *(struct state *)state;
	const enum swing_shape shape = (enum swing_shape)b->c->fixed[SHAPE];
	const vf hz = swing_hz(last(b->in[RATE], b), last(b->in[SYNC], b), b->c);
	const vu step = swing_step(hz, 1, b->c->rate);
	glide_to(&s.depth, b->in[DEPTH], b);
	ramp_to(&s.slope, swing_slope(hz), b);
	for (int i = 0; i < b->n; i++) {
		const vf depth = clamp(glide(&s.depth, b->in[DEPTH], i), 0.0f, 1.0f), slope = ramp_next(&s.slope);
		const vf a = 0.125f + 0.125f * depth * swing_wave(shape, swing_turn(s.phase), slope); /* turns */
		b->out[0][i] = at(b->in[LEFT], i) * (1.4142135f * lm_cos_turn(a));
		b->out[1][i] = at(b->in[RIGHT], i) * (1.4142135f * lm_sin_turn(a));
		s.phase += step;
	}
	*(struct state *)state = s;
}

MODULE(autopan) = {
	.name = "autopan", .group = "effect",
	.help = "goes from side to side",
	.ports = ports, .flags = MODULE_AUDIO, .state = sizeof(struct state), .run = run,
	.example = "svf{saw{}, cutoff = 2000} * adsr{} >> voices() >> autopan{sync = \"1/2\", depth = 1}",
};
