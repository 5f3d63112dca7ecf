/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A range stretched onto another: from_min becomes to_min and from_max becomes to_max. */
#include "synth/mod/maths.h"

static const struct port ports[] = {
    MATHS_IN("in", 0, "signal"),
    MATHS_IN("from_min", 0, "of the signal"),
    MATHS_IN("from_max", 1, "of the signal"),
    MATHS_IN("to_min", 0, "what from_min becomes"),
    MATHS_IN("to_max", 1, "what from_max becomes"),
    MATHS_OUT,
    {PORT_END},
};

static void
run(void *state, const struct block *b)
{
	(void)state;
	for (int i = 0; i < b->n; i++) {
		const vf lo = at(b->in[1], i), width = at(b->in[2], i) - lo, to = at(b->in[3], i);
		const vf t = sel(eq(width, splat(0.0f)), splat(0.0f), bound((at(b->in[0], i) - lo) / width));
		b->out[0][i] = bound(to + t * (at(b->in[4], i) - to));
	}
}

MODULE(scale) = {
	.name = "scale", .group = "maths",
	.help = "one range stretched onto another",
	.ports = ports, .flags = MODULE_PURE, .run = run,
	.example = "svf{saw{}, cutoff = scale{lfo{rate = 3}, from_min = -1, from_max = 1, to_min = 200, to_max = "
		   "4000}} * adsr{} * 0.5 >> voices()",
};
