/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Four sine operators (synth/mod/fm.h) in the eight algorithms of Yamaha's DX21 and TX81Z. */
#define OPS 4
#include "synth/mod/fm.h"

enum { ALGORITHMS = 8 };

static const char *const algorithms[] = {"4>3>2>1", "(4+3)>2>1", "(4+3>2)>1", "(4>3+2)>1", "4>3 2>1", "4>(3 2 1)", "4>3 2 1",
    "4 3 2 1", 0};
static const char *const operators[] = {"4", "3", "2", "1", 0};

static const uint8_t wires[ALGORITHMS][OPS] = {
    {2, 4, 8, 0}, {2, 12, 0, 0}, {10, 4, 0, 0}, {6, 0, 8, 0}, {2, 0, 8, 0}, {8, 8, 8, 0}, {0, 0, 8, 0}, {0, 0, 0, 0}};
static const uint8_t carriers[ALGORITHMS] = {1, 1, 1, 1, 5, 7, 7, 15};

static const struct port ports[] = {
    OSC_PITCH, OSC_DETUNE,
    PORT_CHOICE("algorithm", 4, algorithms, "who modulates whom; 1 to 8 of the DX21"),
    RATIO("ratio1"), RATIO("ratio2"), RATIO("ratio3"), RATIO("ratio4"),
    LEVEL("level1", 1), LEVEL("level2", 0), LEVEL("level3", 0), LEVEL("level4", 0),
    HZ("hz1"), HZ("hz2"), HZ("hz3"), HZ("hz4"),
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
	case 6: fm_play(s, b, wires[6], carriers[6]); break;
	case 7: fm_play(s, b, wires[7], carriers[7]); break;
	}
}

MODULE(fm4) = {
	.name = "fm4", .group = "oscillator",
	.help = "four sine operators that modulate each other, in eight algorithms",
	.ports = ports, .flags = MODULE_AUDIO, .state = sizeof(struct state), .run = run,
	.example = "fm4{level2 = 0.3 * decay{decay = 0.5}, level3 = 0.6, ratio4 = 14, level4 = 0.1} * adsr{} >> voices()",
};
