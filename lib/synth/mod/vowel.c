/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * vowel: what a throat does to any sound. Five two-pole bands side by side, at the
 * formants of a sung a, e, i, o, u (the Csound manual's appendix "Formant Values"): centre,
 * level and bandwidth go from one vowel to the next in a straight line, in octaves and dB.
 * Each band's magnitude is the analog one's (synth/mod/matched.h), 1 at its centre before
 * its level; neighbours alternate in sign, so that they fill the valleys between them.
 */
#include "synth/mod/matched.h"

enum { IN, VOWEL, SHIFT, WIDTH, VOICE };
enum { FORMANTS = 5, VOWELS = 5, VOICES = 3 };

static const char *const voices[] = {"bass", "tenor", "soprano", NULL};

static const struct port ports[] = {
	PORT_SOUND("in", "sound"),
	PORT_KNOB("vowel", 0, 0, 4, SCALE_LINEAR, NULL, "0 a, 1 e, 2 i, 3 o, 4 u, and all between"),
	PORT_KNOB("shift", 0, -24, 24, SCALE_LINEAR, "semitones", "of all formants: a bigger or a smaller throat"),
	PORT_KNOB("width", 1, 0.25f, 8, SCALE_LOG, NULL, "of all formants, times what it is in a voice"),
	PORT_CHOICE("voice", 1, voices, "whose formants"),
	PORT_RESULT("out", "sound"),
	{0},
};

/* By voice and formant, one number a vowel: Hz, dB, Hz. */
static const struct formant {
	float hz[VOWELS], db[VOWELS], width[VOWELS];
} table[VOICES][FORMANTS] = {
    {
	{{600, 400, 250, 400, 350}, {0, 0, 0, 0, 0}, {60, 40, 60, 40, 40}},
	{{1040, 1620, 1750, 750, 600}, {-7, -12, -30, -11, -20}, {70, 80, 90, 80, 80}},
	{{2250, 2400, 2600, 2400, 2400}, {-9, -9, -16, -21, -32}, {110, 100, 100, 100, 100}},
	{{2450, 2800, 3050, 2600, 2675}, {-9, -12, -22, -20, -28}, {120, 120, 120, 120, 120}},
	{{2750, 3100, 3340, 2900, 2950}, {-20, -18, -28, -40, -36}, {130, 120, 120, 120, 120}},
    },
    {
	{{650, 400, 290, 400, 350}, {0, 0, 0, 0, 0}, {80, 70, 40, 40, 40}},
	{{1080, 1700, 1870, 800, 600}, {-6, -14, -15, -10, -20}, {90, 80, 90, 80, 60}},
	{{2650, 2600, 2800, 2600, 2700}, {-7, -12, -18, -12, -17}, {120, 100, 100, 100, 100}},
	{{2900, 3200, 3250, 2800, 2900}, {-8, -14, -20, -12, -14}, {130, 120, 120, 120, 120}},
	{{3250, 3580, 3540, 3000, 3300}, {-22, -20, -30, -26, -26}, {140, 120, 120, 120, 120}},
    },
    {
	{{800, 350, 270, 450, 325}, {0, 0, 0, 0, 0}, {80, 60, 60, 70, 50}},
	{{1150, 2000, 2140, 800, 700}, {-6, -20, -12, -11, -16}, {90, 100, 90, 80, 60}},
	{{2900, 2800, 2950, 2830, 2700}, {-32, -15, -26, -22, -35}, {120, 120, 100, 100, 170}},
	{{3900, 3600, 3900, 3800, 3800}, {-20, -40, -26, -22, -40}, {130, 150, 120, 130, 180}},
	{{4950, 4950, 4950, 4950, 4950}, {-50, -56, -44, -50, -60}, {140, 200, 120, 135, 200}},
    },
};

struct band {
	struct ramp a1, a2, a3, k, b1, b2;
	vf ic1, ic2;
};

struct state {
	struct band band[FORMANTS];
};

static vf
between(const float *numbers, vi first, vf share)
{
	const vf from = gather(numbers, first);
	return from + share * (gather(numbers, first + 1) - from);
}

static void
settle(struct band *q, const struct formant *f, int odd, const struct block *b)
{
	const vf vowel = clamp(last(b->in[VOWEL], b), 0.0f, VOWELS - 1.0f), low = vmin(vfloor(vowel), splat(VOWELS - 2.0f));
	const vf share = vowel - low, shift = lm_exp2(clamp(last(b->in[SHIFT], b), -60.0f, 60.0f) * (1.0f / 12.0f));
	const vi first = to_int(low);
	const vf from = gather(f->hz, first), hz = from * lm_pow(gather(f->hz, first + 1) / from, share);
	const vf width = between(f->width, first, share) * clamp(last(b->in[WIDTH], b), 0.05f, 50.0f);
	const vf w = vmin(matched_w(hz * shift, b->c), splat(0.42f * RADIANS)), k = vmin(width / hz, splat(2.0f));
	const struct two_pole t = two_pole(w, k);
	const vf level = lm_db_gain(between(f->db, first, share)) * k * (odd ? -1.0f : 1.0f), slope = t.g / w;
	const vf a1 = 1.0f / (1.0f + t.g * (t.g + t.k)), bent = matched_w2[1] / splat(matched_u[1]);
	ramp_to(&q->a1, a1, b);
	ramp_to(&q->a2, t.g * a1, b);
	ramp_to(&q->a3, t.g * (t.g * a1), b);
	ramp_to(&q->k, t.k, b);
	ramp_to(&q->b1, level * (2.0f * slope), b);
	ramp_to(&q->b2, level * slope * t.g * root_of((bent * t.p[1] - 4.0f) / matched_u[1]), b);
}

static void
run(void *state, const struct block *b)
{
	struct state *const s = state;
	const struct formant *voice = table[(int)fminf(fmaxf(b->c->fixed[VOICE], 0), VOICES - 1)];
	vf x[BLOCK], *const y = b->out[0];
	for (int i = 0; i < b->n; i++) {
		x[i] = at(b->in[IN], i);
		y[i] = splat(0.0f);
	}
	for (int j = 0; j < FORMANTS; j++) {
		settle(&s->band[j], &voice[j], j & 1, b);
		struct band q = s->band[j];
		for (int i = 0; i < b->n; i++) {
			const vf a1 = ramp_next(&q.a1), a2 = ramp_next(&q.a2), a3 = ramp_next(&q.a3);
			const vf v3 = x[i] - q.ic2, v1 = a1 * q.ic1 + a2 * v3, v2 = (q.ic2 + a2 * q.ic1) + a3 * v3;
			q.ic1 = 2.0f * v1 - q.ic1;
			q.ic2 = 2.0f * v2 - q.ic2;
			y[i] += ramp_next(&q.b1) * v1 + ramp_next(&q.b2) * (x[i] - ramp_next(&q.k) * v1 - v2);
		}
		s->band[j] = q;
	}
}

MODULE(vowel) = {
	.name = "vowel", .group = "filter",
	.help = "formants of a e i o u for any sound",
	.ports = ports, .flags = MODULE_AUDIO, .state = sizeof(struct state), .run = run,
	.example = "vowel{saw{}, vowel = lfo{rate = 0.5} * 2 + 2} * adsr{} >> voices()",
};
