/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Slew: follows its input no faster than it may. Linear: 1 up takes `rise` seconds, 1
 * down `fall`. Exponential: it goes 63 % of the way in that time. It begins where its
 * input does. What a sum of floats would lose is carried on to the next frame (W. Kahan,
 * 1965), or a slow slew of a high number would stand still.
 */
#include "synth/module.h"

enum { IN, RISE, FALL, SHAPE };

static const char *const shapes[] = {"linear", "exponential", 0};

static const struct port ports[] = {
    {PORT_IN, "in", RATE_CONTROL, 0, -128, 128, SCALE_LINEAR, 0, 0, 0, "what to follow"},
    {PORT_IN, "rise", RATE_CONTROL, 0.1f, 0, 20, SCALE_LINEAR, 0, "s", 0, "to go up by 1"},
    {PORT_IN, "fall", RATE_CONTROL, 0.1f, 0, 20, SCALE_LINEAR, 0, "s", 0, "to go down by 1"},
    {PORT_IN, "shape", RATE_FIXED, 0, 0, 1, SCALE_CHOICE, shapes, 0, 0, "the same speed all the way, or slower and slower"},
    {PORT_OUT, "out", RATE_CONTROL, 0, -128, 128, SCALE_LINEAR, 0, 0, 0, "the input, slower"},
    {PORT_END},
};

struct state {
	vf y, rest;
};

static void
run(void *state, const struct block *b)
{
	struct state *const s = state;
	const int exponential = b->c->fixed[SHAPE] > 0.5f;
	const float frames = (float)b->step;
	vf y = s->y, rest = s->rest;
	if (b->now == 0)
		y = clamp(at(b->in[IN], 0), -1e9f, 1e9f);
	for (int i = 0; i < b->n; i++) {
		const vf x = clamp(at(b->in[IN], i), -1e9f, 1e9f), far = x - y;
		const vf length = sel(gt(far, splat(0.0f)), at(b->in[RISE], i), at(b->in[FALL], i)) * b->c->rate;
		vf go = vmin(frames / vmax(length, splat(1e-9f)), vabs(far));
		if (exponential)
			go = vabs(far) * (1.0f - lm_exp2(-1.4426950408889634f * frames / vmax(length, splat(0.01f))));
		const vi there = ge(go, vabs(far));
		const vf step = copysign_v(go, far) + rest, next = y + step;
		rest = sel(there, splat(0.0f), step - (next - y));
		y = sel(there, x, next);
		b->out[0][i] = y;
	}
	s->y = y;
	s->rest = rest;
}

MODULE(slew) = {
	.name = "slew", .group = "modulator",
	.help = "follows a signal no faster than it may",
	.ports = ports, .flags = MODULE_CONTROL, .state = sizeof(struct state), .run = run,
	.example = "saw{pitch = slew{note.pitch + steps{step1 = 0, step2 = 7, step3 = 12, count = 3}, rise = 0.01, "
		   "fall = 0.01}} * adsr{} * 0.6 >> voices()",
};
