/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Formant: each period of the pitch lets off a grain, a sine at the formant's
 * frequency under a Hann window, and grains overlap (X. Rodet, "Time-domain
 * formant-wave-function synthesis", 1984; with his window made symmetric). So the
 * harmonics of the pitch are weighted by the grain's spectrum, a peak around the formant
 * that is `bandwidth` wide where it is 6 dB down: the window lasts 2 / bandwidth,
 * but 4 periods at most, so the bandwidth is half the pitch at least. The window's
 * spectrum falls by 18 dB an octave, so all but nothing folds back.
 */
#include "synth/mod/glide.h"
#include "synth/mod/osc.h"

enum { PITCH, DETUNE, FORMANT, BANDWIDTH, PHASE, RANDOM };
enum { GRAINS = 4 };

static const struct port ports[] = {
    OSC_PITCH, OSC_DETUNE,
    {PORT_IN, "formant", RATE_CONTROL, 700, 20, 16000, SCALE_LOG, 0, "Hz", 0, "where the peak is"},
    {PORT_IN, "bandwidth", RATE_CONTROL, 150, 20, 4000, SCALE_LOG, 0, "Hz", 0, "how wide; half the pitch at least"},
    OSC_PHASE, OSC_RANDOM,
    {PORT_OUT, "out", RATE_AUDIO, 0, -1, 1, SCALE_LINEAR, 0, 0, 0, "-1 to 1"},
    {PORT_END},
};

struct state {
	struct osc osc;
	struct ramp formant, bandwidth; /* turns a frame */
};

static inline vf
turns(vf hz, float hi, const struct context *c)
{
	return clamp(hz * (1.0f / c->rate), 1e-5f, hi);
}

static void
run(void *state, const struct block *b)
{
	struct state *const s = state;
	struct osc o = s->osc;
	if (b->now == 0)
		o.phase = osc_start(at(b->in[PHASE], 0), at(b->in[RANDOM], 0), b->c);
	osc_block(&o, b->in[PITCH], b->in[DETUNE], b);
	ramp_to(&s->formant, turns(last(b->in[FORMANT], b), 0.45f, b->c), b);
	ramp_to(&s->bandwidth, turns(last(b->in[BANDWIDTH], b), 0.2f, b->c), b);
	for (int i = 0; i < b->n; i++) {
		osc_next(&o, i, b);
		vf f = ramp_next(&s->formant), w = ramp_next(&s->bandwidth);
		if (b->in[FORMANT].stride)
			f = turns(at(b->in[FORMANT], i), 0.45f, b->c);
		if (b->in[BANDWIDTH].stride)
			w = turns(at(b->in[BANDWIDTH], i), 0.2f, b->c);
		/* in periods of the pitch: the sine's turns, the window's length */
		const vf r = f * o.period, length = clamp(2.0f * o.inc / w, 1e-3f, GRAINS), scale = 1.0f / length;
		const vf p = to_float(u_as_vi(o.phase >> 8)) * 0x1p-24f, turn = r * p;
		vf y = splat(0.0f);
		for (int k = 0; k < GRAINS; k++) {
			const vf x = (p + (float)k) * scale;
			const vi sounds = lt(x, splat(1.0f));
			if (!any(sounds)) /* nor do older ones */
				break;
			const vf grain = (0.5f - 0.5f * lm_cos_turn(vmin(x, splat(1.0f)))) * lm_sin_turn(turn + fract(r * (float)k));
			y += sel(sounds, grain, splat(0.0f));
		}
		b->out[0][i] = y / vsqrt(vmax(length, splat(1.0f)));
		o.phase += osc_step(o.inc);
	}
	s->osc = o;
}

MODULE(formant) = {
	.name = "formant", .group = "oscillator",
	.help = "a pitch with a peak at a frequency of its own",
	.ports = ports, .flags = MODULE_AUDIO, .state = sizeof(struct state), .run = run,
	.example = "formant{formant = 500 + 900 * decay{decay = 0.5}} * adsr{} >> voices()",
};
