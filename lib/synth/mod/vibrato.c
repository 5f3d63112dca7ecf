/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * vibrato: the pitch swings. The sound is read out of a delay line at a place that moves,
 * a (1 + sin(2 pi rate t)) behind; a place that moves by v frames a frame changes the
 * pitch by the factor 1 - v, so a = (2^(depth / 1200) - 1) / (2 pi rate) reaches `depth`
 * cents at the top. Right's swing is `spread` of a turn ahead: at 0 mono is as stereo.
 */
#include "synth/mod/ring.h"
#include "synth/mod/swing.h"

enum { LEFT, RIGHT, RATE, SYNC, DEPTH, SPREAD };
#define LONGEST 0.1f /* seconds */

static const struct port ports[] = {
	PORT_SOUND("left", "left side"),
	PORT_SOUND("right", "right side"),
	PORT_KNOB("rate", 5.5f, 0.5f, 14, SCALE_LOG, "Hz", "speed of the swing", .when = "sync = off"),
	PORT_SYNC("length of a swing, in place of rate"),
	PORT_KNOB("depth", 25, 0, 200, SCALE_LINEAR, "cents", "reach of the swing; slow and deep ones stop at 0.1 s of delay"),
	PORT_KNOB("spread", 0, 0, 1, SCALE_LINEAR, "turns", "right's swing ahead of left's"),
	PORT_RESULT("left", "left side"),
	PORT_RESULT("right", "right side"),
	{0},
};

struct state {
	vf lag[2]; /* frames, at the end of the last block */
	vu phase;
	int w;
};

static size_t
rows(const struct context *c)
{
	return 2 * ring_rows(ring_size(c, LONGEST));
}

static void
run(void *state, const struct block *b)
{
	struct state *const s = state;
	const int size = ring_size(b->c, LONGEST);
	const float rate = b->c->rate;
	const vf hz = swing_hz(last(b->in[RATE], b), last(b->in[SYNC], b), b->c);
	const vf speed = lm_exp2(clamp(last(b->in[DEPTH], b), 0.0f, 1200.0f) * (1.0f / 1200)) - 1.0f;
	const vf reach = clamp(speed * rate / (6.2831853f * vmax(hz, splat(0.01f))), 0.0f, 0.5f * LONGEST * rate);
	const vf spread = clamp(last(b->in[SPREAD], b), 0.0f, 1.0f), turn = swing_on(&s->phase, hz, b);
	vf x[BLOCK];
	int w = s->w;
	for (int side = 0; side < 2; side++) {
		struct ring line = ring_at((vf *)(s + 1) + (size_t)side * ring_rows(size), size, s->w);
		const vf frames = 1.0f + reach * (1.0f + lm_sin_turn(turn + (float)side * spread));
		const struct lag lag = lag_to(&s->lag[side], frames, b);
		for (int i = 0; i < BLOCK; i++)
			x[i] = at(b->in[side], i);
		ring_write(&line, x, BLOCK);
		ring_read(&line, &lag, 0, b->out[side], BLOCK, RING_WRITTEN);
		w = line.w;
	}
	s->w = w;
}

MODULE(vibrato) = {
	.name = "vibrato", .group = "effect",
	.help = "a pitch that swings",
	.ports = ports, .flags = MODULE_AUDIO, .state = sizeof(struct state), .rows = rows, .run = run,
	.example = "svf{saw{}, cutoff = 2000} * adsr{} >> voices() >> vibrato{rate = 6, depth = 50}",
};
