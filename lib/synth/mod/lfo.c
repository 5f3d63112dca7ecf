/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Low-frequency oscillator, -1 to 1, or 0 to 1. It starts with its note (after voices(), with the
 * take); phase = note.random starts each elsewhere. Its phase counts 2^-32 turns, and a rate that
 * is one value a block holds for the block, so that one value a block and one a
 * frame are points on the same curve. It waits for `delay`, then fades in. Once: it turns
 * once, and stays where that ends: an envelope of any of the shapes.
 *     saw     rises from -1 to 1        saw-down  falls from 1 to -1
 *     square  1 for `width` of a turn   decay     falls from 1 to -1 by halves: 2^(-8 x), x in 0..1
 *     random  a new value each turn     smooth    from one to the next along 3 x^2 - 2 x^3
 */
#include "synth/mod/clock.h"

enum { RATE, SHAPE, PHASE, FADE, PER, DELAY, WIDTH, MODE, POLARITY };
enum { SINE, TRIANGLE, SAW, SQUARE, RANDOM, SAW_DOWN, SMOOTH, DECAY };

static const char *const shapes[] = {"sine", "triangle", "saw", "square", "random", "saw-down", "smooth", "decay", 0};
static const char *const modes[] = {"loop", "once", 0}, *const polarities[] = {"bipolar", "unipolar", 0};

static const struct port ports[] = {
    {PORT_IN, "rate", RATE_CONTROL, 2, 0.01, 200, SCALE_LOG, 0, "Hz", 0, "turns a second, or a beat"},
    {PORT_IN, "shape", RATE_CONTROL, 0, 0, DECAY, SCALE_CHOICE, shapes, 0, 0, "of a turn"},
    {PORT_IN, "phase", RATE_CONTROL, 0, 0, 1, SCALE_LINEAR, 0, "turns", 0, "added to where it is"},
    {PORT_IN, "fade", RATE_CONTROL, 0, 0, 20, SCALE_LINEAR, 0, "s", 0, "time from nothing to full depth"},
    CLOCK_PER(0),
    {PORT_IN, "delay", RATE_CONTROL, 0, 0, 20, SCALE_LINEAR, 0, "s", 0, "time before it begins; 0 until then"},
    {PORT_IN, "width", RATE_CONTROL, 0.5f, 0, 1, SCALE_LINEAR, 0, 0, 0, "share of a turn that the square is up", .when = "shape = square"},
    {PORT_IN, "mode", RATE_FIXED, 0, 0, 1, SCALE_CHOICE, modes, 0, 0, "turns on and on, or once"},
    {PORT_IN, "polarity", RATE_FIXED, 0, 0, 1, SCALE_CHOICE, polarities, 0, 0, "-1 to 1, or 0 to 1"},
    {PORT_OUT, "out", RATE_CONTROL, 0, -1, 1, SCALE_LINEAR, 0, 0, 0, "-1 to 1, or 0 to 1"},
    {PORT_END},
};

struct state {
	vu phase, turn; /* of the frame to come */
};

static inline vf
shape_of(vf shape, vu p, vu turn, vf width, vu seed)
{
	const vf x = to_float(u_as_vi(p)) * 0x1p-32f; /* -0.5 to 0.5 */
	const vf part = x + as_vf(lt(x, splat(0.0f)) & as_vi(splat(1.0f)));
	vf y = lm_sin_turn(x);
	y = sel(ge(shape, splat(TRIANGLE - 0.5f)), 4.0f * vabs(vabs(x - 0.25f) - 0.5f) - 1.0f, y);
	y = sel(ge(shape, splat(SAW - 0.5f)), 2.0f * part - 1.0f, y);
	y = sel(ge(shape, splat(SQUARE - 0.5f)), sel(lt(part, width), splat(1.0f), splat(-1.0f)), y);
	if (!any(ge(shape, splat(RANDOM - 0.5f))))
		return y;
	const vf here = noise_float(seed, turn);
	y = sel(ge(shape, splat(RANDOM - 0.5f)), here, y);
	y = sel(ge(shape, splat(SAW_DOWN - 0.5f)), 1.0f - 2.0f * part, y);
	const vf next = noise_float(seed, turn + 1u);
	y = sel(ge(shape, splat(SMOOTH - 0.5f)), here + (next - here) * (part * part * (3.0f - 2.0f * part)), y);
	const vf fallen = (lm_exp2(-8.0f * part) - 0.00390625f) * (2.0f / (1.0f - 0.00390625f)) - 1.0f;
	return sel(ge(shape, splat(DECAY - 0.5f)), fallen, y);
}

static void
run(void *state, const struct block *b)
{
	struct state *const s = state;
	const float unit = 0x1p32f / b->c->rate, most = b->c->rate / BLOCK * 0.9f; /* under a turn in a block */
	const int beats = b->c->fixed[PER] > 0.5f, once = b->c->fixed[MODE] > 0.5f, unipolar = b->c->fixed[POLARITY] > 0.5f;
	const vf zero = splat(0.0f), one = splat(1.0f);
	for (int i = 0; i < b->n; i++) {
		vf hz = at(b->in[RATE], i);
		if (beats)
			hz = hz * (b->c->tempo * (1.0f / 60.0f));
		const vu inc = as_vu(to_int(clamp(hz, 0.0f, most) * unit + 0.5f));
		const vf wait = vfloor(clamp(at(b->in[DELAY], i) * b->c->rate, 0.0f, 1e8f) + 0.5f);
		/* the frame of this output: the state's own, or the last of a block; and how many it has turned for */
		const vf now = splat((float)frame_of(b, i)), gone = now - wait;
		const vu turning = as_vu(to_int(clamp(gone, 0.0f, (float)(b->step - 1))));
		const vu before = s->phase, here = before + inc * turning, after = here + (inc & as_vu(ge(gone, zero)));
		const vf offset = fract(clamp(at(b->in[PHASE], i), -1e4f, 1e4f));
		const vu add = as_vu(to_int(vmin(offset, splat(0.99999994f)) * 0x1p31f)) << 1;
		vu p = here + add;

		/* whole turns: when the phase with its offset has wrapped */
		const vi wraps = lt_u(here, before), carry = lt_u(p, here);
		vu turn = s->turn + as_vu(wraps & 1);
		if (once) { /* where the first turn ends */
			const vi over = ~eq_i(u_as_vi(turn), splat_i(0));
			p = as_vu(sel_i(over, u_as_vi(add - 1u), u_as_vi(p)));
			turn = as_vu(~over & carry & 1);
			turn += as_vu(over & ~eq_i(u_as_vi(add), splat_i(0)) & 1);
		} else {
			turn += as_vu(carry & 1);
		}
		s->turn += as_vu(lt_u(after, before) & 1);
		s->phase = after;

		vf y = shape_of(at(b->in[SHAPE], i), p, turn, clamp(at(b->in[WIDTH], i), 0.0f, 1.0f), b->c->seed);
		if (unipolar)
			y = 0.5f + 0.5f * y;
		const vf fade = clamp(at(b->in[FADE], i) * b->c->rate, 1.0f, 1e9f);
		b->out[0][i] = y * clampv((gone + 1.0f) / fade, zero, one);
	}
}

MODULE(lfo) = {
	.name = "lfo", .group = "modulator",
	.help = "low-frequency oscillator, by the second or the beat",
	.ports = ports, .flags = MODULE_CONTROL, .state = sizeof(struct state), .run = run,
	.example = "svf{saw{}, cutoff = 300 * 2 ^ (lfo{rate = 2, per = 'beat', shape = 'triangle', polarity = "
		   "'unipolar'} * 4)} * adsr{} * 0.5 >> voices()",
};
