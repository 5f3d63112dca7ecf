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
#include "synth/mod/delay_line.h"
#include "synth/mod/glide.h"

enum { LEFT, RIGHT, RATE, DEPTH, DELAY, FEEDBACK, SPREAD, MIX };
#define WAIT    0.005f /* seconds */
#define LONGEST 0.021f

static const struct port ports[] = {
	PORT_SOUND("left", "left side"),
	PORT_SOUND("right", "right side"),
	PORT_KNOB("rate", 0.15f, 0.01f, 10, SCALE_LOG, "Hz", "speed of the swing"),
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
	struct ramp lag[2], mix, feedback; /* lag: frames */
	vf phase;                          /* turns */
	int w, size;
};

static size_t
rows(const struct context *c)
{
	return 4 * (size_t)line_rows(c, LONGEST);
}

static void
init(void *state, const struct context *c)
{
	((struct state *)state)->size = line_rows(c, LONGEST);
}

static void
run(void *state, const struct block *b)
{
	struct state s = *(struct state *)state;
	vf *const lines = (vf *)((struct state *)state + 1);
	const int size = s.size, wait = (int)(WAIT * b->c->rate + 0.5f);
	const float frames = 0.001f * b->c->rate, most = (float)(size - 5 - wait);
	const vf depth = last(b->in[DEPTH], b), delay = last(b->in[DELAY], b), spread = last(b->in[SPREAD], b);
	s.phase = fract(s.phase + clamp(last(b->in[RATE], b), 0.0f, 20.0f) * ((float)BLOCK / b->c->rate));
	for (int side = 0; side < 2; side++) {
		const vf turn = s.phase + (float)side * clamp(spread, 0.0f, 1.0f);
		ramp_to(&s.lag[side], clamp(frames * (delay + depth * lm_sin_turn(turn)), (float)-wait, most), b);
	}
	glide_to(&s.mix, b->in[MIX], b);
	glide_to(&s.feedback, b->in[FEEDBACK], b);
	for (int i = 0; i < b->n; i++) {
		const vf back = clamp(glide(&s.feedback, b->in[FEEDBACK], i), -0.95f, 0.95f);
		const vf mix = glide(&s.mix, b->in[MIX], i), wet = mix * vsqrt(1.0f - back * back), dry = 1.0f - vabs(mix);
		for (int side = 0; side < 2; side++) {
			vf *const sound = lines + 2 * side * size, *const copy = sound + size;
			const vf x = at(b->in[side], i), lag = ramp_next(&s.lag[side]);
			sound[s.w] = x;
			copy[s.w] = x + back * line_read(copy, size, s.w, vmax(vabs(lag), splat(2.0f)));
			b->out[side][i] =
			    dry * *line_place(sound, size, s.w, wait) + wet * line_read(copy, size, s.w, lag + (float)wait);
		}
		s.w = line_step(s.w, size);
	}
	*(struct state *)state = s;
}

MODULE(flanger) = {
	.name = "flanger", .group = "effect",
	.help = "a copy that drifts through the sound, tape-wise",
	.ports = ports, .flags = MODULE_AUDIO, .state = sizeof(struct state), .rows = rows, .init = init, .run = run,
};
