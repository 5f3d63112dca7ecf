/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * follow: how loud a sound is, as a signal that can turn any knob (an envelope follower).
 * Peak: |gain in| through a one-pole, with attack where it rises and release where it
 * falls. Power: the same of its square, and the root of that: of a steady
 * sine 0.707 of its peak where both times are equal. The result is held within 0 and 1:
 * svf{x, cutoff = 200 * 2 ^ (follow{x} * 4)} is an auto-wah.
 */
#include "synth/mod/glide.h"

enum { IN, GAIN, ATTACK, RELEASE, MODE };
enum { PEAK, POWER };

static const char *const modes[] = {"peak", "power", NULL};

static const struct port ports[] = {
	PORT_SOUND("in", "what is listened to"),
	PORT_KNOB("gain", 0, -24, 48, SCALE_LINEAR, "dB", "level going in"),
	PORT_KNOB("attack", 0.005f, 0.0001f, 1, SCALE_LOG, "s", "time constant of rising"),
	PORT_KNOB("release", 0.12f, 0.001f, 5, SCALE_LOG, "s", "time constant of falling"),
	PORT_CHOICE("mode", PEAK, modes, "of the wave's size, or of its power"),
	{PORT_OUT, "out", RATE_AUDIO, 0, 0, 1, SCALE_LINEAR, NULL, NULL, NULL, "0 to 1"},
	{0},
};

struct state {
	struct ramp gain;
	vf level;
};

static void
run(void *state, const struct block *b)
{
	struct state s = *(struct state *)state;
	const int power = b->c->fixed[MODE] != PEAK;
	const vf attack = pole_of_seconds(last(b->in[ATTACK], b), b->c->rate);
	const vf release = pole_of_seconds(last(b->in[RELEASE], b), b->c->rate);
	ramp_to(&s.gain, lm_db_gain(last(b->in[GAIN], b)), b);
	for (int i = 0; i < b->n; i++) {
		vf x = clamp(vabs(at(b->in[IN], i)) * ramp_next(&s.gain), 0.0f, 1e4f);
		if (power)
			x = x * x;
		s.level += sel(gt(x, s.level), attack, release) * (x - s.level);
		vf y = s.level;
		if (power)
			y = vsqrt(y);
		b->out[0][i] = clamp(y, 0.0f, 1.0f);
	}
	*(struct state *)state = s;
}

MODULE(follow) = {
	.name = "follow", .group = "modulator",
	.help = "how loud a sound is: an envelope follower",
	.ports = ports, .flags = MODULE_AUDIO, .state = sizeof(struct state), .run = run,
	.example = "svf{saw{}, cutoff = 200 * 2 ^ (5 * follow{noise{} * decay{decay = 0.5}, release = 0.3})} * "
		   "adsr{} * 0.5 >> voices()",
};
