/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * chorus: copies of the sound whose delay swings slowly, so that each is a
 * little sharp or flat: a copy moves by delay + depth sin(2 pi (rate t + k / voices)),
 * right's copies stand `spread` of the gap to the next one ahead. With one voice,
 * a short delay and feedback it is a flanger. (J. Dattorro, "Effect design, part 2", JAES 45(10), 1997.)
 * The swing is computed once a block and moves in straight lines between. In mono (both
 * sides added) the copies of both sides remain: nothing cancels that one side had.
 */
#include "synth/mod/ring.h"
#include "synth/mod/swing.h"

enum { LEFT, RIGHT, RATE, SYNC, DEPTH, DELAY, FEEDBACK, SPREAD, MIX, VOICES };
enum { MOST = 4 };
#define LONGEST 0.06f /* seconds */

static const char *const counts[] = {"1", "2", "3", "4", NULL};

static const struct port ports[] = {
	PORT_SOUND("left", "left side"),
	PORT_SOUND("right", "right side"),
	PORT_KNOB("rate", 0.6f, 0.01f, 10, SCALE_LOG, "Hz", "speed of the swing", .when = "sync = off"),
	PORT_SYNC("length of a swing, in place of rate"),
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
	vf lag[2][MOST]; /* frames: where each side's copies stood at the end of the last block */
	struct ramp mix, feedback;
	vu phase;
	int w;
};

static size_t
rows(const struct context *c)
{
	return 2 * ring_rows(ring_size(c, LONGEST));
}

/* The sum of a side's copies, each behind the line by a lag of its own. */
static inline void
hear(const struct ring *line, const struct lag *lag, int voices, int first, vf *wet, int n, int written)
{
	vf y[BLOCK];
	ring_read(line, lag, first, wet, n, written);
	for (int k = 1; k < voices; k++) {
		ring_read(line, lag + k, first, y, n, written);
		for (int i = 0; i < n; i++)
			wet[i] += y[i];
	}
}

static void
run(void *state, const struct block *b)
{
	struct state *const s = state;
	const int size = ring_size(b->c, LONGEST), voices = (int)b->c->fixed[VOICES] + 1;
	const float frames = 0.001f * b->c->rate;
	const vf depth = last(b->in[DEPTH], b) * frames, middle = last(b->in[DELAY], b) * frames;
	const vf spread = clamp(last(b->in[SPREAD], b), 0.0f, 1.0f) * (1.0f / (float)voices);
	/* Copies with differing delays add as noise does: 1 / sqrt(voices) keeps the level. */
	const vf level = 1.0f / vsqrt(splat((float)voices));
	const vf turn = swing_on(&s->phase, swing_hz(last(b->in[RATE], b), last(b->in[SYNC], b), b->c), b);
	struct ring line[2] = {ring_at((vf *)(s + 1), size, s->w), ring_at((vf *)(s + 1) + ring_rows(size), size, s->w)};
	vf wet[BLOCK], x[BLOCK], nearest = splat(1e9f);
	struct lag lag[2][MOST];
	for (int side = 0; side < 2; side++)
		for (int k = 0; k < voices; k++) {
			const vf at_turn = turn + (float)k / (float)voices + (float)side * spread;
			const vf frame = clamp(middle + depth * lm_sin_turn(at_turn), 2.0f, (float)(size - BLOCK - 4));
			lag[side][k] = lag_to(&s->lag[side][k], frame, b);
			nearest = vmin(nearest, lag_least(&lag[side][k]));
		}
	glide_to(&s->feedback, b->in[FEEDBACK], b);
	glide_to(&s->mix, b->in[MIX], b);
	/* Without feedback the whole block can be written before it is read. */
	const int still = !b->in[FEEDBACK].stride && !any(ne(s->feedback.v, splat(0.0f)) | ne(s->feedback.d, splat(0.0f)));
	const int n = still ? BLOCK : ring_chunk(nearest);
	struct ramp mix, feedback;
	for (int side = 0; side < 2; side++) {
		mix = s->mix;
		feedback = s->feedback;
		for (int first = 0; first < BLOCK; first += n) {
			if (still) {
				for (int i = 0; i < BLOCK; i++)
					x[i] = at(b->in[side], i);
				ring_write(&line[side], x, BLOCK);
				hear(&line[side], lag[side], voices, first, wet, BLOCK, RING_WRITTEN);
			} else {
				hear(&line[side], lag[side], voices, first, wet, n, RING_READ_FIRST);
			}
			for (int k = 0; k < n; k++) {
				const int i = first + k;
				/* The mean of the copies goes back: never more than the loudest. */
				const vf g = clamp(glide(&feedback, b->in[FEEDBACK], i), -0.95f, 0.95f) * (1.0f / (float)voices);
				const vf in = at(b->in[side], i);
				x[k] = in + g * wet[k];
				b->out[side][i] = in + glide(&mix, b->in[MIX], i) * (wet[k] * level - in);
			}
			if (!still)
				ring_write(&line[side], x, n);
		}
	}
	s->mix = mix;
	s->feedback = feedback;
	s->w = line[0].w;
}

MODULE(chorus) = {
	.name = "chorus", .group = "effect",
	.help = "copies with a swinging delay: chorus, flanger",
	.ports = ports, .flags = MODULE_AUDIO, .state = sizeof(struct state), .rows = rows, .run = run,
	.example = "svf{saw{}, cutoff = 2000} * adsr{} >> voices() >> chorus{voices = \"3\", depth = 4}",
};
