/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * modal: a struck thing. Eight resonators ring when `in` hits them: a click or a
 * short noise makes a bar, a bell, a skin, a bottle. Resonator k (from 1) has
 *     frequency   f k^stretch, f that of pitch    stretch 1 string, 1.5 to 2 bar and bell, under 1 dense
 *     decay       decay k^-damping seconds to fall by 60 dB
 *     amplitude   10^(tilt log2(k) / 20), and sin(pi k position): where it is struck
 * out is the sum. Each is a two-pole y[n] = x[n] + 2 r cos w y[n-1] - r^2 y[n-2] in
 * the coupled form (a point turned by w and shrunk by r each frame), which keeps
 * its pitch in single precision and stays calm when tuned (M. Mathews, J. O. Smith,
 * "Methods for synthesizing very high Q parametrically well behaved two pole
 * filters", 2003). A resonator above 0.45 of the rate is silent; one that is
 * not struck but driven at its own frequency would grow to thousands, and stops at 64.
 */
#include "synth/mod/glide.h"

enum { IN, PITCH, DECAY, STRETCH, DAMPING, TILT, POSITION };
enum { MODES = 8 };
#define LOUDEST 64.0f

static const struct port ports[] = {
	PORT_SOUND("in", "what strikes it"),
	{PORT_IN, "pitch", RATE_CONTROL, 60, -24, 136, SCALE_LINEAR, NULL, "semitones", "note.pitch", "of the lowest resonator"},
	PORT_KNOB("decay", 0.6f, 0.01f, 20, SCALE_LOG, "s", "of the lowest resonator, to fall by 60 dB"),
	PORT_KNOB("stretch", 1.6f, 0.3f, 2.5f, SCALE_LINEAR, NULL, "partials at k^stretch: 1 harmonic, more a bar, less a skin"),
	PORT_KNOB("damping", 0.8f, 0, 3, SCALE_LINEAR, NULL, "higher partials die sooner: 0 all alike"),
	PORT_KNOB("tilt", -4, -24, 6, SCALE_LINEAR, "dB", "an octave of partials, in level"),
	PORT_KNOB("position", 0.29f, 0, 0.5f, SCALE_LINEAR, NULL, "where it is struck: 0 the edge, 0.5 the middle"),
	PORT_RESULT("out", "its ringing"),
	{0},
};

struct mode {
	struct ramp c, s, level; /* r cos w, r sin w, amplitude */
	vf x, y;                 /* the point */
};

struct state {
	struct mode mode[MODES];
};

static void
settle(struct state *s, const struct block *b)
{
	static const float octaves[MODES] = {0, 1, 1.5849625f, 2, 2.3219281f, 2.5849625f, 2.8073549f, 3}; /* log2 k */
	const float rate = b->c->rate;
	const vf note = clamp(last(b->in[PITCH], b), -120.0f, 200.0f), stretch = clamp(last(b->in[STRETCH], b), 0.0f, 4.0f);
	const vf decay = clamp(last(b->in[DECAY], b), 0.001f, 1000.0f), damping = clamp(last(b->in[DAMPING], b), -4.0f, 4.0f);
	const vf tilt = clamp(last(b->in[TILT], b), -60.0f, 24.0f), position = clamp(last(b->in[POSITION], b), 0.0f, 0.5f);
	for (int k = 0; k < MODES; k++) {
		struct mode *m = &s->mode[k];
		const vf f = lm_note_hz(note + 12.0f * octaves[k] * stretch) * (1.0f / rate);
		const vi heard = lt(f, splat(0.45f));
		const vf turns = vmin(f, splat(0.45f));
		/* 60 dB are a factor of 1000: log2 is 9.96578 */
		const vf r = lm_exp2(-9.965784284662087f / rate / decay * lm_exp2(octaves[k] * damping));
		const vf level = lm_db_gain(tilt * octaves[k]) * lm_sin_turn(position * (0.5f * (float)(k + 1)));
		ramp_to(&m->c, r * lm_cos_turn(turns), b);
		ramp_to(&m->s, r * lm_sin_turn(turns), b);
		ramp_to(&m->level, sel(heard, level, splat(0.0f)), b);
	}
}

static void
run(void *state, const struct block *b)
{
	struct state *s = state;
	settle(s, b);
	for (int i = 0; i < b->n; i++)
		b->out[0][i] = splat(0.0f);
	for (int k = 0; k < MODES; k++) {
		struct mode m = s->mode[k];
		for (int i = 0; i < b->n; i++) {
			const vf c = ramp_next(&m.c), sn = ramp_next(&m.s);
			const vf x = c * m.x - sn * m.y + at(b->in[IN], i), y = sn * m.x + c * m.y;
			m.x = x;
			m.y = y;
			b->out[0][i] += ramp_next(&m.level) * m.y;
		}
		/* once a block is enough to bound it, and to get rid of a NaN */
		m.x = clamp(m.x, -LOUDEST, LOUDEST);
		m.y = clamp(m.y, -LOUDEST, LOUDEST);
		s->mode[k] = m;
	}
}

MODULE(modal) = {
	.name = "modal", .group = "filter",
	.help = "eight resonators: bars, bells, skins, struck",
	.ports = ports, .flags = MODULE_AUDIO, .state = sizeof(struct state), .run = run,
	.example = "modal{noise{} * decay{decay = 0.01}, decay = 3} * adsr{decay = 3, sustain = 0} * 0.1 >> voices()",
};
