/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * compressor: feed-forward, both sides turned down alike by the louder one. The
 * level in decibels goes through a static curve with a soft knee, and what the
 * curve asks for is smoothed, with attack where it asks for more reduction and
 * release where for less (D. Giannoulis, M. Massberg, J. Reiss, "Digital dynamic
 * range compressor design", JAES 60(6), 2012: log-domain, smooth branching):
 *     over = clamp(level - threshold + knee / 2, 0, knee)
 *     reduction = (1 - 1 / ratio) (over^2 / (2 knee) + max(level - threshold - knee / 2, 0))
 * Attack and release are time constants: the time to 63 % of the way in decibels.
 * With source "key" the level is that of `key`: a kick there ducks the sound.
 */
#include "synth/mod/glide.h"

enum { LEFT, RIGHT, KEY, THRESHOLD, RATIO, ATTACK, RELEASE, KNEE, MAKEUP, MIX, SOURCE };

static const char *const sources[] = {"self", "key", NULL};

static const struct port ports[] = {
	PORT_SOUND("left", "left side"),
	PORT_SOUND("right", "right side"),
	PORT_SOUND("key", "what is listened to where source is key"),
	PORT_KNOB("threshold", -18, -72, 0, SCALE_LINEAR, "dB", "level above which the sound is turned down"),
	PORT_KNOB("ratio", 4, 1, 50, SCALE_LOG, NULL, "decibels in for one decibel out, above the threshold"),
	PORT_KNOB("attack", 0.005f, 0.0001f, 0.5f, SCALE_LOG, "s", "time constant of turning down"),
	PORT_KNOB("release", 0.12f, 0.005f, 3, SCALE_LOG, "s", "time constant of coming back"),
	PORT_KNOB("knee", 6, 0, 24, SCALE_LINEAR, "dB", "width of the bend of the curve"),
	PORT_KNOB("makeup", 0, 0, 36, SCALE_LINEAR, "dB", "louder afterwards"),
	PORT_KNOB("mix", 1, 0, 1, SCALE_LINEAR, NULL, "0 only the sound, 1 only what was compressed"),
	PORT_CHOICE("source", 0, sources, "the sound's own level, or that of key"),
	PORT_RESULT("left", "left side"),
	PORT_RESULT("right", "right side"),
	{0},
};

struct state {
	struct ramp makeup, mix;
	vf reduction; /* log2 units: 6.02 dB */
};

#define BITS_A_DB 0.16609640474436813f

static void
run(void *state, const struct block *b)
{
	struct state *s = state;
	const int keyed = b->c->fixed[SOURCE] != 0;
	const float rate = b->c->rate;
	const vf half = 0.5f * BITS_A_DB * clamp(last(b->in[KNEE], b), 0.01f, 48.0f), knee = 2.0f * half;
	const vf threshold = clamp(last(b->in[THRESHOLD], b), -120.0f, 24.0f) * BITS_A_DB;
	const vf slope = 1.0f - 1.0f / clamp(last(b->in[RATIO], b), 1.0f, 1000.0f), bend = slope * (0.5f / knee);
	const vf attack = pole_of_seconds(last(b->in[ATTACK], b), rate);
	const vf release = pole_of_seconds(last(b->in[RELEASE], b), rate);
	vf reduction = s->reduction;
	glide_to(&s->makeup, b->in[MAKEUP], b);
	glide_to(&s->mix, b->in[MIX], b);
	for (int i = 0; i < b->n; i++) {
		const vf l = at(b->in[LEFT], i), r = at(b->in[RIGHT], i);
		const vf heard = keyed ? vabs(at(b->in[KEY], i)) : vmax(vabs(l), vabs(r));
		const vf over = lm_log2(clamp(heard, 1e-6f, 1e6f)) - threshold;
		const vf round = clampv(over + half, splat(0.0f), knee);
		const vf want = bend * (round * round) + slope * vmax(over - half, splat(0.0f));
		reduction += sel(gt(want, reduction), attack, release) * (want - reduction);
		const vf gain = lm_exp2(vmin(glide(&s->makeup, b->in[MAKEUP], i) * BITS_A_DB - reduction, splat(40.0f)));
		const vf total = 1.0f + glide(&s->mix, b->in[MIX], i) * (gain - 1.0f);
		b->out[0][i] = l * total;
		b->out[1][i] = r * total;
	}
	s->reduction = reduction;
}

MODULE(compressor) = {
	.name = "compressor", .group = "effect",
	.help = "evens out levels; ducks the sound under a key",
	.ports = ports, .flags = MODULE_AUDIO, .state = sizeof(struct state), .run = run,
};
