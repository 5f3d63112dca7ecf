/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tremolo: a level that swings, gain = 1 - depth (1 - w) / 2, w a wave from 1 to -1 and
 * back that begins at 1; the same on both sides, so mono hears what stereo does. (From
 * side to side: autopan.)
 */
#include "synth/mod/swing.h"

enum { LEFT, RIGHT, RATE, SYNC, DEPTH, SHAPE };

static const struct port ports[] = {
	PORT_SOUND("left", "left side"),
	PORT_SOUND("right", "right side"),
	PORT_KNOB("rate", 5, 0.05f, 40, SCALE_LOG, "Hz", "swings a second", .when = "sync = off"),
	PORT_SYNC("length of a swing, in place of rate"),
	PORT_KNOB("depth", 0.5f, 0, 1, SCALE_LINEAR, NULL, "0 still, 1 down to silence"),
	PORT_CHOICE("shape", SWING_SINE, swing_shapes, "of a swing"),
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
		const vf depth = 0.5f * clamp(glide(&s.depth, b->in[DEPTH], i), 0.0f, 1.0f), slope = ramp_next(&s.slope);
		const vf gain = 1.0f - depth * (1.0f - swing_wave(shape, swing_turn(s.phase), slope));
		b->out[0][i] = at(b->in[LEFT], i) * gain;
		b->out[1][i] = at(b->in[RIGHT], i) * gain;
		s.phase += step;
	}
	*(struct state *)state = s;
}

MODULE(tremolo) = {
	.name = "tremolo", .group = "effect",
	.help = "a level that swings",
	.ports = ports, .flags = MODULE_AUDIO, .state = sizeof(struct state), .run = run,
	.example = "svf{saw{}, cutoff = 2000} * adsr{} >> voices() >> tremolo{rate = 6, depth = 0.8}",
};
