/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The border between what runs once a note and what runs once a take: sums the
 * voices. The engine does that itself (see doc/engine.md), fading voices that
 * have no envelope of their own over 5 ms from their release; run() here says
 * what one voice alone would give. Where `right` is not wired the voice is mono,
 * and both outputs are `left`.
 */
#include "synth/module.h"

static const struct port ports[] = {
	{PORT_IN, "left", RATE_AUDIO, 0, -1, 1, SCALE_LINEAR, 0, 0, 0, "a voice, or its left side"},
	{PORT_IN, "right", RATE_AUDIO, 0, -1, 1, SCALE_LINEAR, 0, 0, 0, "its right side, if it has two"},
	{PORT_OUT, "left", RATE_AUDIO, 0, -1, 1, SCALE_LINEAR, 0, 0, 0, "all voices"},
	{PORT_OUT, "right", RATE_AUDIO, 0, -1, 1, SCALE_LINEAR, 0, 0, 0, "all voices, right side"},
	{PORT_END},
};

static void
run(void *state, const struct block *b)
{
	(void)state;
	for (int k = 0; k < 2; k++)
		for (int i = 0; i < b->n; i++)
			b->out[k][i] = at(b->in[k], i);
}

MODULE(voices) = {
	.name = "voices", .group = "routing",
	.help = "sums the voices of all notes",
	.ports = ports, .flags = MODULE_AUDIO | MODULE_VOICES, .run = run,
	.example = "voices{saw{} * adsr{} * 0.6}",
};
