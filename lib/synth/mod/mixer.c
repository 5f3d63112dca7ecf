/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Mixer: the sum of four signals, each at a level of its own. */
#include "synth/mod/maths.h"

enum { SIGNALS = 4 };

#define LEVEL(name) {PORT_IN, name, RATE_CONTROL, 1, 0, 4, SCALE_LINEAR, 0, 0, 0, "level of that signal"}

static const struct port ports[] = {
    MATHS_IN("a", 0, "signal"), MATHS_IN("b", 0, "signal"), MATHS_IN("c", 0, "signal"), MATHS_IN("d", 0, "signal"),
    LEVEL("level_a"), LEVEL("level_b"), LEVEL("level_c"), LEVEL("level_d"),
    MATHS_OUT,
    {PORT_END},
};

static void
run(void *state, const struct block *b)
{
	(void)state;
	const struct in x = b->in[0], y = b->in[1], z = b->in[2], w = b->in[3];
	const struct in p = b->in[SIGNALS], q = b->in[SIGNALS + 1], r = b->in[SIGNALS + 2], s = b->in[SIGNALS + 3];
	vf *const out = b->out[0];
	for (int i = 0; i < b->n; i++)
		out[i] = bound(at(x, i) * at(p, i) + at(y, i) * at(q, i) + at(z, i) * at(r, i) + at(w, i) * at(s, i));
}

MODULE(mixer) = {
	.name = "mixer", .group = "routing",
	.help = "four signals, each at a level of its own",
	.ports = ports, .flags = MODULE_PURE, .run = run,
	.example = "mixer{saw{}, square{detune = 7}, level_a = 0.4, level_b = 0.3} * adsr{} >> voices()",
};
