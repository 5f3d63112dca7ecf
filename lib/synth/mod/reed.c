/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * reed: a blown pipe with a reed, as a clarinet has (P. Cook, G. Scavone, "The Synthesis
 * ToolKit", 1999, after J. Smith, "Efficient simulation of the reed-bore and bow-string
 * mechanisms", 1986). A pressure wave goes down the bore and comes back turned over and
 * duller, half a period later, so that odd partials stand out:
 *     d = -0.95 lowpass(bore[half a period ago]) - breath
 *     bore <- breath + d r(d),   r(d) = clamp(r0 - 0.97 (1 - r0) d, -1, 1)
 * r is the share that the reed throws back: r0 at rest, and the more the breath outweighs
 * the bore the further it closes, until it beats. It speaks where small waves grow, that is
 * 0.95 (r0 + 1.94 (1 - r0) breath) > 1, which is from 0.55 to 0.7 (0.3 to 0.5 on the knob,
 * whose root is taken), and a full breath nearly shuts it. The table has no memory, so the
 * pitch is that of the loop. A high-pass at 10 Hz stands behind.
 */
#include "synth/mod/waveguide.h"

enum { PITCH, BREATH, STIFFNESS, BRIGHTNESS, NOISE, VIBRATO, RATE };

static const struct port ports[] = {
	PORT_PITCH("of the pipe"),
	PORT_KNOB("breath", 0.7f, 0, 1, SCALE_LINEAR, NULL, "pressure in the mouth: speaks from about 0.4"),
	PORT_KNOB("stiffness", 0.5f, 0, 1, SCALE_LINEAR, NULL, "of the reed: 0 lets much through at rest and is loud, 1 little"),
	PORT_KNOB("brightness", 0.5f, 0, 1, SCALE_LINEAR, NULL, "how much of the top comes back from the open end"),
	PORTS_BLOWN(0.1f),
	PORT_RESULT("out", "the pipe"),
	{0},
};

struct state {
	struct ramp length, pole, rest;
	struct breath breath;
	vf dull, constant;
	int w, size;
};

static size_t
rows(const struct context *c)
{
	return (size_t)line_rows(c, 0.5f / WAVEGUIDE_LOWEST);
}

static void
init(void *state, const struct context *c)
{
	((struct state *)state)->size = line_rows(c, 0.5f / WAVEGUIDE_LOWEST);
}

static void
settle(struct state *s, const struct block *b)
{
	const float rate = b->c->rate;
	const vf hz = waveguide_hz(b->in[PITCH], b), bright = clamp(last(b->in[BRIGHTNESS], b), 0.0f, 1.0f);
	const vf p = loop_pole(hz, bright, rate);
	const vf turns = hz * (1.0f / rate);
	ramp_to(&s->length, tuned_line(0.5f * rate / hz - loss_at(turns, p).lag, turns).length, b);
	ramp_to(&s->pole, p, b);
	ramp_to(&s->rest, 0.4f + 0.45f * clamp(last(b->in[STIFFNESS], b), 0.0f, 1.0f), b);
	breath_to(&s->breath, b->in[BREATH], b->in[NOISE], b->in[VIBRATO], b->in[RATE], 0.2f, b);
}

static void
run(void *state, const struct block *b)
{
	struct state *const s = state;
	vf *const line = (vf *)(s + 1);
	const float slow = 62.83185307179586f / b->c->rate;
	settle(s, b);
	for (int i = 0; i < b->n; i++) {
		const vf breath = breath_next(&s->breath, b->in[BREATH], 1.0f, i, b);
		const vf back = line_read(line, s->size, s->w, ramp_next(&s->length));
		s->dull += ramp_next(&s->pole) * (back - s->dull);
		const vf d = -0.95f * s->dull - breath, rest = ramp_next(&s->rest);
		const vf y = breath + d * clamp(rest - 0.97f * (1.0f - rest) * d, -1.0f, 1.0f);
		line[s->w] = y;
		b->out[0][i] = y - s->constant;
		s->constant += slow * (y - s->constant);
		s->w = line_step(s->w, s->size);
	}
}

MODULE(reed) = {
	.name = "reed", .group = "oscillator",
	.help = "a blown pipe with a reed, as a clarinet has",
	.ports = ports, .flags = MODULE_AUDIO | MODULE_VOICE, .state = sizeof(struct state), .rows = rows, .init = init, .run = run,
	.example = "reed{pitch = note.pitch - 12, breath = 0.75 * adsr{attack = 0.05}, vibrato = 0.3} * adsr{attack = 0.02} >> voices()",
};
