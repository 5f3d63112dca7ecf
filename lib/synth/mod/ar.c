/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * ar: attack and release, as often as the gate says; each along a curve of its own that may
 * bend either way (synth/mod/env.h). Where the gate rises over a half it sets out for 1 from where it stands.
 *     gate     it stays up while the gate does, and goes down where that falls
 *     trigger  up and down again, however long the gate is up
 *     loop     up and down and up as long as the gate is up, then down from where it stands
 * The gate is the note's where nothing is wired to it; an lfo's square or steps make a rhythm.
 */
#include "synth/mod/env.h"

enum { ATTACK, RELEASE, ATTACK_CURVE, RELEASE_CURVE, GATE, MODE };
enum { HELD, TRIGGER, LOOP };

static const char *const modes[] = {"gate", "trigger", "loop", 0};

static const struct port ports[] = {
    ENV_TIME("attack", 0.01f, "time to full level"),
    ENV_TIME("release", 0.3f, "time from there to silence"),
    ENV_BEND("attack_curve", 2), ENV_BEND("release_curve", 4),
    ENV_GATE("sets out where it rises over a half"),
    {PORT_IN, "mode", RATE_FIXED, HELD, 0, 2, SCALE_CHOICE, modes, 0, 0, "what the gate's length means"},
    {PORT_OUT, "out", RATE_CONTROL, 0, 0, 1, SCALE_LINEAR, 0, 0, 0, "0 to 1"},
    {PORT_END},
};

struct state {
	vf from, since; /* level at the start of the part, frames since then */
	vi up, gate;    /* masks: whether the part leads up, and the gate was up */
};

static inline vf
level(const struct state *s, vf length, vf curve)
{
	const vf to = sel(s->up, splat(1.0f), splat(0.0f));
	return s->from + (to - s->from) * env_segment(s->since / length, curve);
}

static void
run(void *state, const struct block *b)
{
	struct state s = *(struct state *)state;
	const int mode = (int)fminf(fmaxf(b->c->fixed[MODE], HELD), LOOP);
	const vf zero = splat(0.0f), one = splat(1.0f), half = splat(0.5f);
	/* whether the note ends in this block, and only the block's last frame is asked for */
	const vi here = ~lt_i(b->c->off, splat_i((int32_t)b->now)) & lt_i(b->c->off, splat_i((int32_t)b->now + b->step)) &
	    splat_i(b->step == 1 ? 0 : -1);
	if (b->now == 0)
		s.since = splat(1e7f); /* down, and long so */
	for (int i = 0; i < b->n; i++) {
		const vf attack = env_frames(at(b->in[ATTACK], i), b->c), release = env_frames(at(b->in[RELEASE], i), b->c);
		const vf attack_curve = env_bend(at(b->in[ATTACK_CURVE], i)), release_curve = env_bend(at(b->in[RELEASE_CURVE], i));
		const vi high = gt(at(b->in[GATE], i), half);
		/* a part lasts a frame at least, so frames are gone through one by one */
		for (int t = 0; t < b->step; t++) {
			const vi now = splat_i((int32_t)(b->step == 1 ? frame_of(b, i) : b->now + (uint32_t)t));
			/* at one value a block the note's own end is known to the frame; any other gate's is that of the block */
			const vi gate = high | (s.gate & lt_i(now, b->c->off) & here);
			const vi rises = gate & ~s.gate, falls = s.gate & ~gate & splat_i(mode == TRIGGER ? 0 : -1) & s.up;
			vf length = sel(s.up, attack, release);
			if (any(rises | falls)) {
				const vf y = level(&s, length, sel(s.up, attack_curve, release_curve));
				s.from = sel(rises | falls, y, s.from);
				s.since = sel(rises | falls, zero, s.since);
				s.up = (s.up | rises) & ~falls;
				length = sel(s.up, attack, release);
			}
			const vi over = ge(s.since, length);
			vi turns = over & s.up & splat_i(mode == HELD ? 0 : -1);
			if (mode == LOOP)
				turns |= over & gate;
			s.from = sel(turns, sel(s.up, one, zero), s.from);
			s.since = sel(turns, s.since - length, s.since);
			s.up ^= turns;
			s.gate = gate;
			if (t + 1 < b->step)
				s.since = s.since + 1.0f;
		}
		b->out[0][i] = level(&s, sel(s.up, attack, release), sel(s.up, attack_curve, release_curve));
		s.since = vmin(s.since + 1.0f, splat(1e7f)); /* where it stays it need not count on */
	}
	*(struct state *)state = s;
}

MODULE(ar) = {
	.name = "ar", .group = "modulator",
	.help = "envelope: attack and release, at each rise of its gate",
	.ports = ports, .flags = MODULE_CONTROL | MODULE_ENVELOPE, .state = sizeof(struct state), .run = run,
	.example = "saw{} * ar{attack = 0.05, release = 0.15, mode = 'loop'} * 0.7 >> voices()",
};
