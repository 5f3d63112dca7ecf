/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Unison: up to sixteen detuned saws, pulses or triangles, synth/mod/unison.h. */
#include "synth/mod/unison.h"

static const char *const waves[] = {"saw", "square", "triangle", 0};

static const struct port ports[] = {
	UNISON_PORTS,
	PORT_CHOICE("wave", 0, waves, "of each"),
	PORT_KNOB("pulse", 0.5f, 0, 1, SCALE_LINEAR, "turns", "how long a square is up; 0.5 is even", .when = "wave = square"),
	UNISON_OUTS,
	{PORT_END},
};

static void
run(void *state, const struct block *b)
{
	switch ((int)fminf(fmaxf(b->c->fixed[WAVE], 0), TRIANGLE)) {
	case SAW: unison(state, b, SAW); break;
	case SQUARE: unison(state, b, SQUARE); break;
	case TRIANGLE: unison(state, b, TRIANGLE); break;
	}
}

MODULE(unison) = {
	.name = "unison", .group = "oscillator",
	.help = "up to sixteen detuned saws, pulses or triangles in stereo, band-limited",
	.ports = ports, .flags = MODULE_AUDIO, .state = sizeof(struct state), .run = run,
	.example = "unison{wave = \"square\", count = 5, pulse = 0.3} * adsr{attack = 0.05} * 0.3 >> voices()",
};
