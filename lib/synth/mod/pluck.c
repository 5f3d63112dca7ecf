/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * pluck: a string. A loop one period long is excited at the note's start by one
 * period of noise, and by `in` at any time; a low-pass in the loop makes it die
 * from the top (K. Karplus, A. Strong, CMJ 7(2), 1983; D. Jaffe, J. O. Smith,
 * "Extensions of the Karplus-Strong plucked-string algorithm", CMJ 7(2), 1983):
 *     line <- excitation + g lowpass(line[period - lag])
 * lag is the low-pass's phase delay at the pitch, so brightness does not detune;
 * g makes the fundamental fall by 60 dB in `decay` seconds, and makes up for what the
 * low-pass and the line's cubic lose there as far as a constant still dies in four times
 * that: a dull string dies sooner than it says. The noise is combed by `position`, as a
 * string is by the place where it is plucked. A stiff string carries high frequencies
 * faster: four all-passes (a + z^-1) / (1 + a z^-1), a < 0, hold the low ones back
 * (S. Van Duyne, J. O. Smith, "A simplified approach to modeling dispersion caused by
 * stiffness in strings and plates", 1994), for up to 0.4 of the period, and what they
 * delay the fundamental by is taken off the line as well. A high-pass at 10 Hz stands behind.
 */
#include "synth/mod/waveguide.h"

enum { IN, PITCH, DECAY, BRIGHTNESS, POSITION, STIFFNESS };
enum { ALLPASSES = 4 };

static const struct port ports[] = {
	PORT_SOUND("in", "excites the string, beside the pluck at its start"),
	PORT_PITCH("of the string"),
	PORT_KNOB("decay", 3, 0.05f, 30, SCALE_LOG, "s", "of the fundamental, to fall by 60 dB"),
	PORT_KNOB("brightness", 0.6f, 0, 1, SCALE_LINEAR, NULL, "how long the top lasts, and how bright the pluck is"),
	PORT_KNOB("position", 0.2f, 0, 0.5f, SCALE_LINEAR, NULL, "where it is plucked: 0 the bridge, 0.5 the middle"),
	PORT_KNOB("stiffness", 0, 0, 1, SCALE_LINEAR, NULL, "higher partials are sharp: 0 a thread, 1 a rod"),
	PORT_RESULT("out", "the string"),
	{0},
};

struct state {
	struct ramp length, gain, pole, allpass;
	vi stiff;             /* lanes that the all-passes are in */
	vf x[ALLPASSES], y[ALLPASSES];
	vf dull, soft;        /* the low-passes, of the loop and of the pluck */
	vf constant;          /* what the high-pass takes away */
	vf first, comb, edge; /* at the start: one period, the place of the pluck in it (frames), its pole */
	int w, size;
};

static size_t
rows(const struct context *c)
{
	return (size_t)line_rows(c, 1.0f / WAVEGUIDE_LOWEST);
}

static void
init(void *state, const struct context *c)
{
	((struct state *)state)->size = line_rows(c, 1.0f / WAVEGUIDE_LOWEST);
}

/* Length of the line, gain and pole of the loop. */
static void
settle(struct state *s, const struct block *b)
{
	const float rate = b->c->rate;
	const vf hz = waveguide_hz(b->in[PITCH], b);
	const vf turns = hz * (1.0f / rate), period = rate / hz;
	const vf bright = clamp(last(b->in[BRIGHTNESS], b), 0.0f, 1.0f);
	const vf p = loop_pole(hz, bright, rate);
	const struct loss loss = loss_at(turns, p);
	/* Each all-pass holds 0 Hz back by D = (1 - a) / (1 + a) frames. */
	const vf d = vmax(clamp(last(b->in[STIFFNESS], b), 0.0f, 1.0f) * (0.4f / ALLPASSES) * period, splat(1.0f));
	const vf a = (1.0f - d) / (1.0f + d), bent = angle_turns(a * lm_sin_turn(turns), 1.0f + a * lm_cos_turn(turns));
	s->stiff = gt(d, splat(1.0f));
	const vf stiff = sel(s->stiff, (float)ALLPASSES * (1.0f - 2.0f * bent / turns), splat(0.0f));
	ramp_to(&s->allpass, a, b);
	const vf decay = clamp(last(b->in[DECAY], b), 0.01f, 1000.0f);
	const vf fall = -9.965784284662087f / (hz * decay); /* log2 of the gain of one period */
	const struct tuned line = tuned_line(period - loss.lag - stiff, turns);
	ramp_to(&s->length, line.length, b);
	ramp_to(&s->gain, vmin(lm_exp2(fall) / (loss.gain * line.gain), lm_exp2(0.25f * fall)), b);
	ramp_to(&s->pole, p, b);
	if (b->now == 0) {
		s->first = vfloor(period + 0.5f);
		s->comb = vfloor(period * clamp(last(b->in[POSITION], b), 0.0f, 0.5f) + 0.5f);
		s->edge = 0.05f + 0.95f * bright;
	}
}

/* Through the all-passes, in the lanes that have them: the others' stay as they are. */
static inline vf
disperse(struct state *s, vf in, vf a)
{
	vf x = in;
	for (int k = 0; k < ALLPASSES; k++) {
		const vf y = a * (x - s->y[k]) + s->x[k];
		s->x[k] = sel(s->stiff, x, s->x[k]);
		s->y[k] = sel(s->stiff, y, s->y[k]);
		x = y;
	}
	return sel(s->stiff, x, in);
}

/* Noise at frame n of the pluck, none outside of it. */
static inline vf
burst(const struct state *s, const struct block *b, vf n)
{
	const vi within = ~lt(n, splat(0.0f)) & lt(n, s->first);
	return sel(within, noise_float(b->c->seed, as_vu(to_int(n))), splat(0.0f));
}

static void
run(void *state, const struct block *b)
{
	struct state *s = state;
	vf *const line = (vf *)(s + 1);
	settle(s, b);
	/* The pluck lasts for one period and the comb's delay, less than two longest periods. */
	const int plucking = (float)b->now < 2.0f * b->c->rate / WAVEGUIDE_LOWEST;
	const int stiff = any(s->stiff);
	for (int i = 0; i < b->n; i++) {
		vf x = at(b->in[IN], i);
		if (plucking) {
			const vf n = splat((float)(b->now + (uint32_t)i));
			const vi combed = gt(s->comb, splat(0.0f));
			s->soft += s->edge * (burst(s, b, n) - sel(combed, burst(s, b, n - s->comb), splat(0.0f)) - s->soft);
			x += s->soft;
		}
		const vf back = line_read(line, s->size, s->w, ramp_next(&s->length));
		const vf a = ramp_next(&s->allpass);
		s->dull += ramp_next(&s->pole) * ((stiff ? disperse(s, back, a) : back) - s->dull);
		const vf y = x + ramp_next(&s->gain) * s->dull;
		line[s->w] = y;
		b->out[0][i] = y - s->constant;
		s->constant += (62.83185307179586f / b->c->rate) * (y - s->constant);
		s->w = line_step(s->w, s->size);
	}
}

MODULE(pluck) = {
	.name = "pluck", .group = "oscillator",
	.help = "a plucked string",
	.ports = ports, .flags = MODULE_AUDIO | MODULE_VOICE, .state = sizeof(struct state), .rows = rows, .init = init, .run = run,
	.example = "pluck{decay = 4, stiffness = 0.2} * adsr{decay = 4, sustain = 0} >> voices()",
};
