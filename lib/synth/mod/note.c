/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What is played. pitch, velocity and random are one number for the whole note
 * (RATE_FIXED outputs: only the first of the block is written); the gate is 1
 * until the frame of the release, c->off, and 0 from there.
 */
#include "synth/module.h"

enum { PITCH, VELOCITY, GATE, RANDOM };

static const struct port ports[] = {
	{PORT_OUT, "pitch", RATE_FIXED, 0, -128, 256, SCALE_LINEAR, 0, "semitones", 0, "MIDI number; 69 is A at 440 Hz"},
	{PORT_OUT, "velocity", RATE_FIXED, 0, 0, 1, SCALE_LINEAR, 0, 0, 0, "how hard the note was struck"},
	{PORT_OUT, "gate", RATE_CONTROL, 0, 0, 1, SCALE_LINEAR, 0, 0, 0, "1 while the note is held, then 0"},
	{PORT_OUT, "random", RATE_FIXED, 0, 0, 1, SCALE_LINEAR, 0, 0, 0, "a number of this note's own"},
	{PORT_END},
};

static void
run(void *state, const struct block *b)
{
	(void)state;
	const struct context *c = b->c;
	b->out[PITCH][0] = c->pitch;
	b->out[VELOCITY][0] = c->velocity;
	b->out[RANDOM][0] = c->random;
	for (int i = 0; i < b->n; i++)
		b->out[GATE][i] = sel(lt_i(splat_i((int32_t)frame_of(b, i)), c->off), splat(1.0f), splat(0.0f));
}

MODULE(note) = {
	.name = "note", .group = "modulator",
	.help = "the note that this voice plays",
	.ports = ports, .flags = MODULE_CONTROL | MODULE_VOICE, .run = run,
	.example = "sine{pitch = note.pitch + 12 * note.gate} * adsr{} * 0.7 >> voices()",
};
