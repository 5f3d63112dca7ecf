/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Alias: an oscillator of the first home computers, a counter of 8 bits and what is done
 * to it (the idea is that of the Alias oscillator of Surge XT):
 *     c = 256 p;  c = wrap c mod 256;  c ^= mask;  c >= threshold: 255 - c;  table[c]
 * and the table's number is cut to its upper `bits`. Nothing is band-limited: what folds
 * back, the steps and the notes out of tune at the top are what it is for. A high-pass at
 * 10 Hz takes the mean off.
 */
#include "synth/mod/glide.h"
#include "synth/mod/osc.h"

enum { PITCH, DETUNE, SHAPE, WRAP, MASK, THRESHOLD, BITS, PHASE, RANDOM };
enum { SAW, SINE, SQUARE, NOISE };

static const char *const shapes[] = {"saw", "sine", "square", "noise", 0};

static const struct port ports[] = {
    OSC_PITCH, OSC_DETUNE,
    PORT_CHOICE("shape", 0, shapes, "the table; noise is 256 numbers, the same at each turn"),
    PORT_KNOB("wrap", 1, 1, 16, SCALE_LOG, NULL, "the counter times this, modulo 256"),
    PORT_KNOB("mask", 0, 0, 255, SCALE_LINEAR, NULL, "bits of the counter to turn over, as one number", .whole = true),
    PORT_KNOB("threshold", 256, 0, 256, SCALE_LINEAR, NULL, "from here on it counts down: 256 never, 128 makes a triangle of a saw", .whole = true),
    PORT_KNOB("bits", 8, 1, 8, SCALE_LINEAR, NULL, "of the output", .whole = true),
    OSC_PHASE, OSC_RANDOM,
    {PORT_OUT, "out", RATE_AUDIO, 0, -1, 1, SCALE_LINEAR, 0, 0, 0, "-1 to 1 and the mean"},
    {PORT_END},
};

struct state {
	struct osc osc;
	struct ramp wrap;
	vf mean;
};

/* The table, 0 to 255. */
static inline vi
look_up(vi c, int shape, const struct context *context)
{
	switch (shape) {
	case SINE: return to_int(128.0f + 127.5f * lm_sin_turn((to_float(c) + 0.5f) * (1.0f / 256)));
	case SQUARE: return 255 & -(c >> 7);
	case NOISE: return u_as_vi(noise_bits(context->seed, as_vu(c)) >> 24);
	default: return c;
	}
}

static void
run(void *state, const struct block *b)
{
	struct state s = *(struct state *)state;
	const int shape = (int)fminf(fmaxf(b->c->fixed[SHAPE], 0), NOISE);
	const float slow = fminf(62.83185307179586f / b->c->rate, 1.0f);
	if (b->now == 0)
		s.osc.phase = osc_start(at(b->in[PHASE], 0), at(b->in[RANDOM], 0), b->c);
	osc_block(&s.osc, b->in[PITCH], b->in[DETUNE], b);
	glide_to(&s.wrap, b->in[WRAP], b);
	for (int i = 0; i < b->n; i++) {
		osc_next(&s.osc, i, b);
		/* a whole number or none for the mask: bits do not glide */
		const vf wrap = clamp(glide(&s.wrap, b->in[WRAP], i), 0.0f, 256.0f);
		const vi mask = to_int(clamp(at(b->in[MASK], i), 0.0f, 255.0f) + 0.5f);
		const vi threshold = to_int(clamp(at(b->in[THRESHOLD], i), 0.0f, 256.0f) + 0.5f);
		const vi cut = 8 - to_int(clamp(at(b->in[BITS], i), 1.0f, 8.0f) + 0.5f);
		vi c = u_as_vi(s.osc.phase >> 24);
		c = (to_int(to_float(c) * wrap) & 255) ^ mask;
		c = sel_i(lt_i(c, threshold), c, 255 - c);
		const vi level = look_up(c, shape, b->c) >> cut;
		/* the upper bits, spread over -1 to 1 again */
		const vf y = to_float(level) * 2.0f / to_float((splat_i(256) >> cut) - 1) - 1.0f;
		b->out[0][i] = y - s.mean;
		s.mean = s.mean + slow * (y - s.mean);
		s.osc.phase += osc_step(s.osc.inc);
	}
	*(struct state *)state = s;
}

MODULE(alias) = {
	.name = "alias", .group = "oscillator",
	.help = "an 8-bit counter wrapped, masked and folded: digital dirt on purpose",
	.ports = ports, .flags = MODULE_AUDIO, .state = sizeof(struct state), .run = run,
	.example = "alias{shape = \"sine\", wrap = 2.7, mask = 40} * adsr{} >> voices()",
};
