/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Saw, band-limited: the jump is replaced by a smooth step (polynomial BLEP). */
#include "synth/mod/osc.h"

enum { PITCH, DETUNE, PHASE, RANDOM };

static const struct port ports[] = {
	{PORT_IN, "pitch", RATE_CONTROL, 60, -60, 160, SCALE_LINEAR, 0, "semitones", "note.pitch", "MIDI note"},
	{PORT_IN, "detune", RATE_CONTROL, 0, -1200, 1200, SCALE_LINEAR, 0, "cents", 0, "added to the pitch"},
	{PORT_IN, "phase", RATE_CONTROL, 0, 0, 1, SCALE_LINEAR, 0, "turns", 0, "where the note starts"},
	{PORT_IN, "random", RATE_CONTROL, 0, 0, 1, SCALE_LINEAR, 0, 0, 0, "how much of the start is by chance"},
	{PORT_OUT, "out", RATE_AUDIO, 0, -1, 1, SCALE_LINEAR, 0, 0, 0, "-1 to 1"},
	{PORT_END},
};

static size_t
size(const struct context *c)
{
	(void)c;
	return sizeof(struct osc);
}

static void
run(void *state, const struct block *b)
{
	struct osc *o = state;
	if (b->now == 0)
		o->phase = osc_start(at(b->in[PHASE], 0) + 0.5f, at(b->in[RANDOM], 0), b->c);
	osc_block(o, b->in[PITCH], b->in[DETUNE], b);
	vf *out = b->out[0];
	const int audio = b->in[PITCH].stride | b->in[DETUNE].stride;
	for (int i = 0; i < b->n; i++) {
		vf inc = ramp_next(&o->inc), r = ramp_next(&o->rinc);
		if (audio) {
			inc = osc_inc(at(b->in[PITCH], i), at(b->in[DETUNE], i), b->c);
			r = 1.0f / inc;
		}
		const vf x = osc_turn(o->phase), t = clamp(x * r * 0.5f, -1.0f, 1.0f), z = t * t;
		out[i] = 2.0f * x - t * (1.875f + z * (z * 0.375f - 1.25f));
		o->phase += osc_step(inc);
	}
}

MODULE(saw) = {"saw", "oscillator", "saw wave", ports, MODULE_AUDIO, size, 0, run};
