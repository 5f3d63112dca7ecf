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
#include "synth/mod/glide.h"
#include "synth/mod/rows.h"

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

enum { DIFF1, DIFF2, DIFF3, DIFF4, SWING_L, LONG_L, PASS_L, LAST_L, SWING_R, LONG_R, PASS_R, LAST_R, LINES };
static const float lengths[LINES] = {142, 107, 379, 277, 672, 4453, 1800, 3720, 908, 4217, 2656, 3163};
static const float diffusion[] = {0.75f, 0.75f, 0.625f, 0.625f};
#define LOOP 21589.0f /* the sum from SWING_L on */
#define SWING 8.0f    /* samples to either side */

enum { TAPS = 7 };
static const struct { int line; float at, sign; } taps[2][TAPS] = {
	{{LONG_R, 266, 1}, {LONG_R, 2974, 1}, {PASS_R, 1913, -1}, {LAST_R, 1996, 1}, {LONG_L, 1990, -1}, {PASS_L, 187, -1},
	    {LAST_L, 1066, -1}},
	{{LONG_L, 353, 1}, {LONG_L, 3627, 1}, {PASS_L, 1228, -1}, {LAST_L, 2673, 1}, {LONG_R, 2111, -1}, {PASS_R, 335, -1},
	    {LAST_R, 121, -1}},
};

struct state {
	struct ramp gain, pole, mix;
	struct ramp blur[4]; /* of the allpasses in the tank: swinging and plain, left, then right */
	vf dull[2], lag;     /* lag: frames of pre-delay, at the end of the last block */
	struct line line[LINES];
	int tap[2][TAPS], before_w;
	float swing[2]; /* samples, at the end of the last block */
	float time;     /* round the figure of eight, seconds */
};

/* Places the lines; returns how many rows they take. */
static int
lay_out(const struct context *c, struct state *s)
{
	const float scale = scales[(int)c->fixed[SIZE]] * c->rate / 29761.0f;
	int rows = 0;
	for (int k = 0; k < LINES; k++) {
		const int swings = k == SWING_L || k == SWING_R;
		rows = put_line(&s->line[k], rows, lengths[k] * scale, STEP + (swings ? (int)(SWING * c->rate / 29761.0f) + 4 : 0));
	}
	for (int side = 0; side < 2; side++)
		for (int k = 0; k < TAPS; k++)
			s->tap[side][k] = (int)(taps[side][k].at * scale + 0.5f);
	s->time = LOOP * scale / c->rate;
	return rows;
}

static size_t
rows(const struct context *c)
{
	struct state s;
	return ring_rows(ring_size(c, LONGEST)) + (size_t)lay_out(c, &s);
}

static void
init(void *state, const struct context *c)
{
	lay_out(c, state);
}

/* STEP frames through an allpass: v <- x - g d, x <- d + g v, d what the line gives. A negative g for the other kind. */
static inline void
pass(vf *all, struct line *l, const vf *d, vf *x, const vf *g, int stride, float sign)
{
	vf *const to = next(all, l);
	for (int i = 0; i < STEP; i++) {
		const vf blur = sign * g[i * stride], old = d[i], v = x[i] - blur * old;
		x[i] = old + blur * v;
		to[i] = v;
	}
	move_on(all, l);
}

/* STEP frames through one half of the figure of eight. */
static inline void
half(struct state *s, vf *all, int first, vf *x, float swing, float step, const vf *gain, const vf *pole,
    struct ramp blur[2], vf *dull)
{
	vf d[STEP], g[2][STEP], low = *dull;
	for (int i = 0; i < STEP; i++) {
		g[0][i] = ramp_next(&blur[0]);
		g[1][i] = ramp_next(&blur[1]);
	}
	past_swinging(all, &s->line[first], (float)s->line[first].length + swing, step, d);
	pass(all, &s->line[first], d, x, g[0], 1, -1.0f);
	struct line *const wide = &s->line[first + 1], *const end = &s->line[first + 3];
	const vf *const old = past(all, wide, wide->length);
	vf *to = next(all, wide);
	for (int i = 0; i < STEP; i++) {
		const vf y = old[i];
		to[i] = x[i];
		low += pole[i] * (y - low);
		x[i] = gain[i] * low;
	}
	*dull = low;
	move_on(all, wide);
	pass(all, &s->line[first + 2], past(all, &s->line[first + 2], s->line[first + 2].length), x, g[1], 1, 1.0f);
	memcpy(next(all, end), x, STEP * sizeof *x);
	move_on(all, end);
}

/* What a side hears of the STEP frames that have gone by. */
static inline void
listen(const struct state *s, const vf *all, int side, vf *y)
{
	const vf *from[TAPS];
	for (int k = 0; k < TAPS; k++)
		from[k] = past(all, &s->line[taps[side][k].line], STEP + s->tap[side][k]);
	for (int i = 0; i < STEP; i++) {
		y[i] = splat(0.0f);
#pragma GCC unroll 7
		for (int k = 0; k < TAPS; k++)
			y[i] += (0.6f * taps[side][k].sign) * from[k][i];
	}
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
	static const int passes[4] = {SWING_L, PASS_L, SWING_R, PASS_R};
	const float rate = b->c->rate;
	decay = clamp(decay, 0.05f, 1000.0f);
	ramp_to(&s->gain, falling(decay, 1.06f * s->time * rate, rate, 0.25f), b);
	for (int k = 0; k < 4; k++)
		ramp_to(&s->blur[k], vmin(splat(k % 2 ? 0.5f : 0.7f), falling(decay, (float)s->line[passes[k]].length, rate, 2.0f)), b);
}

static void
run(void *state, const struct block *b)
{
	struct state *const s = state;
	const int size = ring_size(b->c, LONGEST);
	vf *const all = (vf *)(s + 1) + ring_rows(size);
	struct ring before = ring_at((vf *)(s + 1), size, s->before_w);
	vf in[BLOCK], d[BLOCK];
	float to[2], step[2];
	swing(b, to);
	settle(s, last(b->in[DECAY], b), b);
	ramp_to(&s->pole, pole_of_hz(last(b->in[DAMPING], b), b->c->rate), b);
	glide_to(&s->mix, b->in[MIX], b);
	for (int i = 0; i < BLOCK; i++)
		in[i] = 0.5f * (at(b->in[LEFT], i) + at(b->in[RIGHT], i));
	ring_write(&before, in, BLOCK);
	if (b->in[PREDELAY].stride) {
		for (int i = 0; i < BLOCK; i++)
			d[i] = clamp(at(b->in[PREDELAY], i), 0.0f, LONGEST) * b->c->rate;
		const struct lag lag = lag_wild(d);
		ring_read(&before, &lag, 0, in, BLOCK, RING_WRITTEN);
	} else {
		const struct lag lag = lag_to(&s->lag, clamp(last(b->in[PREDELAY], b), 0.0f, LONGEST) * b->c->rate, b);
		ring_read(&before, &lag, 0, in, BLOCK, RING_WRITTEN);
	}
	s->before_w = before.w;
	for (int k = 0; k < 2; k++)
		step[k] = (to[k] - s->swing[k]) / BLOCK;
	for (int first = 0; first < BLOCK; first += STEP) {
		vf *const x = in + first, right[STEP], y[2][STEP], gain[STEP], pole[STEP];
		for (int k = 0; k < 4; k++) {
			const vf g = splat(diffusion[k]);
			pass(all, &s->line[DIFF1 + k], past(all, &s->line[DIFF1 + k], s->line[DIFF1 + k].length), x, &g, 0, 1.0f);
		}
		const vf *const last_l = past(all, &s->line[LAST_L], s->line[LAST_L].length);
		const vf *const last_r = past(all, &s->line[LAST_R], s->line[LAST_R].length);
		for (int i = 0; i < STEP; i++) {
			gain[i] = ramp_next(&s->gain);
			pole[i] = ramp_next(&s->pole);
			right[i] = x[i] + gain[i] * last_l[i];
			x[i] += gain[i] * last_r[i];
		}
		half(s, all, SWING_L, x, s->swing[0] + step[0] * (float)first, step[0], gain, pole, &s->blur[0], &s->dull[0]);
		half(s, all, SWING_R, right, s->swing[1] + step[1] * (float)first, step[1], gain, pole, &s->blur[2], &s->dull[1]);
		listen(s, all, 0, y[0]);
		listen(s, all, 1, y[1]);
		struct ramp mix = s->mix;
		for (int i = 0; i < STEP; i++) {
			const vf wet = glide(&mix, b->in[MIX], first + i);
			const vf in_l = at(b->in[LEFT], first + i), in_r = at(b->in[RIGHT], first + i);
			b->out[0][first + i] = in_l + wet * (y[0][i] - in_l);
			b->out[1][first + i] = in_r + wet * (y[1][i] - in_r);
		}
		s->mix = mix;
	}
	memcpy(s->swing, to, sizeof to);
}

MODULE(plate) = {
	.name = "plate", .group = "effect",
	.help = "plate reverberation",
	.ports = ports, .flags = MODULE_AUDIO, .state = sizeof(struct state), .rows = rows, .init = init, .run = run,
	.example = "svf{saw{}, cutoff = 2000} * decay{decay = 0.3} >> voices() >> plate{decay = 3, mix = 0.4}",
};
