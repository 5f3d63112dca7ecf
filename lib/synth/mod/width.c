/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * width: widens or narrows a stereo sound by its side signal:
 * mid = (left + right) / 2, side = (left - right) / 2 times width.
 * 0 is mono, 1 leaves the sound as it is, 2 doubles the sides.
 */
#include "synth/mod/glide.h"

enum { LEFT, RIGHT, WIDTH };

static const struct port ports[] = {
	PORT_SOUND("left", "left side"),
	PORT_SOUND("right", "right side"),
	PORT_KNOB("width", 1, 0, 2, SCALE_LINEAR, NULL, "0 mono, 1 unchanged, 2 twice the sides"),
	PORT_RESULT("left", "left side"),
	PORT_RESULT("right", "right side"),
	{0},
};

struct state {
	struct ramp width;
};

static void
run(void *state, const struct block *b)
{
	struct state *s = state;
	glide_to(&s->width, b->in[WIDTH], b);
	for (int i = 0; i < b->n; i++) {
		const vf l = at(b->in[LEFT], i), r = at(b->in[RIGHT], i);
		const vf side = 0.5f * (l - r) * (glide(&s->width, b->in[WIDTH], i) - 1.0f);
		b->out[0][i] = l + side;
		b->out[1][i] = r - side;
	}
}

MODULE(width) = {
	.name = "width", .group = "routing",
	.help = "widens or narrows a stereo sound",
	.ports = ports, .flags = MODULE_AUDIO, .state = sizeof(struct state), .run = run,
	.example = "stereo{saw{detune = -9} * adsr{} * 0.35, saw{detune = 9} * adsr{} * 0.35} >> voices() >> "
		   "width{width = 2}",
};
