/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A signal kept between two limits; where they cross, max wins. */
#include "synth/mod/maths.h"

static const struct port ports[] = {
    MATHS_IN("in", 0, "signal"),
    MATHS_IN("min", -1, "lowest value"),
    MATHS_IN("max", 1, "highest value"),
    MATHS_OUT,
    {PORT_END},
};

static void
run(void *state, const struct block *b)
{
	(void)state;
	for (int i = 0; i < b->n; i++)
		b->out[0][i] = clampv(at(b->in[0], i), at(b->in[1], i), at(b->in[2], i));
}

MODULE(clip) = {
	.name = "clip", .group = "maths",
	.help = "keeps a signal between two limits",
	.ports = ports, .flags = MODULE_PURE, .run = run,
	.example = "clip{sine{} * 3, min = -0.5, max = 0.7} * adsr{} >> voices()",
};
