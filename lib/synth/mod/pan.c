/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * pan: places a mono sound between left and right at equal power:
 * left = in cos(a), right = in sin(a), a = (pan + 1) pi / 4. In the middle
 * each side is 3.01 dB down; left^2 + right^2 is the same everywhere.
 */
#include "synth/mod/glide.h"

enum { IN, PAN };

static const struct port ports[] = {
	PORT_SOUND("in", "mono sound"),
	PORT_KNOB("pan", 0, -1, 1, SCALE_LINEAR, NULL, "place: -1 left, 0 middle, 1 right"),
	PORT_RESULT("left", "left side"),
	PORT_RESULT("right", "right side"),
	{0},
};

struct state {
	struct ramp pan;
};

static void
run(void *state, const struct block *b)
{
	struct state *s = state;
	glide_to(&s->pan, b->in[PAN], b);
	for (int i = 0; i < b->n; i++) {
		const vf a = (clamp(glide(&s->pan, b->in[PAN], i), -1.0f, 1.0f) + 1.0f) * 0.125f;
		const vf x = at(b->in[IN], i);
		b->out[0][i] = x * lm_sin_turn(0.25f - a);
		b->out[1][i] = x * lm_sin_turn(a);
	}
}

MODULE(pan) = {
	.name = "pan", .group = "routing",
	.help = "a mono sound's place between left and right, at equal power",
	.ports = ports, .flags = MODULE_AUDIO, .state = sizeof(struct state), .run = run,
	.example = "pan{saw{} * adsr{} * 0.7, pan = lfo{rate = 1}} >> voices()",
};
