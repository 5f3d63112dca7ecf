/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * ringmod: the sound times a sine of its own: each partial f becomes two, at frequency + f
 * and frequency - f, and is itself gone. Kind "diodes" is the circuit with its ring of four
 * diodes, which opens softly and so adds 3, 5 ... times the frequency (J. Parker,
 * "A simple digital model of the diode-based ring-modulator", DAFx-11):
 *     out = d(|c + x / 2|) - d(|c - x / 2|), c the sine,
 *     d(v) = 0 below 0.2, (v - 0.2)^2 / 0.4 to 0.4, v - 0.3 above
 * Runs at twice the rate, sound and mix included: what it makes above half the rate is
 * filtered away, not folded. For a product of two sounds there is mul.
 */
#include "synth/mod/glide.h"
#include "synth/mod/half_band.h"

enum { IN, FREQUENCY, MIX, KIND };
enum { PRODUCT, DIODES };

static const char *const kinds[] = {"product", "diodes", NULL};

static const struct port ports[] = {
	PORT_SOUND("in", "sound"),
	PORT_KNOB("frequency", 440, 0.1f, 10000, SCALE_LOG, "Hz", "of the sine"),
	PORT_KNOB("mix", 1, 0, 1, SCALE_LINEAR, NULL, "0 only the sound, 1 only the product"),
	PORT_CHOICE("kind", PRODUCT, kinds, "a clean product, or the circuit"),
	PORT_RESULT("out", "sum and difference"),
	{0},
};

struct state {
	struct ramp frequency, mix;
	struct half_band up, down;
	vu turn; /* 2^-32 turns */
};

static inline vf
diode(vf v)
{
	const vf bend = clamp(v - 0.2f, 0.0f, 0.2f);
	return bend * bend * 2.5f + vmax(v - 0.4f, splat(0.0f));
}

static void
run(void *state, const struct block *b)
{
	struct state s = *(struct state *)state;
	const int kind = (int)b->c->fixed[KIND];
	const float half = 0.5f / b->c->rate; /* two steps a frame */
	glide_to(&s.frequency, b->in[FREQUENCY], b);
	glide_to(&s.mix, b->in[MIX], b);
	for (int i = 0; i < b->n; i++) {
		const vf turns = clamp(glide(&s.frequency, b->in[FREQUENCY], i) * half, -0.24f, 0.24f);
		const vu step = as_vu(to_int(turns * 0x1p32f));
		const vf mix = glide(&s.mix, b->in[MIX], i);
		vf x[2];
		half_band_up(&s.up, at(b->in[IN], i), x);
		for (int k = 0; k < 2; k++) {
			const vf c = lm_sin_turn(to_float(u_as_vi(s.turn)) * 0x1p-32f);
			const vf y = kind == DIODES ? diode(vabs(c + 0.5f * x[k])) - diode(vabs(c - 0.5f * x[k])) : c * x[k];
			x[k] = x[k] + mix * (y - x[k]);
			s.turn += step;
		}
		b->out[0][i] = half_band_down(&s.down, x);
	}
	*(struct state *)state = s;
}

MODULE(ringmod) = {
	.name = "ringmod", .group = "effect",
	.help = "sum and difference with a sine, clean or by diodes",
	.ports = ports, .flags = MODULE_AUDIO, .state = sizeof(struct state), .run = run,
	.example = "ringmod{saw{} * adsr{} * 0.6, frequency = 310, kind = 'diodes'} >> voices()",
};
