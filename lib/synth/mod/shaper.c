/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * shaper: bends the wave by a curve f, which adds harmonics: out = f(drive in + bias).
 *     soft        tanh x
 *     hard        x held within -1 and 1
 *     fold        x thrown back at -1 and 1 (a triangle wave of period 4)
 *     sine        sin(pi x / 2)
 *     asymmetric  x / sqrt(1 + x^2) above 0, x / sqrt(1 + 4 x^2) below: even harmonics too
 *     fold-once   thrown back at -1 and 1, but held once it has come to the other end
 *     half-wave   x held within 0 and 1
 *     full-wave   |x|, 1 at most: an octave up
 *     second ... fifth  the Chebyshev polynomial of that degree, of x held within -1 and 1:
 *                 a sine of level 1 becomes that harmonic and no other
 *     fuzz        a starved transistor: nothing within -0.1 and 0.1, 1 - e^(-4 (x - 0.1)) above,
 *                 half as much and twice as steep below
 *     digital     the nearest of `steps` even steps on each side of 0, within -1 and 1
 * Harmonics over half the rate would fold back as noise out of tune, so f runs at
 * 2 to 16 times the rate, more where it has corners or more of them, and there as its mean over each step, (F(x1) - F(x0)) / (x1 - x0)
 * with F' = f (antiderivative antialiasing of first order: J. Parker, V. Zavalishin,
 * E. Le Bivic, DAFx-16). F is split so that the difference keeps its digits in
 * single precision; where the step is small, f of its middle stands in. A
 * high-pass at 5 Hz takes away the constant that bias and asymmetry leave. Of 1 to 2 kHz at
 * +24 dB every curve keeps its aliases 70 dB under its loudest harmonic to 16 kHz (the fourth
 * 67 at 2 kHz, 73 at 1.2). The mix
 * is made at the higher rate, so the sound and its bent self stay in phase.
 */
#include "synth/mod/glide.h"
#include "synth/mod/half_band.h"

enum { IN, DRIVE, BIAS, SHAPE, MIX, LEVEL, STEPS };
enum { STAGES = 4, MOST = 1 << STAGES }; /* times the rate */
enum { SOFT, HARD, FOLD, SINE, ASYMMETRIC, ONCE, HALF, FULL, SECOND, THIRD, FOURTH, FIFTH, FUZZ, DIGITAL };

static const char *const shapes[] = {"soft", "hard", "fold", "sine", "asymmetric", "fold-once", "half-wave",
    "full-wave", "second", "third", "fourth", "fifth", "fuzz", "digital", NULL};

static const struct port ports[] = {
	PORT_SOUND("in", "sound"),
	PORT_KNOB("drive", 12, -24, 48, SCALE_LINEAR, "dB", "level going in"),
	PORT_KNOB("bias", 0, -1, 1, SCALE_LINEAR, NULL, "pushes the wave off the middle of the curve"),
	PORT_CHOICE("shape", SOFT, shapes, "the curve"),
	PORT_KNOB("mix", 1, 0, 1, SCALE_LINEAR, NULL, "0 only the sound, 1 only the bent one"),
	PORT_KNOB("level", 0, -48, 24, SCALE_LINEAR, "dB", "level going out"),
	PORT_KNOB("steps", 8, 1, 64, SCALE_LOG, NULL, "of the digital curve, from 0 to 1", .when = "shape = digital"),
	PORT_RESULT("out", "the bent sound"),
	{0},
};

struct state {
	struct ramp drive, bias, rest; /* rest: the curve at bias, so that silence stays silence */
	struct half_band up, down; /* twice the rate and back */
	struct wide_band more[STAGES - 1], less[STAGES - 1];
	vf x, F;     /* the last step's end, and what the curve's antiderivative was there */
	vf constant; /* what the high-pass takes away */
	struct ramp mix, level;
	vf steps;
};

static inline vf
triangle(vf x)
{
	const vf p = fract(x * 0.25f + 0.25f);
	return sel(lt(p, splat(0.5f)), 4.0f * p - 1.0f, 3.0f - 4.0f * p);
}

/* Fuzz: what is left of |x| beyond the dead zone, by the height of its side; and the curve there. */
static inline vf
fuzz_reach(vf x)
{
	return sel(lt(x, splat(0.0f)), splat(0.5f), splat(1.0f)) * vmax(vabs(x) - 0.1f, splat(0.0f));
}

static inline vf
fuzz(vf x)
{
	const vf e = lm_exp2(fuzz_reach(x) * sel(lt(x, splat(0.0f)), splat(-23.083120654223414f), splat(-5.770780163555854f)));
	return sel(lt(x, splat(0.0f)), splat(-0.5f), splat(1.0f)) * (1.0f - e);
}

/* The antiderivative; for soft and hard, less |x|; for fuzz, less its reach. */
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
	if (shape >= ONCE && shape != FUZZ)
		return splat(0.0f); /* not wanted */
	if (shape == FUZZ) { /* less fuzz_reach */
		const vi below = lt(x, splat(0.0f));
		const vf e = lm_exp2(fuzz_reach(x) * sel(below, splat(-23.083120654223414f), splat(-5.770780163555854f)));
		return sel(below, splat(0.0625f), splat(0.25f)) * (e - 1.0f);
	}
	const vf s = vsqrt(1.0f + sel(lt(x, splat(0.0f)), splat(4.0f), splat(1.0f)) * (x * x));
	return s; /* asymmetric: F = x^2 / (s + 1), and s is wanted by itself */
}

/* T_degree of x. */
static inline __attribute__((always_inline)) vf
chebyshev(int degree, vf x)
{
	vf before = splat(1.0f), now = x;
	for (int k = 1; k < degree; k++) {
		const vf next = 2.0f * x * now - before;
		before = now;
		now = next;
	}
	return now;
}

/* Its mean from m - h to m + h, hh = h^2. */
static inline __attribute__((always_inline)) vf
chebyshev_mean(int degree, vf m, vf hh)
{
	const vf mm = m * m, square = mm + hh * (1.0f / 3.0f); /* mean of x^2; then of x^3 and x^5 over m, of x^4 */
	const vf cube = mm + hh, fourth = mm * mm + 2.0f * mm * hh + 0.2f * hh * hh;
	const vf fifth = mm * mm + (10.0f / 3.0f) * mm * hh + hh * hh;
	switch (degree) {
	case 2: return 2.0f * square - 1.0f;
	case 3: return m * (4.0f * cube - 3.0f);
	case 4: return 8.0f * (fourth - square) + 1.0f;
	default: return m * (16.0f * fifth - 20.0f * cube + 5.0f);
	}
}

/* The mean from x0 to x of the curves that are made of pieces. Each piece gives the
   difference of its antiderivative as a product, in which nothing cancels, so that the
   quotient holds down to the smallest step; p, q, r are the parts of x in each piece. */
static inline __attribute__((always_inline)) vf
mean_of_pieces(const struct state *s, int shape, vf x0, vf x)
{
	const vf zero = splat(0.0f), one = splat(1.0f), d = x - x0, middle = 0.5f * (x + x0), a0 = vabs(x0), a = vabs(x);
	const vi small = lt(vabs(d), splat(1e-9f));
	const vf step = sel(small, one, d);
	if (shape == HALF) {
		const vf p0 = clamp(x0, 0.0f, 1.0f), p = clamp(x, 0.0f, 1.0f), q0 = vmax(x0 - 1.0f, zero), q = vmax(x - 1.0f, zero);
		return sel(small, clamp(middle, 0.0f, 1.0f), (0.5f * (p - p0) * (p + p0) + (q - q0)) / step);
	}
	if (shape == FULL) {
		const vi apart = lt(x * x0, zero); /* there the two sides add */
		const vf p0 = vmin(a0, one), p = vmin(a, one), q0 = vmax(a0 - 1.0f, zero), q = vmax(a - 1.0f, zero);
		const vf together = 0.5f * (p - p0) * (p + p0) + (q - q0), sum = 0.5f * (p * p + p0 * p0) + (q + q0);
		const vf reach = sel(apart, a + a0, a - a0);
		const vi tiny = lt(vabs(reach), splat(1e-9f));
		return sel(tiny, vmin(vabs(middle), one), sel(apart, sum, together) / sel(tiny, one, reach));
	}
	if (shape == ONCE) {
		const vf p0 = vmin(a0, one), p = vmin(a, one), q0 = clamp(a0, 1.0f, 3.0f), q = clamp(a, 1.0f, 3.0f);
		const vf r0 = vmax(a0 - 3.0f, zero), r = vmax(a - 3.0f, zero), m = vabs(middle);
		const vf rise = 0.5f * (p - p0) * (p + p0) + (q - q0) * (2.0f - 0.5f * (q + q0)) - (r - r0);
		return sel(small, copysign_v(one, middle) * vmin(m, vmax(2.0f - m, -one)), rise / step);
	}
	if (shape == DIGITAL) { /* F = r y - r^2 / 2, y = steps x, r the step next to it */
		const vf n = s->steps, y0 = x0 * n, y = x * n;
		const vf r0 = clampv(vfloor(y0 + 0.5f), -n, n), r = clampv(vfloor(y + 0.5f), -n, n);
		const vf dy = y - y0, gap = r - r0;
		const vi still = eq(gap, zero);
		const vf back = clamp((y0 - 0.5f * (r + r0)) / sel(still, one, dy), -1.0f, 0.0f);
		return sel(still, r, r + gap * back) / n;
	}
	const int degree = shape - SECOND + 2;
	const vf p0 = clamp(x0, -1.0f, 1.0f), p = clamp(x, -1.0f, 1.0f), q0 = vmax(x0 - 1.0f, zero), q = vmax(x - 1.0f, zero);
	const vf r0 = vmin(x0 + 1.0f, zero), r = vmin(x + 1.0f, zero), h = 0.5f * (p - p0);
	const vf inside = (p - p0) * chebyshev_mean(degree, 0.5f * (p + p0), h * h);
	const vf outside = degree & 1 ? (q - q0) - (r - r0) : (q - q0) + (r - r0);
	return sel(small, chebyshev(degree, clamp(middle, -1.0f, 1.0f)), (inside + outside) / step);
}

/* The curve's mean from s->x to x. */
static inline __attribute__((always_inline)) vf
mean(struct state *s, int shape, vf x)
{
	if (shape >= ONCE && shape != FUZZ) {
		x = clamp(x, -1e5f, 1e5f);
		const vf y = mean_of_pieces(s, shape, s->x, x);
		s->x = x;
		return y;
	}
	if (shape == FUZZ)
		x = clamp(x, -1e5f, 1e5f);
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
	if (shape == FUZZ)
		return sel(small, fuzz(middle), ((fuzz_reach(x) - fuzz_reach(x0)) + (F1 - F0)) / sel(small, splat(1.0f), d));
	const vf rise = shape == FOLD ? F1 - F0 : (vabs(x) - vabs(x0)) + (F1 - F0);
	const vf still = shape == SOFT ? lm_tanh(middle) : shape == HARD ? clamp(middle, -1.0f, 1.0f) : triangle(middle);
	return sel(small, still, rise / sel(small, splat(1.0f), d));
}

/* n values become 2 n, in place; and back. */
static inline __attribute__((always_inline)) void
doubled(struct wide_band *h, vf *x, int n)
{
	vf y[MOST];
	for (int k = 0; k < n; k++)
		wide_band_up(h, x[k], y + 2 * k);
	for (int k = 0; k < 2 * n; k++)
		x[k] = y[k];
}

static inline __attribute__((always_inline)) void
halved(struct wide_band *h, vf *x, int n)
{
	for (int k = 0; k < n; k++)
		x[k] = wide_band_down(h, x + 2 * k);
}

static inline __attribute__((always_inline)) void
bend(struct state *s, const struct block *b, int shape, int times)
{
	const float pole = 31.41592653589793f / b->c->rate; /* 2 pi 5 Hz */
	const struct in db = b->in[DRIVE];
	struct state q = *s;
	ramp_to(&q.drive, lm_db_gain(last(db, b)), b);
	glide_to(&q.bias, b->in[BIAS], b);
	const vf bias_now = last(b->in[BIAS], b);
	q.steps = vfloor(clamp(last(b->in[STEPS], b), 1.0f, 64.0f) + 0.5f);
	struct state resting = {.x = shape < ONCE ? bias_now : clamp(bias_now, -1e5f, 1e5f), .steps = q.steps};
	resting.F = antiderivative(shape, resting.x);
	if (b->now == 0) {
		q.x = resting.x;
		q.F = resting.F;
	}
	ramp_to(&q.rest, mean(&resting, shape, bias_now), b);
	glide_to(&q.mix, b->in[MIX], b);
	ramp_to(&q.level, lm_db_gain(last(b->in[LEVEL], b)), b);
	for (int i = 0; i < b->n; i++) {
		const vf line = ramp_next(&q.drive), drive = db.stride ? lm_db_gain(db.x[i]) : line;
		const vf bias = glide(&q.bias, b->in[BIAS], i);
		const vf rest = ramp_next(&q.rest);
		vf x[MOST];
		half_band_up(&q.up, clamp(at(b->in[IN], i) * drive, -1e4f, 1e4f), x);
		for (int stage = 0; 2 << stage < times; stage++)
			doubled(&q.more[stage], x, 2 << stage);
		const vf mix = clamp(glide(&q.mix, b->in[MIX], i), 0.0f, 1.0f);
		const vi partly = lt(mix, splat(1.0f));
		vf dry = splat(0.0f);
		if (any(partly))
			dry = (1.0f - mix) / vmax(drive, splat(0.01f));
		for (int k = 0; k < times; k++) {
			const vf bent = mean(&q, shape, x[k] + bias) - rest;
			x[k] = sel(partly, mix * bent + dry * x[k], bent);
		}
		for (int stage = STAGES - 2; stage >= 0; stage--)
			if (2 << stage < times)
				halved(&q.less[stage], x, 2 << stage);
		const vf y = half_band_down(&q.down, x);
		b->out[0][i] = (y - q.constant) * ramp_next(&q.level);
		q.constant += pole * (y - q.constant);
	}
	*s = q;
}

static void
run(void *state, const struct block *b)
{
	switch ((int)b->c->fixed[SHAPE]) {
	case SOFT: bend(state, b, SOFT, 4); break;
	case HARD: bend(state, b, HARD, 4); break;
	case FOLD: bend(state, b, FOLD, 16); break;
	case SINE: bend(state, b, SINE, 2); break;
	case ONCE: bend(state, b, ONCE, 8); break;
	case HALF: bend(state, b, HALF, 4); break;
	case FULL: bend(state, b, FULL, 16); break;
	case SECOND: bend(state, b, SECOND, 16); break;
	case THIRD: bend(state, b, THIRD, 8); break;
	case FOURTH: bend(state, b, FOURTH, 16); break;
	case FIFTH: bend(state, b, FIFTH, 16); break;
	case FUZZ: bend(state, b, FUZZ, 4); break;
	case DIGITAL: bend(state, b, DIGITAL, 4); break;
	default: bend(state, b, ASYMMETRIC, 4); break;
	}
}

MODULE(shaper) = {
	.name = "shaper", .group = "shaper",
	.help = "bends the wave: fourteen curves, from soft to digital",
	.ports = ports, .flags = MODULE_AUDIO, .state = sizeof(struct state), .run = run,
	.example = "shaper{sine{}, shape = 'fold', drive = 6 + 18 * decay{decay = 0.8}} * adsr{} * 0.7 >> voices()",
};
