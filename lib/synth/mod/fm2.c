/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Two sine operators (synth/mod/fm.h): one modulates the other, or both are heard. */
#define OPS 2
#include "synth/mod/fm.h"

static const char *const algorithms[] = {"2>1", "2 1", 0};
static const char *const operators[] = {"2", "1", 0};

static const uint8_t wires[2][OPS] = {{2, 0}, {0, 0}};
static const uint8_t carriers[2] = {1, 3};

static const struct port ports[] = {
    OSC_PITCH, OSC_DETUNE,
    PORT_CHOICE("algorithm", 0, algorithms, "who modulates whom"),
    RATIO("ratio1"), RATIO("ratio2"), LEVEL("level1", 1), LEVEL("level2", 0.3f), HZ("hz1"), HZ("hz2"),
    FM_TAIL(operators, 0),
};

static void
run(void *state, const struct block *b)
{
	struct state *const s = state;
	fm_block(s, b);
	if (b->c->fixed[ALGORITHM] < 0.5f)
		fm_play(s, b, wires[0], carriers[0]);
	else
		fm_play(s, b, wires[1], carriers[1]);
}

MODULE(fm2) = {
	.name = "fm2", .group = "oscillator",
	.help = "two sine operators, one modulating the other",
	.ports = ports, .flags = MODULE_AUDIO, .state = sizeof(struct state), .run = run,
	.example = "fm2{ratio2 = 3, level2 = 0.5 * decay{decay = 0.6}} * adsr{} >> voices()",
};
