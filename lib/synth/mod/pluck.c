/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * pluck: a string. A loop one period long is excited at the note's start by one
 * period of noise, and by `in` at any time; a low-pass in the loop makes it die
 * from the top (K. Karplus, A. Strong, CMJ 7(2), 1983; D. Jaffe, J. O. Smith,
 * "Extensions of the Karplus-Strong plucked-string algorithm", CMJ 7(2), 1983):
 *     line <- excitation + g lowpass(line[period - lag])
 * lag is the low-pass's phase delay at the pitch, so brightness does not detune;
 * g makes the fundamental fall by 60 dB in `decay` seconds, and makes up for the
 * low-pass's own loss there as far as a constant still dies in four times that: a
 * dull string dies sooner than it says. The noise is combed by `position`, as a
 * string is by the place where it is plucked. A high-pass at 10 Hz stands behind.
 */
#include "synth/mod/delay_line.h"
#include "synth/mod/glide.h"

enum { IN, PITCH, DECAY, BRIGHTNESS, POSITION };
#define LOWEST 16.0f /* Hz: the longest string */

static const struct port ports[] = {
	PORT_SOUND("in", "excites the string, beside the pluck at its start"),
	{PORT_IN, "pitch", RATE_CONTROL, 60, 0, 127, SCALE_LINEAR, NULL, "semitones", "note.pitch", "of the string"},
	PORT_KNOB("decay", 3, 0.05f, 30, SCALE_LOG, "s", "of the fundamental, to fall by 60 dB"),
	PORT_KNOB("brightness", 0.6f, 0, 1, SCALE_LINEAR, NULL, "how long the top lasts, and how bright the pluck is"),
	PORT_KNOB("position", 0.2f, 0, 0.5f, SCALE_LINEAR, NULL, "where it is plucked: 0 the bridge, 0.5 the middle"),
	PORT_RESULT("out", "the string"),
	{0},
};

struct state {
	struct ramp length, gain, pole;
	vf dull, soft;        /* the low-passes, of the loop and of the pluck */
	vf constant;          /* what the high-pass takes away */
	vf first, comb, edge; /* at the start: one period, the place of the pluck in it (frames), its pole */
	int w, size;
};

static size_t
rows(const struct context *c)
{
	return (size_t)line_rows(c, 1.0f / LOWEST);
}

static void
init(void *state, const struct context *c)
{
	((struct state *)state)->size = line_rows(c, 1.0f / LOWEST);
}

/* Length of the line, gain and pole of the loop. */
static void
settle(struct state *s, const struct block *b)
{
	const float rate = b->c->rate;
	const vf hz = clampv(lm_note_hz(clamp(last(b->in[PITCH], b), -12.0f, 140.0f)), splat(LOWEST + 1.0f), splat(0.2f * rate));
	const vf turns = hz * (1.0f / rate), period = rate / hz;
	const vf bright = clamp(last(b->in[BRIGHTNESS], b), 0.0f, 1.0f);
	/* H = p / (1 - q z^-1), q = 1 - p. Brightness sets the cutoff as a multiple of the pitch. */
	const vf cutoff = hz * lm_exp2(1.0f + 6.0f * bright);
	const vf p = pole_of_hz(vmin(cutoff, splat(0.45f * rate)), rate), q = 1.0f - p;
	const vf re = 1.0f - q * lm_cos_turn(turns), im = q * lm_sin_turn(turns);
	const vf loss = p / vsqrt(re * re + im * im);
	/* atan2(im, re) in turns over the turns of a frame. Minimax-free: |im/re| <= 1 for a cutoff
	   over the pitch, where atan t = t (1 + 0.28 t^2)^-1 is within 0.005; refine by one Newton step
	   on tan, whose sine and cosine are exact. */
	const vf guess = im / re / (1.0f + 0.28f * (im / re) * (im / re)) * 0.15915494309189535f;
	const vf sn = lm_sin_turn(guess), cs = lm_cos_turn(guess);
	const vf angle = guess + (im * cs - re * sn) / (re * cs + im * sn) * 0.15915494309189535f;
	const vf lag = angle / turns;
	const vf decay = clamp(last(b->in[DECAY], b), 0.01f, 1000.0f);
	const vf fall = -9.965784284662087f / (hz * decay); /* log2 of the gain of one period */
	ramp_to(&s->length, vmax(period - lag, splat(2.0f)), b);
	ramp_to(&s->gain, vmin(lm_exp2(fall) / loss, lm_exp2(0.25f * fall)), b);
	ramp_to(&s->pole, p, b);
	if (b->now == 0) {
		s->first = vfloor(period + 0.5f);
		s->comb = vfloor(period * clamp(last(b->in[POSITION], b), 0.0f, 0.5f) + 0.5f);
		s->edge = 0.05f + 0.95f * bright;
	}
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
	const int plucking = (float)b->now < 2.0f * b->c->rate / LOWEST;
	for (int i = 0; i < b->n; i++) {
		vf x = at(b->in[IN], i);
		if (plucking) {
			const vf n = splat((float)(b->now + (uint32_t)i));
			const vi combed = gt(s->comb, splat(0.0f));
			s->soft += s->edge * (burst(s, b, n) - sel(combed, burst(s, b, n - s->comb), splat(0.0f)) - s->soft);
			x += s->soft;
		}
		const vf back = line_read(line, s->size, s->w, ramp_next(&s->length));
		s->dull += ramp_next(&s->pole) * (back - s->dull);
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
};
