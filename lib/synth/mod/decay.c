/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Percussive envelope: up in `attack`, held, down in `decay`, whenever the note is
 * released. A function of time, see synth/mod/env.h; the attack is straight.
 */
#include "synth/mod/env.h"

enum { ATTACK, HOLD, DECAY, CURVE };

static const struct port ports[] = {
    {PORT_IN, "attack", RATE_CONTROL, 0.001, 0, 20, SCALE_LINEAR, 0, "s", 0, "time to full level"},
    {PORT_IN, "hold", RATE_CONTROL, 0, 0, 20, SCALE_LINEAR, 0, "s", 0, "time at full level"},
    {PORT_IN, "decay", RATE_CONTROL, 0.3, 0, 20, SCALE_LINEAR, 0, "s", 0, "time from there to silence"},
    ENV_CURVE(8),
    {PORT_OUT, "out", RATE_CONTROL, 0, 0, 1, SCALE_LINEAR, 0, 0, 0, "0 to 1"},
    {PORT_END},
};

static void
run(void *state, const struct block *b)
{
	(void)state;
	for (int i = 0; i < b->n; i++) {
		const vf attack = env_frames(at(b->in[ATTACK], i), b->c), fall = env_frames(at(b->in[DECAY], i), b->c);
		const vf hold = clamp(at(b->in[HOLD], i) * b->c->rate, 0.0f, 1e8f), curve = env_curve(at(b->in[CURVE], i));
		const vf t = splat((float)frame_of(b, i));
		const vf down = 1.0f - env_segment((t - attack - hold) / fall, curve);
		b->out[0][i] = sel(lt(t, attack), t / attack, down);
	}
}

MODULE(decay) = {"decay", "modulator", "percussive envelope: attack, hold, decay", ports,
    MODULE_CONTROL | MODULE_VOICE | MODULE_ENVELOPE, 0, 0, run};
