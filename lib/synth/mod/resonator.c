/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * resonator: six strings that nobody plucks, tuned to a chord: whatever sounds beside them
 * makes them ring. Each is a loop one period long (as in K. Karplus, A. Strong, CMJ 7(2), 1983),
 *     line <- sqrt(1 - g^2) in + g (b, 1 - 2 b, b) * line[period - 1]
 * with a symmetric filter of three taps that makes it die from the top, by `damping`, and
 * being symmetric does not detune it. g makes the fundamental fall by 60 dB in `decay`, and
 * makes up for the filter's own loss there as far as a constant still dies in four times that.
 * Noise comes out as loud as it went in. A high-pass at 20 Hz stands before. Strings lie left and
 * right in turn, as far apart as `width` says.
 */
#include "synth/mod/delay_line.h"
#include "synth/mod/glide.h"

enum { LEFT, RIGHT, PITCH, CHORD, INTERVAL1, DECAY = INTERVAL1 + 6, DAMPING, WIDTH, MIX };
enum { STRINGS = 6, OWN = 8 };
#define LOWEST 25.0f /* Hz */

static const char *const chords[] = {"unison", "octaves", "fifths", "major", "minor", "major-seventh", "minor-seventh",
    "suspended", "own", NULL};
static const float intervals[OWN][STRINGS] = {{0, 0.05f, -0.05f, 0.1f, -0.1f, 0.15f}, {0, 12, 24, 36, 12.05f, 24.05f},
    {0, 7, 12, 19, 24, 31}, {0, 7, 12, 16, 19, 24}, {0, 7, 12, 15, 19, 24}, {0, 7, 11, 16, 19, 23}, {0, 7, 10, 15, 19, 22},
    {0, 7, 12, 14, 19, 24}};

#define INTERVAL(name, def) PORT_KNOB(name, def, -24, 48, SCALE_LINEAR, "semitones", "of a string over the pitch", .when = "chord = own")

static const struct port ports[] = {
	PORT_SOUND("left", "left side"),
	PORT_SOUND("right", "right side"),
	PORT_KNOB("pitch", 48, 24, 96, SCALE_LINEAR, "semitones", "of the chord's root"),
	PORT_CHOICE("chord", 4, chords, "what the strings are tuned to"),
	INTERVAL("interval1", 0), INTERVAL("interval2", 7), INTERVAL("interval3", 12),
	INTERVAL("interval4", 15), INTERVAL("interval5", 19), INTERVAL("interval6", 24),
	PORT_KNOB("decay", 2, 0.05f, 30, SCALE_LOG, "s", "of the fundamentals, to fall by 60 dB"),
	PORT_KNOB("damping", 0.2f, 0, 1, SCALE_LINEAR, NULL, "how fast the top dies"),
	PORT_KNOB("width", 0.7f, 0, 1, SCALE_LINEAR, NULL, "how far apart the strings lie"),
	PORT_KNOB("mix", 0.5f, 0, 1, SCALE_LINEAR, NULL, "0 only the sound, 1 only the strings"),
	PORT_RESULT("left", "left side"),
	PORT_RESULT("right", "right side"),
	{0},
};

struct string {
	struct ramp length, gain, take; /* take: what of the input goes in */
	vf past[2];                     /* read from the line, one and two frames ago */
};

struct state {
	struct string string[STRINGS];
	struct ramp damping, width, mix;
	vf constant; /* what the high-pass takes away */
	int w, size;
};

static size_t
rows(const struct context *c)
{
	return STRINGS * (size_t)line_rows(c, 1.0f / LOWEST);
}

static void
init(void *state, const struct context *c)
{
	((struct state *)state)->size = line_rows(c, 1.0f / LOWEST);
}

static void
settle(struct state *s, const struct block *b, vf damping)
{
	const float rate = b->c->rate;
	const int chord = (int)fminf(fmaxf(b->c->fixed[CHORD], 0), OWN);
	const vf root = clamp(last(b->in[PITCH], b), -100.0f, 200.0f), decay = clamp(last(b->in[DECAY], b), 0.01f, 1000.0f);
	for (int k = 0; k < STRINGS; k++) {
		const vf over = chord == OWN ? clamp(last(b->in[INTERVAL1 + k], b), -100.0f, 100.0f) : splat(intervals[chord][k]);
		const vf hz = clampv(lm_note_hz(root + over), splat(LOWEST + 1.0f), splat(0.2f * rate));
		const vf fall = -9.965784284662087f / (hz * decay); /* log2 of the gain of one period */
		const vf loss = 1.0f - 2.0f * damping * (1.0f - lm_cos_turn(hz * (1.0f / rate)));
		const vf gain = vmin(lm_exp2(fall) / loss, lm_exp2(0.25f * fall));
		ramp_to(&s->string[k].length, rate / hz - 1.0f, b);
		ramp_to(&s->string[k].gain, gain, b);
		ramp_to(&s->string[k].take, vsqrt(vmax(1.0f - gain * gain, splat(0.0f))) * 0.4082482904638631f, b);
	}
}

static void
run(void *state, const struct block *b)
{
	struct state *s = state;
	vf *const lines = (vf *)(s + 1);
	const vf damping = 0.25f * clamp(last(b->in[DAMPING], b), 0.0f, 1.0f), pole = pole_of_hz(splat(20.0f), b->c->rate);
	settle(s, b, damping);
	ramp_to(&s->damping, damping, b);
	ramp_to(&s->width, clamp(last(b->in[WIDTH], b), 0.0f, 1.0f), b);
	glide_to(&s->mix, b->in[MIX], b);
	for (int i = 0; i < b->n; i++) {
		const vf l = at(b->in[LEFT], i), r = at(b->in[RIGHT], i), edge = ramp_next(&s->damping);
		const vf x = clamp(0.5f * (l + r), -1e9f, 1e9f), in = x - s->constant;
		s->constant += pole * in;
		vf sum[2] = {splat(0.0f), splat(0.0f)};
		for (int k = 0; k < STRINGS; k++) {
			struct string *const q = &s->string[k];
			vf *const line = lines + (size_t)k * (size_t)s->size;
			const vf now = line_read(line, s->size, s->w, ramp_next(&q->length));
			const vf back = q->past[0] + edge * (now - 2.0f * q->past[0] + q->past[1]);
			q->past[1] = q->past[0];
			q->past[0] = now;
			const vf y = ramp_next(&q->take) * in + ramp_next(&q->gain) * back;
			line[s->w] = y;
			sum[k & 1] += y;
		}
		s->w = line_step(s->w, s->size);
		const vf mix = glide(&s->mix, b->in[MIX], i), width = ramp_next(&s->width);
		const vf middle = 0.5f * (sum[0] + sum[1]), side = 0.5f * width * (sum[0] - sum[1]);
		b->out[0][i] = l + mix * (2.0f * (middle + side) - l);
		b->out[1][i] = r + mix * (2.0f * (middle - side) - r);
	}
}

MODULE(resonator) = {
	.name = "resonator", .group = "effect",
	.help = "six strings, tuned to a chord, that ring with the sound",
	.ports = ports, .flags = MODULE_AUDIO, .state = sizeof(struct state), .rows = rows, .init = init, .run = run,
	.example = "noise{} * decay{decay = 0.2} >> voices() >> resonator{chord = 'minor-seventh', decay = "
		   "4, mix = 0.8}",
};
