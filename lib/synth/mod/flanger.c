/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * flanger: two tape machines with the same sound, one of which drifts and may overtake
 * the other: out = (1 - |mix|) in(t - 5 ms) + mix copy(t - 5 ms - lag), lag = delay +
 * depth sin(2 pi rate t), right's swing `spread` of a turn ahead. The sound waits 5 ms, so
 * a lag may be negative; where it passes through zero with mix below 0 there is nothing
 * left for a moment. (chorus can do the short delays, but its copies cannot be early.)
 * Feedback goes round a loop as long as the lag, so its peaks stand between the
 * notches; sqrt(1 - feedback^2) keeps the loudness of noise.
 */
#include "synth/mod/ring.h"
#include "synth/mod/swing.h"

enum { LEFT, RIGHT, RATE, SYNC, DEPTH, DELAY, FEEDBACK, SPREAD, MIX };
#define WAIT    0.005f /* seconds */
#define LONGEST 0.021f

static const struct port ports[] = {
	PORT_SOUND("left", "left side"),
	PORT_SOUND("right", "right side"),
	PORT_KNOB("rate", 0.15f, 0.01f, 10, SCALE_LOG, "Hz", "speed of the swing", .when = "sync = off"),
	PORT_SYNC("length of a swing, in place of rate"),
	PORT_KNOB("depth", 2, 0, 5, SCALE_LINEAR, "ms", "reach of the swing, each way"),
	PORT_KNOB("delay", 1.5f, 0, 10, SCALE_LINEAR, "ms", "middle of the swing; below depth it passes through zero"),
	PORT_KNOB("feedback", 0, -0.95f, 0.95f, SCALE_LINEAR, NULL, "of the copy into itself"),
	PORT_KNOB("spread", 0.1f, 0, 1, SCALE_LINEAR, "turns", "right's swing ahead of left's"),
	PORT_KNOB("mix", 0.5f, -1, 1, SCALE_LINEAR, NULL, "of the copy; below 0 it is taken away"),
	PORT_RESULT("left", "left side"),
	PORT_RESULT("right", "right side"),
	{0},
};

struct state {
	vf lag[2]; /* frames, at the end of the last block */
	struct ramp mix, feedback;
	vu phase;
	int w;
};

static size_t
rows(const struct context *c)
{
	return 4 * ring_rows(ring_size(c, LONGEST));
}

static void
run(void *state, const struct block *b)
{
	struct state *const s = state;
	const int size = ring_size(b->c, LONGEST);
	const float frames = 0.001f * b->c->rate, wait = (float)(int)(WAIT * b->c->rate + 0.5f), most = (float)(size - BLOCK - 5) - wait;
	const vf depth = last(b->in[DEPTH], b), delay = last(b->in[DELAY], b), spread = clamp(last(b->in[SPREAD], b), 0.0f, 1.0f);
	const vf phase = swing_on(&s->phase, swing_hz(last(b->in[RATE], b), last(b->in[SYNC], b), b->c), b);
	const struct lag still = {LAG_STILL, splat(wait), splat(0.0f), NULL};
	struct ramp mix, feedback;
	int w = s->w;
	glide_to(&s->mix, b->in[MIX], b);
	glide_to(&s->feedback, b->in[FEEDBACK], b);
	for (int side = 0; side < 2; side++) {
		vf *const lines = (vf *)(s + 1) + 2 * (size_t)side * ring_rows(size);
		struct ring sound = ring_at(lines, size, s->w), copy = ring_at(lines + ring_rows(size), size, s->w);
		vf x[BLOCK], y[BLOCK], wet[BLOCK], loop[BLOCK];
		const vf middle = frames * (delay + depth * lm_sin_turn(phase + (float)side * spread));
		const struct lag drift = lag_to(&s->lag[side], clamp(middle, -wait, most), b);
		/* The copy comes `drift` before or after the sound; its loop is as long as they are apart, a line
		   where they do not meet within the block. */
		struct lag around = drift, behind = drift;
		const vf end = lag_at(&drift, BLOCK - 1);
		behind.from = drift.from + wait;
		if (any((lt(drift.from, splat(0.0f)) ^ lt(end, splat(0.0f))))) {
			for (int i = 0; i < BLOCK; i++)
				loop[i] = vabs(lag_at(&drift, i));
			around = lag_wild(loop);
		} else {
			around.from = vabs(drift.from);
			around.slope = sel(lt(drift.from, splat(0.0f)), -drift.slope, drift.slope);
		}
		const int n = ring_chunk(lag_least(&around));
		mix = s->mix;
		feedback = s->feedback;
		for (int first = 0; first < BLOCK; first += n) {
			ring_read(&copy, &around, first, y, n, RING_READ_FIRST);
			for (int k = 0; k < n; k++) {
				const vf back = clamp(glide(&feedback, b->in[FEEDBACK], first + k), -0.95f, 0.95f);
				x[k] = at(b->in[side], first + k) + back * y[k];
				wet[first + k] = vsqrt(1.0f - back * back);
			}
			ring_write(&copy, x, n);
		}
		for (int i = 0; i < BLOCK; i++)
			x[i] = at(b->in[side], i);
		ring_write(&sound, x, BLOCK);
		ring_read(&sound, &still, 0, x, BLOCK, RING_WRITTEN);
		ring_read(&copy, &behind, 0, y, BLOCK, RING_WRITTEN);
		for (int i = 0; i < BLOCK; i++) {
			const vf m = glide(&mix, b->in[MIX], i);
			b->out[side][i] = (1.0f - vabs(m)) * x[i] + m * wet[i] * y[i];
		}
		w = copy.w;
	}
	s->mix = mix;
	s->feedback = feedback;
	s->w = w;
}

MODULE(flanger) = {
	.name = "flanger", .group = "effect",
	.help = "a copy that drifts through the sound, tape-wise",
	.ports = ports, .flags = MODULE_AUDIO, .state = sizeof(struct state), .rows = rows, .run = run,
	.example = "saw{} * adsr{} >> voices() >> flanger{rate = 0.3, feedback = 0.6}",
};
