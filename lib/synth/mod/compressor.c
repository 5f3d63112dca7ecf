/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * compressor: feed-forward. The level in decibels goes through a static curve with a soft knee,
 * and what the curve asks for is smoothed, with attack where it asks for more reduction and
 * release where for less (D. Giannoulis, M. Massberg, J. Reiss, "Digital dynamic
 * range compressor design", JAES 60(6), 2012: log-domain, smooth branching):
 *     over = clamp(level - threshold + knee / 2, 0, knee)
 *     reduction = (1 - 1 / ratio) (over^2 / (2 knee) + max(level - threshold - knee / 2, 0))
 * Attack and release are time constants: the time to 63 % of the way in decibels. The level is
 * that of the wave's size (peak), or of its power through a one-pole of `average`, by which
 * a sine is 3.01 dB lower. With link 1 both sides are turned down alike, by the
 * louder one, with 0 each by itself. With source "key" the level is that of
 * `key`: a kick there ducks the sound. With lookahead the sound comes that much later
 * than what was heard of it, so that even a slow attack is in time.
 */
#include "synth/mod/level.h"

enum { LEFT, RIGHT, KEY, THRESHOLD, RATIO, ATTACK, RELEASE, KNEE, MAKEUP, MIX, SOURCE, DETECTOR, AVERAGE, LINK, LOOKAHEAD };
enum { PEAK, POWER };
#define FARTHEST 0.02f /* s */

static const char *const detectors[] = {"peak", "power", NULL};

static const struct port ports[] = {
	PORT_SOUND("left", "left side"),
	PORT_SOUND("right", "right side"),
	PORT_SOUND("key", "what is listened to: a side-chain", .when = "source = key"),
	PORT_KNOB("threshold", -18, -72, 0, SCALE_LINEAR, "dB", "level above which the sound is turned down"),
	PORT_KNOB("ratio", 4, 1, 50, SCALE_LOG, NULL, "decibels in for one decibel out, above the threshold"),
	PORT_KNOB("attack", 0.005f, 0.0001f, 0.5f, SCALE_LOG, "s", "time constant of turning down"),
	PORT_KNOB("release", 0.12f, 0.005f, 3, SCALE_LOG, "s", "time constant of coming back"),
	PORT_KNOB("knee", 6, 0, 24, SCALE_LINEAR, "dB", "width of the bend of the curve"),
	PORT_KNOB("makeup", 0, 0, 36, SCALE_LINEAR, "dB", "louder afterwards"),
	PORT_KNOB("mix", 1, 0, 1, SCALE_LINEAR, NULL, "0 only the sound, 1 only what was compressed"),
	PORT_LEVEL_SOURCE,
	PORT_CHOICE("detector", PEAK, detectors, "level of the wave's size, or of its power"),
	PORT_KNOB("average", 0.01f, 0.001f, 0.3f, SCALE_LOG, "s", "time constant of the power", .when = "detector = power"),
	PORT_KNOB("link", 1, 0, 1, SCALE_LINEAR, NULL, "1 both sides alike, 0 each by itself", .when = "source = self"),
	{PORT_IN, "lookahead", RATE_FIXED, 0, 0, FARTHEST, SCALE_LINEAR, NULL, "s", NULL, "how much later the sound comes than its level"},
	PORT_RESULT("left", "left side"),
	PORT_RESULT("right", "right side"),
	{0},
};

struct state {
	struct ramp makeup, mix, link;
	vf power[2], reduction[2]; /* reduction in log2 units: 6.02 dB */
	int w;                     /* place in the delay, a row for each side and frame behind the state */
};

static uint32_t
latency(const struct context *c)
{
	return (uint32_t)(fminf(fmaxf(c->fixed[LOOKAHEAD], 0), FARTHEST) * c->rate + 0.5f);
}

static size_t
rows(const struct context *c)
{
	return 2 * ((size_t)latency(c) + 1);
}

static void
run(void *state, const struct block *b)
{
	struct state *s = state;
	vf *const late = (vf *)(s + 1);
	const int keyed = b->c->fixed[SOURCE] != 0, power = b->c->fixed[DETECTOR] != PEAK, rows_late = (int)latency(b->c) + 1;
	const float rate = b->c->rate;
	const vf half = half_knee(last(b->in[KNEE], b)), slope = 1.0f - 1.0f / clamp(last(b->in[RATIO], b), 1.0f, 1000.0f);
	const vf threshold = clamp(last(b->in[THRESHOLD], b), -120.0f, 24.0f) * BITS_A_DB;
	const vf attack = pole_of_seconds(last(b->in[ATTACK], b), rate);
	const vf release = pole_of_seconds(last(b->in[RELEASE], b), rate);
	const vf average = pole_of_seconds(last(b->in[AVERAGE], b), rate);
	glide_to(&s->makeup, b->in[MAKEUP], b);
	glide_to(&s->mix, b->in[MIX], b);
	ramp_to(&s->link, clamp(last(b->in[LINK], b), 0.0f, 1.0f), b);
	for (int i = 0; i < b->n; i++) {
		const vf link = ramp_next(&s->link), makeup = glide(&s->makeup, b->in[MAKEUP], i) * BITS_A_DB;
		const vf mix = glide(&s->mix, b->in[MIX], i);
		vf size[2];
		for (int k = 0; k < (keyed ? 1 : 2); k++) {
			const vf x = at(b->in[keyed ? KEY : LEFT + k], i);
			size[k] = vabs(x);
			if (power) {
				s->power[k] += average * (clamp(x * x, 0.0f, 1e12f) - s->power[k]);
				size[k] = vsqrt(s->power[k]);
			}
		}
		if (keyed)
			size[1] = size[0];
		const vf louder = slope * knee(level_bits(vmax(size[0], size[1])) - threshold, half);
		/* linked all along, both sides are one: half the work */
		const vi apart = lt(link, splat(1.0f)) | ne(s->reduction[0], s->reduction[1]);
		const int sides = any(apart) ? 2 : 1, next = s->w + 1 == rows_late ? 0 : s->w + 1;
		vf gain = splat(0.0f);
		for (int k = 0; k < 2; k++) {
			if (k < sides) {
				vf want = louder;
				if (sides == 2) {
					const vf own = slope * knee(level_bits(size[k]) - threshold, half);
					want = sel(lt(link, splat(1.0f)), own + link * (louder - own), louder);
				}
				s->reduction[k] += sel(gt(want, s->reduction[k]), attack, release) * (want - s->reduction[k]);
				gain = lm_exp2(vmin(makeup - s->reduction[k], splat(40.0f)));
			}
			late[2 * s->w + k] = at(b->in[LEFT + k], i);
			b->out[k][i] = late[2 * next + k] * (1.0f + mix * (gain - 1.0f));
		}
		if (sides == 1)
			s->reduction[1] = s->reduction[0];
		s->w = next;
	}
}

MODULE(compressor) = {
	.name = "compressor", .group = "effect",
	.help = "evens out levels; ducks the sound under a key",
	.ports = ports, .flags = MODULE_AUDIO, .state = sizeof(struct state), .rows = rows, .run = run, .latency = latency,
	.example = "saw{} * adsr{attack = 0.001, decay = 0.4, sustain = 0.2} * 0.3 >> voices() >> "
		   "compressor{threshold = -30, ratio = 6, attack = 0.02, makeup = 6}",
};
