/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Sampled noise: a new number by chance at each turn of the pitch, held until the next.
 * A number has `correlation` to the last: v' = c v + sqrt(1 - c^2) chance, so its power
 * is that of the chance whatever c is; above 0 it is dull and wanders, below 0 it swings
 * to and fro and comes near a square an octave down. What is held jumps at whole turns,
 * and each jump is the smooth step of synth/mod/blep.h at its fraction of a frame. The
 * pitch is 2/7 of the rate at most, so that no more than two jumps are in reach.
 */
#include "synth/mod/blep.h"
#include "synth/mod/glide.h"
#include "synth/mod/osc.h"

enum { PITCH, DETUNE, CORRELATION, PHASE };

static const struct port ports[] = {
    OSC_PITCH, OSC_DETUNE,
    PORT_KNOB("correlation", 0, -0.95f, 0.95f, SCALE_LINEAR, NULL, "of a number to the last: below 0 bright, above 0 dull"),
    OSC_PHASE,
    {PORT_OUT, "out", RATE_AUDIO, 0, -1, 1, SCALE_LINEAR, 0, 0, 0, "-1 to 1; correlated it has peaks beyond"},
    {PORT_END},
};

struct state {
	struct osc osc;
	struct blep_post post;
	vf was, is, comes; /* numbers of the last turn, this and the next */
	vu count;
};

/* What a jump by 1 adds to the plain wave, x = frames since / BLEP_HALF. */
static inline vf
mend(vf x)
{
	return 0.5f * (blep_step(clamp(x, -1.0f, 1.0f)) - sel(lt(x, splat(0.0f)), splat(-1.0f), splat(1.0f)));
}

static inline vf
following(vf v, vf c, vu count, const struct context *context)
{
	return c * v + vsqrt(1.0f - c * c) * noise_float(context->seed, count);
}

static void
run(void *state, const struct block *b)
{
	struct state s = *(struct state *)state;
	if (b->now == 0) {
		s.osc.phase = osc_start(at(b->in[PHASE], 0), splat(0.0f), b->c);
		s.is = s.was = noise_float(b->c->seed, splat_u(0));
		s.count = splat_u(1);
		s.comes = following(s.is, clamp(at(b->in[CORRELATION], 0), -0.95f, 0.95f), s.count, b->c);
	}
	osc_block(&s.osc, b->in[PITCH], b->in[DETUNE], b);
	for (int i = 0; i < b->n; i++) {
		osc_next(&s.osc, i, b);
		const vf inc = vmin(s.osc.inc, splat(2.0f / 7)), r = vmax(s.osc.period, splat(3.5f)) * (1.0f / BLEP_HALF);
		const vf p = to_float(u_as_vi(s.osc.phase >> 8)) * 0x1p-24f;
		const vf y = s.is + (s.is - s.was) * mend(p * r) + (s.comes - s.is) * mend((p - 1.0f) * r);
		if (b->now == 0 && i == 0)
			blep_start(&s.post, y);
		b->out[0][i] = blep_post(&s.post, y);
		const vu before = s.osc.phase;
		s.osc.phase += osc_step(inc);
		const vi turned = lt_u(s.osc.phase, before);
		if (!any(turned))
			continue;
		const vf c = clamp(at(b->in[CORRELATION], i), -0.95f, 0.95f);
		s.count += as_vu(turned & 1);
		s.was = sel(turned, s.is, s.was);
		s.is = sel(turned, s.comes, s.is);
		s.comes = sel(turned, following(s.comes, c, s.count, b->c), s.comes);
	}
	*(struct state *)state = s;
}

MODULE(shnoise) = {
	.name = "shnoise", .group = "oscillator",
	.help = "noise sampled at a pitch and held, band-limited",
	.ports = ports, .flags = MODULE_AUDIO, .state = sizeof(struct state), .run = run,
	.example = "shnoise{pitch = note.pitch + 24, correlation = -0.6} * adsr{} >> voices()",
};
