/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * exciter: brilliance that was not there: the sound's upper band, by itself, is bent, and
 * its harmonics are added to the sound, which passes as it is:
 *     out = in + amount bent(drive highpass(in)), bent(x) = (1 - even) tanh x + even (x^2 / (1 + x^2))
 * tanh makes odd harmonics, the second term, whose constant a second high-pass takes away,
 * even ones. The band is 12 dB an octave (state-variable, A. Simper, 2013), so what is
 * below stays as it is. The curve runs at four times the rate.
 */
#include "synth/mod/glide.h"
#include "synth/mod/half_band.h"

enum { IN, FREQUENCY, DRIVE, AMOUNT, EVEN };

static const struct port ports[] = {
	PORT_SOUND("in", "sound"),
	PORT_KNOB("frequency", 3000, 500, 12000, SCALE_LOG, "Hz", "where the band begins"),
	PORT_KNOB("drive", 18, 0, 36, SCALE_LINEAR, "dB", "level going in"),
	PORT_KNOB("amount", 0.2f, 0, 1, SCALE_LINEAR, NULL, "how much of the bent band is added"),
	PORT_KNOB("even", 0.3f, 0, 1, SCALE_LINEAR, NULL, "0 odd harmonics, 1 even ones"),
	PORT_RESULT("out", "the sound and its new harmonics"),
	{0},
};

struct highpass {
	vf s1, s2;
};

struct state {
	struct ramp g, drive, amount, even;
	struct highpass before, after;
	struct half_band up, down;
	struct wide_band more, less;
};

/* Butterworth: k = sqrt 2. */
static inline vf
highpass(struct highpass *h, vf x, vf g)
{
	const vf v1 = (h->s1 + g * (x - h->s2)) / (1.0f + g * (g + 1.4142135623730951f)), v2 = h->s2 + g * v1;
	h->s1 = 2.0f * v1 - h->s1;
	h->s2 = 2.0f * v2 - h->s2;
	return x - 1.4142135623730951f * v1 - v2;
}

static void
run(void *state, const struct block *b)
{
	struct state s = *(struct state *)state;
	const struct in hz = b->in[FREQUENCY];
	ramp_to(&s.g, lm_tan_pi(clamp(last(hz, b), 1.0f, 1e6f) * (1.0f / b->c->rate)), b);
	ramp_to(&s.drive, lm_db_gain(clamp(last(b->in[DRIVE], b), -60.0f, 60.0f)), b);
	glide_to(&s.amount, b->in[AMOUNT], b);
	glide_to(&s.even, b->in[EVEN], b);
	for (int i = 0; i < b->n; i++) {
		const vf line = ramp_next(&s.g), even = clamp(glide(&s.even, b->in[EVEN], i), 0.0f, 1.0f);
		const vf g = hz.stride ? lm_tan_pi(clamp(hz.x[i], 1.0f, 1e6f) * (1.0f / b->c->rate)) : line;
		const vf x = at(b->in[IN], i), band = highpass(&s.before, x, g) * ramp_next(&s.drive);
		vf two[2], four[4];
		half_band_up(&s.up, band, two);
		for (int k = 0; k < 2; k++)
			wide_band_up(&s.more, two[k], four + 2 * k);
		for (int k = 0; k < 4; k++) {
			const vf y = clamp(four[k], -1e4f, 1e4f), yy = y * y;
			four[k] = (1.0f - even) * lm_tanh(y) + even * (yy / (1.0f + yy));
		}
		for (int k = 0; k < 2; k++)
			two[k] = wide_band_down(&s.less, four + 2 * k);
		const vf bent = highpass(&s.after, half_band_down(&s.down, two), g);
		b->out[0][i] = x + glide(&s.amount, b->in[AMOUNT], i) * bent;
	}
	*(struct state *)state = s;
}

MODULE(exciter) = {
	.name = "exciter", .group = "effect",
	.help = "adds harmonics of the upper band",
	.ports = ports, .flags = MODULE_AUDIO, .state = sizeof(struct state), .run = run,
	.example = "exciter{svf{saw{}, cutoff = 2000} * adsr{} * 0.5, frequency = 1500, drive = 30, amount = 0.3} "
		   ">> voices()",
};
