/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * gate: shut unless the sound is loud enough. It opens where the louder side, or `key`, gets
 * over the threshold, and shuts once that has stayed `hysteresis` below it for `hold`; the
 * gain goes to 1 or to `range` by a one-pole with attack or release as its time constant.
 * Hysteresis and hold keep it from chattering between the peaks of a low note. A key with
 * a rhythm of its own chops a pad into it.
 */
#include "synth/mod/level.h"

enum { LEFT, RIGHT, KEY, THRESHOLD, HYSTERESIS, ATTACK, HOLD, RELEASE, RANGE, SOURCE };

static const struct port ports[] = {
	PORT_SOUND("left", "left side"),
	PORT_SOUND("right", "right side"),
	PORT_SOUND("key", "what is listened to: a side-chain", .when = "source = key"),
	PORT_KNOB("threshold", -36, -96, 0, SCALE_LINEAR, "dB", "level above which it opens"),
	PORT_KNOB("hysteresis", 4, 0, 24, SCALE_LINEAR, "dB", "how far below the threshold it shuts again"),
	PORT_KNOB("attack", 0.001f, 0.0001f, 0.5f, SCALE_LOG, "s", "time constant of opening"),
	PORT_KNOB("hold", 0.03f, 0, 1, SCALE_LINEAR, "s", "time that it stays open"),
	PORT_KNOB("release", 0.08f, 0.002f, 3, SCALE_LOG, "s", "time constant of shutting"),
	PORT_KNOB("range", -80, -120, 0, SCALE_LINEAR, "dB", "gain where it is shut"),
	PORT_LEVEL_SOURCE,
	PORT_RESULT("left", "left side"),
	PORT_RESULT("right", "right side"),
	{0},
};

struct state {
	struct ramp range;
	vf gain, left; /* left: frames that it stays open; 0: shut */
};

static void
run(void *state, const struct block *b)
{
	struct state s = *(struct state *)state;
	const int keyed = b->c->fixed[SOURCE] != 0;
	const float rate = b->c->rate;
	const vf threshold = clamp(last(b->in[THRESHOLD], b), -200.0f, 100.0f);
	const vf open = lm_db_gain(threshold), stay = lm_db_gain(threshold - clamp(last(b->in[HYSTERESIS], b), 0.0f, 100.0f));
	const vf attack = pole_of_seconds(last(b->in[ATTACK], b), rate);
	const vf release = pole_of_seconds(last(b->in[RELEASE], b), rate);
	const vf hold = clamp(last(b->in[HOLD], b), 0.0f, 10.0f) * rate + 1.0f, zero = splat(0.0f);
	ramp_to(&s.range, lm_db_gain(clamp(last(b->in[RANGE], b), -200.0f, 0.0f)), b);
	if (b->now == 0)
		s.gain = s.range.v;
	for (int i = 0; i < b->n; i++) {
		const vf l = at(b->in[LEFT], i), r = at(b->in[RIGHT], i), shut = ramp_next(&s.range);
		const vf heard = keyed ? vabs(at(b->in[KEY], i)) : vmax(vabs(l), vabs(r));
		const vi opens = gt(heard, open), stays = gt(heard, stay) & gt(s.left, zero);
		s.left = sel(opens | stays, hold, vmax(s.left - 1.0f, zero));
		const vi is_open = gt(s.left, zero);
		s.gain += sel(is_open, attack, release) * (sel(is_open, splat(1.0f), shut) - s.gain);
		b->out[0][i] = l * s.gain;
		b->out[1][i] = r * s.gain;
	}
	*(struct state *)state = s;
}

MODULE(gate) = {
	.name = "gate", .group = "effect",
	.help = "shut unless the sound, or a key, is loud enough",
	.ports = ports, .flags = MODULE_AUDIO, .state = sizeof(struct state), .run = run,
	.example = "noise{} * decay{decay = 1} * 0.8 >> voices() >> gate{threshold = -20, hold = 0.01, release = "
		   "0.02}",
};
