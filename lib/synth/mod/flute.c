/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * flute: a pipe that is blown across (P. Cook, "A meta-wind-instrument physical model",
 * 1992). The jet of air takes half a period from the lips to the edge and there goes more
 * into the pipe or more out of it, bent by what sounds in the pipe:
 *     end = lowpass(bore[a period ago]),   jet <- breath - 0.5 end
 *     bore <- j(jet[half a period ago]) + 0.5 end,   j(x) = clamp(x^3 - x, -1, 1)
 * The pipe is open at both ends and has all partials. With the jet at half a period both
 * ways round the loop are in phase, so the pitch is the pipe's at any breath. Breath is 1.2
 * times the root of the knob: it speaks where j rises steeply, from 0.6 or so. A high-pass at
 * 10 Hz stands behind.
 */
#include "synth/mod/waveguide.h"

enum { PITCH, BREATH, BRIGHTNESS, NOISE, VIBRATO, RATE };
#define BREATH_MOST 1.2f

static const struct port ports[] = {
	PORT_PITCH("of the pipe"),
	PORT_KNOB("breath", 0.6f, 0, 1, SCALE_LINEAR, NULL, "pressure: speaks from about 0.25"),
	PORT_KNOB("brightness", 0.4f, 0, 1, SCALE_LINEAR, NULL, "how much of the top comes back from the ends"),
	PORTS_BLOWN(0.2f),
	PORT_RESULT("out", "the pipe"),
	{0},
};

struct state {
	struct ramp bore, jet, pole;
	struct breath breath;
	vf dull, constant;
	int w, size;
};

/* Two lines, for the bore and the jet. */
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
	const vf hz = waveguide_hz(b->in[PITCH], b), period = rate / hz;
	const vf p = loop_pole(hz, clamp(last(b->in[BRIGHTNESS], b), 0.0f, 1.0f), rate);
	const vf turns = hz * (1.0f / rate);
	ramp_to(&s->bore, tuned_line(period - loss_at(turns, p).lag, turns).length, b);
	ramp_to(&s->jet, tuned_line(0.5f * period, turns).length, b);
	ramp_to(&s->pole, p, b);
	breath_to(&s->breath, b->in[BREATH], b->in[NOISE], b->in[VIBRATO], b->in[RATE], 0.3f, b);
}

static void
run(void *state, const struct block *b)
{
	struct state *const s = state;
	vf *const bore = (vf *)(s + 1), *const jet = bore + s->size;
	const float slow = 62.83185307179586f / b->c->rate;
	settle(s, b);
	for (int i = 0; i < b->n; i++) {
		const vf breath = breath_next(&s->breath, b->in[BREATH], BREATH_MOST, i, b);
		const vf back = line_read(bore, s->size, s->w, ramp_next(&s->bore));
		s->dull += ramp_next(&s->pole) * (back - s->dull);
		const vf x = clamp(line_read(jet, s->size, s->w, ramp_next(&s->jet)), -8.0f, 8.0f);
		jet[s->w] = breath - 0.5f * s->dull;
		const vf y = clamp(x * x * x - x, -1.0f, 1.0f) + 0.5f * s->dull;
		bore[s->w] = y;
		b->out[0][i] = 0.7f * (y - s->constant);
		s->constant += slow * (y - s->constant);
		s->w = line_step(s->w, s->size);
	}
}

MODULE(flute) = {
	.name = "flute", .group = "oscillator",
	.help = "a pipe that is blown across, as a flute is",
	.ports = ports, .flags = MODULE_AUDIO | MODULE_VOICE, .state = sizeof(struct state), .rows = rows, .init = init, .run = run,
	.example = "flute{breath = 0.6 * adsr{attack = 0.06}, vibrato = 0.3} * adsr{attack = 0.03} >> voices()",
};
