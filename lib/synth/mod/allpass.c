/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * allpass: two-pole all-pass sections in a row,
 *     (s^2 - k s + 1) / (s^2 + k s + 1) = 1 - 2 k s / (s^2 + k s + 1),  k = 1 / Q
 * as trapezoidal state-variable filters (A. Simper, "Linear Trapezoidal Integrated SVF", 2013). All
 * frequencies pass at their level; each section turns the phase by 360 degrees in all, by 180 at the cutoff,
 * exactly, and delays what is around it by 4 Q / (2 pi cutoff) s: a chirp out of a click where there are many,
 * notches when mixed with the dry sound.
 */
#include "synth/mod/matched.h"

enum { IN, CUTOFF, Q, STAGES };
enum { MOST = 16 };

static const char *const counts[] = {"1", "2", "4", "8", "16", NULL};

static const struct port ports[] = {
	PORT_SOUND("in", "sound"),
	PORT_KNOB("cutoff", 800, 10, 20000, SCALE_LOG, "Hz", "where each section has turned the phase by 180 degrees"),
	PORT_KNOB("q", 0.7f, 0.1f, 20, SCALE_LOG, NULL, "how narrow the turn is, and how long it delays"),
	PORT_CHOICE("stages", 2, counts, "sections in a row"),
	PORT_RESULT("out", "sound"),
	{0},
};

struct state {
	vf ic1[MOST], ic2[MOST];
	struct ramp a1, a2, a3, k;
};

static inline void
coefs(vf cutoff, vf narrow, const struct context *c, vf *a1, vf *a2, vf *a3, vf *k)
{
	const vf g = lm_tan_pi(clamp(cutoff, 1.0f, 1e6f) * (1.0f / c->rate));
	*k = 1.0f / clamp(narrow, 0.05f, 100.0f);
	*a1 = 1.0f / (1.0f + g * (g + *k));
	*a2 = g * *a1;
	*a3 = g * *a2;
}

static void
run(void *state, const struct block *b)
{
	struct state *const s = state;
	const int stages = 1 << (int)fminf(fmaxf(b->c->fixed[STAGES], 0), 4);
	vf a1, a2, a3, k;
	coefs(last(b->in[CUTOFF], b), last(b->in[Q], b), b->c, &a1, &a2, &a3, &k);
	ramp_to(&s->a1, a1, b);
	ramp_to(&s->a2, a2, b);
	ramp_to(&s->a3, a3, b);
	ramp_to(&s->k, k, b);
	const int audio = b->in[CUTOFF].stride | b->in[Q].stride;
	for (int i = 0; i < b->n; i++) {
		a1 = ramp_next(&s->a1), a2 = ramp_next(&s->a2), a3 = ramp_next(&s->a3), k = ramp_next(&s->k);
		if (audio)
			coefs(at(b->in[CUTOFF], i), at(b->in[Q], i), b->c, &a1, &a2, &a3, &k);
		vf x = at(b->in[IN], i);
		for (int j = 0; j < stages; j++) {
			const vf v3 = x - s->ic2[j], v1 = a1 * s->ic1[j] + a2 * v3, v2 = (s->ic2[j] + a2 * s->ic1[j]) + a3 * v3;
			s->ic1[j] = 2.0f * v1 - s->ic1[j];
			s->ic2[j] = 2.0f * v2 - s->ic2[j];
			x = x - 2.0f * (k * v1);
		}
		b->out[0][i] = x;
	}
}

MODULE(allpass) = {
	.name = "allpass", .group = "filter",
	.help = "two-pole all-passes in a row: phase, not level",
	.ports = ports, .flags = MODULE_AUDIO, .state = sizeof(struct state), .run = run,
	.example = "allpass{square{}, cutoff = 300, q = 4, stages = '16'} * adsr{} * 0.3 >> voices()",
};
