/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * limiter: the true peak, that of the curve between the samples (ITU-R BS.1770, annex 2),
 * never gets over the ceiling, and what stays 0.1 dB under it passes bit for bit, 88 frames late.
 * The level of the louder side is found at four times the rate: half-way between samples
 * by a windowed sinc of 64 taps (Kaiser, beta 3), between those by one of 8, and what lies
 * between the quarters is at most an eighth of the second difference above them (a
 * parabola's top). The gain that each frame needs, ceiling / level, is held at its minimum
 * over 64 frames, comes back with `release`, and is averaged over 32 frames and over 16.
 * So it has glided down before the peak comes out and stands still for 8 frames on each side
 * of it, which is what keeps the curve between samples down, too; and no mean of numbers that
 * are all low enough is too high. Minimum and means go in steps of doubling (as in P. Hämäläinen,
 * "Smoothing of the control signal without clipped output in digital peak limiters", DAFx-02).
 */
#include "synth/mod/glide.h"

enum { LEFT, RIGHT, GAIN, CEILING, RELEASE };
enum { HOLD = 6, LONG = 5, SHORT = 4 };         /* powers of two: frames of the minimum and of the means */
enum { TAPS = 64, NEAR = 8, AHEAD = 34 };       /* frames from a sample coming in to the level around it */
enum { LATE = AHEAD + 54, PAST = LATE + 8 };    /* 54: half of all that minimum and means reach; rows kept */
#define MARGIN 0.98855309f                      /* -0.1 dB */

static const struct port ports[] = {
	PORT_SOUND("left", "left side"),
	PORT_SOUND("right", "right side"),
	PORT_KNOB("gain", 0, 0, 36, SCALE_LINEAR, "dB", "louder beforehand"),
	PORT_KNOB("ceiling", -0.3f, -24, 0, SCALE_LINEAR, "dB", "no true peak gets over it"),
	PORT_KNOB("release", 0.08f, 0.005f, 2, SCALE_LOG, "s", "time constant of coming back"),
	PORT_RESULT("left", "left side"),
	PORT_RESULT("right", "right side"),
	{0},
};

struct side {
	vf past[PAST + BLOCK]; /* the sound; the block's first frame stands at PAST */
	vf half[4];            /* the last points half-way, the newest first */
	vf before;             /* the quarter before the newest interval */
};

struct state {
	struct ramp gain, ceiling;
	struct side side[2];
	vf held[1 << HOLD], longer[1 << LONG], shorter[1 << SHORT]; /* rings of 1, 2, 4 ... rows, at 2^step - 1 */
	vf back;                                                    /* the gain with its release */
};

/* Half-way after the sample that stands 32 rows before the newest, x. */
static inline vf
half_way(const vf *x)
{
	static const float c[TAPS / 2] = {-2.22186974e-03f, 2.60723670e-03f, -3.02925086e-03f, 3.49052766e-03f,
	    -3.99397907e-03f, 4.54287689e-03f, -5.14093161e-03f, 5.79239115e-03f, -6.50216535e-03f, 7.27598426e-03f,
	    -8.12060096e-03f, 9.04405424e-03f, -1.00560124e-02f, 1.11682289e-02f, -1.23951540e-02f, 1.37547697e-02f,
	    -1.52697469e-02f, 1.69690819e-02f, -1.88904591e-02f, 2.10837485e-02f, -2.36163258e-02f, 2.65814327e-02f,
	    -3.01118155e-02f, 3.44029897e-02f, -3.97551141e-02f, 4.66535151e-02f, -5.59370534e-02f, 6.91909737e-02f,
	    -8.98132071e-02f, 1.26639789e-01f, -2.12071939e-01f, 6.37728025e-01f};
	vf even = splat(0.0f), odd = splat(0.0f); /* two sums: half the wait */
	for (int k = 0; k < TAPS / 2; k += 2) {
		even += c[k] * (x[-k] + x[k - TAPS + 1]);
		odd += c[k + 1] * (x[-k - 1] + x[k - TAPS + 2]);
	}
	return even + odd;
}

/* Half-way between y3 and y4 of eight points in a row. */
static inline vf
quarter(vf y0, vf y1, vf y2, vf y3, vf y4, vf y5, vf y6, vf y7)
{
	return 0.633644261f * (y3 + y4) - 0.180631505f * (y2 + y5) + 0.0772520298f * (y1 + y6) - 0.0302647859f * (y0 + y7);
}

/* A point and the most that the curve may rise beyond it. */
static inline vf
reach(vf before, vf here, vf after)
{
	return vabs(here) + 0.125f * vabs(before - 2.0f * here + after);
}

/* The highest that the curve gets from the sample 34 rows before the newest to the next. */
static inline vf
true_peak(struct side *s, const vf *newest)
{
	const vf *const x = newest - AHEAD, h0 = half_way(newest); /* h0: after x[2] */
	const vf *const h = s->half;                               /* after x[1], x[0], x[-1] and x[-2] */
	const vf q1 = quarter(h[3], x[-1], h[2], x[0], h[1], x[1], h[0], x[2]);
	const vf q3 = quarter(x[-1], h[2], x[0], h[1], x[1], h[0], x[2], h0);
	const vf peak = vmax(vmax(reach(s->before, x[0], q1), reach(x[0], q1, h[1])),
	    vmax(reach(q1, h[1], q3), reach(h[1], q3, x[1])));
	s->before = q3;
	s->half[3] = s->half[2];
	s->half[2] = s->half[1];
	s->half[1] = s->half[0];
	s->half[0] = h0;
	return peak;
}

/* The last 2^power values as one: their sum, or their minimum. */
static inline __attribute__((always_inline)) vf
over_last(vf *ring, int power, vf x, uint32_t now, int minimum)
{
	for (int k = 0; k < power; k++) {
		vf *const ago = &ring[(1 << k) - 1 + (now & ((1u << k) - 1))], y = *ago;
		*ago = x;
		if (minimum)
			x = vmin(x, y);
		else
			x = x + y;
	}
	return x;
}

static void
start(struct state *s)
{
	s->back = splat(1.0f); /* nothing has been heard yet */
	for (int i = 0; i < 1 << HOLD; i++)
		s->held[i] = s->back;
	for (int k = 0; k < LONG; k++)
		for (int i = 0; i < 1 << k; i++)
			s->longer[(1 << k) - 1 + i] = splat((float)(1 << k));
	for (int k = 0; k < SHORT; k++)
		for (int i = 0; i < 1 << k; i++)
			s->shorter[(1 << k) - 1 + i] = splat((float)(1 << k));
}

static void
run(void *state, const struct block *b)
{
	struct state *s = state;
	const vf release = pole_of_seconds(last(b->in[RELEASE], b), b->c->rate), one = splat(1.0f);
	ramp_to(&s->gain, lm_db_gain(clamp(last(b->in[GAIN], b), -120.0f, 120.0f)), b);
	ramp_to(&s->ceiling, MARGIN * lm_db_gain(clamp(last(b->in[CEILING], b), -120.0f, 120.0f)), b);
	if (b->now == 0)
		start(s);
	for (int k = 0; k < 2; k++)
		memmove(s->side[k].past, s->side[k].past + BLOCK, PAST * sizeof(vf));
	for (int i = 0; i < b->n; i++) {
		const vf gain = ramp_next(&s->gain), ceiling = vmax(ramp_next(&s->ceiling), splat(1e-7f)); /* a ramp rounds */
		const uint32_t now = b->now + (uint32_t)i;
		vf level = splat(0.0f);
		for (int k = 0; k < 2; k++) {
			vf *const newest = &s->side[k].past[PAST + i];
			*newest = clamp(at(b->in[LEFT + k], i) * gain, -1e30f, 1e30f);
			level = vmax(level, true_peak(&s->side[k], newest));
		}
		const vf low = over_last(s->held, HOLD, sel(gt(level, ceiling), ceiling / level, one), now, 1);
		s->back = vmin(low, s->back + release * (low - s->back));
		const vf mean = over_last(s->longer, LONG, s->back, now, 0) * (1.0f / (1 << LONG));
		const vf by = over_last(s->shorter, SHORT, mean, now, 0) * (1.0f / (1 << SHORT));
		b->out[0][i] = s->side[0].past[PAST + i - LATE] * by;
		b->out[1][i] = s->side[1].past[PAST + i - LATE] * by;
	}
}

static uint32_t
latency(const struct context *c)
{
	(void)c;
	return LATE;
}

MODULE(limiter) = {
	.name = "limiter", .group = "effect",
	.help = "a ceiling that no true peak gets over",
	.ports = ports, .flags = MODULE_AUDIO, .state = sizeof(struct state), .run = run, .latency = latency,
	.example = "saw{detune = 9} * adsr{} >> voices() >> limiter{gain = 18, ceiling = -3}",
};
