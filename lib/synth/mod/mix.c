/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Cross-fade: a + (b - a) t; or at equal power, a cos(t pi / 2) + b sin(t pi / 2), for sounds that
 * have nothing to do with each other, which a straight fade would make softer half-way.
 */
#include "synth/mod/maths.h"

enum { A, B, T, LAW };

static const char *const laws[] = {"linear", "power", 0};

static const struct port ports[] = {
    MATHS_IN("a", 0, "where t is 0"),
    MATHS_IN("b", 0, "where t is 1"),
    {PORT_IN, "t", RATE_AUDIO, 0.5, 0, 1, SCALE_LINEAR, 0, 0, 0, "from a to b"},
    {PORT_IN, "law", RATE_FIXED, 0, 0, 1, SCALE_CHOICE, laws, 0, 0, "half-way both at a half, or both 3 dB down"},
    MATHS_OUT,
    {PORT_END},
};

static void
run(void *state, const struct block *b)
{
	(void)state;
	const int power = b->c->fixed[LAW] > 0.5f;
	for (int i = 0; i < b->n; i++) {
		const vf x = at(b->in[A], i), y = at(b->in[B], i), t = clamp(at(b->in[T], i), 0.0f, 1.0f);
		if (power)
			b->out[0][i] = bound(x * lm_sin_turn(0.25f - 0.25f * t) + y * lm_sin_turn(0.25f * t));
		else
			b->out[0][i] = bound(x + (y - x) * t);
	}
}

MODULE(mix) = {
	.name = "mix", .group = "maths",
	.help = "cross-fade from a to b, straight or at equal power",
	.ports = ports, .flags = MODULE_PURE, .run = run,
	.example = "mix{sine{}, saw{}, t = lfo{rate = 1, polarity = 'unipolar'}, law = 'power'} * adsr{} * 0.7 >> "
		   "voices()",
};
