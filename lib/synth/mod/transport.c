/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Musical time: the tempo, and the beats gone by since the note (before voices()) or the take began. */
#include "synth/module.h"

enum { TEMPO, BEAT };

static const struct port ports[] = {
	{PORT_OUT, "tempo", RATE_FIXED, 0, 1, 1000, SCALE_LINEAR, 0, "beats/min", 0, "the phrase's tempo"},
	{PORT_OUT, "beat", RATE_CONTROL, 0, 0, 20000, SCALE_LINEAR, 0, "beats", 0,
	    "since the start of the note; after voices(), of the take"},
	{PORT_END},
};

static void
run(void *state, const struct block *b)
{
	(void)state;
	const vf beats_a_frame = b->c->tempo / splat(60.0f * b->c->rate);
	b->out[TEMPO][0] = b->c->tempo;
	for (int i = 0; i < b->n; i++)
		b->out[BEAT][i] = to_float(splat_i((int32_t)frame_of(b, i))) * beats_a_frame;
}

MODULE(transport) = {
	.name = "transport", .group = "modulator",
	.help = "tempo and musical time",
	.ports = ports, .flags = MODULE_CONTROL, .run = run,
	.example = "sine{pitch = note.pitch + 12 * abs{sine{pitch = 0, phase = transport.beat}}} * adsr{} * 0.7 >> "
		   "voices()",
};
