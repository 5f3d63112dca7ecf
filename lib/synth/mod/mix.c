/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Cross-fade: a + (b - a) t. */
#include "synth/mod/maths.h"

static const struct port ports[] = {
    MATHS_IN("a", 0, "where t is 0"),
    MATHS_IN("b", 0, "where t is 1"),
    {PORT_IN, "t", RATE_AUDIO, 0.5, 0, 1, SCALE_LINEAR, 0, 0, 0, "from a to b"},
    MATHS_OUT,
    {PORT_END},
};

static void
run(void *state, const struct block *b)
{
	(void)state;
	for (int i = 0; i < b->n; i++) {
		const vf x = at(b->in[0], i), y = at(b->in[1], i), t = clamp(at(b->in[2], i), 0.0f, 1.0f);
		b->out[0][i] = bound(x + (y - x) * t);
	}
}

MODULE(mix) = {
	.name = "mix", .group = "maths",
	.help = "cross-fade from a to b",
	.ports = ports, .flags = MODULE_PURE, .run = run,
};
