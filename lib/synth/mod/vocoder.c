/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * vocoder: a sound that speaks (H. Dudley, "Remaking speech", JASA 11(2), 1939). The modulator is
 * parted into bands, the level of each is followed, and sets that of the same band of `in`:
 *     out = level sum of (-1)^k envelope(band k of modulator) band k of in
 * Bands lie at even steps of pitch from low to high, each two band-passes in a row (state-variable,
 * A. Simper, 2013), 3 dB down where it meets the next; their signs take turns so that
 * neighbours add up there. Attack and release are the time constants of |band|. Shift moves the bands of `in`
 * alone: formants up or down. Consonants have no pitch, and the carrier mostly lacks their band:
 * where the modulator is louder over 4 kHz than below 1 kHz, noise of its own joins the carrier.
 */
#include "synth/mod/glide.h"

enum { IN, MODULATOR, BANDS, LOW, HIGH, SHIFT, ATTACK, RELEASE, UNVOICED, LEVEL };
enum { FEWEST = 8, MOST = 32 };

static const struct port ports[] = {
	PORT_SOUND("in", "the carrier: what is heard; rich sounds speak clearly"),
	PORT_SOUND("modulator", "what speaks"),
	{PORT_IN, "bands", RATE_FIXED, 16, FEWEST, MOST, SCALE_LINEAR, NULL, NULL, NULL, "how many, a whole number"},
	PORT_KNOB("low", 120, 50, 1000, SCALE_LOG, "Hz", "middle of the lowest band"),
	PORT_KNOB("high", 7000, 1500, 16000, SCALE_LOG, "Hz", "middle of the highest band"),
	PORT_KNOB("shift", 0, -24, 24, SCALE_LINEAR, "semitones", "of the carrier's bands: formants up or down"),
	PORT_KNOB("attack", 0.003f, 0.0005f, 0.2f, SCALE_LOG, "s", "time constant of a band getting louder"),
	PORT_KNOB("release", 0.03f, 0.002f, 2, SCALE_LOG, "s", "time constant of a band getting softer"),
	PORT_KNOB("unvoiced", 0.5f, 0, 1, SCALE_LINEAR, NULL, "noise in the carrier where the modulator hisses"),
	PORT_KNOB("level", 18, -24, 48, SCALE_LINEAR, "dB", "level going out"),
	PORT_RESULT("out", "the sound, speaking"),
	{0},
};

/* Two band-passes in a row: integrators. */
struct pass {
	vf s1[2], s2[2];
};

struct band {
	struct pass heard, spoken;
	struct ramp g, on; /* of `spoken`, which may shift; on: 0 where there is no room below half the rate */
	vf envelope;
};

struct state {
	struct band band[MOST];
	struct ramp unvoiced, level;
	vf high, low, hiss, hum; /* the hiss detector's filters and levels */
};

static inline __attribute__((always_inline)) vf
pass(struct pass *p, vf x, vf g, vf k, vf a1)
{
	for (int stage = 0; stage < 2; stage++) {
		const vf v1 = a1 * (p->s1[stage] + g * (x - p->s2[stage])), v2 = p->s2[stage] + g * v1;
		p->s1[stage] = 2.0f * v1 - p->s1[stage];
		p->s2[stage] = 2.0f * v2 - p->s2[stage];
		x = k * v1;
	}
	return x;
}

static inline vf
of_pass(vf g, vf k)
{
	return 1.0f / (1.0f + g * (g + k));
}

/* The carrier with its noise. */
static void
carry(struct state *s, const struct block *b, vf *carrier)
{
	const float rate = b->c->rate;
	const vf over = pole_of_hz(splat(4000.0f), rate), under = pole_of_hz(splat(1000.0f), rate);
	const vf slow = pole_of_seconds(splat(0.008f), rate);
	ramp_to(&s->unvoiced, clamp(last(b->in[UNVOICED], b), 0.0f, 1.0f), b);
	for (int i = 0; i < b->n; i++) {
		const vf x = clamp(at(b->in[MODULATOR], i), -1e6f, 1e6f);
		s->high += over * (x - s->high);
		s->low += under * (x - s->low);
		s->hiss += slow * (vabs(x - s->high) - s->hiss);
		s->hum += slow * (vabs(s->low) - s->hum);
		const vf share = clamp(2.0f * (s->hiss - s->hum) / (s->hiss + s->hum + 1e-6f), 0.0f, 1.0f);
		const vf noise = noise_float(b->c->seed, splat_u(frame_of(b, i)));
		carrier[i] = clamp(at(b->in[IN], i), -1e6f, 1e6f) + ramp_next(&s->unvoiced) * share * noise;
	}
}

static void
run(void *state, const struct block *b)
{
	struct state *s = state;
	const int bands = (int)(fminf(fmaxf(b->c->fixed[BANDS], FEWEST), MOST) + 0.5f);
	const float rate = b->c->rate, turn = 1.0f / rate;
	const vf low = clamp(last(b->in[LOW], b), 20.0f, 20000.0f), high = vmax(clamp(last(b->in[HIGH], b), 20.0f, 20000.0f), low * 2.0f);
	const vf octaves = lm_log2(high / low) * (1.0f / (float)(bands - 1)), apart = lm_exp2(octaves);
	/* Q of a band of this width, sqrt(r) / (r - 1); of each of its two halves 0.644 of it */
	const vf k = (apart - 1.0f) / (0.6435942529f * vsqrt(apart));
	const vf shift = lm_exp2(clamp(last(b->in[SHIFT], b), -60.0f, 60.0f) * (1.0f / 12.0f));
	const vf attack = pole_of_seconds(last(b->in[ATTACK], b), rate), release = pole_of_seconds(last(b->in[RELEASE], b), rate);
	vf carrier[BLOCK], sum[BLOCK] = {0};
	carry(s, b, carrier);
	for (int n = 0; n < bands; n++) {
		struct band q = s->band[n];
		const vf hz = low * lm_exp2(octaves * (float)n), spoken = hz * shift, top = splat(0.45f * rate);
		const vf g = lm_tan_pi(vmin(hz, top) * turn), a1 = of_pass(g, k);
		ramp_to(&q.g, lm_tan_pi(vmin(spoken, top) * turn), b);
		ramp_to(&q.on, sel(lt(spoken, top) & lt(hz, top), splat(n & 1 ? -1.0f : 1.0f), splat(0.0f)), b);
		const int moving = any(ne(q.g.d, splat(0.0f)));
		vf b1 = of_pass(q.g.v, k);
		for (int i = 0; i < b->n; i++) {
			const vf x = clamp(at(b->in[MODULATOR], i), -1e6f, 1e6f);
			const vf size = vabs(pass(&q.heard, x, g, k, a1)), gb = ramp_next(&q.g);
			q.envelope += sel(gt(size, q.envelope), attack, release) * (size - q.envelope);
			if (moving)
				b1 = of_pass(gb, k);
			const vf y = pass(&q.spoken, carrier[i], gb, k, b1) * (q.envelope * ramp_next(&q.on));
			sum[i] += y;
		}
		s->band[n] = q;
	}
	ramp_to(&s->level, lm_db_gain(clamp(last(b->in[LEVEL], b), -120.0f, 120.0f)), b);
	for (int i = 0; i < b->n; i++)
		b->out[0][i] = sum[i] * ramp_next(&s->level);
}

MODULE(vocoder) = {
	.name = "vocoder", .group = "effect",
	.help = "a sound that speaks: levels of one sound's bands upon another's",
	.ports = ports, .flags = MODULE_AUDIO, .state = sizeof(struct state), .run = run,
	.example = "vocoder{saw{}, modulator = formant{formant = 300 * 4 ^ (1 + lfo{rate = 2})}, bands = 24, level "
		   "= 9} * adsr{} >> voices()",
};
