/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * spring: reverberation of two springs (V. Valimaki, J. Parker, J. Abel, "Parametric spring
 * reverberation effect", JAES 58(7/8), 2010: its low-frequency part). A pulse runs to and fro
 * between a spring's ends and, as low frequencies are faster than high ones, becomes a longer
 * chirp each time: a loop of a delay and a chain of all-passes,
 *     A(z) = (a + z^-1) / (1 + a z^-1),  loop gain g = -10^(-3 T / decay), T the time round at 700 Hz
 * (made up for what the low-pass in the loop takes there, as far as 0 Hz still dies in twice the decay).
 * The paper stretches its all-passes, A(z^K), and takes away what lies over rate / 2K; here the
 * sound is brought down to 8 to 16 kHz by half-bands instead, and everything runs there. Between
 * all-passes stands one frame of delay, taken off the loop's: so each depends on the frame before
 * only, and all of them can be computed side by side. Left and right hear a spring each, of
 * differing length; in mono both are heard.
 */
#include "synth/mod/half_band.h"
#include "synth/mod/ring.h"
#include "synth/mod/swing.h"

enum { LEFT, RIGHT, DECAY, TIME, TWANG, DAMPING, MIX };
enum { PASSES = 80, HALVES = 5 };
#define LONGEST 0.15f /* seconds */
#define APART 1.173f  /* right's spring is so much longer */

static const struct port ports[] = {
	PORT_SOUND("left", "left side"),
	PORT_SOUND("right", "right side"),
	PORT_KNOB("decay", 2, 0.5f, 8, SCALE_LOG, "s", "time to fall by 60 dB"),
	PORT_KNOB("time", 0.056f, 0.03f, 0.1f, SCALE_LOG, "s", "of a pulse, there and back"),
	PORT_KNOB("twang", 0.6f, 0.2f, 0.75f, SCALE_LINEAR, NULL, "how much later high frequencies come"),
	PORT_KNOB("damping", 3500, 500, 5000, SCALE_LOG, "Hz", "higher frequencies die sooner"),
	PORT_KNOB("mix", 0.3f, 0, 1, SCALE_LINEAR, NULL, "0 only the sound, 1 only the springs"),
	PORT_RESULT("left", "left side"),
	PORT_RESULT("right", "right side"),
	{0},
};

struct spring {
	struct half_band up[HALVES];
	vf y[2][PASSES + 1]; /* what went into each all-pass and out of the last, one and two frames ago, in turn */
	vf dull, lag;
};

struct state {
	struct half_band down[HALVES];
	struct spring spring[2];
	struct ramp mix, gain[2], pole, a;
	int w, turn;
};

/* How often the rate is halved. */
static int
halvings(const struct context *c)
{
	int k = 0;
	while (k < HALVES && c->rate >= (float)(16000 << k))
		k++;
	return k;
}

static int
line_size(const struct context *c)
{
	return ring_size(c, LONGEST / (float)(1 << halvings(c)));
}

static size_t
rows(const struct context *c)
{
	return 2 * ring_rows(line_size(c));
}

/* n frames round the loop. */
static inline void
bounce(struct spring *s, struct ring *line, const struct lag *lag, const vf *x, vf *out, int n, int turn, struct ramp gain,
    struct ramp pole, struct ramp a)
{
	vf far[BLOCK], back[BLOCK];
	ring_read(line, lag, 0, far, n, RING_READ_FIRST);
	for (int i = 0; i < n; i++, turn ^= 1) {
		vf *const last = s->y[turn], *const old = s->y[turn ^ 1]; /* old becomes new */
		const vf c = ramp_next(&a);
		s->dull += ramp_next(&pole) * (far[i] - s->dull);
		for (int k = PASSES; k > 0; k--)
			old[k] = c * (last[k - 1] - last[k]) + old[k - 1];
		const vf g = ramp_next(&gain);
		old[0] = vsqrt(1.0f - g * g) * x[i] - g * s->dull; /* noise stays as loud at any decay */
		back[i] = old[PASSES];
		out[i] = far[i];
	}
	ring_write(line, back, n);
}

static void
run(void *state, const struct block *b)
{
	struct state *const s = state;
	const int halves = halvings(b->c), n = BLOCK >> halves, size = line_size(b->c);
	const float rate = b->c->rate / (float)(1 << halves), per = (float)(1 << halves);
	vf x[BLOCK], y[2][BLOCK];
	for (int i = 0; i < BLOCK; i++)
		x[i] = 0.5f * (at(b->in[LEFT], i) + at(b->in[RIGHT], i));
	for (int h = 0, m = BLOCK / 2; h < halves; h++, m /= 2)
		for (int i = 0; i < m; i++)
			x[i] = half_band_down(&s->down[h], x + 2 * i);

	const vf twang = clamp(last(b->in[TWANG], b), 0.0f, 0.9f), time = clamp(last(b->in[TIME], b), 0.02f, 0.12f);
	const vf decay = clamp(last(b->in[DECAY], b), 0.05f, 100.0f);
	const vf pole = pole_of_hz(clamp(last(b->in[DAMPING], b), 100.0f, 0.45f * rate), rate);
	/* frames that the chain and the low-pass take at 700 Hz, beside the frame between all-passes */
	const vf cosine = lm_cos_turn(splat(700.0f / rate));
	const vf chain = (float)PASSES * (1.0f - twang * twang) / (1.0f + 2.0f * twang * cosine + twang * twang);
	const vf taken = chain + (float)PASSES + (1.0f - pole) / pole;
	const vf q = 1.0f - pole, loss = pole / vsqrt(1.0f - 2.0f * q * cosine + q * q);
	ramp_to(&s->pole, pole, b);
	ramp_to(&s->a, twang, b);
	glide_to(&s->mix, b->in[MIX], b);
	s->pole.d *= per; /* as many steps as there are frames at this rate */
	s->a.d *= per;
	int w = s->w;
	for (int k = 0; k < 2; k++) {
		struct ring line = ring_at((vf *)(s + 1) + (size_t)k * ring_rows(size), size, s->w);
		const vf frames = vmax(time * (k ? APART * rate : rate) - taken, splat((float)(BLOCK + 2)));
		struct lag lag = lag_to(&s->spring[k].lag, frames, b);
		lag.slope *= per;
		const vf fall = -9.965784284662087f * (frames + taken) / (decay * rate);
		ramp_to(&s->gain[k], vmin(lm_exp2(fall) / loss, lm_exp2(0.5f * fall)), b);
		s->gain[k].d *= per;
		bounce(&s->spring[k], &line, &lag, x, y[k], n, s->turn, s->gain[k], s->pole, s->a);
		for (int i = 0; i < n; i++)
			ramp_next(&s->gain[k]);
		for (int h = halves - 1, m = n; h >= 0; h--, m *= 2) {
			for (int i = m - 1; i >= 0; i--)
				y[k][2 * i] = y[k][i];
			for (int i = 0; i < m; i++)
				half_band_up(&s->spring[k].up[h], y[k][2 * i], &y[k][2 * i]);
		}
		w = line.w;
	}
	for (int i = 0; i < n; i++) {
		ramp_next(&s->pole);
		ramp_next(&s->a);
	}
	struct ramp mix = s->mix;
	for (int i = 0; i < BLOCK; i++) {
		const vf wet = glide(&mix, b->in[MIX], i), in_l = at(b->in[LEFT], i), in_r = at(b->in[RIGHT], i);
		b->out[0][i] = in_l + wet * (y[0][i] - in_l);
		b->out[1][i] = in_r + wet * (y[1][i] - in_r);
	}
	s->mix = mix;
	s->turn = (s->turn + n) & 1;
	s->w = w;
}

MODULE(spring) = {
	.name = "spring", .group = "effect",
	.help = "reverberation of two springs",
	.ports = ports, .flags = MODULE_AUDIO, .state = sizeof(struct state), .rows = rows, .run = run,
	.example = "svf{saw{}, cutoff = 2000} * decay{decay = 0.1} >> voices() >> spring{decay = 3, mix = 0.5}",
};
