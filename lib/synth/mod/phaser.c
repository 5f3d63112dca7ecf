/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * phaser: the sound through a chain of 2 to 12 first-order all-passes, added to itself:
 * a notch wherever the chain turns the phase by half a turn, tan(pi f / rate) =
 * g tan(pi (2 m + 1) / (2 stages)), so half as many notches as stages. All have the
 * corner centre 2^(depth sin(2 pi rate t)), right's swing `spread` of a turn ahead.
 * An all-pass is a lattice, y = c x + k t, t' = k x - c t with c^2 + k^2 = 1: it
 * keeps the energy of what it holds however c moves (A. Gray, J. Markel, 1975), so
 * no sweep can blow it up. Feedback has no delay in it: what the chain would give for
 * nothing is known, and the loop solved (V. Zavalishin, The Art of VA Filter Design, ch. 3).
 * The wet sound is scaled by sqrt(1 - feedback^2), which keeps the loudness of noise.
 */
#include "synth/mod/swing.h"

enum { LEFT, RIGHT, RATE, SYNC, DEPTH, CENTRE, FEEDBACK, SPREAD, MIX, STAGES };
enum { MOST = 12 };

static const char *const counts[] = {"2", "4", "6", "8", "10", "12", NULL};

static const struct port ports[] = {
	PORT_SOUND("left", "left side"),
	PORT_SOUND("right", "right side"),
	PORT_KNOB("rate", 0.4f, 0.01f, 10, SCALE_LOG, "Hz", "speed of the swing", .when = "sync = off"),
	PORT_SYNC("length of a swing, in place of rate"),
	PORT_KNOB("depth", 1.5f, 0, 4, SCALE_LINEAR, "octaves", "reach of the swing, each way"),
	PORT_KNOB("centre", 700, 50, 8000, SCALE_LOG, "Hz", "middle of the swing"),
	PORT_KNOB("feedback", 0.3f, -0.95f, 0.95f, SCALE_LINEAR, NULL, "of the chain into itself"),
	PORT_KNOB("spread", 0.25f, 0, 1, SCALE_LINEAR, "turns", "right's swing ahead of left's"),
	PORT_KNOB("mix", 0.5f, 0, 1, SCALE_LINEAR, NULL, "0.5 has the deepest notches"),
	PORT_CHOICE("stages", 1, counts, "all-passes, two for a notch"),
	PORT_RESULT("left", "left side"),
	PORT_RESULT("right", "right side"),
	{0},
};

struct state {
	struct ramp c[2], mix, feedback;
	vu phase;
	vf t[2][MOST];
};

/* c = (g - 1) / (g + 1), g = tan(pi corner / rate). */
static inline vf
corner(vf hz, vf octaves, float rate)
{
	const vf g = lm_tan_pi(clamp(hz, 1.0f, 1e5f) * lm_exp2(clampv(octaves, splat(-12.0f), splat(12.0f))) * (1.0f / rate));
	return (g - 1.0f) / (g + 1.0f);
}

static void
run(void *state, const struct block *b)
{
	struct state *s = state;
	const int stages = 2 * ((int)b->c->fixed[STAGES] + 1);
	const vf centre = last(b->in[CENTRE], b), depth = last(b->in[DEPTH], b), spread = last(b->in[SPREAD], b);
	const vf turn = swing_on(&s->phase, swing_hz(last(b->in[RATE], b), last(b->in[SYNC], b), b->c), b);
	ramp_to(&s->c[0], corner(centre, depth * lm_sin_turn(turn), b->c->rate), b);
	ramp_to(&s->c[1], corner(centre, depth * lm_sin_turn(turn + clamp(spread, 0.0f, 1.0f)), b->c->rate), b);
	glide_to(&s->mix, b->in[MIX], b);
	glide_to(&s->feedback, b->in[FEEDBACK], b);
	for (int i = 0; i < b->n; i++) {
		const vf back = clamp(glide(&s->feedback, b->in[FEEDBACK], i), -0.95f, 0.95f);
		const vf level = vsqrt(1.0f - back * back), mix = glide(&s->mix, b->in[MIX], i);
		for (int side = 0; side < 2; side++) {
			const vf x = at(b->in[side], i), c = ramp_next(&s->c[side]);
			const vf k = vsqrt(vmax(1.0f - c * c, splat(0.0f)));
			vf *const t = s->t[side], rest = splat(0.0f), through = splat(1.0f);
			for (int j = 0; j < stages; j++) {
				rest = c * rest + k * t[j];
				through = through * c;
			}
			vf y = (x + back * rest) / (1.0f - back * through);
			for (int j = 0; j < stages; j++) {
				const vf in = y;
				y = c * in + k * t[j];
				t[j] = k * in - c * t[j];
			}
			b->out[side][i] = x + mix * (level * y - x);
		}
	}
}

MODULE(phaser) = {
	.name = "phaser", .group = "effect",
	.help = "notches that wander: 2 to 12 all-passes",
	.ports = ports, .flags = MODULE_AUDIO, .state = sizeof(struct state), .run = run,
	.example = "saw{} * adsr{} >> voices() >> phaser{rate = 0.5, feedback = 0.6, stages = \"6\"}",
};
