/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Modulation matrix: four signals to five places, out_j = sum of in_i amount_ij. */
#include "synth/mod/maths.h"

enum { SOURCES = 4, PLACES = 5 };

#define AMOUNT(name) {PORT_IN, name, RATE_CONTROL, 0, -1e6f, 1e6f, SCALE_LINEAR, 0, 0, 0, "of the letter, to the number"}
#define ROW(a) AMOUNT(a "1"), AMOUNT(a "2"), AMOUNT(a "3"), AMOUNT(a "4"), AMOUNT(a "5")
#define PLACE(name) {PORT_OUT, name, RATE_AUDIO, 0, -1e9f, 1e9f, SCALE_LINEAR, 0, 0, 0, "a place"}

static const struct port ports[] = {
    MATHS_IN("a", 0, "signal"), MATHS_IN("b", 0, "signal"), MATHS_IN("c", 0, "signal"), MATHS_IN("d", 0, "signal"),
    ROW("a"), ROW("b"), ROW("c"), ROW("d"),
    PLACE("one"), PLACE("two"), PLACE("three"), PLACE("four"), PLACE("five"),
    {PORT_END},
};

/* Amounts that hold for the block stay in registers. */
static void
run(void *state, const struct block *b)
{
	(void)state;
	const struct in x = b->in[0], y = b->in[1], z = b->in[2], w = b->in[3];
	for (int j = 0; j < PLACES; j++) {
		const struct in *const amount = b->in + SOURCES + j;
		const struct in p = amount[0], q = amount[PLACES], r = amount[2 * PLACES], s = amount[3 * PLACES];
		vf *const out = b->out[j];
		if (p.stride | q.stride | r.stride | s.stride)
			for (int i = 0; i < b->n; i++)
				out[i] = bound(at(x, i) * at(p, i) + at(y, i) * at(q, i) + at(z, i) * at(r, i) + at(w, i) * at(s, i));
		else {
			const vf k = *p.x, l = *q.x, m = *r.x, n = *s.x;
			for (int i = 0; i < b->n; i++)
				out[i] = bound(at(x, i) * k + at(y, i) * l + at(z, i) * m + at(w, i) * n);
		}
	}
}

MODULE(matrix) = {
	.name = "matrix", .group = "routing",
	.help = "modulation matrix: four signals to five places",
	.ports = ports, .flags = MODULE_PURE, .run = run,
	.example = "saw{} >> svf{cutoff = matrix{lfo{rate = 3}, adsr{}, a1 = 300, b1 = 3000}.one} * adsr{} >> voices()",
};
