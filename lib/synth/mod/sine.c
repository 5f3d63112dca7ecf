/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Sine, with what makes it an FM operator: out = sin 2 pi (p + phase + b), where
 * p moves on by f (1 + fm) / rate a frame and b is the mean of the last two
 * samples times feedback / 4 (the mean, as in Yamaha's DX7, keeps the loop from
 * hunting at half the rate).
 */
#include "synth/mod/osc.h"

enum { PITCH, DETUNE, PHASE, FM, FEEDBACK, RANDOM };

static const struct port ports[] = {
	{PORT_IN, "pitch", RATE_CONTROL, 60, -60, 160, SCALE_LINEAR, 0, "semitones", "note.pitch", "MIDI note"},
	{PORT_IN, "detune", RATE_CONTROL, 0, -1200, 1200, SCALE_LINEAR, 0, "cents", 0, "added to the pitch"},
	{PORT_IN, "phase", RATE_AUDIO, 0, -16, 16, SCALE_LINEAR, 0, "turns", 0,
	    "added to the phase: a constant is where the note starts, a signal is phase modulation"},
	{PORT_IN, "fm", RATE_AUDIO, 0, -16, 16, SCALE_LINEAR, 0, 0, 0,
	    "linear frequency modulation, through zero: 1 doubles the frequency, -1 stops it"},
	{PORT_IN, "feedback", RATE_CONTROL, 0, 0, 1, SCALE_LINEAR, 0, 0, 0, "of the output to the phase; 1 is a quarter turn"},
	{PORT_IN, "random", RATE_CONTROL, 0, 0, 1, SCALE_LINEAR, 0, 0, 0, "how much of the start phase is by chance"},
	{PORT_OUT, "out", RATE_AUDIO, 0, -1, 1, SCALE_LINEAR, 0, 0, 0, "-1 to 1"},
	{PORT_END},
};

struct state {
	struct osc o;
	struct ramp feedback;
	vf y1, y2;
};

static size_t
size(const struct context *c)
{
	(void)c;
	return sizeof(struct state);
}

static void
run(void *state, const struct block *b)
{
	struct state *s = state;
	struct osc *o = &s->o;
	if (b->now == 0)
		o->phase = osc_start(splat(0), at(b->in[RANDOM], 0), b->c);
	osc_block(o, b->in[PITCH], b->in[DETUNE], b);
	ramp_to(&s->feedback, clamp(at(b->in[FEEDBACK], b->n - 1), 0.0f, 1.0f) * 0.125f, b);
	vf *out = b->out[0];
	const int audio = b->in[PITCH].stride | b->in[DETUNE].stride;
	for (int i = 0; i < b->n; i++) {
		vf inc = ramp_next(&o->inc);
		const vf fb = ramp_next(&s->feedback);
		if (audio)
			inc = osc_inc(at(b->in[PITCH], i), at(b->in[DETUNE], i), b->c);
		const vf pm = clamp(at(b->in[PHASE], i), -1e4f, 1e4f) + fb * (s->y1 + s->y2);
		const vf y = lm_sin_turn(osc_turn(o->phase) + pm);
		s->y2 = s->y1;
		s->y1 = y;
		out[i] = y;
		o->phase += osc_step(clamp(inc + inc * at(b->in[FM], i), -0.49f, 0.49f));
	}
}

MODULE(sine) = {"sine", "oscillator", "sine wave, with phase and frequency modulation and feedback", ports, MODULE_AUDIO, size,
    0, run};
