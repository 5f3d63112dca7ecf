/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * delay: echoes. Each echo is the one before it times feedback, through a
 * one-pole low-pass, so the first is as bright as the sound and the later ones
 * grow duller:
 *     line <- in + feedback lowpass(line[time]),  out = in + mix (line[time] - in)
 * ping-pong: the middle of the sound goes into the left line, and each line
 * feeds the other, so that echoes fall left, right, left ... A time that moves
 * bends the pitch of what is in the line, as tape does.
 */
#include "synth/mod/delay_line.h"
#include "synth/mod/glide.h"

enum { LEFT, RIGHT, TIME, FEEDBACK, DAMPING, MIX, MODE };
#define LONGEST 2.0f /* seconds */

static const char *const modes[] = {"stereo", "ping-pong", NULL};

static const struct port ports[] = {
	PORT_SOUND("left", "left side"),
	PORT_SOUND("right", "right side"),
	PORT_KNOB("time", 0.375f, 0.001f, LONGEST, SCALE_LOG, "s", "from echo to echo"),
	PORT_KNOB("feedback", 0.4f, 0, 0.99f, SCALE_LINEAR, NULL, "level of an echo to the one before"),
	PORT_KNOB("damping", 6000, 200, 20000, SCALE_LOG, "Hz", "cutoff of the low-pass between echoes"),
	PORT_KNOB("mix", 0.3f, 0, 1, SCALE_LINEAR, NULL, "0 only the sound, 1 only its echoes"),
	PORT_CHOICE("mode", 0, modes, "echoes stay on their side, or fall left and right in turn"),
	PORT_RESULT("left", "left side"),
	PORT_RESULT("right", "right side"),
	{0},
};

struct state {
	struct ramp time, feedback, pole, mix;
	vf dull[2]; /* the low-passes */
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

static void
run(void *state, const struct block *b)
{
	struct state s = *(struct state *)state; /* a copy that rows cannot alias: it stays in registers */
	const int rows = s.size, cross = b->c->fixed[MODE] != 0;
	vf *const left = (vf *)((struct state *)state + 1), *const right = left + rows;
	const float rate = b->c->rate;
	vf dull_l = s.dull[0], dull_r = s.dull[1];
	glide_to(&s.time, b->in[TIME], b);
	glide_to(&s.feedback, b->in[FEEDBACK], b);
	glide_to(&s.mix, b->in[MIX], b);
	ramp_to(&s.pole, pole_of_hz(last(b->in[DAMPING], b), rate), b);
	for (int i = 0; i < b->n; i++) {
		const vf in_l = at(b->in[LEFT], i), in_r = at(b->in[RIGHT], i);
		const vf frames = vmax(glide(&s.time, b->in[TIME], i) * rate, splat(2.0f)); /* row w is not written yet */
		const vf l = line_read(left, rows, s.w, frames), r = line_read(right, rows, s.w, frames);
		const vf pole = ramp_next(&s.pole), mix = glide(&s.mix, b->in[MIX], i);
		const vf feedback = clamp(glide(&s.feedback, b->in[FEEDBACK], i), 0.0f, 0.99f);
		dull_l += pole * (l - dull_l);
		dull_r += pole * (r - dull_r);
		if (cross) {
			left[s.w] = 0.5f * (in_l + in_r) + feedback * dull_r;
			right[s.w] = feedback * dull_l;
		} else {
			left[s.w] = in_l + feedback * dull_l;
			right[s.w] = in_r + feedback * dull_r;
		}
		b->out[0][i] = in_l + mix * (l - in_l);
		b->out[1][i] = in_r + mix * (r - in_r);
		s.w = line_step(s.w, rows);
	}
	s.dull[0] = dull_l;
	s.dull[1] = dull_r;
	*(struct state *)state = s;
}

MODULE(delay) = {
	.name = "delay", .group = "effect",
	.help = "echoes, straight or ping-pong",
	.ports = ports, .flags = MODULE_AUDIO, .state = sizeof(struct state), .rows = rows, .init = init, .run = run,
};
