/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Envelope: delay, attack, hold, decay, sustain, release, each moving part with a
 * curve of its own, which may bend either way:
 *     (1 - 2^(-curve x)) / (1 - 2^-curve),  x = time / length in 0..1.
 * Like adsr it is a function of time, so that one value a block and one a frame are
 * points on the same curve; it releases where the gate falls, from where it stands.
 */
#include "synth/mod/env.h"

enum { DELAY, ATTACK, HOLD, DECAY, SUSTAIN, RELEASE, ATTACK_CURVE, DECAY_CURVE, RELEASE_CURVE, GATE };

static const struct port ports[] = {
    ENV_TIME("delay", 0, "time before anything happens"),
    ENV_TIME("attack", 0.005f, "time from nothing to full level"),
    ENV_TIME("hold", 0, "time at full level"),
    ENV_TIME("decay", 0.2f, "time from there to the sustain level"),
    {PORT_IN, "sustain", RATE_CONTROL, 0.7f, 0, 1, SCALE_LINEAR, 0, 0, 0, "level until the note is released"},
    ENV_TIME("release", 0.2f, "time from the release to silence"),
    ENV_BEND("attack_curve", 2), ENV_BEND("decay_curve", 4), ENV_BEND("release_curve", 4),
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

/* Part of the envelope: from one level to another along a curve. */
struct part {
	vf from, to, since, length, curve; /* frames */
};

static inline vf
level(const struct part *p)
{
	return p->from + (p->to - p->from) * env_segment(p->since / p->length, p->curve);
}

/* Seconds in frames; a delay and a hold may be none. */
static inline vf
frames(vf seconds, const struct context *c)
{
	return clamp(seconds * c->rate, 0.0f, 1e8f);
}

/* Where a held note stands t frames from its start; inputs as they are at frame i of the block. */
static inline struct part
held(const struct block *b, int i, vf t)
{
	const vf zero = splat(0.0f), one = splat(1.0f);
	const vf delay = frames(at(b->in[DELAY], i), b->c), attack = env_frames(at(b->in[ATTACK], i), b->c);
	const vf hold = frames(at(b->in[HOLD], i), b->c), decay = env_frames(at(b->in[DECAY], i), b->c);
	const vf top = delay + attack, fall = top + hold;
	const vi waits = lt(t, delay), rises = lt(t, top), holds = lt(t, fall);
	struct part p = {one, clamp(at(b->in[SUSTAIN], i), 0.0f, 1.0f), t - fall, decay, env_bend(at(b->in[DECAY_CURVE], i))};
	p.to = sel(holds, one, p.to);
	p.since = sel(holds, t - top, p.since);
	p.length = sel(holds, hold, p.length);
	p.from = sel(rises, zero, p.from);
	p.since = sel(rises, t - delay, p.since);
	p.length = sel(rises, attack, p.length);
	p.curve = sel(rises, env_bend(at(b->in[ATTACK_CURVE], i)), p.curve);
	p.to = sel(waits, zero, p.to);
	p.since = sel(waits, t, p.since);
	p.length = sel(waits, delay, p.length);
	return p;
}

static inline struct part
part_at(const struct block *b, int i, vi now, vi off)
{
	const vi released = ~lt_i(now, off);
	struct part p = held(b, i, to_float(sel_i(released, off, now)));
	if (any(released)) {
		p.from = sel(released, level(&p), p.from);
		p.to = sel(released, splat(0.0f), p.to);
		p.since = sel(released, to_float(now - off), p.since);
		p.length = sel(released, env_frames(at(b->in[RELEASE], i), b->c), p.length);
		p.curve = sel(released, env_bend(at(b->in[RELEASE_CURVE], i)), p.curve);
	}
	return p;
}

static void
run(void *state, const struct block *b)
{
	struct state *const s = state;
	vf *const out = b->out[0];
	s->off = env_off(s->off, b->in[GATE], b);
	const vi off = s->off, first = splat_i((int32_t)b->now);
	int moving = b->n == 1;
	for (int k = DELAY; k < GATE; k++)
		moving |= b->in[k].stride;
	/* A lane that stays in one part for the block takes the quick way, whatever the others do. */
	const struct part p = part_at(b, 0, first, off);
	const vi calm = env_calm(p.since, p.length) & (~lt_i(first, off) | lt_i(first + BLOCK, off));
	/* a part that is over can only be the last: the sustain or the end */
	struct env_line line = env_line(p.from, p.to, p.since, p.length, p.curve);
	const int all = !moving && !any(~calm);
	for (int i = 0; i < b->n; i++) {
		out[i] = env_line_next(&line);
		if (!all) {
			const struct part q = part_at(b, i, splat_i((int32_t)frame_of(b, i)), off);
			out[i] = moving ? level(&q) : sel(calm, out[i], level(&q));
		}
	}
}

MODULE(dahdsr) = {
	.name = "dahdsr", .group = "modulator",
	.help = "envelope: delay, attack, hold, decay, sustain, release, with curves",
	.ports = ports, .flags = MODULE_CONTROL | MODULE_VOICE | MODULE_ENVELOPE, .state = sizeof(struct state), .init = init, .run = run,
	.example = "saw{} * dahdsr{delay = 0.1, attack = 0.3, attack_curve = -4, hold = 0.1, decay = 0.4, sustain "
		   "= 0.3} * 0.7 >> voices()",
};
