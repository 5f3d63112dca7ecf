/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * expander: what is soft becomes softer: below the threshold each decibel down becomes `ratio`
 * decibels, by the compressor's curve turned over, down to `range`:
 *     reduction = min((ratio - 1) bend(threshold - level), -range), bend: the soft knee of level.h
 * Both sides alike, by the louder one, or by `key`. Attack is the time constant of coming
 * up, release that of going down, of the way in decibels.
 */
#include "synth/mod/level.h"

enum { LEFT, RIGHT, KEY, THRESHOLD, RATIO, ATTACK, RELEASE, KNEE, RANGE, SOURCE };

static const struct port ports[] = {
	PORT_SOUND("left", "left side"),
	PORT_SOUND("right", "right side"),
	PORT_SOUND("key", "what is listened to: a side-chain", .when = "source = key"),
	PORT_KNOB("threshold", -30, -96, 0, SCALE_LINEAR, "dB", "level below which the sound is turned down"),
	PORT_KNOB("ratio", 2, 1, 20, SCALE_LOG, NULL, "decibels out for one decibel in, below the threshold"),
	PORT_KNOB("attack", 0.002f, 0.0001f, 0.5f, SCALE_LOG, "s", "time constant of coming up"),
	PORT_KNOB("release", 0.1f, 0.005f, 3, SCALE_LOG, "s", "time constant of going down"),
	PORT_KNOB("knee", 6, 0, 24, SCALE_LINEAR, "dB", "width of the bend of the curve"),
	PORT_KNOB("range", -60, -120, 0, SCALE_LINEAR, "dB", "how far down at most"),
	PORT_LEVEL_SOURCE,
	PORT_RESULT("left", "left side"),
	PORT_RESULT("right", "right side"),
	{0},
};

struct state {
	vf reduction; /* log2 units: 6.02 dB */
};

static void
run(void *state, const struct block *b)
{
	struct state *s = state;
	const int keyed = b->c->fixed[SOURCE] != 0;
	const vf half = half_knee(last(b->in[KNEE], b)), slope = clamp(last(b->in[RATIO], b), 1.0f, 1000.0f) - 1.0f;
	const vf threshold = clamp(last(b->in[THRESHOLD], b), -120.0f, 24.0f) * BITS_A_DB;
	const vf most = clamp(last(b->in[RANGE], b), -200.0f, 0.0f) * -BITS_A_DB;
	const vf attack = pole_of_seconds(last(b->in[ATTACK], b), b->c->rate);
	const vf release = pole_of_seconds(last(b->in[RELEASE], b), b->c->rate);
	if (b->now == 0)
		s->reduction = most; /* silence so far, as deep as it gets */
	for (int i = 0; i < b->n; i++) {
		const vf l = at(b->in[LEFT], i), r = at(b->in[RIGHT], i);
		const vf heard = keyed ? vabs(at(b->in[KEY], i)) : vmax(vabs(l), vabs(r));
		const vf want = vmin(slope * knee(threshold - level_bits(heard), half), most);
		s->reduction += sel(lt(want, s->reduction), attack, release) * (want - s->reduction);
		const vf gain = lm_exp2(-s->reduction);
		b->out[0][i] = l * gain;
		b->out[1][i] = r * gain;
	}
}

MODULE(expander) = {
	.name = "expander", .group = "effect",
	.help = "what is soft becomes softer",
	.ports = ports, .flags = MODULE_AUDIO, .state = sizeof(struct state), .run = run,
	.example = "saw{} * adsr{attack = 0.3, decay = 1} * 0.6 >> voices() >> expander{threshold = -6, ratio = 4}",
};
