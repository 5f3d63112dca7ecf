/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Window: a wave at a frequency of its own, begun anew with every turn of the pitch and
 * faded in and out over it by a window, as in the Window oscillator of Surge XT: y = W(p)
 * w(R p), p in turns, R the formant's ratio. The pitch stays, the spectrum moves with R.
 * W and its slope are 0 at both ends, so nothing jumps there; where the wave itself jumps
 * by h the product does too, by W h, and turns a corner of W' h; both are mended as in
 * synth/mod/blep.h at their fraction of a frame. What bends beyond that (W'' h) is left, and
 * kept small by going at twice the rate (synth/mod/half_band.h; about 4 frames late): with the wave
 * at 6 kHz, what folds back below 16 kHz is under -95 dB of the loudest partial on C6 and
 * under -78 dB on C7; on C4, up to a ratio of 6, under -110 dB.
 *
 * The wave runs at 1/7 of the rate at most (6.3 kHz at 44.1 kHz), the pitch as well, so that
 * three jumps are in reach. A high-pass at 5 Hz takes the mean off.
 */
#include "synth/mod/blep.h"
#include "synth/mod/glide.h"
#include "synth/mod/half_band.h"
#include "synth/mod/osc.h"

enum { PITCH, DETUNE, FORMANT, SHAPE, WINDOW, PHASE, RANDOM };
enum { SINE, SAW, SQUARE };
enum { HANN, BLACKMAN, FLAT };

static const char *const shapes[] = {"sine", "saw", "square", 0};
static const char *const windows[] = {"hann", "blackman", "flat", 0};

static const struct port ports[] = {
    OSC_PITCH, OSC_DETUNE,
    PORT_KNOB("formant", 2.5f, 1, 32, SCALE_LOG, NULL, "of the wave to the pitch"),
    PORT_CHOICE("shape", 1, shapes, "the wave"),
    PORT_CHOICE("window", 0, windows, "flat: fades over the first and the last quarter only"),
    OSC_PHASE, OSC_RANDOM,
    {PORT_OUT, "out", RATE_AUDIO, 0, -1, 1, SCALE_LINEAR, 0, 0, 0, "-1 to 1"},
    {PORT_END},
};

struct state {
	struct osc osc;
	struct blep_post post;
	struct half_band half;
	struct ramp formant;
	vf mean;
};

struct fade {
	vf value, slope; /* slope in a turn of the pitch */
};

/* The window at p, 0 outside of [0, 1]. */
static inline struct fade
fade(int window, vf p)
{
	const vf q = clamp(p, 0.0f, 1.0f);
	const float tau = 6.283185307179586f;
	if (window == FLAT) {
		const vf d = vmin(vmin(q, 1.0f - q), splat(0.25f)), rise = tau * lm_sin_turn(2.0f * d);
		return (struct fade){0.5f - 0.5f * lm_cos_turn(2.0f * d), sel(lt(q, splat(0.5f)), rise, -rise)};
	}
	const vf c = lm_cos_turn(q), s = lm_sin_turn(q);
	if (window == HANN)
		return (struct fade){0.5f - 0.5f * c, 0.5f * tau * s};
	return (struct fade){0.42f - 0.5f * c + 0.08f * (2.0f * c * c - 1.0f), tau * s * (0.5f - 0.32f * c)};
}

/* A wave's jumps stand at k spacing. */
struct jumps {
	float spacing, height, back; /* back 4: every other one is the other way round */
};

static const struct jumps jumps[] = {[SAW] = {1, -2, 0}, [SQUARE] = {0.5f, 2, 4}};

/* What jump k adds, seen from x turns of the wave after it. */
static inline vf
mended(const struct jumps *j, int window, vf k, vf x, vf R, vf rs)
{
	const struct fade f = fade(window, k * j->spacing / R);
	const vf way = 1.0f - j->back * fract(0.5f * k);
	const vf d = clamp(x * rs, -1.0f, 1.0f), a = vabs(d);
	const vf step = blep_step(d) - sel(lt(x, splat(0.0f)), splat(-1.0f), splat(1.0f));
	return way * (0.5f * j->height) * (f.value * step + f.slope / (R * rs) * (blep_abs(a) - a));
}

static inline vf
wave(int shape, vf s)
{
	const vf q = s - vfloor(s);
	switch (shape) {
	case SAW: return 2.0f * q - 1.0f;
	case SQUARE: return sel(lt(q, splat(0.5f)), splat(1.0f), splat(-1.0f));
	default: return lm_sin_turn(q);
	}
}

static inline __attribute__((always_inline)) vf
windowed(int shape, int window, vf p, vf R, vf rs)
{
	const struct jumps *const j = &jumps[shape];
	const vf s = R * p;
	vf y = fade(window, p).value * wave(shape, s);
	if (shape == SINE)
		return y;
	const vf k = vfloor(s * (1.0f / j->spacing)), end = vfloor(R * (1.0f / j->spacing));
	y = y + mended(j, window, k, s - k * j->spacing, R, rs);
	y = y + mended(j, window, k + 1.0f, s - (k + 1.0f) * j->spacing, R, rs);
	return y + mended(j, window, end, s + R - end * j->spacing, R, rs); /* the last of the turn before */
}

static inline __attribute__((always_inline)) void
play(struct state *state, const struct block *b, int shape, int window)
{
	struct state s = *state;
	const float slow = fminf(31.41592653589793f / b->c->rate, 1.0f);
	for (int i = 0; i < b->n; i++) {
		osc_next(&s.osc, i, b);
		const vf inc = vmin(s.osc.inc, splat(1.0f / 7)), period = vmax(s.osc.period, splat(7.0f));
		const vf R = vmax(vmin(glide(&s.formant, b->in[FORMANT], i), vmin(period * (1.0f / 7), splat(1e4f))), splat(1.0f));
		const vf rs = period * (2.0f / BLEP_HALF) / R;
		const vu step = osc_step(inc);
		vf y[2];
		for (int k = 0; k < 2; k++) {
			const vf p = to_float(u_as_vi((s.osc.phase + (k ? step >> 1 : splat_u(0))) >> 8)) * 0x1p-24f;
			y[k] = windowed(shape, window, p, R, rs);
			if (shape == SINE)
				continue;
			if (b->now == 0 && i == 0 && k == 0)
				blep_start(&s.post, y[k]);
			y[k] = blep_post(&s.post, y[k]);
		}
		const vf half = half_band_down(&s.half, y);
		b->out[0][i] = half - s.mean;
		s.mean = s.mean + slow * (half - s.mean);
		s.osc.phase += step;
	}
	*state = s;
}

static void
run(void *state, const struct block *b)
{
	struct state *const s = state;
	if (b->now == 0)
		s->osc.phase = osc_start(at(b->in[PHASE], 0), at(b->in[RANDOM], 0), b->c);
	osc_block(&s->osc, b->in[PITCH], b->in[DETUNE], b);
	glide_to(&s->formant, b->in[FORMANT], b);
	const int window = (int)fminf(fmaxf(b->c->fixed[WINDOW], 0), FLAT);
	switch ((int)fminf(fmaxf(b->c->fixed[SHAPE], 0), SQUARE)) {
	case SINE: play(s, b, SINE, window); break;
	case SAW: play(s, b, SAW, window); break;
	case SQUARE: play(s, b, SQUARE, window); break;
	}
}

MODULE(window) = {
	.name = "window", .group = "oscillator",
	.help = "a wave at a frequency of its own under a window of the pitch's length, band-limited",
	.ports = ports, .flags = MODULE_AUDIO, .state = sizeof(struct state), .run = run,
	.example = "window{formant = 2 + 6 * decay{decay = 0.8}} * adsr{} >> voices()",
};
