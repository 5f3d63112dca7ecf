/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Random walk, from the seed: each turn sets out for a place up to `stride` from the
 * last, up or down, which is thrown back at -1 and 1. It goes there along 3 x^2 - 2
 * x^3, over the share `smooth` of the turn. A small stride strays, a stride of 2 forgets
 * where it was.
 */
#include "synth/mod/clock.h"

enum { RATE, PER, STRIDE, SMOOTH };

static const struct port ports[] = {
    CLOCK_RATE(2, 0.01f, SCALE_LOG, "places a second or a beat"),
    CLOCK_PER(0),
    {PORT_IN, "stride", RATE_CONTROL, 0.5f, 0, 2, SCALE_LINEAR, 0, 0, 0, "farthest from one place to the next"},
    {PORT_IN, "smooth", RATE_CONTROL, 1, 0, 1, SCALE_LINEAR, 0, 0, 0, "0 jumps, 1 is always on its way"},
    {PORT_OUT, "out", RATE_CONTROL, 0, -1, 1, SCALE_LINEAR, 0, 0, 0, "-1 to 1"},
    {PORT_END},
};

struct state {
	struct clock clock;
	vu turn; /* of the last output */
	vf from, to;
};

static inline vf
thrown_back(vf x)
{
	const vf a = vabs(x);
	return copysign_v(sel(gt(a, splat(1.0f)), 2.0f - a, a), x);
}

static void
run(void *state, const struct block *b)
{
	struct state *const s = state;
	const int beats = b->c->fixed[PER] > 0.5f;
	for (int i = 0; i < b->n; i++) {
		const struct moment m = clock_next(&s->clock, at(b->in[RATE], i), beats, b);
		const vf stride = clamp(at(b->in[STRIDE], i), 0.0f, 2.0f);
		if (b->now == 0 && i == 0) {
			s->from = noise_float(b->c->seed, splat_u(0));
			s->to = thrown_back(s->from + stride * noise_float(b->c->seed, splat_u(1)));
		}
		const vi on = ~eq_i(u_as_vi(m.turn), u_as_vi(s->turn));
		if (any(on)) {
			const vf next = thrown_back(s->to + stride * noise_float(b->c->seed, m.turn + 1u));
			s->from = sel(on, s->to, s->from);
			s->to = sel(on, next, s->to);
			s->turn = m.turn;
		}
		const vf x = vmin((m.part + 1e-6f) / clamp(at(b->in[SMOOTH], i), 1e-6f, 1.0f), splat(1.0f));
		b->out[0][i] = s->from + (s->to - s->from) * (x * x * (3.0f - 2.0f * x));
	}
}

MODULE(walk) = {
	.name = "walk", .group = "modulator",
	.help = "random walk, smooth or in jumps",
	.ports = ports, .flags = MODULE_CONTROL, .state = sizeof(struct state), .run = run,
	.example = "svf{saw{}, cutoff = 800 * 2 ^ (2 * walk{rate = 6})} * adsr{} * 0.5 >> voices()",
};
