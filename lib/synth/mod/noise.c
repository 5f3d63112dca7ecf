/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Noise, a function of the seed and the frame number. White is uniform in [-1, 1);
 * pink is that through P. Kellet's filter (musicdsp.org, "pink noise filter": six
 * one-pole filters, -3 dB an octave within 0.05 dB from 9 Hz up at 44.1 kHz),
 * brought to the loudness of the white.
 */
#include "synth/module.h"

enum { COLOUR };

static const char *const colours[] = {"white", "pink", 0};

static const struct port ports[] = {
    {PORT_IN, "colour", RATE_FIXED, 0, 0, 1, SCALE_CHOICE, colours, 0, 0, "flat, or falling by 3 dB an octave"},
    {PORT_OUT, "out", RATE_AUDIO, 0, -1, 1, SCALE_LINEAR, 0, 0, 0, "-1 to 1; pink has peaks beyond"},
    {PORT_END},
};

struct state {
	vf p[7];
};

static void
run(void *state, const struct block *b)
{
	struct state s = *(struct state *)state;
	const int pink = b->c->fixed[COLOUR] > 0.5f;
	for (int i = 0; i < b->n; i++) {
		const vf x = noise_float(b->c->seed, splat_u(frame_of(b, i)));
		vf y = x;
		if (pink) {
			y = x * 0.5362f + s.p[6];
			s.p[0] = 0.99886f * s.p[0] + x * 0.0555179f;
			s.p[1] = 0.99332f * s.p[1] + x * 0.0750759f;
			s.p[2] = 0.96900f * s.p[2] + x * 0.1538520f;
			s.p[3] = 0.86650f * s.p[3] + x * 0.3104856f;
			s.p[4] = 0.55000f * s.p[4] + x * 0.5329522f;
			s.p[5] = -0.7616f * s.p[5] - x * 0.0168980f;
			for (int k = 0; k < 6; k++)
				y += s.p[k];
			s.p[6] = x * 0.115926f;
			y = y * 0.33f;
		}
		b->out[0][i] = y;
	}
	*(struct state *)state = s;
}

MODULE(noise) = {
	.name = "noise", .group = "oscillator",
	.help = "white or pink noise",
	.ports = ports, .flags = MODULE_AUDIO, .state = sizeof(struct state), .run = run,
};
