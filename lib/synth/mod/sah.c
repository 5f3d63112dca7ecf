/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Sample and hold: takes the input's value at the start, `rate` times from there, and
 * whenever the trigger rises over a half.
 */
#include "synth/mod/clock.h"

enum { IN, TRIGGER, RATE, PER };

static const struct port ports[] = {
    {PORT_IN, "in", RATE_CONTROL, 0, -1, 1, SCALE_LINEAR, 0, 0, 0, "what is looked at"},
    {PORT_IN, "trigger", RATE_CONTROL, 0, 0, 1, SCALE_LINEAR, 0, 0, 0, "takes a value where it rises over a half"},
    CLOCK_RATE(8, 0, SCALE_LINEAR, "values a second or a beat; 0: only by the trigger"),
    CLOCK_PER(0),
    {PORT_OUT, "out", RATE_CONTROL, 0, -1, 1, SCALE_LINEAR, 0, 0, 0, "the last value taken"},
    {PORT_END},
};

struct state {
	struct clock clock;
	vu turn; /* of the last output */
	vf held, trigger;
};

static void
run(void *state, const struct block *b)
{
	struct state *const s = state;
	const int beats = b->c->fixed[PER] > 0.5f;
	for (int i = 0; i < b->n; i++) {
		const struct moment m = clock_next(&s->clock, at(b->in[RATE], i), beats, b);
		const vf x = clamp(at(b->in[IN], i), -1e9f, 1e9f), trigger = at(b->in[TRIGGER], i), half = splat(0.5f);
		vi take = ~eq_i(u_as_vi(m.turn), u_as_vi(s->turn)) | (gt(trigger, half) & le(s->trigger, half));
		take |= splat_i(b->now == 0 && i == 0 ? -1 : 0);
		s->held = sel(take, x, s->held);
		s->turn = m.turn;
		s->trigger = trigger;
		b->out[0][i] = s->held;
	}
}

MODULE(sah) = {
	.name = "sah", .group = "modulator",
	.help = "sample and hold, by a clock or a trigger",
	.ports = ports, .flags = MODULE_CONTROL, .state = sizeof(struct state), .run = run,
	.example = "saw{pitch = note.pitch + 12 * sah{walk{rate = 20, smooth = 0, stride = 2}, rate = 8}} * adsr{} "
		   "* 0.6 >> voices()",
};
