/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Hard sync: a saw, pulse or triangle at `ratio` times the pitch, begun anew with every
 * period of it. With p the turns since that reset the wave is a function of
 * s = ratio p, and so all its jumps are known: where s passes a whole number (a
 * width later for the pulse), and at the reset, whose height depends on how far
 * the last cycle came. Each jump is replaced by the smooth step of
 * synth/mod/blep.h at its fraction of a frame; saw and pulse have no corners to mend,
 * as the slope is the same everywhere, the triangle has those of its own and one where
 * it is begun anew while it falls. The mean over a period is taken off.
 *
 * The synced wave runs at 2/7 of the rate at most (12.6 kHz at 44.1 kHz; the triangle,
 * with two corners to a turn, at 1/7) and the pitch at 1/7, so that no more jumps are
 * in reach than are counted here.
 */
#include "synth/mod/blep.h"
#include "synth/mod/glide.h"
#include "synth/mod/osc.h"

enum { PITCH, DETUNE, RATIO, SHAPE, WIDTH, PHASE, RANDOM };
enum { SAW, SQUARE, TRIANGLE };

static const char *const shapes[] = {"saw", "square", "triangle", 0};

static const struct port ports[] = {
    OSC_PITCH, OSC_DETUNE,
    {PORT_IN, "ratio", RATE_CONTROL, 2.5f, 1, 32, SCALE_LOG, 0, 0, 0, "of the synced wave to the pitch"},
    {PORT_IN, "shape", RATE_FIXED, 0, 0, TRIANGLE, SCALE_CHOICE, shapes, 0, 0, "of the synced wave"},
    {PORT_IN, "width", RATE_CONTROL, 0.5f, 0.02f, 0.98f, SCALE_LINEAR, 0, "turns", 0, "how long the square is up", .when = "shape = square"},
    OSC_PHASE, OSC_RANDOM,
    {PORT_OUT, "out", RATE_AUDIO, 0, -1, 1, SCALE_LINEAR, 0, 0, 0, "without its mean: -2 to 2 at the most"},
    {PORT_END},
};

struct state {
	struct osc osc;
	struct blep_post post;
	struct ramp ratio, width;
};

/* What a jump by 2 adds to the plain wave, x = frames since / BLEP_HALF. */
static inline vf
mend(vf x)
{
	return blep_step(clamp(x, -1.0f, 1.0f)) - sel(lt(x, splat(0.0f)), splat(-1.0f), splat(1.0f));
}

static inline vf
where(vi mask, vf x)
{
	return sel(mask, x, splat(0.0f));
}

/* Largest whole number under x. */
static inline vf
under(vf x)
{
	return -vfloor(-x) - 1.0f;
}

/* p turns since the reset and x the same around it (-0.5 to 0.5), R ratio, r and rs = frames in a turn of the pitch
   and of the wave / BLEP_HALF. */
static inline vf
synced_saw(vf p, vf x, vf R, vf r, vf rs)
{
	const vf last = under(R), rest = R - last; /* whole cycles before the reset, and part of one: (0, 1] */
	const vf s = R * p, m = vmin(vfloor(s), last);
	vf y = 2.0f * (s - m) - 1.0f;
	y = y - where(gt(m, splat(0.5f)), mend((s - m) * rs)) - where(lt(m, last), mend((s - m - 1.0f) * rs));
	y = y - where(gt(last, splat(0.5f)), mend((s + rest) * rs)); /* the wrap before the last reset */
	y = y - rest * mend(x * r);
	return y - ((last + rest * rest) / R - 1.0f);
}

static inline vf
synced_square(vf p, vf x, vf R, vf r, vf rs, vf w)
{
	const vf one = splat(1.0f);
	const vf last = under(R), fall = under(R - w); /* the last rise and the last fall before the reset */
	const vf s = R * p, m = vmin(vfloor(s), last), f = vmin(vfloor(s - w), fall);
	vf y = 2.0f * (m - f) - 1.0f;
	y = y + where(gt(m, splat(0.5f)), mend((s - m) * rs)) + where(lt(m, last), mend((s - m - 1.0f) * rs));
	y = y + where(gt(last, splat(0.5f)), mend((s + R - last) * rs));
	y = y - where(gt(f, splat(-0.5f)), mend((s - w - f) * rs)) - where(lt(f, fall), mend((s - w - f - 1.0f) * rs));
	y = y - mend((s + R - fall - w) * rs) - mend((s - R - w) * rs); /* before the last reset, after the next */
	y = y + (one - (last - fall)) * mend(x * r);
	return y - (2.0f * (last * w + vmin(R - last, w)) / R - 1.0f);
}

/* What a corner adds, of a wave that turns from falling to rising: x in turns of it from the corner, times rs. */
static inline vf
round_off(vf x)
{
	const vf e = vmin(vabs(x), splat(1.0f));
	return blep_abs(e) - e;
}

/* 1 for the peak (an even corner), -1 for the valley. Corner k stands at s = (k + 0.5) / 2. */
static inline vf
up_or_down(vf k)
{
	return 1.0f - 4.0f * fract(0.5f * k);
}

/* From 0 upwards: slopes of 4 and -4, a corner at every half turn from 0.25 on. */
static inline vf
synced_triangle(vf p, vf x, vf R, vf r, vf rs)
{
	const vf s = R * p, w = s - vfloor(s + 0.25f), end = R - vfloor(R + 0.25f);
	const vf before = vfloor(2.0f * s - 0.5f), last = under(2.0f * R - 0.5f), zero = splat(0.0f);
	vf corners = where(ge(before, zero), up_or_down(before) * round_off((s - 0.25f - 0.5f * before) * rs));
	corners = corners + where(lt(before, last), up_or_down(before + 1.0f) * round_off((s - 0.75f - 0.5f * before) * rs));
	corners = corners + up_or_down(last) * round_off((s + R - 0.25f - 0.5f * last) * rs); /* before the last reset */
	corners = corners + round_off((s - R - 0.25f) * rs);                                 /* after the next */
	/* the reset: down (or up) to 0, and from falling to rising where the last corner was a peak */
	corners = corners - 0.5f * (1.0f + up_or_down(last)) * round_off(x * r);
	const vf height = 1.0f - 4.0f * vabs(end - 0.25f), q = R - vfloor(R), h = vabs(q - 0.5f);
	/* of the part of a turn before the reset: 2 d^2 within a quarter of its ends, else 1/4 less the same of the middle */
	const vf d = 0.5f - h, area = sel(lt(d, splat(0.25f)), 2.0f * d * d, 0.25f - 2.0f * h * h);
	return 1.0f - 4.0f * vabs(w - 0.25f) - 4.0f * corners / rs - 0.5f * height * mend(x * r) - area / R;
}

static void
run(void *state, const struct block *b)
{
	struct state *const s = state;
	struct osc o = s->osc;
	struct blep_post post = s->post;
	const int shape = (int)fminf(fmaxf(b->c->fixed[SHAPE], 0), TRIANGLE);
	const float fastest = shape == TRIANGLE ? 1.0f / 7 : 2.0f / 7;
	if (b->now == 0)
		o.phase = osc_start(at(b->in[PHASE], 0), at(b->in[RANDOM], 0), b->c);
	osc_block(&o, b->in[PITCH], b->in[DETUNE], b);
	glide_to(&s->ratio, b->in[RATIO], b);
	glide_to(&s->width, b->in[WIDTH], b);
	for (int i = 0; i < b->n; i++) {
		osc_next(&o, i, b);
		const vf inc = vmin(o.inc, splat(1.0f / 7)), period = vmax(o.period, splat(7.0f));
		const vf most = vmin(period * fastest, splat(1e4f));
		const vf R = vmax(vmin(glide(&s->ratio, b->in[RATIO], i), most), splat(1.0f));
		const vf w = clamp(glide(&s->width, b->in[WIDTH], i), 0.02f, 0.98f);
		const vf p = to_float(u_as_vi(o.phase >> 8)) * 0x1p-24f, x = osc_turn(o.phase);
		const vf r = period * (1.0f / BLEP_HALF), rs = r / R;
		const vf y = shape == SQUARE ? synced_square(p, x, R, r, rs, w)
			   : shape == SAW    ? synced_saw(p, x, R, r, rs)
					     : synced_triangle(p, x, R, r, rs);
		if (b->now == 0 && i == 0)
			blep_start(&post, y);
		b->out[0][i] = blep_post(&post, y);
		o.phase += osc_step(inc);
	}
	s->osc = o;
	s->post = post;
}

MODULE(sync) = {
	.name = "sync", .group = "oscillator",
	.help = "saw, pulse or triangle begun anew at each turn of the pitch, band-limited",
	.ports = ports, .flags = MODULE_AUDIO, .state = sizeof(struct state), .run = run,
	.example = "sync{ratio = 1 + 5 * decay{decay = 0.6}} * adsr{} >> voices()",
};
