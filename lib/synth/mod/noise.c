/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Noise, a function of the seed and the frame number. White is uniform in [-1, 1);
 * pink is that through P. Kellet's filter (musicdsp.org, "pink noise filter": six
 * one-pole filters, -3 dB an octave within 0.05 dB from 9 Hz up at 44.1 kHz). All
 * other slopes are made by eight poles from 20 Hz to 100 kHz, each an equal number of
 * octaves from the last, and a zero the slope's share of that below each (J. O. Smith,
 * H. Smith, "Closed form fractional integration and differentiation via real
 * exponentially spaced pole-zero pairs", 2016): within 0.3 dB from 80 Hz to 16 kHz. All
 * are as loud as the white, at 44.1 kHz; a peak may reach beyond 1.
 */
#include "synth/mod/glide.h"

enum { COLOUR, SLOPE };
enum { WHITE, PINK, BROWN, BLUE, VIOLET, TILTED };
enum { POLES = 8 };

static const char *const colours[] = {"white", "pink", "brown", "blue", "violet", "tilted", 0};

static const struct port ports[] = {
    PORT_CHOICE("colour", 0, colours, "flat, -3, -6, 3, 6 dB an octave, or the slope"),
    PORT_KNOB("slope", -1.5f, -6, 6, SCALE_LINEAR, "dB/octave", "of the tilted noise", .when = "colour = tilted"),
    {PORT_OUT, "out", RATE_AUDIO, 0, -1, 1, SCALE_LINEAR, 0, 0, 0, "-1 to 1; what is not white has peaks beyond"},
    {PORT_END},
};

struct state {
	vf p[7];
	/* of the tilted: */
	float pole[POLES];
	struct ramp zero[POLES], bend, gain;
	vf x[POLES + 1]; /* each one's input a frame ago, and the last one's output */
};

static vf
pink(struct state *s, vf x)
{
	vf y = x * 0.5362f + s->p[6];
	s->p[0] = 0.99886f * s->p[0] + x * 0.0555179f;
	s->p[1] = 0.99332f * s->p[1] + x * 0.0750759f;
	s->p[2] = 0.96900f * s->p[2] + x * 0.1538520f;
	s->p[3] = 0.86650f * s->p[3] + x * 0.3104856f;
	s->p[4] = 0.55000f * s->p[4] + x * 0.5329522f;
	s->p[5] = -0.7616f * s->p[5] - x * 0.0168980f;
	for (int k = 0; k < 6; k++)
		y += s->p[k];
	s->p[6] = x * 0.115926f;
	return y * 0.33f;
}

/* share is the slope in 6 dB an octave. */
static void
tilt_to(struct state *s, vf share, const struct block *b)
{
	const float octaves = 12.287712379549449f / POLES, turn = -9.0647202836543876f / b->c->rate; /* log2 of 5000; 2 pi / ln 2 */
	vf gain = splat(1.0f);
	float hz = 20;
	for (int k = 0; k < POLES; k++) {
		const vf pole = lm_exp2(splat(hz * turn)), zero = lm_exp2(hz * turn * lm_exp2(share * -octaves));
		s->pole[k] = lane_get(pole, 0);
		ramp_to(&s->zero[k], zero, b);
		gain = gain * ((1.0f - pole) / (1.0f - zero));
		hz *= 2.8999425f; /* 2^octaves */
	}
	/* Poles in z turn up where those in s go on falling: one more zero makes up for it. */
	const vf bend = 0.125f * share;
	ramp_to(&s->bend, bend, b);
	/* log2 of the gain that makes it as loud as the white, fitted to the sum of |H|^2 */
	vf level = share * -1.46627f + 0.00511016f;
	level = level * share + 4.05825f;
	level = level * share - 1.09582f;
	level = level * share - 3.55195f;
	level = level * share + 2.81061f;
	level = level * share - 2.05737f;
	level = level * share - 9.46949f;
	level = level * share;
	ramp_to(&s->gain, gain / (1.0f - bend) * lm_exp2(level), b);
}

static vf
tilted(struct state *s, vf x)
{
	for (int k = 0; k < POLES; k++) {
		const vf y = x - ramp_next(&s->zero[k]) * s->x[k] + s->pole[k] * s->x[k + 1];
		s->x[k] = x;
		x = y;
	}
	const vf y = x - ramp_next(&s->bend) * s->x[POLES];
	s->x[POLES] = x;
	return ramp_next(&s->gain) * y;
}

static void
run(void *state, const struct block *b)
{
	static const float slopes[] = {[BROWN] = -1, [BLUE] = 0.5f, [VIOLET] = 1};
	struct state s = *(struct state *)state;
	const int colour = (int)fminf(fmaxf(b->c->fixed[COLOUR], 0), TILTED);
	if (colour == TILTED)
		tilt_to(&s, clamp(last(b->in[SLOPE], b) * (1.0f / 6), -1.0f, 1.0f), b);
	else if (colour > PINK)
		tilt_to(&s, splat(slopes[colour]), b);
	for (int i = 0; i < b->n; i++) {
		const vf x = noise_float(b->c->seed, splat_u(frame_of(b, i)));
		b->out[0][i] = colour == WHITE ? x : colour == PINK ? pink(&s, x) : tilted(&s, x);
	}
	*(struct state *)state = s;
}

MODULE(noise) = {
	.name = "noise", .group = "oscillator",
	.help = "noise: white, pink, brown, blue, violet or of any slope",
	.ports = ports, .flags = MODULE_AUDIO, .state = sizeof(struct state), .run = run,
	.example = "noise{colour = \"pink\"} * adsr{} >> voices()",
};
