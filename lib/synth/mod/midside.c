/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * midside: the middle of a stereo sound and its sides, each at a level of its own, and the
 * lows in the middle:
 *     mid = (left + right) / 2, side = (left - right) / 2
 *     left = mid' + side', right = mid' - side', side' = gain highpass(side)
 * The high-pass is two poles (state-variable, Butterworth, A. Simper, 2013) at `mono`; at 20 Hz
 * and below it does nothing. Both come out by themselves, too: stereo{m.mid, m.side} may be worked on and put back
 * by a second one's `decode`, for which left and right are mid and side.
 */
#include "synth/mod/glide.h"

enum { LEFT, RIGHT, MID, SIDE, MONO, FORM };
enum { OUT_LEFT, OUT_RIGHT, OUT_MID, OUT_SIDE };
enum { STEREO, DECODE };

static const char *const forms[] = {"stereo", "decode", NULL};

static const struct port ports[] = {
	PORT_SOUND("left", "left side, or the middle"),
	PORT_SOUND("right", "right side, or the sides"),
	PORT_KNOB("mid", 0, -60, 12, SCALE_LINEAR, "dB", "gain of the middle; -60: none"),
	PORT_KNOB("side", 0, -60, 12, SCALE_LINEAR, "dB", "gain of the sides; -60: none"),
	PORT_KNOB("mono", 20, 20, 1000, SCALE_LOG, "Hz", "below it there are no sides; 20: nowhere"),
	PORT_CHOICE("form", STEREO, forms, "what comes in: left and right, or mid and side"),
	PORT_RESULT("left", "left side"),
	PORT_RESULT("right", "right side"),
	PORT_RESULT("mid", "the middle"),
	PORT_RESULT("side", "the sides"),
	{0},
};

struct state {
	struct ramp mid, side, g, low;
	vf s1, s2; /* the high-pass */
};

static vf
linear(vf db)
{
	return sel(gt(db, splat(-60.0f)), lm_db_gain(clamp(db, -60.0f, 120.0f)), splat(0.0f));
}

static void
run(void *state, const struct block *b)
{
	struct state s = *(struct state *)state;
	const int decode = b->c->fixed[FORM] != STEREO;
	const vf hz = clamp(last(b->in[MONO], b), 20.0f, 1e6f);
	ramp_to(&s.mid, linear(last(b->in[MID], b)), b);
	ramp_to(&s.side, linear(last(b->in[SIDE], b)), b);
	ramp_to(&s.g, lm_tan_pi(hz * (1.0f / b->c->rate)), b);
	ramp_to(&s.low, clamp((hz - 20.0f) * 0.1f, 0.0f, 1.0f), b); /* how much of the lows goes: all from 30 Hz on */
	for (int i = 0; i < b->n; i++) {
		const vf l = at(b->in[LEFT], i), r = at(b->in[RIGHT], i), g = ramp_next(&s.g);
		vf x = r, y = l;
		if (!decode) {
			x = 0.5f * (l - r);
			y = 0.5f * (l + r);
		}
		const vf v1 = (s.s1 + g * (x - s.s2)) / (1.0f + g * (g + 1.4142135623730951f)), v2 = s.s2 + g * v1;
		s.s1 = 2.0f * v1 - s.s1;
		s.s2 = 2.0f * v2 - s.s2;
		const vf side = (x - ramp_next(&s.low) * (1.4142135623730951f * v1 + v2)) * ramp_next(&s.side);
		const vf mid = y * ramp_next(&s.mid);
		b->out[OUT_LEFT][i] = mid + side;
		b->out[OUT_RIGHT][i] = mid - side;
		b->out[OUT_MID][i] = mid;
		b->out[OUT_SIDE][i] = side;
	}
	*(struct state *)state = s;
}

MODULE(midside) = {
	.name = "midside", .group = "routing",
	.help = "the middle and the sides of a stereo sound, each at its level",
	.ports = ports, .flags = MODULE_AUDIO, .state = sizeof(struct state), .run = run,
	.example = "stereo{saw{detune = -9} * adsr{} * 0.35, saw{detune = 9} * adsr{} * 0.35} >> voices() >> "
		   "midside{mid = -12, side = 3, mono = 200}",
};
