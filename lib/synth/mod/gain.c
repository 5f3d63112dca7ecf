/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * gain: louder or softer by decibels: out = in 10^(gain / 20). -120 dB and less is silence.
 */
#include "synth/mod/glide.h"

enum { IN, GAIN };

static const struct port ports[] = {
	PORT_SOUND("in", "sound"),
	PORT_KNOB("gain", 0, -120, 48, SCALE_LINEAR, "dB", "change of level"),
	PORT_RESULT("out", "the sound at its new level"),
	{0},
};

struct state {
	struct ramp gain;
};

static vf
linear(vf db)
{
	return sel(gt(db, splat(-120.0f)), lm_db_gain(db), splat(0.0f));
}

static void
run(void *state, const struct block *b)
{
	struct state *s = state;
	const struct in db = b->in[GAIN];
	ramp_to(&s->gain, linear(last(db, b)), b);
	for (int i = 0; i < b->n; i++) {
		const vf line = ramp_next(&s->gain);
		b->out[0][i] = at(b->in[IN], i) * (db.stride ? linear(db.x[i]) : line);
	}
}

MODULE(gain) = {
	.name = "gain", .group = "routing",
	.help = "louder or softer by decibels",
	.ports = ports, .flags = MODULE_AUDIO, .state = sizeof(struct state), .run = run,
	.example = "gain{saw{} * adsr{}, gain = -9} >> voices()",
};
