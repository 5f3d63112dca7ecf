/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Supersaw: 1 to 16 saws around one pitch, each band-limited by synth/mod/blep.h.
 * Saw k of n stands at x = 2 k / (n - 1) - 1 and is detuned by `spread` x sqrt |x|
 * cents: seven of them come within 0.04 of the spread to the JP-8000's (A. Szabo,
 * "How to emulate the super saw", 2010), whose offsets do not beat in step. The
 * inner one (or two) sounds at level 1, the others at `mix`; all are divided by the
 * root of the sum of squares, so that the power is one saw's whatever n is (as long
 * as the phases are by chance). The outer pairs stand apart by `width`, every other
 * one swapped, at constant power.
 */
#include "synth/mod/blep.h"
#include "synth/mod/osc.h"

enum { PITCH, DETUNE, COUNT, SPREAD, MIX, WIDTH, PHASE, RANDOM };
enum { LEFT, RIGHT };
enum { MOST = 16 };

static const struct port ports[] = {
    OSC_PITCH, OSC_DETUNE,
    {PORT_IN, "count", RATE_FIXED, 7, 1, MOST, SCALE_LINEAR, 0, 0, 0, "how many saws, a whole number"},
    {PORT_IN, "spread", RATE_CONTROL, 25, 0, 200, SCALE_LINEAR, 0, "cents", 0, "detuning of the outermost"},
    {PORT_IN, "mix", RATE_CONTROL, 0.7f, 0, 1, SCALE_LINEAR, 0, 0, 0, "level of the others against the inner saw"},
    {PORT_IN, "width", RATE_CONTROL, 0.7f, 0, 1, SCALE_LINEAR, 0, 0, 0, "0 both sides the same, 1 the outermost at the sides"},
    OSC_PHASE,
    {PORT_IN, "random", RATE_CONTROL, 1, 0, 1, SCALE_LINEAR, 0, "turns", 0,
	"how much of each saw's start is by chance"},
    {PORT_OUT, "left", RATE_AUDIO, 0, -1, 1, SCALE_LINEAR, 0, 0, 0, "left side, as loud as one saw"},
    {PORT_OUT, "right", RATE_AUDIO, 0, -1, 1, SCALE_LINEAR, 0, 0, 0, "right side"},
    {PORT_END},
};

struct saw {
	vu phase;
	struct ramp ratio, inverse, left, right;
};

struct state {
	struct osc osc;
	struct blep_post left, right;
	struct saw saw[MOST];
};

struct place {
	vf ratio, inverse, left, right; /* of frequency, 1 / ratio, gains */
};

static inline int
count_of(const struct context *c)
{
	return (int)(fminf(fmaxf(c->fixed[COUNT], 1), MOST) + 0.5f);
}

static inline struct place
place(int k, int n, const struct block *b, int i)
{
	const float x = n > 1 ? 2.0f * (float)k / (float)(n - 1) - 1.0f : 0.0f, bent = x * sqrtf(fabsf(x));
	const int rank = k < n - 1 - k ? k : n - 1 - k, inner = n & 1 ? 1 : 2; /* rank 0: outermost */
	const vf mix = clamp(at(b->in[MIX], i), 0.0f, 1.0f);
	const vf octaves = clamp(at(b->in[SPREAD], i), -1200.0f, 1200.0f) * (bent * (1.0f / 1200.0f));
	const vf one = rank == (n - 1) / 2 ? splat(1.0f) : mix;
	const vf level = one / vsqrt((float)inner + (float)(n - inner) * mix * mix);
	const vf side = clamp(at(b->in[WIDTH], i), 0.0f, 1.0f) * (rank & 1 ? -x : x);
	return (struct place){lm_exp2(octaves), lm_exp2(-octaves), level * vsqrt(1.0f - side), level * vsqrt(1.0f + side)};
}

enum way { HELD, GLIDING, MOVING };

/* Where nothing glides a frame need not ask; the numbers are the same. */
static inline __attribute__((always_inline)) void
frames(struct saw *s, int k, int n, const vf *inc, const vf *period, vf *left, vf *right, const struct block *b, enum way way)
{
	struct saw v = *s;
	struct place p = {v.ratio.v, v.inverse.v, v.left.v, v.right.v};
	for (int i = 0; i < b->n; i++) {
		if (way == GLIDING)
			p = (struct place){ramp_next(&v.ratio), ramp_next(&v.inverse), ramp_next(&v.left), ramp_next(&v.right)};
		if (way == MOVING)
			p = place(k, n, b, i);
		const vf f = vmin(inc[i] * p.ratio, splat(0.49f)), t = vmax(period[i] * p.inverse, splat(1.0f / 0.49f));
		const vf x = osc_turn(v.phase), r = t * (1.0f / BLEP_HALF);
		vf y = blep_saw(x, r);
		const vi high = gt(f, splat(BLEP_SAW_MAX));
		if (any(high))
			y = sel(high, blep_saw_high(x, r), y);
		left[i] += p.left * y;
		right[i] += p.right * y;
		v.phase += osc_step(f);
	}
	*s = v;
}

/* One saw over a block, added to both sides. */
static inline void
add_saw(struct saw *s, int k, int n, const vf *inc, const vf *period, vf *left, vf *right, const struct block *b)
{
	const int moving = b->in[SPREAD].stride | b->in[MIX].stride | b->in[WIDTH].stride;
	const struct place p = place(k, n, b, b->n - 1);
	ramp_to(&s->ratio, p.ratio, b);
	ramp_to(&s->inverse, p.inverse, b);
	ramp_to(&s->left, p.left, b);
	ramp_to(&s->right, p.right, b);
	const vf zero = splat(0.0f);
	const int held = !any(ne(s->ratio.d, zero) | ne(s->inverse.d, zero) | ne(s->left.d, zero) | ne(s->right.d, zero));
	if (moving)
		frames(s, k, n, inc, period, left, right, b, MOVING);
	else if (held)
		frames(s, k, n, inc, period, left, right, b, HELD);
	else
		frames(s, k, n, inc, period, left, right, b, GLIDING);
}

static void
run(void *state, const struct block *b)
{
	struct state *const s = state;
	const int n = count_of(b->c);
	vf inc[BLOCK], period[BLOCK], left[BLOCK] = {0}, right[BLOCK] = {0};
	if (b->now == 0)
		for (int k = 0; k < n; k++) { /* from 0 upwards, and each by a chance of its own */
			const vf r = noise_float(b->c->seed, splat_u(0x73757065u + (uint32_t)k)) * 0.5f + 0.5f;
			const vf own = clamp(at(b->in[RANDOM], 0), 0.0f, 1.0f) * r;
			s->saw[k].phase = osc_start(clamp(at(b->in[PHASE], 0), -1e4f, 1e4f) + 0.5f + own, splat(0.0f), b->c);
		}
	osc_block(&s->osc, b->in[PITCH], b->in[DETUNE], b);
	for (int i = 0; i < b->n; i++) {
		osc_next(&s->osc, i, b);
		inc[i] = s->osc.inc;
		period[i] = s->osc.period;
	}
	for (int k = 0; k < n; k++)
		add_saw(&s->saw[k], k, n, inc, period, left, right, b);
	if (b->now == 0) {
		blep_start(&s->left, left[0]);
		blep_start(&s->right, right[0]);
	}
	for (int i = 0; i < b->n; i++) {
		b->out[LEFT][i] = blep_post(&s->left, left[i]);
		b->out[RIGHT][i] = blep_post(&s->right, right[i]);
	}
}

MODULE(supersaw) = {
	.name = "supersaw", .group = "oscillator",
	.help = "up to sixteen detuned saws in stereo, band-limited",
	.ports = ports, .flags = MODULE_AUDIO, .state = sizeof(struct state), .run = run,
};
