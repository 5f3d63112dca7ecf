/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * haas: one side comes later than the other by up to 40 ms. The ear then hears
 * one sound, wide, and from the side that is first (H. Haas, "The influence of
 * a single echo on the audibility of speech", 1951). The late side may be
 * louder by up to 10 dB before it is heard as an echo, so it has a level.
 * A mono sound is wired to both sides.
 */
#include "synth/mod/delay_line.h"
#include "synth/mod/glide.h"

enum { LEFT, RIGHT, MS, LEVEL, SIDE };

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
	struct ramp lag, level;
	int w, size;
};

static size_t
rows(const struct context *c)
{
	return (size_t)line_rows(c, 0.04f);
}

static void
init(void *state, const struct context *c)
{
	((struct state *)state)->size = line_rows(c, 0.04f);
}

static void
run(void *state, const struct block *b)
{
	struct state *s = state;
	vf *const line = (vf *)(s + 1);
	const int late = b->c->fixed[SIDE] == 0 ? RIGHT : LEFT, early = late == RIGHT ? LEFT : RIGHT;
	const float frames = 0.001f * b->c->rate;
	glide_to(&s->lag, b->in[MS], b);
	ramp_to(&s->level, lm_db_gain(last(b->in[LEVEL], b)), b);
	for (int i = 0; i < b->n; i++) {
		line[s->w] = at(b->in[late], i);
		const vf x = at(b->in[early], i);
		const vf y = line_read(line, s->size, s->w, glide(&s->lag, b->in[MS], i) * frames);
		b->out[late][i] = y * ramp_next(&s->level);
		b->out[early][i] = x;
		s->w = line_step(s->w, s->size);
	}
}

MODULE(haas) = {
	.name = "haas", .group = "effect",
	.help = "width by a short lag of one side",
	.ports = ports, .flags = MODULE_AUDIO, .state = sizeof(struct state), .rows = rows, .init = init, .run = run,
};
