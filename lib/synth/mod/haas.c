/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * haas: one side comes later than the other by up to 40 ms. The ear then hears
 * one sound, wide, and from the side that is first (H. Haas, "The influence of
 * a single echo on the audibility of speech", 1951). The late side may be
 * louder by up to 10 dB before it is heard as an echo, so it has a level.
 * A mono sound is wired to both sides; added up to mono again it has a comb's notches,
 * at odd multiples of 1 / (2 lag).
 */
#include "synth/mod/ring.h"
#include "synth/mod/glide.h"

enum { LEFT, RIGHT, MS, LEVEL, SIDE };
#define LONGEST 0.04f /* seconds */

static const char *const sides[] = {"right", "left", NULL};

static const struct port ports[] = {
	PORT_SOUND("left", "left side"),
	PORT_SOUND("right", "right side"),
	PORT_KNOB("ms", 12, 0, 40, SCALE_LINEAR, "ms", "how much later"),
	PORT_KNOB("level", 0, -24, 12, SCALE_LINEAR, "dB", "level of the late side"),
	PORT_CHOICE("side", 0, sides, "which side is late"),
	PORT_RESULT("left", "left side"),
	PORT_RESULT("right", "right side"),
	{0},
};

struct state {
	struct ramp level;
	vf lag; /* frames, at the end of the last block */
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
	const int late = b->c->fixed[SIDE] == 0 ? RIGHT : LEFT, early = late == RIGHT ? LEFT : RIGHT;
	const float frames = 0.001f * b->c->rate, most = LONGEST * b->c->rate;
	struct ring line = ring_at((vf *)(s + 1), ring_size(b->c, LONGEST), s->w);
	struct ramp level = s->level;
	vf x[BLOCK], d[BLOCK];
	struct lag lag;
	if (b->in[MS].stride) {
		for (int i = 0; i < BLOCK; i++)
			d[i] = clamp(at(b->in[MS], i) * frames, 0.0f, most);
		lag = lag_wild(d);
	} else {
		lag = lag_to(&s->lag, clamp(last(b->in[MS], b) * frames, 0.0f, most), b);
	}
	ramp_to(&level, lm_db_gain(last(b->in[LEVEL], b)), b);
	for (int i = 0; i < BLOCK; i++)
		x[i] = at(b->in[late], i);
	ring_write(&line, x, BLOCK);
	ring_read(&line, &lag, 0, x, BLOCK, RING_WRITTEN);
	for (int i = 0; i < BLOCK; i++) {
		const vf in = at(b->in[early], i);
		b->out[late][i] = x[i] * ramp_next(&level);
		b->out[early][i] = in;
	}
	s->level = level;
	s->w = line.w;
}

MODULE(haas) = {
	.name = "haas", .group = "effect",
	.help = "width by a short lag of one side",
	.ports = ports, .flags = MODULE_AUDIO, .state = sizeof(struct state), .rows = rows, .run = run,
	.example = "svf{saw{}, cutoff = 2000} * adsr{} >> voices() >> haas{ms = 18}",
};
