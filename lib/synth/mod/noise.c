/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Noise: white, uniform in [-1, 1), a function of the note's seed and the frame number. */
#include "synth/module.h"

enum { COLOUR };

static const char *const colours[] = {"white", "pink", 0};

static const struct port ports[] = {
	{PORT_IN, "colour", RATE_FIXED, 0, 0, 1, SCALE_CHOICE, colours, 0, 0, "spectrum: flat, or falling by 3 dB an octave"},
	{PORT_OUT, "out", RATE_AUDIO, 0, -1, 1, SCALE_LINEAR, 0, 0, 0, "-1 to 1"},
	{PORT_END},
};

static void
run(void *state, const struct block *b)
{
	(void)state;
	for (int i = 0; i < b->n; i++)
		b->out[0][i] = noise_float(b->c->seed, splat_u(frame_of(b, i)));
}

MODULE(noise) = {"noise", "oscillator", "white or pink noise", ports, MODULE_AUDIO, 0, 0, run};
