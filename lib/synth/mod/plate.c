/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * plate: reverberation. Four allpasses blur the middle of the sound, which then
 * runs round a figure of eight of two halves, each a swinging allpass, a delay,
 * a low-pass, an allpass and a delay; fourteen taps make left and right
 * (J. Dattorro, "Effect design, part 1: reverberator and other filters", JAES
 * 45(9), 1997, fig. 1 and tables 1 and 2, given for 29761 Hz).
 *
 * `decay` is the time in which middle frequencies (500 and 1000 Hz) fall by 60 dB.
 * The figure of eight is LOOP samples long and passes four gains g, so g^4 =
 * 10^(-3 T / decay), T the time round; times 1.06, because slow modes outlive the
 * mean (measured). An allpass in the loop rings by itself, for 0.9 s with Dattorro's
 * gains, so its gain is held down to where it falls twice as fast as decay asks.
 * T30 is within 5 % of decay where that is longer than T (0.36, 0.73, 1.23 s by
 * size; tests/mod_effect.c); below, single echoes stand out. Sizes are fixed, so
 * all lanes share their delays and rows are read whole.
 */
#include "base/fmath.h"
#include "synth/mod/delay_line.h"
#include "synth/mod/glide.h"

enum { LEFT, RIGHT, DECAY, DAMPING, PREDELAY, MIX, SIZE };
#define LONGEST 0.25f /* seconds of pre-delay */

static const char *const sizes[] = {"small", "plate", "large", NULL};
static const float scales[] = {0.5f, 1, 1.7f};

static const struct port ports[] = {
	PORT_SOUND("left", "left side"),
	PORT_SOUND("right", "right side"),
	PORT_KNOB("decay", 2, 0.3f, 30, SCALE_LOG, "s", "time to fall by 60 dB"),
	PORT_KNOB("damping", 5000, 200, 20000, SCALE_LOG, "Hz", "higher frequencies die sooner"),
	PORT_KNOB("predelay", 0.01f, 0, LONGEST, SCALE_LINEAR, "s", "until it begins"),
	PORT_KNOB("mix", 0.2f, 0, 1, SCALE_LINEAR, NULL, "0 only the sound, 1 only its reverberation"),
	PORT_CHOICE("size", 1, sizes, "length of the paths: 0.5, 1, 1.7"),
	PORT_RESULT("left", "left side"),
	PORT_RESULT("right", "right side"),
	{0},
};

enum line { DIFF1, DIFF2, DIFF3, DIFF4, SWING_L, LONG_L, PASS_L, LAST_L, SWING_R, LONG_R, PASS_R, LAST_R, LINES };
static const float lengths[LINES] = {142, 107, 379, 277, 672, 4453, 1800, 3720, 908, 4217, 2656, 3163};
static const float diffusion[] = {0.75f, 0.75f, 0.625f, 0.625f};
#define LOOP 21589.0f /* the sum from SWING_L on */
#define SWING 8.0f    /* samples to either side */

enum { TAPS = 7 };
static const struct { enum line line; float at, sign; } taps[2][TAPS] = {
	{{LONG_R, 266, 1}, {LONG_R, 2974, 1}, {PASS_R, 1913, -1}, {LAST_R, 1996, 1}, {LONG_L, 1990, -1}, {PASS_L, 187, -1},
	    {LAST_L, 1066, -1}},
	{{LONG_L, 353, 1}, {LONG_L, 3627, 1}, {PASS_L, 1228, -1}, {LAST_L, 2673, 1}, {LONG_R, 2111, -1}, {PASS_R, 335, -1},
	    {LAST_R, 121, -1}},
};

/* All lines lie in one ring that is written backwards: what was put at base
   stands at base + n when n frames have gone by. */
struct state {
	struct ramp gain, pole, predelay, mix;
	struct ramp blur[4]; /* of the allpasses in the tank: swinging and plain, left, then right */
	vf dull[2];
	int length[LINES], base[LINES], tap[2][TAPS];
	int mask, w, before_rows, before_w;
	float swing[2]; /* samples, at the end of the last block */
	float time;     /* round the figure of eight, seconds */
};

/* Places the lines; returns how many rows the ring has, a power of two. */
static int
lay_out(const struct context *c, struct state *s)
{
	const float scale = scales[(int)c->fixed[SIZE]] * c->rate / 29761.0f;
	/* between lines: the swing, the cubic's reach, and a block that is written before the last is read */
	const int slack = (int)(SWING * c->rate / 29761.0f) + 4 + BLOCK;
	int rows = 0, ring = 1;
	for (int k = 0; k < LINES; k++) {
		s->base[k] = rows;
		s->length[k] = (int)(lengths[k] * scale + 0.5f);
		rows += s->length[k] + slack;
	}
	for (int side = 0; side < 2; side++)
		for (int k = 0; k < TAPS; k++)
			s->tap[side][k] = s->base[taps[side][k].line] + (int)(taps[side][k].at * scale + 0.5f);
	while (ring < rows)
		ring *= 2;
	s->mask = ring - 1;
	s->time = LOOP * scale / c->rate;
	s->before_rows = line_rows(c, LONGEST);
	return ring;
}

static size_t
rows(const struct context *c)
{
	struct state s;
	return (size_t)lay_out(c, &s) + (size_t)s.before_rows;
}

static void
init(void *state, const struct context *c)
{
	lay_out(c, state);
}

/* One frame's view of the ring. */
struct tank {
	vf *ring;
	const struct state *s;
	int w;
};

static inline vf *
place(const struct tank *t, enum line line, int back)
{
	return &t->ring[(t->w + t->s->base[line] + back) & t->s->mask];
}

static inline vf
pass(const struct tank *t, enum line line, vf x, vf g)
{
	const vf d = *place(t, line, t->s->length[line]), v = x - g * d;
	*place(t, line, 0) = v;
	return d + g * v;
}

/* An allpass whose length swings; Catmull-Rom between rows, as in delay_line.h. */
static inline vf
swinging_pass(const struct tank *t, enum line line, vf x, vf g, float swing)
{
	const float at = (float)t->s->length[line] + swing;
	const int k = (int)at;
	const float f = at - (float)k;
	const vf before = *place(t, line, k - 1), y0 = *place(t, line, k), y1 = *place(t, line, k + 1);
	const vf after = *place(t, line, k + 2);
	const vf cubic = 3.0f * (y0 - y1) + after - before, square = 2.0f * before - 5.0f * y0 + 4.0f * y1 - after;
	const vf d = y0 + 0.5f * f * (y1 - before + f * (square + f * cubic)), v = x + g * d;
	*place(t, line, 0) = v;
	return d - g * v;
}

/* One half of the figure of eight over a block, fed by x and by the other half's last line. */
static inline void
half(const struct tank *t, enum line first, enum line other, const vf *x, float swing, float step, struct ramp gain,
    struct ramp pole, struct ramp blur[2], vf *dull)
{
	struct tank q = *t;
	vf low = *dull;
	struct ramp wide = blur[0], plain = blur[1];
	for (int i = 0; i < BLOCK; i++) {
		q.w = (t->w - 1 - i) & t->s->mask;
		swing += step;
		const vf g = ramp_next(&gain), y = x[i] + g * *place(&q, other, t->s->length[other]);
		*place(&q, first + 1, 0) = swinging_pass(&q, first, y, ramp_next(&wide), swing);
		low += ramp_next(&pole) * (*place(&q, first + 1, t->s->length[first + 1]) - low);
		*place(&q, first + 3, 0) = pass(&q, first + 2, g * low, ramp_next(&plain));
	}
	blur[0] = wide;
	blur[1] = plain;
	*dull = low;
}

static inline vf
listen(const struct tank *t, int side)
{
	vf y = splat(0.0f);
	for (int k = 0; k < TAPS; k++)
		y += taps[side][k].sign * t->ring[(t->w + t->s->tap[side][k]) & t->s->mask];
	return 0.6f * y;
}

/* Where the swinging allpasses stand at the end of this block; the same in all lanes. */
static void
swing(const struct block *b, float to[2])
{
	const double seconds = ((double)b->now + BLOCK) / b->c->rate, reach = SWING * b->c->rate / 29761.0f;
	to[0] = (float)(reach * fm_sin(6.283185307179586 * 0.93 * seconds));
	to[1] = (float)(reach * fm_cos(6.283185307179586 * 1.17 * seconds));
}

/* The gain that makes a loop of `frames` fall by 60 dB in `decay` seconds, to the power `share`. */
static inline vf
falling(vf decay, float frames, float rate, float share)
{
	return lm_exp2(-9.965784284662087f * share * frames / rate / decay);
}

/* What follows from decay. */
static void
settle(struct state *s, vf decay, const struct block *b)
{
	static const enum line passes[4] = {SWING_L, PASS_L, SWING_R, PASS_R};
	const float rate = b->c->rate;
	decay = clamp(decay, 0.05f, 1000.0f);
	ramp_to(&s->gain, falling(decay, 1.06f * s->time * rate, rate, 0.25f), b);
	for (int k = 0; k < 4; k++)
		ramp_to(&s->blur[k], vmin(splat(k % 2 ? 0.5f : 0.7f), falling(decay, (float)s->length[passes[k]], rate, 2.0f)), b);
}

/* Every stage runs over the whole block before the next: no line is shorter than
   a block where one stage feeds an earlier one, and memory is read in long rows. */
static void
run(void *state, const struct block *b)
{
	struct state s = *(struct state *)state; /* a copy that the ring cannot alias: it stays in registers */
	struct tank t = {(vf *)((struct state *)state + 1), &s, s.w};
	vf *const before = t.ring + s.mask + 1;
	vf x[BLOCK];
	float to[2];
	swing(b, to);
	settle(&s, last(b->in[DECAY], b), b);
	ramp_to(&s.pole, pole_of_hz(last(b->in[DAMPING], b), b->c->rate), b);
	glide_to(&s.predelay, b->in[PREDELAY], b);
	glide_to(&s.mix, b->in[MIX], b);
	for (int i = 0; i < BLOCK; i++) {
		before[s.before_w] = 0.5f * (at(b->in[LEFT], i) + at(b->in[RIGHT], i));
		x[i] = line_read(before, s.before_rows, s.before_w, glide(&s.predelay, b->in[PREDELAY], i) * b->c->rate);
		s.before_w = line_step(s.before_w, s.before_rows);
	}
	for (int k = 0; k < 4; k++)
		for (int i = 0; i < BLOCK; i++) {
			t.w = (s.w - 1 - i) & s.mask;
			x[i] = pass(&t, DIFF1 + k, x[i], splat(diffusion[k]));
		}
	t.w = s.w;
	half(&t, SWING_L, LAST_R, x, s.swing[0], (to[0] - s.swing[0]) / BLOCK, s.gain, s.pole, &s.blur[0], &s.dull[0]);
	half(&t, SWING_R, LAST_L, x, s.swing[1], (to[1] - s.swing[1]) / BLOCK, s.gain, s.pole, &s.blur[2], &s.dull[1]);
	for (int i = 0; i < BLOCK; i++) {
		const vf mix = glide(&s.mix, b->in[MIX], i), in_l = at(b->in[LEFT], i), in_r = at(b->in[RIGHT], i);
		t.w = (s.w - 1 - i) & s.mask;
		b->out[0][i] = in_l + mix * (listen(&t, 0) - in_l);
		b->out[1][i] = in_r + mix * (listen(&t, 1) - in_r);
		ramp_next(&s.gain);
		ramp_next(&s.pole);
	}
	memcpy(s.swing, to, sizeof to);
	s.w = t.w;
	*(struct state *)state = s;
}

MODULE(plate) = {
	.name = "plate", .group = "effect",
	.help = "plate reverberation",
	.ports = ports, .flags = MODULE_AUDIO, .state = sizeof(struct state), .rows = rows, .init = init, .run = run,
	.example = "svf{saw{}, cutoff = 2000} * decay{decay = 0.3} >> voices() >> plate{decay = 3, mix = 0.4}",
};
