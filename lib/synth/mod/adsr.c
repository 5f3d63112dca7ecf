/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Envelope: attack, decay, sustain, release. A function of time (the segments of
 * synth/mod/env.h), so that one value a block and one a frame are points on the
 * same curve. It starts with its note and releases where the gate falls, at the
 * note's end at the latest; a gate that rises again does not start it again.
 */
#include "synth/mod/env.h"

enum { ATTACK, DECAY, SUSTAIN, RELEASE, CURVE, GATE };

static const struct port ports[] = {
    ENV_TIME("attack", 0.005f, "time to full level"),
    ENV_TIME("decay", 0.2f, "time from there to the sustain level"),
    {PORT_IN, "sustain", RATE_CONTROL, 0.7, 0, 1, SCALE_LINEAR, 0, 0, 0, "level until the note is released"},
    ENV_TIME("release", 0.2f, "time from the release to silence"),
    ENV_CURVE(4),
    ENV_GATE("releases where it falls under a half"),
    {PORT_OUT, "out", RATE_CONTROL, 0, 0, 1, SCALE_LINEAR, 0, 0, 0, "0 to 1"},
    {PORT_END},
};

struct state {
	vi off; /* frame of the release */
};

static void
init(void *state, const struct context *c)
{
	struct state *s = state;
	s->off = c->off;
}

struct shape {
	vf attack, decay, sustain, release, curve; /* times in frames */
};

static inline struct shape
shape_at(const struct block *b, int i)
{
	return (struct shape){env_frames(at(b->in[ATTACK], i), b->c), env_frames(at(b->in[DECAY], i), b->c),
	    clamp(at(b->in[SUSTAIN], i), 0.0f, 1.0f), env_frames(at(b->in[RELEASE], i), b->c),
	    env_curve(at(b->in[CURVE], i))};
}

/* While the note is held, t frames from its start. */
static inline vf
held(const struct shape *e, vf t)
{
	const vi rising = lt(t, e->attack);
	const vf y = env_segment(sel(rising, t / e->attack, (t - e->attack) / e->decay), e->curve);
	return sel(rising, y, 1.0f + (e->sustain - 1.0f) * y);
}

static inline vf
level(const struct shape *e, vi now, vi off)
{
	const vi released = ~lt_i(now, off);
	const vf y = held(e, to_float(sel_i(released, off, now)));
	return sel(released, y * (1.0f - env_segment(to_float(now - off) / e->release, e->curve)), y);
}

static void
run(void *state, const struct block *b)
{
	struct state *const s = state;
	vf *const out = b->out[0];
	s->off = env_off(s->off, b->in[GATE], b);
	const vi off = s->off;
	int moving = 0;
	for (int k = ATTACK; k <= CURVE; k++)
		moving |= b->in[k].stride;
	if (moving || b->n == 1) {
		for (int i = 0; i < b->n; i++) {
			const struct shape e = shape_at(b, i);
			out[i] = level(&e, splat_i((int32_t)frame_of(b, i)), off);
		}
		return;
	}

	const struct shape e = shape_at(b, 0);
	const vi first = splat_i((int32_t)b->now), released = ~lt_i(first, off);
	const vf t = to_float(first);
	const vi rising = lt(t, e.attack);
	vf from = sel(rising, splat(0.0f), splat(1.0f)), to = sel(rising, splat(1.0f), e.sustain);
	vf since = sel(rising, t, t - e.attack), length = sel(rising, e.attack, e.decay);
	if (any(released)) {
		from = sel(released, held(&e, to_float(off)), from);
		to = sel(released, splat(0.0f), to);
		since = sel(released, to_float(first - off), since);
		length = sel(released, e.release, length);
	}
	const vi calm = env_calm(since, length) & (released | lt_i(first + BLOCK, off));
	struct env_line line = env_line(from, to, since, length, e.curve);
	if (!any(~calm))
		for (int i = 0; i < BLOCK; i++)
			out[i] = env_line_next(&line);
	else
		for (int i = 0; i < BLOCK; i++)
			out[i] = sel(calm, env_line_next(&line), level(&e, splat_i((int32_t)frame_of(b, i)), off));
}

MODULE(adsr) = {
	.name = "adsr", .group = "modulator",
	.help = "envelope: attack, decay, sustain, release",
	.ports = ports, .flags = MODULE_CONTROL | MODULE_VOICE | MODULE_ENVELOPE, .state = sizeof(struct state), .init = init, .run = run,
	.example = "saw{} * adsr{attack = 0.3, decay = 0.5, sustain = 0.4, release = 0.8} * 0.7 >> voices()",
};
