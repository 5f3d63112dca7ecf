/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Step sequencer: up to sixteen values, one after another, beginning with the note
 * (after voices(), with the take). A step glides from the one before in a straight
 * line over a share of its time. In random order each step is drawn anew, from the
 * seed.
 */
#include "synth/mod/clock.h"

enum { STEPS = 16 };
enum { COUNT = STEPS, RATE, PER, ORDER, GLIDE };
enum { FORWARD, BACKWARD, PING_PONG, RANDOM };

static const char *const orders[] = {"forward", "backward", "ping-pong", "random", 0};

#define STEP(n) {PORT_IN, "step" #n, RATE_CONTROL, 0, -128, 128, SCALE_LINEAR, 0, 0, 0, "value of the step", .when = "count >= " #n}

static const struct port ports[] = {
    STEP(1), STEP(2), STEP(3), STEP(4), STEP(5), STEP(6), STEP(7), STEP(8),
    STEP(9), STEP(10), STEP(11), STEP(12), STEP(13), STEP(14), STEP(15),
    STEP(16),
    {PORT_IN, "count", RATE_CONTROL, 8, 1, STEPS, SCALE_LINEAR, 0, 0, 0, "how many of them", .whole = true},
    CLOCK_RATE(4, 0.01f, SCALE_LOG, "steps a second or a beat"),
    CLOCK_PER(1),
    {PORT_IN, "order", RATE_FIXED, 0, 0, 3, SCALE_CHOICE, orders, 0, 0, "ping-pong plays its ends once"},
    {PORT_IN, "glide", RATE_CONTROL, 0, 0, 1, SCALE_LINEAR, 0, 0, 0, "share of a step on the way from the last"},
    {PORT_OUT, "out", RATE_CONTROL, 0, -128, 128, SCALE_LINEAR, 0, 0, 0, "value of the step"},
    {PORT_END},
};

struct state {
	struct clock clock;
};

/* n modulo m, whole numbers; n < 2^22. */
static inline vf
modulo(vf n, vf m)
{
	return n - m * vfloor((n + 0.5f) / m);
}

static inline vi
index_of(vu turn, vf count, int order, const struct context *c)
{
	const vf n = to_float(u_as_vi(turn & 0x3fffffu));
	vf k;
	if (order == RANDOM) {
		k = vmin(vfloor((noise_float(c->seed, turn) * 0.5f + 0.5f) * count), count - 1.0f);
	} else if (order == PING_PONG) {
		const vf all = vmax(2.0f * count - 2.0f, splat(1.0f));
		k = modulo(n, all);
		k = vmin(k, all - k);
	} else {
		k = modulo(n, count);
		if (order == BACKWARD)
			k = count - 1.0f - k;
	}
	return to_int(clamp(k, 0.0f, STEPS - 1));
}

static void
run(void *state, const struct block *b)
{
	struct state *const s = state;
	const int order = (int)fminf(fmaxf(b->c->fixed[ORDER], FORWARD), RANDOM), beats = b->c->fixed[PER] > 0.5f;
	vf step[STEPS];
	int moving = 0;
	for (int k = 0; k < STEPS; k++) {
		moving |= b->in[k].stride;
		step[k] = at(b->in[k], 0);
	}
	for (int i = 0; i < b->n; i++) {
		const struct moment m = clock_next(&s->clock, at(b->in[RATE], i), beats, b);
		const vf count = vfloor(clamp(at(b->in[COUNT], i), 1.0f, STEPS) + 0.5f);
		for (int k = 0; moving && k < STEPS; k++)
			step[k] = at(b->in[k], i);
		const vf to = gather_rows(step, index_of(m.turn, count, order, b->c));
		vf way = splat(1.0f);
		const vf glide = clamp(at(b->in[GLIDE], i), 0.0f, 1.0f);
		vf from = to;
		if (any(gt(glide, m.part))) {
			const vu before = m.turn - as_vu(~eq_i(u_as_vi(m.turn), splat_i(0)) & 1);
			from = gather_rows(step, index_of(before, count, order, b->c));
			way = sel(gt(glide, m.part), m.part / glide, way);
			from = sel(gt(glide, m.part), from, to);
		}
		b->out[0][i] = clamp(from + (to - from) * way, -1e9f, 1e9f);
	}
}

MODULE(steps) = {
	.name = "steps", .group = "modulator",
	.help = "step sequencer of up to sixteen values",
	.ports = ports, .flags = MODULE_CONTROL, .state = sizeof(struct state), .run = run,
	.example = "saw{pitch = note.pitch + steps{step1 = 0, step2 = 7, step3 = 12, step4 = 3, count = 4}} * "
		   "adsr{} * 0.6 >> voices()",
};
