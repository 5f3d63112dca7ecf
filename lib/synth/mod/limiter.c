/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * limiter: nothing gets over the ceiling, and what stays under it passes bit for
 * bit, 63 frames late. The gain that each frame needs, ceiling / level of the louder
 * side, is held at its minimum over 64 frames, comes back with `release`, and is
 * averaged over 64 frames: so it has glided down when the peak comes out, and no
 * mean of numbers that are all low enough is too high. Minimum and mean of 64 are
 * six steps of doubling each (as in P. Hämäläinen, "Smoothing of the control signal
 * without clipped output in digital peak limiters", DAFx-02). Peaks are those of
 * samples, not of the curve between them.
 */
#include "synth/mod/glide.h"

enum { LEFT, RIGHT, GAIN, CEILING, RELEASE };
enum { STEPS = 6, WINDOW = 1 << STEPS };

static const struct port ports[] = {
	PORT_SOUND("left", "left side"),
	PORT_SOUND("right", "right side"),
	PORT_KNOB("gain", 0, 0, 36, SCALE_LINEAR, "dB", "louder beforehand"),
	PORT_KNOB("ceiling", -0.3f, -24, 0, SCALE_LINEAR, "dB", "no sample gets over it"),
	PORT_KNOB("release", 0.08f, 0.005f, 2, SCALE_LOG, "s", "time constant of coming back"),
	PORT_RESULT("left", "left side"),
	PORT_RESULT("right", "right side"),
	{0},
};

struct state {
	struct ramp gain, ceiling;
	vf held[WINDOW], summed[WINDOW]; /* rings of 1, 2, 4 ... 32 rows, one after another, at 2^step - 1 */
	vf line[2][WINDOW];              /* the sound, waiting */
	vf back;                         /* the gain with its release */
};

static void
run(void *state, const struct block *b)
{
	struct state *s = state;
	const vf release = pole_of_seconds(last(b->in[RELEASE], b), b->c->rate), one = splat(1.0f);
	ramp_to(&s->gain, lm_db_gain(clamp(last(b->in[GAIN], b), -120.0f, 120.0f)), b);
	ramp_to(&s->ceiling, lm_db_gain(clamp(last(b->in[CEILING], b), -120.0f, 120.0f)), b);
	if (b->now == 0) { /* nothing has been heard yet: gain 1 */
		s->back = one;
		for (int k = 0; k < STEPS; k++)
			for (int i = 0; i < 1 << k; i++) {
				s->held[(1 << k) - 1 + i] = one;
				s->summed[(1 << k) - 1 + i] = splat((float)(1 << k));
			}
	}
	for (int i = 0; i < b->n; i++) {
		const vf gain = ramp_next(&s->gain), ceiling = vmax(ramp_next(&s->ceiling), splat(1e-7f)); /* a ramp rounds */
		const vf l = at(b->in[LEFT], i) * gain, r = at(b->in[RIGHT], i) * gain;
		const vf level = vmax(vabs(l), vabs(r));
		const uint32_t now = b->now + (uint32_t)i;
		vf low = sel(gt(level, ceiling), ceiling / level, one);
		for (int k = 0; k < STEPS; k++) {
			vf *const ago = &s->held[(1 << k) - 1 + (now & ((1u << k) - 1))], x = *ago;
			*ago = low;
			low = vmin(low, x);
		}
		s->back = vmin(low, s->back + release * (low - s->back));
		vf sum = s->back;
		for (int k = 0; k < STEPS; k++) {
			vf *const ago = &s->summed[(1 << k) - 1 + (now & ((1u << k) - 1))], x = *ago;
			*ago = sum;
			sum += x;
		}
		const vf by = sum * (1.0f / WINDOW);
		s->line[0][now % WINDOW] = l;
		s->line[1][now % WINDOW] = r;
		b->out[0][i] = s->line[0][(now + 1) % WINDOW] * by;
		b->out[1][i] = s->line[1][(now + 1) % WINDOW] * by;
	}
}

MODULE(limiter) = {
	.name = "limiter", .group = "effect",
	.help = "a ceiling that no sample gets over",
	.ports = ports, .flags = MODULE_AUDIO, .state = sizeof(struct state), .run = run,
};
