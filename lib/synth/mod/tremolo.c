/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tremolo: a level that swings, gain = 1 - depth (1 - w) / 2, w a wave from 1 to -1 and
 * back that begins at 1. Right is `phase` of a turn ahead: at half a turn the sound goes
 * from side to side (auto-pan). The square's edges are smooth steps of 5 ms, so they do
 * not click. The wave's phase counts 2^-32 turns and so never drifts from the rate.
 */
#include "synth/mod/glide.h"

enum { LEFT, RIGHT, RATE, DEPTH, PHASE, SHAPE };
enum { SINE, TRIANGLE, SQUARE };

static const char *const shapes[] = {"sine", "triangle", "square", NULL};

static const struct port ports[] = {
	PORT_SOUND("left", "left side"),
	PORT_SOUND("right", "right side"),
	PORT_KNOB("rate", 5, 0.05f, 40, SCALE_LOG, "Hz", "swings a second"),
	PORT_KNOB("depth", 0.5f, 0, 1, SCALE_LINEAR, NULL, "0 still, 1 down to silence"),
	PORT_KNOB("phase", 0, 0, 1, SCALE_LINEAR, "turns", "right ahead of left: 0.5 goes from side to side"),
	PORT_CHOICE("shape", SINE, shapes, "of a swing"),
	PORT_RESULT("left", "left side"),
	PORT_RESULT("right", "right side"),
	{0},
};

struct state {
	struct ramp depth, phase, slope;
	vu turn; /* 2^-32 turns */
};

static void
run(void *state, const struct block *b)
{
	struct state s = *(struct state *)state;
	const int shape = (int)b->c->fixed[SHAPE];
	const vf rate = clamp(last(b->in[RATE], b), 0.0f, 200.0f);
	const vu step = as_vu(to_int(rate * (0x1p32f / b->c->rate) + 0.5f));
	glide_to(&s.depth, b->in[DEPTH], b);
	glide_to(&s.phase, b->in[PHASE], b);
	ramp_to(&s.slope, vmax(100.0f / vmax(rate, splat(0.01f)), splat(1.0f)), b); /* 2 / 5 ms by 4 rate */
	for (int i = 0; i < b->n; i++) {
		const vf depth = 0.5f * clamp(glide(&s.depth, b->in[DEPTH], i), 0.0f, 1.0f);
		const vf ahead = clamp(glide(&s.phase, b->in[PHASE], i), -1e4f, 1e4f), slope = ramp_next(&s.slope);
		for (int side = 0; side < 2; side++) {
			vf x = to_float(u_as_vi(s.turn)) * 0x1p-32f, w;
			if (side == RIGHT)
				x = x + ahead;
			if (shape == SINE) {
				w = lm_cos_turn(x);
			} else {
				w = 1.0f - 4.0f * vabs(x - vfloor(x + 0.5f));
				if (shape == SQUARE) {
					w = clamp(w * slope, -1.0f, 1.0f);
					w = w * (1.5f - 0.5f * w * w);
				}
			}
			b->out[side][i] = at(b->in[side], i) * (1.0f - depth * (1.0f - w));
		}
		s.turn += step;
	}
	*(struct state *)state = s;
}

MODULE(tremolo) = {
	.name = "tremolo", .group = "effect",
	.help = "a level that swings, or goes from side to side",
	.ports = ports, .flags = MODULE_AUDIO, .state = sizeof(struct state), .run = run,
};
