/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * freqshift: every partial moved by the same number of Hz, so that harmonics stop being
 * harmonics: up = re cos(2 pi shift t) - im sin(2 pi shift t), down with a plus, where
 * re + i im is the sound without its negative frequencies (single sideband). The two
 * are made by chains of six all-passes each, (c - z^-2) / (1 - c z^-2), the elliptic
 * half-band of R. Valenzuela and A. Constantinides (1983) turned by a quarter of the rate:
 * a quarter turn apart, so that the other sideband is 67 dB down, from 20 Hz to 20 Hz
 * below half the rate at 44.1 kHz (both scale with the rate). Loudness of each partial
 * stays; its phase does not. Feedback is that of `up`, a frame late: a partial goes on
 * climbing, each time fainter. up and down together are wide: stereo{f.up, f.down}.
 */
#include "synth/mod/glide.h"

enum { IN, SHIFT, FEEDBACK };
enum { CHAIN = 12 };

static const struct port ports[] = {
	PORT_SOUND("in", "sound"),
	PORT_KNOB("shift", 50, -5000, 5000, SCALE_LINEAR, "Hz", "how far; below 0 the outputs change places"),
	PORT_KNOB("feedback", 0, -0.7f, 0.7f, SCALE_LINEAR, NULL, "of what was shifted up"),
	PORT_RESULT("up", "shifted up"),
	PORT_RESULT("down", "shifted down"),
	{0},
};

struct state {
	struct ramp shift, feedback;
	vf x[CHAIN][2], y[CHAIN][2]; /* one and two frames ago, by the frame's number modulo 2 */
	vf before;                   /* into the chains, a frame ago */
	vf up;
	vu turn; /* 2^-32 turns */
};

/* Every other coefficient, from `first` on, is one chain. */
static inline __attribute__((always_inline)) vf
chain(struct state *s, int first, vf x, unsigned place)
{
	static const float c[CHAIN] = {0.0795359686f, 0.272992462f, 0.491666079f, 0.673854709f, 0.802075386f, 0.883921802f,
	    0.933321595f, 0.962232649f, 0.97892195f, 0.988593996f, 0.994410872f, 0.998326123f};
	for (int k = first; k < CHAIN; k += 2) {
		const vf y = c[k] * (x + s->y[k][place]) - s->x[k][place];
		s->x[k][place] = x;
		s->y[k][place] = y;
		x = y;
	}
	return x;
}

static void
run(void *state, const struct block *b)
{
	struct state *s = state;
	glide_to(&s->shift, b->in[SHIFT], b);
	glide_to(&s->feedback, b->in[FEEDBACK], b);
	for (int i = 0; i < b->n; i++) {
		const vf turns = clamp(glide(&s->shift, b->in[SHIFT], i) * (1.0f / b->c->rate), -0.49f, 0.49f);
		/* At any moment |re cos - im sin| is sqrt(2) of the louder at most: below 0.7 the loop dies away. */
		const vf back = clamp(glide(&s->feedback, b->in[FEEDBACK], i), -0.7f, 0.7f);
		const vf x = at(b->in[IN], i) + back * s->up;
		const unsigned place = (b->now + (uint32_t)i) & 1;
		const vf re = chain(s, 0, x, place), im = chain(s, 1, s->before, place);
		const vf at_turn = to_float(u_as_vi(s->turn)) * 0x1p-32f;
		const vf c = re * lm_cos_turn(at_turn), d = im * lm_sin_turn(at_turn);
		s->up = c - d;
		b->out[0][i] = s->up;
		b->out[1][i] = c + d;
		s->before = x;
		s->turn += as_vu(to_int(turns * 0x1p32f));
	}
}

MODULE(freqshift) = {
	.name = "freqshift", .group = "effect",
	.help = "moves every partial by the same number of Hz",
	.ports = ports, .flags = MODULE_AUDIO, .state = sizeof(struct state), .run = run,
	.example = "freqshift{saw{} * adsr{} * 0.6, shift = 70} >> voices()",
};
