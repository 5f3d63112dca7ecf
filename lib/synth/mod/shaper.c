/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * shaper: bends the wave by a curve f, which adds harmonics: out = f(drive in + bias).
 *     soft        tanh x
 *     hard        x held within -1 and 1
 *     fold        x thrown back at -1 and 1 (a triangle wave of period 4)
 *     sine        sin(pi x / 2)
 *     asymmetric  x / sqrt(1 + x^2) above 0, x / sqrt(1 + 4 x^2) below: even harmonics too
 * Harmonics over half the rate would fold back as noise out of tune, so f runs at
 * twice the rate, and there as its mean over each step, (F(x1) - F(x0)) / (x1 - x0)
 * with F' = f (antiderivative antialiasing of first order: J. Parker, V. Zavalishin,
 * E. Le Bivic, DAFx-16). F is split so that the difference keeps its digits in
 * single precision; where the step is small, f of its middle stands in. A
 * high-pass at 5 Hz takes away the constant that bias and asymmetry leave.
 */
#include "synth/mod/glide.h"
#include "synth/mod/half_band.h"

enum { IN, DRIVE, BIAS, SHAPE };
enum { SOFT, HARD, FOLD, SINE, ASYMMETRIC };

static const char *const shapes[] = {"soft", "hard", "fold", "sine", "asymmetric", NULL};

static const struct port ports[] = {
	PORT_SOUND("in", "sound"),
	PORT_KNOB("drive", 12, -24, 48, SCALE_LINEAR, "dB", "level going in"),
	PORT_KNOB("bias", 0, -1, 1, SCALE_LINEAR, NULL, "pushes the wave off the middle of the curve"),
	PORT_CHOICE("shape", SOFT, shapes, "the curve"),
	PORT_RESULT("out", "the bent sound"),
	{0},
};

struct state {
	struct ramp drive, bias, rest; /* rest: the curve at bias, so that silence stays silence */
	struct half_band up, down;
	vf x, F;     /* the last step's end, and what the curve's antiderivative was there */
	vf constant; /* what the high-pass takes away */
};

static inline vf
triangle(vf x)
{
	const vf p = fract(x * 0.25f + 0.25f);
	return sel(lt(p, splat(0.5f)), 4.0f * p - 1.0f, 3.0f - 4.0f * p);
}

/* The antiderivative; for soft and hard, less |x|. */
static inline __attribute__((always_inline)) vf
antiderivative(int shape, vf x)
{
	const vf a = vabs(x);
	if (shape == SOFT) /* ln cosh x = |x| + ln(1 + e^(-2 |x|)) - ln 2 */
		return 0.6931471805599453f * lm_log2(1.0f + lm_exp2(a * -2.8853900817779268f));
	if (shape == HARD) {
		const vf below = vmax(1.0f - a, splat(0.0f));
		return 0.5f * below * below;
	}
	if (shape == FOLD) {
		const vf y = triangle(x), half = 0.5f * y * y;
		return sel(lt(fract(x * 0.25f + 0.25f), splat(0.5f)), half, 1.0f - half);
	}
	const vf s = vsqrt(1.0f + sel(lt(x, splat(0.0f)), splat(4.0f), splat(1.0f)) * (x * x));
	return s; /* asymmetric: F = x^2 / (s + 1), and s is wanted by itself */
}

/* The curve's mean from s->x to x. */
static inline __attribute__((always_inline)) vf
mean(struct state *s, int shape, vf x)
{
	const vf x0 = s->x, d = x - x0, middle = 0.5f * (x + x0);
	s->x = x;
	if (shape == SINE) { /* sin(pi middle / 2) sin(h) / h, h = pi d / 4 */
		const vf h = 0.7853981633974483f * d;
		const vi small = lt(vabs(h), splat(1e-3f));
		const vf sinc = lm_sin_turn(d * 0.125f) / sel(small, splat(1.0f), h);
		return lm_sin_turn(middle * 0.25f) * sel(small, splat(1.0f), sinc);
	}
	const vf F0 = s->F, F1 = antiderivative(shape, x);
	s->F = F1;
	if (shape == ASYMMETRIC) {
		/* On one side of 0 the difference quotient has a closed form without a difference. */
		const vi apart = lt(x * x0, splat(0.0f));
		const vf across = (x * x / (F1 + 1.0f) - x0 * x0 / (F0 + 1.0f)) / sel(apart, d, splat(1.0f));
		return sel(apart, across, (x + x0) / (F1 + F0));
	}
	const float least = shape == SOFT ? 0.02f : 0.01f;
	const vi small = lt(vabs(d), splat(least));
	const vf rise = shape == FOLD ? F1 - F0 : (vabs(x) - vabs(x0)) + (F1 - F0);
	const vf still = shape == SOFT ? lm_tanh(middle) : shape == HARD ? clamp(middle, -1.0f, 1.0f) : triangle(middle);
	return sel(small, still, rise / sel(small, splat(1.0f), d));
}

static inline __attribute__((always_inline)) void
bend(struct state *s, const struct block *b, int shape)
{
	const float pole = 31.41592653589793f / b->c->rate; /* 2 pi 5 Hz */
	const struct in db = b->in[DRIVE];
	struct state q = *s;
	ramp_to(&q.drive, lm_db_gain(last(db, b)), b);
	glide_to(&q.bias, b->in[BIAS], b);
	const vf bias_now = last(b->in[BIAS], b);
	struct state resting = {.x = bias_now, .F = antiderivative(shape, bias_now)};
	if (b->now == 0) {
		q.x = resting.x;
		q.F = resting.F;
	}
	ramp_to(&q.rest, mean(&resting, shape, bias_now), b);
	for (int i = 0; i < b->n; i++) {
		const vf line = ramp_next(&q.drive), drive = db.stride ? lm_db_gain(db.x[i]) : line;
		const vf bias = glide(&q.bias, b->in[BIAS], i);
		const vf rest = ramp_next(&q.rest);
		vf x[2];
		half_band_up(&q.up, clamp(at(b->in[IN], i) * drive, -1e4f, 1e4f), x);
		for (int k = 0; k < 2; k++)
			x[k] = mean(&q, shape, x[k] + bias) - rest;
		const vf y = half_band_down(&q.down, x);
		b->out[0][i] = y - q.constant;
		q.constant += pole * (y - q.constant);
	}
	*s = q;
}

static void
run(void *state, const struct block *b)
{
	switch ((int)b->c->fixed[SHAPE]) {
	case SOFT: bend(state, b, SOFT); break;
	case HARD: bend(state, b, HARD); break;
	case FOLD: bend(state, b, FOLD); break;
	case SINE: bend(state, b, SINE); break;
	default: bend(state, b, ASYMMETRIC); break;
	}
}

MODULE(shaper) = {"shaper", "shaper", "bends the wave: soft, hard, fold, sine, asymmetric", ports, MODULE_AUDIO,
    sizeof(struct state), NULL,
	NULL, run};
