/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Three sine operators (synth/mod/fm.h), every way they can be wired so that each is heard. */
#define OPS 3
#include "synth/mod/fm.h"

enum { ALGORITHMS = 6 };

static const char *const algorithms[] = {"3>2>1", "(3+2)>1", "(3+3>2)>1", "3>(2 1)", "3>2 1", "3 2 1", 0};
static const char *const operators[] = {"3", "2", "1", 0};

static const uint8_t wires[ALGORITHMS][OPS] = {{2, 4, 0}, {6, 0, 0}, {6, 4, 0}, {4, 4, 0}, {0, 4, 0}, {0, 0, 0}};
static const uint8_t carriers[ALGORITHMS] = {1, 1, 1, 3, 3, 7};

static const struct port ports[] = {
    OSC_PITCH, OSC_DETUNE,
    PORT_CHOICE("algorithm", 0, algorithms, "who modulates whom"),
    RATIO("ratio1"), RATIO("ratio2"), RATIO("ratio3"),
    LEVEL("level1", 1), LEVEL("level2", 0.3f), LEVEL("level3", 0),
    HZ("hz1"), HZ("hz2"), HZ("hz3"),
    FM_TAIL(operators, 0),
};

static void
run(void *state, const struct block *b)
{
	struct state *const s = state;
	fm_block(s, b);
	switch ((int)fminf(fmaxf(b->c->fixed[ALGORITHM], 0), ALGORITHMS - 1)) {
	case 0: fm_play(s, b, wires[0], carriers[0]); break;
	case 1: fm_play(s, b, wires[1], carriers[1]); break;
	case 2: fm_play(s, b, wires[2], carriers[2]); break;
	case 3: fm_play(s, b, wires[3], carriers[3]); break;
	case 4: fm_play(s, b, wires[4], carriers[4]); break;
	case 5: fm_play(s, b, wires[5], carriers[5]); break;
	}
}

MODULE(fm3) = {
	.name = "fm3", .group = "oscillator",
	.help = "three sine operators that modulate each other, in six algorithms",
	.ports = ports, .flags = MODULE_AUDIO, .state = sizeof(struct state), .run = run,
	.example = "fm3{ratio2 = 2, level2 = 0.4 * decay{decay = 0.8}, ratio3 = 5, level3 = 0.1} * adsr{} >> voices()",
};
