/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * chorus: copies of the sound whose delay swings slowly, so that each is a
 * little sharp or flat: a copy moves by delay + depth sin(2 pi (rate t + k / voices)),
 * right's copies stand `spread` of the gap to the next one ahead. With one voice,
 * a short delay and feedback it is a flanger. (J. Dattorro, "Effect design, part 2", JAES 45(10), 1997.)
 * The swing is computed once a block and moves in straight lines between.
 */
#include "synth/mod/delay_line.h"
#include "synth/mod/glide.h"

enum { LEFT, RIGHT, RATE, DEPTH, DELAY, FEEDBACK, SPREAD, MIX, VOICES };
enum { MOST = 4 };
#define LONGEST 0.06f /* seconds */

static const char *const counts[] = {"1", "2", "3", "4", NULL};

static const struct port ports[] = {
	PORT_SOUND("left", "left side"),
	PORT_SOUND("right", "right side"),
	PORT_KNOB("rate", 0.6f, 0.01f, 10, SCALE_LOG, "Hz", "speed of the swing"),
	PORT_KNOB("depth", 2.5f, 0, 15, SCALE_LINEAR, "ms", "reach of the swing"),
	PORT_KNOB("delay", 12, 0.5f, 40, SCALE_LOG, "ms", "middle of the swing"),
	PORT_KNOB("feedback", 0, -0.95f, 0.95f, SCALE_LINEAR, NULL, "of the copies into the line"),
	PORT_KNOB("spread", 0.5f, 0, 1, SCALE_LINEAR, NULL, "right ahead of left: 0 mono, 0.5 widest"),
	PORT_KNOB("mix", 0.5f, 0, 1, SCALE_LINEAR, NULL, "0 only the sound, 1 only its copies"),
	PORT_CHOICE("voices", 1, counts, "copies on each side"),
	PORT_RESULT("left", "left side"),
	PORT_RESULT("right", "right side"),
	{0},
};

struct state {
	struct ramp lag[2][MOST]; /* frames, of each side's copies */
	struct ramp mix, feedback;
	vf phase; /* turns */
	int w, size;
};

static size_t
rows(const struct context *c)
{
	return 2 * (size_t)line_rows(c, LONGEST);
}

static void
init(void *state, const struct context *c)
{
	((struct state *)state)->size = line_rows(c, LONGEST);
}

/* Where each copy stands at the end of the block. */
static inline __attribute__((always_inline)) void
swing(struct state *s, const struct block *b, int voices)
{
	const float frames = 0.001f * b->c->rate;
	const vf depth = last(b->in[DEPTH], b) * frames, middle = last(b->in[DELAY], b) * frames;
	const vf spread = clamp(last(b->in[SPREAD], b), 0.0f, 1.0f) * (1.0f / (float)voices);
	s->phase = fract(s->phase + clamp(last(b->in[RATE], b), 0.0f, 20.0f) * ((float)BLOCK / b->c->rate));
	for (int k = 0; k < voices; k++) {
		const vf at_left = s->phase + (float)k / (float)voices;
		ramp_to(&s->lag[0][k], vmax(middle + depth * lm_sin_turn(at_left), splat(2.0f)), b);
		ramp_to(&s->lag[1][k], vmax(middle + depth * lm_sin_turn(at_left + spread), splat(2.0f)), b);
	}
}

/* With the number of voices known to the compiler, all ramps stay in registers. */
static inline __attribute__((always_inline)) void
sing(struct state *state, const struct block *b, int voices)
{
	struct state s = *state;
	const int rows = s.size;
	vf *const line[2] = {(vf *)(state + 1), (vf *)(state + 1) + rows};
	/* Copies with differing delays add as noise does: 1 / sqrt(voices) keeps the level. */
	const vf level = 1.0f / vsqrt(splat((float)voices));
	swing(&s, b, voices);
	glide_to(&s.mix, b->in[MIX], b);
	glide_to(&s.feedback, b->in[FEEDBACK], b);
	for (int i = 0; i < b->n; i++) {
		const vf mix = glide(&s.mix, b->in[MIX], i);
		/* The mean of the copies goes back: never more than the loudest. */
		const vf back = clamp(glide(&s.feedback, b->in[FEEDBACK], i), -0.95f, 0.95f) * (1.0f / (float)voices);
		for (int side = 0; side < 2; side++) {
			const vf x = at(b->in[side], i);
			vf wet = splat(0.0f);
			for (int k = 0; k < voices; k++)
				wet += line_read(line[side], rows, s.w, ramp_next(&s.lag[side][k]));
			line[side][s.w] = x + back * wet;
			b->out[side][i] = x + mix * (wet * level - x);
		}
		s.w = line_step(s.w, rows);
	}
	*state = s;
}

static void
run(void *state, const struct block *b)
{
	switch ((int)b->c->fixed[VOICES]) {
	case 0: sing(state, b, 1); break;
	case 1: sing(state, b, 2); break;
	case 2: sing(state, b, 3); break;
	default: sing(state, b, 4); break;
	}
}

MODULE(chorus) = {
	.name = "chorus", .group = "effect",
	.help = "copies with a swinging delay: chorus, ensemble, flanger",
	.ports = ports, .flags = MODULE_AUDIO, .state = sizeof(struct state), .rows = rows, .init = init, .run = run,
};
