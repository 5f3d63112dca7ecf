/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * torchsynth's LFO, computed at control points: five shapes in one, each of 0 to
 * 1 and with a weight, of which only the ratios count (weight^e, as there). An
 * envelope of its own moves the rate, another the level (synth/mod/contour.h).
 *     turns(k) = phase + sum to k of max(rate + depth envelope, 0) / points
 */
#include "synth/mod/contour.h"
#include "synth/mod/knots.h"

enum { RATE, DEPTH, PHASE, SINE, TRIANGLE, SAW, FALL, SQUARE, RATE_ENV, LEVEL_ENV = RATE_ENV + CONTOUR_PORTS,
	POINTS = LEVEL_ENV + CONTOUR_PORTS };
enum { SHAPES = 5 };

#define WEIGHT(name, def, help) {PORT_IN, name, RATE_CONTROL, def, 0, 1, SCALE_LINEAR, 0, 0, 0, help}

static const struct port ports[] = {
    {PORT_IN, "rate", RATE_CONTROL, 3, 0, 200, SCALE_LINEAR, 0, "Hz", 0, "turns a second"},
    {PORT_IN, "depth", RATE_CONTROL, 0, -200, 200, SCALE_LINEAR, 0, "Hz", 0, "of the rate's envelope"},
    {PORT_IN, "phase", RATE_CONTROL, 0, -1, 1, SCALE_LINEAR, 0, "turns", 0, "where a note starts"},
    WEIGHT("sine", 1, "weight of (1 - cos) / 2"), WEIGHT("triangle", 0, "weight of up and down"),
    WEIGHT("saw", 0, "weight of up and back"), WEIGHT("fall", 0, "weight of down and back"),
    WEIGHT("square", 0, "weight of off and on"),
    CONTOUR_ROWS("rate_", 0, 0, 1, 0.2f),
    CONTOUR_ROWS("level_", 0, 0, 1, 0.2f),
    KNOTS_POINTS,
    {PORT_OUT, "out", RATE_CONTROL, 0, 0, 1, SCALE_LINEAR, 0, 0, 0, "0 to 1"},
    {PORT_END},
};

struct state {
	struct knots knots;
	vu turns; /* of the last point, in 2^-32 turns */
	vf given[SHAPES], weight[SHAPES];
};

static inline vu
turn(vf x)
{
	return as_vu(to_int(vmin(fract(x), splat(0.99999994f)) * 0x1p31f)) << 1;
}

static inline vf
knot(void *state, const struct block *b, uint32_t k)
{
	struct state *const s = state;
	const float points = b->c->fixed[POINTS];
	const int i = b->n - 1;
	const vf rate = clamp(at(b->in[RATE], i), 0.0f, 1e3f), depth = clamp(at(b->in[DEPTH], i), -1e3f, 1e3f);
	const vf hz = vmax(rate + depth * contour_at(b->in + RATE_ENV, b, points, k), splat(0.0f));
	s->turns += turn(hz / points);
	const vu here = s->turns + turn(clamp(at(b->in[PHASE], i), -1e4f, 1e4f));
	const vf x = to_float(u_as_vi(here >> 1)) * 0x1p-31f, cosine = lm_cos_turn(x);
	const vf shape[SHAPES] = {0.5f - 0.5f * cosine, vmin(2.0f * x, 2.0f - 2.0f * x), x, 1.0f - x,
	    sel(lt(cosine, splat(0.0f)), splat(1.0f), splat(0.0f))};
	vf y = splat(0.0f);
	for (int j = 0; j < SHAPES; j++)
		y += shape[j] * s->weight[j];
	return y * contour_at(b->in + LEVEL_ENV, b, points, k);
}

/* Each one's share, found anew where a weight has moved. */
static void
weigh(struct state *s, const struct block *b)
{
	vi moved = splat_i(0);
	for (int j = 0; j < SHAPES; j++) {
		const vf w = clamp(at(b->in[SINE + j], b->n - 1), 0.0f, 1.0f);
		moved |= ne(w, s->given[j]);
		s->given[j] = w;
	}
	if (!any(moved))
		return;
	vf sum = splat(1e-20f);
	for (int j = 0; j < SHAPES; j++) {
		s->weight[j] = contour_power(s->given[j], splat(2.718281828f));
		sum += s->weight[j];
	}
	for (int j = 0; j < SHAPES; j++)
		s->weight[j] = s->weight[j] / sum;
}

static void
run(void *state, const struct block *b)
{
	struct state *const s = state;
	weigh(s, b);
	knots_block(&s->knots, b, b->c->fixed[POINTS], knot, s, b->out[0]);
}

MODULE(lfoblend) = {
	.name = "lfoblend", .group = "modulator",
	.help = "LFO of five shapes at once, with envelopes for its rate and level",
	.ports = ports, .flags = MODULE_CONTROL | MODULE_VOICE, .state = sizeof(struct state), .run = run,
	.example = "saw{} >> svf{cutoff = 200 + 3000 * lfoblend{rate = 1, depth = 8, rate_attack = 1, saw = 1}} * adsr{} >> voices()",
};
