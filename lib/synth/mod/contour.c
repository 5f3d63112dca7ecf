/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Envelope of power curves at control points: synth/mod/contour.h. */
#include "synth/mod/contour.h"
#include "synth/mod/knots.h"

enum { POINTS = CONTOUR_PORTS };

static const struct port ports[] = {
    CONTOUR_ROWS("", 0.01f, 0.3f, 0.6f, 0.4f),
    KNOTS_POINTS,
    {PORT_OUT, "out", RATE_CONTROL, 0, 0, 1, SCALE_LINEAR, 0, 0, 0, "0 to 1"},
    {PORT_END},
};

struct state {
	struct knots knots;
};

static inline vf
knot(void *state, const struct block *b, uint32_t k)
{
	(void)state;
	return contour_at(b->in, b, b->c->fixed[POINTS], k);
}

static void
run(void *state, const struct block *b)
{
	struct state *const s = state;
	knots_block(&s->knots, b, b->c->fixed[POINTS], knot, s, b->out[0]);
}

MODULE(contour) = {
	.name = "contour", .group = "modulator",
	.help = "envelope of power curves: attack, decay, sustain, release",
	.ports = ports, .flags = MODULE_CONTROL | MODULE_VOICE | MODULE_ENVELOPE,
	.state = sizeof(struct state), .run = run,
	.example = "saw{} * contour{attack = 0.3, curve = 2, release = 0.5} >> voices()",
};
