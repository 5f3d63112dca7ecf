/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * crush: a converter of few bits and a low rate. A sample is taken `rate` times a
 * second and held: what it leaves are images around the multiples of `rate`, in their
 * places even where `rate` does not divide the engine's: samples are read between
 * frames (Catmull-Rom cubic), and each step of the held wave is rounded over the two
 * frames around its true time (polyBLEP: V. Valimaki, A. Huovilainen, 2007). Samples
 * are rounded to 2^(bits - 1) steps on each side of 0 and held within -1 and 1: a full
 * sine is 6.02 bits + 1.76 dB over the noise. Dither adds triangular noise of a step
 * each way before, which frees the error from the sound (S. Lipshitz, R.
 * Wannamaker, J. Vanderkooy, JAES 40(5), 1992). No filter stands before it: what is over
 * half of `rate` folds down. Two frames late.
 */
#include "synth/mod/glide.h"

enum { IN, BITS, RATE, DITHER };

static const struct port ports[] = {
	PORT_SOUND("in", "sound"),
	PORT_KNOB("bits", 8, 1, 16, SCALE_LINEAR, NULL, "steps, as a power of two; fractions count"),
	PORT_KNOB("rate", 12000, 100, 48000, SCALE_LOG, "Hz", "samples a second"),
	PORT_KNOB("dither", 0, 0, 1, SCALE_LINEAR, NULL, "1: a step of noise each way before rounding"),
	PORT_RESULT("out", "the coarse sound"),
	{0},
};

struct state {
	struct ramp rate, bits, dither;
	vf past[3];       /* one, two and three frames ago */
	vf phase;         /* samples, 0 to 1 */
	vf held, waiting; /* the sample; the frame that the next step may still bend */
};

static void
run(void *state, const struct block *b)
{
	struct state s = *(struct state *)state;
	const vf zero = splat(0.0f), one = splat(1.0f);
	glide_to(&s.bits, b->in[BITS], b);
	glide_to(&s.dither, b->in[DITHER], b);
	glide_to(&s.rate, b->in[RATE], b);
	for (int i = 0; i < b->n; i++) {
		const vf x = at(b->in[IN], i);
		const vf step = clamp(glide(&s.rate, b->in[RATE], i) * (1.0f / b->c->rate), 1e-6f, 1.0f);
		const vi whole = ge(step, one); /* a sample a frame: nothing is held */
		vf now = s.phase + step;
		const vi take = ge(now, one);
		now = sel(take, now - 1.0f, now);
		const vf ago = clampv(now / step, zero, one); /* frames, before one frame ago */
		const vf y0 = s.past[0], y1 = s.past[1], after = s.past[2];
		const vf cubic = 3.0f * (y0 - y1) + after - x;
		const vf square = 2.0f * x - 5.0f * y0 + 4.0f * y1 - after;
		const vf between = y0 + 0.5f * ago * (y1 - x + ago * (square + ago * cubic));

		const vf size = lm_exp2(clamp(glide(&s.bits, b->in[BITS], i), 1.0f, 24.0f) - 1.0f);
		const vu count = splat_u(2 * frame_of(b, i));
		const vf noise = 0.5f * (noise_float(b->c->seed, count) + noise_float(b->c->seed, count + 1u));
		const vf exact = clamp(sel(whole, y0, between), -1.0f, 1.0f) * size;
		const vf dither = clamp(glide(&s.dither, b->in[DITHER], i), 0.0f, 1.0f) * noise;
		const vf coarse = clamp(vfloor(exact + dither + 0.5f) / size, -1.0f, 1.0f);

		const vf jump = sel(take, coarse - s.held, zero), bend = sel(whole, zero, 0.5f * jump);
		b->out[0][i] = s.waiting + bend * ago * ago;
		s.held = sel(take, coarse, s.held);
		s.waiting = s.held - bend * (1.0f - ago) * (1.0f - ago);
		s.past[2] = s.past[1];
		s.past[1] = s.past[0];
		s.past[0] = x;
		s.phase = now;
	}
	*(struct state *)state = s;
}

static uint32_t
latency(const struct context *c)
{
	(void)c;
	return 2;
}

MODULE(crush) = {
	.name = "crush", .group = "effect",
	.help = "fewer bits and a lower rate",
	.ports = ports, .flags = MODULE_AUDIO, .state = sizeof(struct state), .run = run, .latency = latency,
	.example = "crush{sine{} * adsr{} * 0.8, bits = 5, rate = 6000} >> voices()",
};
