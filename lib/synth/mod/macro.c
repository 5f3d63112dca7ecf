/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * macro: one knob that turns four. Where `in` goes from 0 to 1, each output goes from its `from` to its
 * `to`, in a straight line or, as pitches and times do, by equal factors:
 *     linear       from + (to - from) in
 *     exponential  from (to / from)^in, where both are over 0
 * local m = macro{open{0, 1, name = "bright"}, a_from = 300, a_to = 6000, a_law = "exponential"} and then m.a, m.b ...
 */
#include "synth/mod/maths.h"

enum { IN, FROM, OUTPUTS = 4, TO = FROM + OUTPUTS, LAW = TO + OUTPUTS };

static const char *const laws[] = {"linear", "exponential", 0};

#define END(name, def, help) {PORT_IN, name, RATE_AUDIO, def, -20000, 20000, SCALE_LINEAR, 0, 0, 0, help}
#define ITS_LAW(name) {PORT_IN, name, RATE_FIXED, 0, 0, 1, SCALE_CHOICE, laws, 0, 0, "by equal steps, or by equal factors"}
#define RESULT(name) {PORT_OUT, name, RATE_AUDIO, 0, -20000, 20000, SCALE_LINEAR, 0, 0, 0, "what the knob says of it"}

static const struct port ports[] = {
    {PORT_IN, "in", RATE_AUDIO, 0.5f, 0, 1, SCALE_LINEAR, 0, 0, 0, "the knob"},
    END("a_from", 0, "output a where the knob is 0"), END("b_from", 0, "output b where the knob is 0"),
    END("c_from", 0, "output c where the knob is 0"), END("d_from", 0, "output d where the knob is 0"),
    END("a_to", 1, "output a where the knob is 1"), END("b_to", 1, "output b where the knob is 1"),
    END("c_to", 1, "output c where the knob is 1"), END("d_to", 1, "output d where the knob is 1"),
    ITS_LAW("a_law"), ITS_LAW("b_law"), ITS_LAW("c_law"), ITS_LAW("d_law"),
    RESULT("a"), RESULT("b"), RESULT("c"), RESULT("d"),
    {PORT_END},
};

static void
run(void *state, const struct block *b)
{
	(void)state;
	for (int k = 0; k < OUTPUTS; k++) {
		const int factors = b->c->fixed[LAW + k] > 0.5f;
		for (int i = 0; i < b->n; i++) {
			const vf x = clamp(at(b->in[IN], i), 0.0f, 1.0f), from = at(b->in[FROM + k], i), to = at(b->in[TO + k], i);
			vf y = bound(from + (to - from) * x);
			if (factors) {
				const vf lo = clamp(from, 1e-9f, 1e9f), hi = clamp(to, 1e-9f, 1e9f);
				const vi positive = gt(from, splat(0.0f)) & gt(to, splat(0.0f));
				y = sel(positive, lo * lm_exp2(lm_log2(hi / lo) * x), y);
			}
			b->out[k][i] = y;
		}
	}
}

MODULE(macro) = {
	.name = "macro", .group = "modulator",
	.help = "one knob that turns four, each within a range of its own",
	.ports = ports, .flags = MODULE_PURE, .run = run,
	.example = "(function(m) return svf{saw{detune = m.b}, cutoff = m.a} * adsr{} * 0.5 >> voices() "
		   "end)(macro{decay{decay = 1}, a_from = 300, a_to = 6000, a_law = 'exponential', b_to = 40})",
};
