/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Phase distortion, as in Casio's CZ (US patent 4658691, 1987): a cosine that is read
 * at an uneven speed, -cos 2 pi g(p), g made of straight pieces.
 *     saw      half a turn in d, half in the rest          d = (1 - amount) / 2
 *     square   half a turn in d, wait, half in d, wait     the same
 *     pulse    a turn in d, wait                           d = 1 - amount
 *     double   a turn in d, a turn in the rest             d = (1 - amount) / 2
 * The resonant shapes are (1 - cos 2 pi r p) under a window that falls like a saw, a
 * triangle or a trapezoid, r = 2^(4 amount) turns to a period: a peak at r times the
 * pitch. Means are taken off.
 *
 * All are smooth but for their second derivative (resonant: the first), so no jump has
 * to be mended; and they are computed at twice the rate (synth/mod/half_band.h). Half a turn
 * takes 6 frames at least, and r stays under 0.18 of the rate (8 kHz), so that a high note is
 * blunter than a low one. What folds back below 16 kHz at amount 1 is under -88 dB of the
 * loudest partial up to C6, of the resonant shapes under -102 dB on C4 and -74 dB on C6.
 */
#include "synth/mod/glide.h"
#include "synth/mod/half_band.h"
#include "synth/mod/osc.h"

enum { PITCH, DETUNE, SHAPE, AMOUNT, PHASE, RANDOM };
enum { SAW, SQUARE, PULSE, DOUBLE, RESONANT_SAW, RESONANT_TRIANGLE, RESONANT_TRAPEZOID };

static const char *const shapes[] = {"saw", "square", "pulse", "double", "resonant saw", "resonant triangle",
    "resonant trapezoid", 0};

static const struct port ports[] = {
    OSC_PITCH, OSC_DETUNE,
    {PORT_IN, "shape", RATE_FIXED, 0, 0, RESONANT_TRAPEZOID, SCALE_CHOICE, shapes, 0, 0, "what a sine is bent to"},
    {PORT_IN, "amount", RATE_CONTROL, 0.5f, 0, 1, SCALE_LINEAR, 0, 0, 0, "0 a sine, 1 all edges; resonant: four octaves of peak"},
    OSC_PHASE, OSC_RANDOM,
    {PORT_OUT, "out", RATE_AUDIO, 0, -1, 1, SCALE_LINEAR, 0, 0, 0, "-1 to 1; pulse and resonant shapes up to 2"},
    {PORT_END},
};

struct state {
	struct osc osc;
	struct ramp amount;
	vf was; /* amount, a frame ago */
	struct half_band half;
};

/* From 0 to 1 while p goes from a to a + d. */
static inline vf
piece(vf p, float a, vf d)
{
	return clamp((p - a) / d, 0.0f, 1.0f);
}

static inline vf
bent(int shape, vf p, vf amount, vf inc)
{
	const vf edge = vmin(inc * 6.0f, splat(0.5f)), d = vmax(0.5f * (1.0f - amount), edge);
	vf g, lift = splat(0.0f);
	if (shape == SAW) {
		g = 0.5f * piece(p, 0.0f, d) + 0.5f * vmax((p - d) / (1.0f - d), splat(0.0f));
	} else if (shape == SQUARE) {
		g = 0.5f * (piece(p, 0.0f, d) + piece(p, 0.5f, d));
	} else if (shape == PULSE) {
		const vf all = vmax(1.0f - amount, 2.0f * edge);
		g = piece(p, 0.0f, all);
		lift = 1.0f - all;
	} else {
		const vf all = vmax(d, vmin(2.0f * edge, splat(0.5f)));
		g = piece(p, 0.0f, all) + vmax((p - all) / (1.0f - all), splat(0.0f));
	}
	return lift - lm_cos_turn(g);
}

static inline vf
resonant(int shape, vf p, vf amount, vf period)
{
	const vf r = vmax(vmin(lm_exp2(4.0f * amount), 0.18f * period), splat(1.0f)), a = r * 6.2831853f;
	const vf whole = lm_cos_turn(r), half = lm_cos_turn(0.5f * r);
	vf window, mean; /* of the window, and of window times cosine times a^2 / 2 */
	float level;
	if (shape == RESONANT_SAW) {
		window = 1.0f - p;
		level = 0.5f;
		mean = 0.5f * (1.0f - whole);
	} else if (shape == RESONANT_TRIANGLE) {
		window = 1.0f - vabs(2.0f * p - 1.0f);
		level = 0.5f;
		mean = 2.0f * half - 1.0f - whole;
	} else {
		window = vmin(2.0f - 2.0f * p, splat(1.0f));
		level = 0.75f;
		mean = half - whole;
	}
	return window * (1.0f - lm_cos_turn(r * p)) - (level - 2.0f * mean / (a * a));
}

static inline __attribute__((always_inline)) void
play(struct state *state, const struct block *b, int shape)
{
	struct state s = *state;
	for (int i = 0; i < b->n; i++) {
		osc_next(&s.osc, i, b);
		const vf amount = clamp(glide(&s.amount, b->in[AMOUNT], i), 0.0f, 1.0f);
		if (b->now == 0 && i == 0)
			s.was = amount;
		const vu step = osc_step(s.osc.inc);
		/* half a frame ago, and now */
		const vu phases[2] = {s.osc.phase - (step >> 1), s.osc.phase};
		const vf amounts[2] = {0.5f * (s.was + amount), amount};
		vf y[2];
		for (int k = 0; k < 2; k++) {
			const vf p = to_float(u_as_vi(phases[k] >> 8)) * 0x1p-24f;
			y[k] = shape < RESONANT_SAW ? bent(shape, p, amounts[k], s.osc.inc)
						    : resonant(shape, p, amounts[k], s.osc.period);
		}
		b->out[0][i] = half_band_down(&s.half, y);
		s.was = amount;
		s.osc.phase += step;
	}
	*state = s;
}

static void
run(void *state, const struct block *b)
{
	struct state *const s = state;
	if (b->now == 0)
		s->osc.phase = osc_start(at(b->in[PHASE], 0), at(b->in[RANDOM], 0), b->c);
	osc_block(&s->osc, b->in[PITCH], b->in[DETUNE], b);
	glide_to(&s->amount, b->in[AMOUNT], b);
	switch ((int)fminf(fmaxf(b->c->fixed[SHAPE], 0), RESONANT_TRAPEZOID)) {
	case SAW: play(s, b, SAW); break;
	case SQUARE: play(s, b, SQUARE); break;
	case PULSE: play(s, b, PULSE); break;
	case DOUBLE: play(s, b, DOUBLE); break;
	case RESONANT_SAW: play(s, b, RESONANT_SAW); break;
	case RESONANT_TRIANGLE: play(s, b, RESONANT_TRIANGLE); break;
	case RESONANT_TRAPEZOID: play(s, b, RESONANT_TRAPEZOID); break;
	}
}

MODULE(phasedist) = {
	.name = "phasedist", .group = "oscillator",
	.help = "phase distortion: a sine bent to saw, square, pulse or a resonance",
	.ports = ports, .flags = MODULE_AUDIO, .state = sizeof(struct state), .run = run,
	.example = "phasedist{shape = \"resonant saw\", amount = decay{decay = 0.6}} * adsr{} >> voices()",
};
