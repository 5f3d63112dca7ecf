/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hall: reverberation by a feedback delay network (M. Puckette, J. Stautner, CMJ 6(1), 1982;
 * J.-M. Jot, A. Chaigne, "Digital delay networks for designing artificial reverberators", AES 90,
 * 1991). Sixteen lines feed each other through a Hadamard matrix, which loses nothing; each line
 * ends in a one-pole low-pass whose gain is that of a sound that falls by 60 dB in `decay` at
 * 0 Hz, and in half of it at `damping`. So all modes die together:
 *     g = 10^(-3 L / decay),  H(z) = g (1 - b) / (1 - b z^-1),  |H(damping)| = g^2
 * Four of the lines swing by some frames, which keeps modes from ringing. In front stand a
 * pre-delay, two all-passes a side, and early reflections, taps of a line that left and right
 * share; sqrt(1 - g^2) of the mean line keeps noise as loud at any decay. The sizes are fixed, so
 * lanes share their delays: rows are read whole, and a line is written close to where it was read.
 */
#include "base/fmath.h"
#include "synth/mod/rows.h"
#include "synth/mod/swing.h"

enum { LEFT, RIGHT, DECAY, DAMPING, PREDELAY, EARLY, MIX, SIZE };
#define LONGEST 0.25f /* seconds of pre-delay */

static const char *const sizes[] = {"room", "chamber", "hall", "cathedral", NULL};
static const float scales[] = {0.3f, 0.6f, 1, 1.7f};

static const struct port ports[] = {
	PORT_SOUND("left", "left side"),
	PORT_SOUND("right", "right side"),
	PORT_KNOB("decay", 2.5f, 0.3f, 30, SCALE_LOG, "s", "time to fall by 60 dB"),
	PORT_KNOB("damping", 6000, 1000, 20000, SCALE_LOG, "Hz", "what falls in half that time"),
	PORT_KNOB("predelay", 0.02f, 0, LONGEST, SCALE_LINEAR, "s", "until it begins"),
	PORT_KNOB("early", 0.5f, 0, 1, SCALE_LINEAR, NULL, "level of the early reflections"),
	PORT_KNOB("mix", 0.25f, 0, 1, SCALE_LINEAR, NULL, "0 only the sound, 1 only its reverberation"),
	PORT_CHOICE("size", 2, sizes, "length of the paths: 0.3, 0.6, 1, 1.7"),
	PORT_RESULT("left", "left side"),
	PORT_RESULT("right", "right side"),
	{0},
};

enum { LINES = 16, SWINGING = 4, PASSES = 4, TAPS = 8 };
/* Milliseconds at size 1; the first SWINGING swing. Ratios are far from simple ones. */
static const float lengths[LINES] = {
	37.31f, 52.87f, 71.93f, 88.19f, 29.71f, 33.17f, 41.09f, 44.83f, 48.61f, 56.23f, 60.77f, 65.39f, 68.51f, 76.43f, 80.21f, 84.67f};
static const float passes[PASSES] = {4.79f, 11.83f, 5.41f, 10.37f}; /* ms, left twice, right twice */
#define DIFFUSION 0.6f
#define REACH 0.00018f /* seconds, of the swing, to either side */
static const float speeds[SWINGING] = {0.53f, 0.71f, 0.89f, 1.07f}; /* Hz */
static const struct { float ms, gain; } taps[2][TAPS] = {
	{{4.3f, 0.84f}, {11.7f, -0.50f}, {19.1f, 0.49f}, {23.9f, -0.38f}, {32.3f, 0.35f}, {41.5f, 0.29f}, {53.1f, -0.24f}, {64.9f, 0.19f}},
	{{5.9f, 0.82f}, {9.7f, 0.50f}, {17.3f, -0.49f}, {26.9f, 0.37f}, {34.7f, -0.34f}, {43.3f, 0.28f}, {49.9f, 0.25f}, {67.1f, -0.20f}},
};

struct state {
	struct ramp mix, early, level;
	vf gain[LINES], pole[LINES], to_gain[LINES], to_pole[LINES]; /* of the low-passes, now and at the block's end */
	vf low[LINES], decay, damping;
	vf before_lag; /* frames of pre-delay, at the end of the last block */
	struct line line[LINES], pass[PASSES], early_line[2];
	int tap[2][TAPS], before_w;
	float swing[SWINGING]; /* frames, at the end of the last block */
};

/* Places all lines; how many rows they take. */
static int
lay_out(const struct context *c, struct state *s)
{
	const float ms = scales[(int)c->fixed[SIZE]] * c->rate * 0.001f;
	int rows = 0;
	for (int k = 0; k < LINES; k++)
		rows = put_line(&s->line[k], rows, lengths[k] * ms, k < SWINGING ? (int)(REACH * c->rate) + 4 + STEP : 0);
	for (int k = 0; k < PASSES; k++)
		rows = put_line(&s->pass[k], rows, passes[k] * ms, 0);
	for (int side = 0; side < 2; side++) {
		rows = put_line(&s->early_line[side], rows, 70 * ms, STEP);
		for (int k = 0; k < TAPS; k++)
			s->tap[side][k] = (int)(taps[side][k].ms * ms + 0.5f);
	}
	return rows;
}

static size_t
rows(const struct context *c)
{
	struct state s;
	return ring_rows(ring_size(c, LONGEST)) * 2 + (size_t)lay_out(c, &s);
}

static void
init(void *state, const struct context *c)
{
	lay_out(c, state);
}

static inline void
diffuse(vf *all, struct line *l, vf *x)
{
	const vf *const d = past(all, l, l->length);
	vf *const to = next(all, l);
	for (int i = 0; i < STEP; i++) {
		const vf old = d[i], v = x[i] - DIFFUSION * old;
		x[i] = old + DIFFUSION * v;
		to[i] = v;
	}
	move_on(all, l);
}

/* What follows from decay and damping: where neither has moved, it stands. */
static void
settle(struct state *s, const struct block *b)
{
	const float rate = b->c->rate;
	const vf decay = clamp(last(b->in[DECAY], b), 0.05f, 1000.0f), damping = clamp(last(b->in[DAMPING], b), 100.0f, 0.45f * rate);
	float mean = 0;
	for (int k = 0; k < LINES; k++) {
		s->gain[k] = s->to_gain[k];
		s->pole[k] = s->to_pole[k];
		mean += (float)s->line[k].length * (1.0f / LINES);
	}
	const vf fall = -9.965784284662087f / (decay * rate); /* log2 of what is left after a frame */
	ramp_to(&s->level, vsqrt(1.0f - lm_exp2(2.0f * mean * fall)), b);
	if (b->now != 0 && !any(ne(decay, s->decay) | ne(damping, s->damping)))
		return;
	s->decay = decay;
	s->damping = damping;
	const vf cosine = lm_cos_turn(damping * (1.0f / rate));
	for (int k = 0; k < LINES; k++) {
		/* (1 - b)^2 = g^2 (1 - 2 b cos + b^2), the root within the unit circle */
		const vf g = lm_exp2((float)s->line[k].length * fall), lost = 1.0f - g * g, p = 1.0f - g * g * cosine;
		s->to_gain[k] = g;
		s->to_pole[k] = (p - vsqrt(vmax(p * p - lost * lost, splat(0.0f)))) / lost;
		if (b->now == 0) {
			s->gain[k] = g;
			s->pole[k] = s->to_pole[k];
		}
	}
}

/* The low-passes of four lines, side by side: each waits for itself from frame to frame. */
static inline void
dampen(struct state *s, int first, const vf *const x[4], vf z[][STEP])
{
	vf low[4], rest[4];
	for (int k = 0; k < 4; k++) {
		low[k] = s->low[first + k];
		rest[k] = 1.0f - s->pole[first + k];
	}
	for (int i = 0; i < STEP; i++)
#pragma GCC unroll 4
		for (int k = 0; k < 4; k++) {
			low[k] = rest[k] * x[k][i] + s->pole[first + k] * low[k];
			z[first + k][i] = s->gain[first + k] * low[k];
		}
	for (int k = 0; k < 4; k++)
		s->low[first + k] = low[k];
}

/* STEP frames through the sixteen lines: x goes in, left into one half of them, right into the other. */
static inline void
network(struct state *s, vf *all, vf x[2][STEP], const float swing[SWINGING], const float step[SWINGING], vf y[2][STEP])
{
	vf z[LINES][STEP];
	for (int k = 0; k < LINES; k += 4) {
		const vf *from[4];
		for (int j = 0; j < 4; j++)
			if (k + j < SWINGING) {
				past_swinging(all, &s->line[k + j], (float)s->line[k + j].length + swing[k + j], step[k + j], z[k + j]);
				from[j] = z[k + j];
			} else {
				from[j] = past(all, &s->line[k + j], s->line[k + j].length);
			}
		dampen(s, k, from, z);
	}
	vf *to[LINES];
	for (int k = 0; k < LINES; k++)
		to[k] = next(all, &s->line[k]);
	for (int i = 0; i < STEP; i++) {
		vf v[LINES];
#pragma GCC unroll 16
		for (int k = 0; k < LINES; k++)
			v[k] = z[k][i];
		/* what left and right hear: half of the lines each, every other one turned over */
		y[0][i] = ((v[0] - v[2]) + (v[4] - v[6])) + ((v[8] - v[10]) + (v[12] - v[14]));
		y[1][i] = ((v[1] - v[3]) + (v[5] - v[7])) + ((v[9] - v[11]) + (v[13] - v[15]));
#pragma GCC unroll 4
		for (int h = 1; h < LINES; h *= 2)
#pragma GCC unroll 16
			for (int k = 0; k < LINES; k++)
				if (!(k & h)) {
					const vf a = v[k], b = v[k + h];
					v[k] = a + b;
					v[k + h] = a - b;
				}
#pragma GCC unroll 16
		for (int k = 0; k < LINES; k++)
			to[k][i] = 0.25f * v[k] + x[k / 2 % 2][i];
	}
	for (int k = 0; k < LINES; k++)
		move_on(all, &s->line[k]);
}

/* The taps of a side, after x was written to its line. */
static inline void
reflect(vf *all, struct state *s, int side, const vf *x, vf *y)
{
	struct line *const l = &s->early_line[side];
	const vf *from[TAPS];
	memcpy(next(all, l), x, STEP * sizeof *x);
	for (int k = 0; k < TAPS; k++)
		from[k] = past(all, l, s->tap[side][k]);
	for (int i = 0; i < STEP; i++) {
		y[i] = splat(0.0f);
#pragma GCC unroll 8
		for (int k = 0; k < TAPS; k++)
			y[i] += taps[side][k].gain * from[k][i];
	}
	move_on(all, l);
}

static void
run(void *state, const struct block *b)
{
	struct state *const s = state;
	const int size = ring_size(b->c, LONGEST);
	const float rate = b->c->rate;
	vf *const rings = (vf *)(s + 1), *const all = rings + 2 * ring_rows(size);
	const struct lag before = lag_to(&s->before_lag, clamp(last(b->in[PREDELAY], b), 0.0f, LONGEST) * rate, b);
	vf in[2][BLOCK], x[2][STEP], y[2][STEP];
	float step[SWINGING], swing[SWINGING];
	settle(s, b);
	glide_to(&s->mix, b->in[MIX], b);
	glide_to(&s->early, b->in[EARLY], b);
	for (int k = 0; k < SWINGING; k++) {
		const double seconds = ((double)b->now + BLOCK) / rate;
		const float to = REACH * rate * (float)fm_sin(6.283185307179586 * (speeds[k] * seconds + 0.25 * k));
		swing[k] = s->swing[k];
		step[k] = (to - swing[k]) / BLOCK;
		s->swing[k] = to;
	}
	int w = s->before_w;
	for (int side = 0; side < 2; side++) {
		struct ring ring = ring_at(rings + (size_t)side * ring_rows(size), size, s->before_w);
		for (int i = 0; i < BLOCK; i++)
			in[side][i] = at(b->in[side], i);
		ring_write(&ring, in[side], BLOCK);
		ring_read(&ring, &before, 0, in[side], BLOCK, RING_WRITTEN);
		w = ring.w;
	}
	s->before_w = w;
	for (int first = 0; first < BLOCK; first += STEP) {
		vf early[2][STEP];
		for (int k = 0; k < LINES; k++) {
			s->gain[k] += (s->to_gain[k] - s->gain[k]) * ((float)STEP / (float)(BLOCK - first));
			s->pole[k] += (s->to_pole[k] - s->pole[k]) * ((float)STEP / (float)(BLOCK - first));
		}
		for (int side = 0; side < 2; side++) {
			reflect(all, s, side, in[side] + first, early[side]);
			memcpy(x[side], in[side] + first, sizeof x[side]);
			diffuse(all, &s->pass[2 * side], x[side]);
			diffuse(all, &s->pass[2 * side + 1], x[side]);
		}
		struct ramp level = s->level, mix = s->mix, near = s->early;
		for (int i = 0; i < STEP; i++) {
			const vf g = 0.5f * ramp_next(&level);
			x[0][i] *= g;
			x[1][i] *= g;
		}
		s->level = level;
		network(s, all, x, swing, step, y);
		for (int k = 0; k < SWINGING; k++)
			swing[k] += STEP * step[k];
		for (int i = 0; i < STEP; i++) {
			const vf wet = glide(&mix, b->in[MIX], first + i), close = 0.7f * glide(&near, b->in[EARLY], first + i);
			const vf in_l = at(b->in[LEFT], first + i), in_r = at(b->in[RIGHT], first + i);
			b->out[0][first + i] = in_l + wet * (y[0][i] + close * early[0][i] - in_l);
			b->out[1][first + i] = in_r + wet * (y[1][i] + close * early[1][i] - in_r);
		}
		s->mix = mix;
		s->early = near;
	}
}

MODULE(hall) = {
	.name = "hall", .group = "effect",
	.help = "reverberation of rooms and halls",
	.ports = ports, .flags = MODULE_AUDIO, .state = sizeof(struct state), .rows = rows, .init = init, .run = run,
	.example = "svf{saw{}, cutoff = 2000} * decay{decay = 0.3} >> voices() >> hall{decay = 4, mix = 0.4}",
};
