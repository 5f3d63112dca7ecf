/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Low-frequency oscillator, -1 to 1. Its phase counts 2^-32 turns, and a rate that
 * is one value a block holds for the block, so that one value a block and one a
 * frame are points on the same curve. The random shape takes a new value each turn.
 */
#include "synth/module.h"

enum { RATE, SHAPE, PHASE, FADE };
enum { SINE, TRIANGLE, SAW, SQUARE, RANDOM };

static const char *const shapes[] = {"sine", "triangle", "saw", "square", "random", 0};

static const struct port ports[] = {
    {PORT_IN, "rate", RATE_CONTROL, 2, 0.01, 200, SCALE_LOG, 0, "Hz", 0, "turns a second"},
    {PORT_IN, "shape", RATE_CONTROL, 0, 0, 4, SCALE_CHOICE, shapes, 0, 0, "of a turn; saw rises from -1 to 1"},
    {PORT_IN, "phase", RATE_CONTROL, 0, 0, 1, SCALE_LINEAR, 0, "turns", 0, "added to where it is"},
    {PORT_IN, "fade", RATE_CONTROL, 0, 0, 20, SCALE_LINEAR, 0, "s", 0, "time from nothing to full depth"},
    {PORT_OUT, "out", RATE_CONTROL, 0, -1, 1, SCALE_LINEAR, 0, 0, 0, "-1 to 1"},
    {PORT_END},
};

struct state {
	vu phase, turn; /* of the frame to come */
};

static void
run(void *state, const struct block *b)
{
	struct state *const s = state;
	const float unit = 0x1p32f / b->c->rate, most = b->c->rate / BLOCK * 0.9f; /* under a turn in a block */
	for (int i = 0; i < b->n; i++) {
		const vu inc = as_vu(to_int(clamp(at(b->in[RATE], i), 0.0f, most) * unit + 0.5f));
		/* the frame of this output: the state's own, or the last of a block */
		const vu before = s->phase, here = before + inc * (uint32_t)(b->step - 1), after = here + inc;
		const vf offset = fract(clamp(at(b->in[PHASE], i), -1e4f, 1e4f));
		const vu add = as_vu(to_int(vmin(offset, splat(0.99999994f)) * 0x1p31f)) << 1, p = here + add;
		const vf shape = at(b->in[SHAPE], i), x = to_float(u_as_vi(p)) * 0x1p-32f; /* -0.5 to 0.5 */

		/* whole turns: when the phase with its offset has wrapped */
		const vi wraps = lt_u(here, before), carry = lt_u(p, here);
		const vu turn = s->turn + as_vu(wraps & 1) + as_vu(carry & 1);
		s->turn += as_vu(lt_u(after, before) & 1);
		s->phase = after;

		vf y = lm_sin_turn(x);
		y = sel(ge(shape, splat(TRIANGLE - 0.5f)), 4.0f * vabs(vabs(x - 0.25f) - 0.5f) - 1.0f, y);
		y = sel(ge(shape, splat(SAW - 0.5f)),
		    2.0f * (x + as_vf(lt(x, splat(0.0f)) & as_vi(splat(1.0f)))) - 1.0f, y);
		y = sel(ge(shape, splat(SQUARE - 0.5f)), copysign_v(splat(1.0f), as_vf(u_as_vi(p))), y);
		y = sel(ge(shape, splat(RANDOM - 0.5f)), noise_float(b->c->seed, turn), y);

		const vf fade = clamp(at(b->in[FADE], i) * b->c->rate, 1.0f, 1e9f);
		b->out[0][i] = y * vmin(((float)frame_of(b, i) + 1.0f) / fade, splat(1.0f));
	}
}

MODULE(lfo) = {
	.name = "lfo", .group = "modulator",
	.help = "low-frequency oscillator",
	.ports = ports, .flags = MODULE_CONTROL, .state = sizeof(struct state), .run = run,
};
