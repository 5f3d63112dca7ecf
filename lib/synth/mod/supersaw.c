/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Supersaw: up to sixteen detuned saws, synth/mod/unison.h. */
#include "synth/mod/unison.h"

static const struct port ports[] = {UNISON_PORTS, UNISON_OUTS, {PORT_END}};

static void
run(void *state, const struct block *b)
{
	unison(state, b, SAW);
}

MODULE(supersaw) = {
	.name = "supersaw", .group = "oscillator",
	.help = "up to sixteen detuned saws in stereo, band-limited",
	.ports = ports, .flags = MODULE_AUDIO, .state = sizeof(struct state), .run = run,
	.example = "supersaw{spread = 35} * adsr{attack = 0.05} >> voices()",
};
