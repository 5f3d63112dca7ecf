/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * delay: echoes. Each echo is the one before it times feedback, through a one-pole
 * high-pass and a one-pole low-pass, so the first is as bright as the sound and the
 * later ones grow thinner and duller:
 *     line <- in + feedback cut(line[time]),  out = in + mix (line[time] - in)
 * ping-pong: the middle of the sound goes into the left line, and each line feeds the
 * other, so that echoes fall left, right, left ... The time is in seconds or a note of
 * the tempo. Where it is turned it follows by e in `glide` seconds, and bends the pitch
 * of what is in the line on its way, as tape does. Nothing in the loop amplifies, so it
 * dies whatever the knobs say. (tape.c: wow, flutter and saturation.)
 */
#include "synth/mod/ring.h"
#include "synth/mod/swing.h"

enum { LEFT, RIGHT, TIME, SYNC, FEEDBACK, LOW_CUT, HIGH_CUT, GLIDE, MIX, MODE };
#define LONGEST 2.0f /* seconds */

static const char *const modes[] = {"stereo", "ping-pong", NULL};

static const struct port ports[] = {
	PORT_SOUND("left", "left side"),
	PORT_SOUND("right", "right side"),
	PORT_KNOB("time", 0.375f, 0.001f, LONGEST, SCALE_LOG, "s", "from echo to echo", .when = "sync = off"),
	PORT_SYNC("from echo to echo, in place of time; over 2 s it is halved until it fits"),
	PORT_KNOB("feedback", 0.4f, 0, 0.99f, SCALE_LINEAR, NULL, "level of an echo to the one before"),
	PORT_KNOB("low_cut", 20, 5, 2000, SCALE_LOG, "Hz", "cutoff of the high-pass between echoes"),
	PORT_KNOB("high_cut", 6000, 200, 20000, SCALE_LOG, "Hz", "cutoff of the low-pass between echoes"),
	PORT_KNOB("glide", 0.1f, 0, 2, SCALE_LINEAR, "s", "how slowly a new time is reached, bending the pitch"),
	PORT_KNOB("mix", 0.3f, 0, 1, SCALE_LINEAR, NULL, "0 only the sound, 1 only its echoes"),
	PORT_CHOICE("mode", 0, modes, "echoes stay on their side, or fall left and right in turn"),
	PORT_RESULT("left", "left side"),
	PORT_RESULT("right", "right side"),
	{0},
};

struct state {
	struct ramp feedback, low, high, mix;
	struct follow time;
	vf lag; /* frames, at the end of the last block */
	vf dull[2], thin[2]; /* the low-passes, and those whose sound the high-passes take away */
	int w;
};

static size_t
rows(const struct context *c)
{
	return 2 * ring_rows(ring_size(c, LONGEST));
}

/* The delay of each frame; d has room for them. */
static struct lag
delays(struct state *s, const struct block *b, vf d[BLOCK])
{
	const float rate = b->c->rate;
	const vf sync = last(b->in[SYNC], b), seconds = note_that_fits(sync, last(b->in[TIME], b), LONGEST, b->c);
	const vf frames = clamp(seconds * rate, 2.0f, LONGEST * rate);
	if (!b->in[TIME].stride)
		return lag_to(&s->lag, follow(&s->time, frames, last(b->in[GLIDE], b), b), b);
	const vi free = lt(sync, splat(0.5f)); /* an audio signal bends the time as it likes */
	for (int i = 0; i < BLOCK; i++)
		d[i] = sel(free, clamp(at(b->in[TIME], i) * rate, 2.0f, LONGEST * rate), frames);
	return lag_wild(d);
}

static void
run(void *state, const struct block *b)
{
	struct state *const s = state;
	const int size = ring_size(b->c, LONGEST), cross = b->c->fixed[MODE] != 0;
	struct ring left = ring_at((vf *)(s + 1), size, s->w), right = ring_at((vf *)(s + 1) + ring_rows(size), size, s->w);
	vf d[BLOCK], l[BLOCK], r[BLOCK], x[BLOCK], y[BLOCK];
	const struct lag lag = delays(s, b, d);
	const int n = ring_chunk(lag_least(&lag));
	struct ramp feedback = s->feedback, low = s->low, high = s->high, mix = s->mix;
	vf dull_l = s->dull[0], dull_r = s->dull[1], thin_l = s->thin[0], thin_r = s->thin[1];
	glide_to(&feedback, b->in[FEEDBACK], b);
	glide_to(&mix, b->in[MIX], b);
	ramp_to(&low, pole_of_hz(last(b->in[LOW_CUT], b), b->c->rate), b);
	ramp_to(&high, pole_of_hz(last(b->in[HIGH_CUT], b), b->c->rate), b);
	for (int first = 0; first < BLOCK; first += n) {
		ring_read(&left, &lag, first, l, n, RING_READ_FIRST);
		ring_read(&right, &lag, first, r, n, RING_READ_FIRST);
		for (int k = 0; k < n; k++) {
			const int i = first + k;
			const vf in_l = at(b->in[LEFT], i), in_r = at(b->in[RIGHT], i), wet = glide(&mix, b->in[MIX], i);
			const vf back = clamp(glide(&feedback, b->in[FEEDBACK], i), 0.0f, 0.99f);
			const vf pole = ramp_next(&high), base = ramp_next(&low);
			dull_l += pole * (l[k] - dull_l);
			dull_r += pole * (r[k] - dull_r);
			thin_l += base * (dull_l - thin_l);
			thin_r += base * (dull_r - thin_r);
			const vf echo_l = back * (dull_l - thin_l), echo_r = back * (dull_r - thin_r);
			if (cross) {
				x[k] = 0.5f * (in_l + in_r) + echo_r;
				y[k] = echo_l;
			} else {
				x[k] = in_l + echo_l;
				y[k] = in_r + echo_r;
			}
			b->out[0][i] = in_l + wet * (l[k] - in_l);
			b->out[1][i] = in_r + wet * (r[k] - in_r);
		}
		ring_write(&left, x, n);
		ring_write(&right, y, n);
	}
	s->feedback = feedback;
	s->low = low;
	s->high = high;
	s->mix = mix;
	s->dull[0] = dull_l;
	s->dull[1] = dull_r;
	s->thin[0] = thin_l;
	s->thin[1] = thin_r;
	s->w = left.w;
}

MODULE(delay) = {
	.name = "delay", .group = "effect",
	.help = "echoes, straight or ping-pong",
	.ports = ports, .flags = MODULE_AUDIO, .state = sizeof(struct state), .rows = rows, .run = run,
	.example = "svf{saw{}, cutoff = 1500} * decay{decay = 0.15} >> voices() >> delay{sync = \"1/8D\", feedback = 0.6, mode = \"ping-pong\"}",
};
