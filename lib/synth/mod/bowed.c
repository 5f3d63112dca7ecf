/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * bowed: a string under a bow (M. McIntyre, J. Woodhouse, "On the fundamentals of
 * bowed-string dynamics", 1979; J. Smith, "Efficient simulation of the reed-bore and
 * bow-string mechanisms", 1986; the table is that of P. Cook and G. Scavone's Synthesis
 * ToolKit). Velocity waves go from the bow to the nut and to the bridge and come back turned
 * over, from the bridge duller:
 *     u = -lowpass(bridge[2 position periods ago]),  v = -nut[the rest ago]
 *     d = speed - (u + v),  f = d r(d),  r(d) = clamp((|slope d| + 0.75)^-4, 0.01, 0.98)
 *     nut <- u + f,  bridge <- v + f
 * While r is near 1 the string sticks to the bow, else it slips; the harder the bow is
 * pressed the smaller the slope and the longer it sticks. With 0 <= r <= 1 the bow gives
 * no more than its own speed, so the string is bounded.
 */
#include "synth/mod/waveguide.h"

enum { PITCH, SPEED, PRESSURE, POSITION, BRIGHTNESS };
#define SPEED_MOST 0.2f

static const struct port ports[] = {
	PORT_PITCH("of the string"),
	PORT_KNOB("speed", 0.5f, 0, 1, SCALE_LINEAR, NULL, "of the bow: how loud"),
	PORT_KNOB("pressure", 0.5f, 0, 1, SCALE_LINEAR, NULL, "of the bow: 0 glassy, 1 rough"),
	PORT_KNOB("position", 0.13f, 0.03f, 0.25f, SCALE_LINEAR, NULL, "of the bow: near the bridge is bright"),
	PORT_KNOB("brightness", 0.6f, 0, 1, SCALE_LINEAR, NULL, "how much of the top the bridge throws back"),
	PORT_RESULT("out", "what arrives at the bridge"),
	{0},
};

struct state {
	struct ramp bridge, nut, pole, slope, speed;
	vf dull;
	int w, size;
};

/* Two lines, each for a whole period at the most. */
static size_t
rows(const struct context *c)
{
	return 2 * (size_t)line_rows(c, 1.0f / WAVEGUIDE_LOWEST);
}

static void
init(void *state, const struct context *c)
{
	((struct state *)state)->size = line_rows(c, 1.0f / WAVEGUIDE_LOWEST);
}

static void
settle(struct state *s, const struct block *b)
{
	const float rate = b->c->rate;
	const vf hz = waveguide_hz(b->in[PITCH], b);
	const vf p = loop_pole(hz, 0.25f + 0.75f * clamp(last(b->in[BRIGHTNESS], b), 0.0f, 1.0f), rate);
	const vf turns = hz * (1.0f / rate), loop = rate / hz - loss_at(turns, p).lag;
	const vf bridge = clampv(loop * clamp(last(b->in[POSITION], b), 0.03f, 0.4f), splat(2.0f), loop - 2.0f);
	const vf nut = loop - bridge;
	ramp_to(&s->bridge, tuned_line(bridge, turns).length, b);
	ramp_to(&s->nut, tuned_line(nut, turns).length, b);
	ramp_to(&s->pole, p, b);
	/* a fast bow is pressed harder, as by a player, so that it still grips */
	const vf speed = clamp(last(b->in[SPEED], b), 0.0f, 1.0f), press = clamp(last(b->in[PRESSURE], b), 0.0f, 1.0f);
	ramp_to(&s->slope, (5.0f - 4.0f * press) / (0.4f + 1.2f * speed), b);
	glide_to(&s->speed, b->in[SPEED], b);
}

static void
run(void *state, const struct block *b)
{
	struct state *const s = state;
	vf *const bridge = (vf *)(s + 1), *const nut = bridge + s->size;
	settle(s, b);
	for (int i = 0; i < b->n; i++) {
		const vf speed = SPEED_MOST * clamp(glide(&s->speed, b->in[SPEED], i), 0.0f, 1.0f);
		const vf back = line_read(bridge, s->size, s->w, ramp_next(&s->bridge));
		s->dull += ramp_next(&s->pole) * (0.98f * back - s->dull);
		const vf u = -s->dull, v = -line_read(nut, s->size, s->w, ramp_next(&s->nut));
		const vf d = speed - (u + v), z = vabs(ramp_next(&s->slope) * d) + 0.75f, z2 = z * z;
		const vf f = d * clamp(1.0f / (z2 * z2), 0.01f, 0.98f);
		nut[s->w] = u + f;
		bridge[s->w] = v + f;
		b->out[0][i] = 1.8f * back;
		s->w = line_step(s->w, s->size);
	}
}

MODULE(bowed) = {
	.name = "bowed", .group = "oscillator",
	.help = "a string under a bow",
	.ports = ports, .flags = MODULE_AUDIO | MODULE_VOICE, .state = sizeof(struct state), .rows = rows, .init = init, .run = run,
	.example = "bowed{pitch = note.pitch - 12, speed = 0.5 * adsr{attack = 0.1}} * adsr{release = 0.3} >> voices()",
};
