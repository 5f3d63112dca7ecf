/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * ensemble: the string machine's. Three bucket-brigade lines hear the middle of the sound,
 * each a third of a turn behind the other, and swing twice: slowly and wide, fast and
 * little (the three-phase circuits of the Eminent 310 and the Solina, 1972 to 1974):
 *     lag k = 8 ms + depth sin(2 pi (slow t + k / 3)) + shimmer sin(2 pi (fast t + k / 3))
 * The filters in front of the brigades are two one-poles at `tone`. Lines 0 and 2 stand
 * left and right, 1 in the middle; in mono all three are as loud.
 */
#include "synth/mod/ring.h"
#include "synth/mod/swing.h"

enum { LEFT, RIGHT, SLOW, FAST, DEPTH, SHIMMER, TONE, MIX };
enum { LINES = 3 };
#define MIDDLE  0.008f /* seconds */
#define LONGEST 0.02f

static const struct port ports[] = {
	PORT_SOUND("left", "left side"),
	PORT_SOUND("right", "right side"),
	PORT_KNOB("slow", 0.63f, 0.1f, 3, SCALE_LOG, "Hz", "speed of the wide swing"),
	PORT_KNOB("fast", 6.1f, 3, 12, SCALE_LOG, "Hz", "speed of the little one"),
	PORT_KNOB("depth", 1.8f, 0, 5, SCALE_LINEAR, "ms", "reach of the wide swing"),
	PORT_KNOB("shimmer", 0.15f, 0, 0.5f, SCALE_LINEAR, "ms", "reach of the little one"),
	PORT_KNOB("tone", 8000, 1000, 20000, SCALE_LOG, "Hz", "cutoff before the lines"),
	PORT_KNOB("mix", 0.8f, 0, 1, SCALE_LINEAR, NULL, "0 only the sound, 1 only the lines"),
	PORT_RESULT("left", "left side"),
	PORT_RESULT("right", "right side"),
	{0},
};

struct state {
	struct ramp pole, mix;
	vf lag[LINES]; /* frames, at the end of the last block */
	vf soft[2];
	vu slow, fast;
	int w;
};

static size_t
rows(const struct context *c)
{
	return ring_rows(ring_size(c, LONGEST));
}

static void
run(void *state, const struct block *b)
{
	struct state *const s = state;
	const int size = ring_size(b->c, LONGEST);
	const float rate = b->c->rate;
	struct ring line = ring_at((vf *)(s + 1), size, s->w);
	const vf slow = swing_on(&s->slow, clamp(last(b->in[SLOW], b), 0.0f, 20.0f), b);
	const vf fast = swing_on(&s->fast, clamp(last(b->in[FAST], b), 0.0f, 20.0f), b);
	const vf depth = last(b->in[DEPTH], b), shimmer = last(b->in[SHIMMER], b);
	vf x[BLOCK], y[LINES][BLOCK];
	struct ramp pole = s->pole, mix = s->mix;
	vf soft = s->soft[0], softer = s->soft[1];
	ramp_to(&pole, pole_of_hz(last(b->in[TONE], b), rate), b);
	glide_to(&mix, b->in[MIX], b);
	for (int i = 0; i < BLOCK; i++) {
		const vf p = ramp_next(&pole);
		soft += p * (0.5f * (at(b->in[LEFT], i) + at(b->in[RIGHT], i)) - soft);
		softer += p * (soft - softer);
		x[i] = softer;
	}
	ring_write(&line, x, BLOCK);
	for (int k = 0; k < LINES; k++) {
		const float third = (float)k / LINES;
		const vf ms = depth * lm_sin_turn(slow + third) + shimmer * lm_sin_turn(fast + third);
		const struct lag lag = lag_to(&s->lag[k], clamp((MIDDLE + 0.001f * ms) * rate, 1.0f, LONGEST * rate), b);
		ring_read(&line, &lag, 0, y[k], BLOCK, RING_WRITTEN);
	}
	for (int i = 0; i < BLOCK; i++) {
		/* Lines add as noise does: one and a half on a side are as loud as the sound. */
		const vf m = glide(&mix, b->in[MIX], i), in_l = at(b->in[LEFT], i), in_r = at(b->in[RIGHT], i);
		const vf middle = 0.70710678f * y[1][i];
		b->out[0][i] = in_l + m * (0.81649658f * (y[0][i] + middle) - in_l);
		b->out[1][i] = in_r + m * (0.81649658f * (y[2][i] + middle) - in_r);
	}
	s->pole = pole;
	s->mix = mix;
	s->soft[0] = soft;
	s->soft[1] = softer;
	s->w = line.w;
}

MODULE(ensemble) = {
	.name = "ensemble", .group = "effect",
	.help = "the string machine's three swinging lines",
	.ports = ports, .flags = MODULE_AUDIO, .state = sizeof(struct state), .rows = rows, .run = run,
	.example = "svf{saw{}, cutoff = 4000} * adsr{attack = 0.1} >> voices() >> ensemble{mix = 1}",
};
