/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Quantise: the nearest note of a scale, in semitones; of two that are as near the
 * lower one. Scales are of twelve tones to the octave, bit k for k semitones over the
 * root.
 */
#include "synth/module.h"

enum { IN, SCALE, ROOT };

static const char *const names[] = {"chromatic", "major", "minor", "harmonic minor", "melodic minor", "dorian", "phrygian",
    "lydian", "mixolydian", "locrian", "major pentatonic", "minor pentatonic", "blues", "whole tone", "diminished",
    "major triad", "minor triad", "fifths", "octaves", 0};

#define N(k) (1 << (k))
static const uint16_t scales[] = {
    0xfff,
    N(0) | N(2) | N(4) | N(5) | N(7) | N(9) | N(11),
    N(0) | N(2) | N(3) | N(5) | N(7) | N(8) | N(10),
    N(0) | N(2) | N(3) | N(5) | N(7) | N(8) | N(11),
    N(0) | N(2) | N(3) | N(5) | N(7) | N(9) | N(11),
    N(0) | N(2) | N(3) | N(5) | N(7) | N(9) | N(10),
    N(0) | N(1) | N(3) | N(5) | N(7) | N(8) | N(10),
    N(0) | N(2) | N(4) | N(6) | N(7) | N(9) | N(11),
    N(0) | N(2) | N(4) | N(5) | N(7) | N(9) | N(10),
    N(0) | N(1) | N(3) | N(5) | N(6) | N(8) | N(10),
    N(0) | N(2) | N(4) | N(7) | N(9),
    N(0) | N(3) | N(5) | N(7) | N(10),
    N(0) | N(3) | N(5) | N(6) | N(7) | N(10),
    N(0) | N(2) | N(4) | N(6) | N(8) | N(10),
    N(0) | N(2) | N(3) | N(5) | N(6) | N(8) | N(9) | N(11),
    N(0) | N(4) | N(7),
    N(0) | N(3) | N(7),
    N(0) | N(7),
    N(0),
};
enum { SCALES = sizeof scales / sizeof *scales };

static const struct port ports[] = {
    {PORT_IN, "in", RATE_AUDIO, 60, -1000, 1000, SCALE_LINEAR, 0, "semitones", 0, "any pitch"},
    {PORT_IN, "scale", RATE_FIXED, 1, 0, SCALES - 1, SCALE_CHOICE, names, 0, 0, "which notes there are"},
    {PORT_IN, "root", RATE_AUDIO, 0, 0, 11, SCALE_LINEAR, 0, "semitones", 0, "where the scale begins: 0 is C, 9 is A", .whole = true},
    {PORT_OUT, "out", RATE_AUDIO, 0, -1000, 1000, SCALE_LINEAR, 0, "semitones", 0, "the nearest note of the scale"},
    {PORT_END},
};

static void
run(void *state, const struct block *b)
{
	(void)state;
	const int notes = scales[(int)fminf(fmaxf(b->c->fixed[SCALE], 0), SCALES - 1)];
	float note[13] = {-12}; /* the octave's, between the highest of the one below and the root of the one above */
	int n = 1;
	for (int k = 0; k < 12; k++)
		if (notes & N(k)) {
			note[0] = (float)(k - 12);
			note[n++] = (float)k;
		}
	for (int i = 0; i < b->n; i++) {
		const vf root = vfloor(clamp(at(b->in[ROOT], i), -1e4f, 1e4f) + 0.5f);
		const vf x = clamp(at(b->in[IN], i), -1e6f, 1e6f) - root, octave = 12.0f * vfloor(x * (1.0f / 12));
		const vf r = x - octave;
		vf best = splat(note[0]);
		for (int k = 1; k < n; k++)
			best = sel(lt(vabs(r - note[k]), vabs(r - best)), splat(note[k]), best);
		best = sel(lt(vabs(r - 12.0f), vabs(r - best)), splat(12.0f), best);
		b->out[0][i] = octave + best + root;
	}
}

MODULE(quantise) = {
	.name = "quantise", .group = "maths",
	.help = "the nearest note of a scale",
	.ports = ports, .flags = MODULE_PURE, .run = run,
	.example = "saw{pitch = quantise{note.pitch + 12 * lfo{rate = 0.7}, scale = 'minor'}} * adsr{} * 0.6 >> "
		   "voices()",
};
