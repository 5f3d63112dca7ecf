/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * transient: the first moments of each sound louder or softer, and what rings on, each by
 * its own knob, whatever the level: two pairs of envelopes are compared, not a level with
 * a threshold (as transient designers in
 * hardware do). In decibels of the louder side:
 *     peak  jumps up, falls 200 dB a second
 *     late  follows peak upwards with a time constant of `speed`, and falls with it
 *     long  jumps up with peak, falls 30 dB a second
 * Attack acts in full where peak is 14 dB or more over late, sustain where long is 14 dB
 * or more over peak, in a straight line from 2 dB on, below which ripple of the wave lies;
 * the gain glides within 1 ms. A steady sound passes as it is.
 */
#include "synth/mod/level.h"

enum { LEFT, RIGHT, ATTACK, SUSTAIN, SPEED };

static const struct port ports[] = {
	PORT_SOUND("left", "left side"),
	PORT_SOUND("right", "right side"),
	PORT_KNOB("attack", 6, -24, 24, SCALE_LINEAR, "dB", "gain of the first moments"),
	PORT_KNOB("sustain", 0, -24, 24, SCALE_LINEAR, "dB", "gain of what rings on"),
	PORT_KNOB("speed", 0.03f, 0.005f, 0.3f, SCALE_LOG, "s", "how long a first moment is"),
	PORT_RESULT("left", "left side"),
	PORT_RESULT("right", "right side"),
	{0},
};

struct state {
	struct ramp attack, sustain;
	vf peak, late, slow; /* log2 units: 6.02 dB; slow is `long` */
	vf gain;
};

/* 0 to 1 for a difference of 2 to 14 dB. */
static inline vf
share(vf over)
{
	return clamp((over - 2.0f * BITS_A_DB) * (1.0f / (12.0f * BITS_A_DB)), 0.0f, 1.0f);
}

static void
run(void *state, const struct block *b)
{
	struct state s = *(struct state *)state;
	const float rate = b->c->rate, falls = 200.0f * BITS_A_DB / rate, fades = 30.0f * BITS_A_DB / rate;
	const vf speed = pole_of_seconds(last(b->in[SPEED], b), rate), glides = pole_of_seconds(splat(0.001f), rate);
	ramp_to(&s.attack, clamp(last(b->in[ATTACK], b), -60.0f, 60.0f) * BITS_A_DB, b);
	ramp_to(&s.sustain, clamp(last(b->in[SUSTAIN], b), -60.0f, 60.0f) * BITS_A_DB, b);
	if (b->now == 0)
		s.peak = s.late = s.slow = lm_log2(splat(1e-5f)); /* silence: -100 dB */
	for (int i = 0; i < b->n; i++) {
		const vf l = at(b->in[LEFT], i), r = at(b->in[RIGHT], i);
		const vf level = lm_log2(clamp(vmax(vabs(l), vabs(r)), 1e-5f, 1e5f));
		s.peak = vmax(level, s.peak - falls);
		s.late = vmin(s.late + speed * (s.peak - s.late), s.peak);
		s.slow = vmax(s.peak, s.slow - fades);
		const vf want = ramp_next(&s.attack) * share(s.peak - s.late) + ramp_next(&s.sustain) * share(s.slow - s.peak);
		s.gain += glides * (want - s.gain);
		const vf gain = lm_exp2(s.gain);
		b->out[0][i] = l * gain;
		b->out[1][i] = r * gain;
	}
	*(struct state *)state = s;
}

MODULE(transient) = {
	.name = "transient", .group = "effect",
	.help = "attack and sustain of each sound, louder or softer",
	.ports = ports, .flags = MODULE_AUDIO, .state = sizeof(struct state), .run = run,
	.example = "noise{} * decay{decay = 0.5} * 0.2 >> voices() >> transient{attack = 12, sustain = -12}",
};
