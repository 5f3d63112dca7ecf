/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Percussive envelope: up in `attack`, held, down in `decay`, whenever the note is
 * released. A function of time, see synth/mod/env.h; the attack is straight.
 */
#include "synth/mod/env.h"

enum { ATTACK, HOLD, DECAY, CURVE };

static const struct port ports[] = {
    ENV_TIME("attack", 0.001f, "time to full level"),
    ENV_TIME("hold", 0, "time at full level"),
    ENV_TIME("decay", 0.3f, "time from there to silence"),
    ENV_CURVE(8),
    {PORT_OUT, "out", RATE_CONTROL, 0, 0, 1, SCALE_LINEAR, 0, 0, 0, "0 to 1"},
    {PORT_END},
};

struct shape {
	vf attack, hold, decay, curve; /* times in frames */
};

static inline struct shape
shape_at(const struct block *b, int i)
{
	return (struct shape){env_frames(at(b->in[ATTACK], i), b->c),
	    clamp(at(b->in[HOLD], i) * b->c->rate, 0.0f, 1e8f), env_frames(at(b->in[DECAY], i), b->c),
	    env_curve(at(b->in[CURVE], i))};
}

static inline vf
level(const struct shape *e, vf t)
{
	const vf down = 1.0f - env_segment((t - e->attack - e->hold) / e->decay, e->curve);
	return sel(lt(t, e->attack), t / e->attack, down);
}

static void
run(void *state, const struct block *b)
{
	(void)state;
	vf *const out = b->out[0];
	int moving = 0;
	for (int k = ATTACK; k <= CURVE; k++)
		moving |= b->in[k].stride;
	if (moving || b->n == 1) {
		for (int i = 0; i < b->n; i++) {
			const struct shape e = shape_at(b, i);
			out[i] = level(&e, splat((float)frame_of(b, i)));
		}
		return;
	}
	const struct shape e = shape_at(b, 0);
	const vf t = splat((float)b->now), since = t - e.attack - e.hold;
	const vi calm = ge(since, splat(0.0f)) & env_calm(since, e.decay);
	struct env_line line = env_line(splat(1.0f), splat(0.0f), since, e.decay, e.curve);
	if (!any(~calm))
		for (int i = 0; i < BLOCK; i++)
			out[i] = env_line_next(&line);
	else
		for (int i = 0; i < BLOCK; i++)
			out[i] = sel(calm, env_line_next(&line), level(&e, splat((float)frame_of(b, i))));
}

MODULE(decay) = {
	.name = "decay", .group = "modulator",
	.help = "percussive envelope: attack, hold, decay",
	.ports = ports, .flags = MODULE_CONTROL | MODULE_VOICE | MODULE_ENVELOPE, .run = run,
	.example = "saw{} * decay{hold = 0.05, decay = 0.6} * 0.7 >> voices()",
};
