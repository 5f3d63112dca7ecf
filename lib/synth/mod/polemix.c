/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * polemix: one four-pole loop, many filters: the taps of the stages are weighted and
 * summed, as in the big American polysynths of 1984 (Oberheim's Xpander; "pole mixing"):
 *     out = N(s) / ((1 + s)^4 + k)
 * N by `mode`: (1 + s)^(4-n) for a low-pass of n poles, s^n (1 + s)^(4-n) for a high-pass, 2 s (1 + s)^2 and
 * 4 s^2 for bands, (1 + s^2) (1 + s)^2 for a notch, (1 + s^2) (1 + s) for a notch on a low-pass,
 * (1 - s)^3 (1 + s) for three poles of all-pass. Loop, saturation and resonance are ladder's: in (1 + k / 2),
 * oscillation from k = 4 (at most 4.4), at the cutoff. Zeros stand where the analog ones belong and a fit gives
 * the rest of the analog magnitude for small signals (synth/mod/matched.h), to 0.227 of the rate (10 kHz at
 * 44.1): within 0.12 dB for cutoffs to 0.09 of it (4 kHz); to 0.36 (16 kHz) low and band12 within 0.1, high6
 * and phase 0.12, high12 0.15, band24 0.2, notch and high18 0.3, notchlow 0.4.
 */
#include "synth/mod/ladder.h"

enum { IN, CUTOFF, RESONANCE, DRIVE, MODE };

static const char *const modes[] = {"low6", "low12", "low18", "low24", "high6", "high12", "high18", "band12", "band24",
    "notch", "notchlow", "phase", NULL};

/* N by powers of s, `zeros` of which are at 0 Hz; (1 + s^2) is left out where `notch`. taps: zeros that the fit puts at half the
   rate; with less than two, N leaves room for it among the stages. */
static const struct mode {
	float n[5];
	int zeros, notch, taps;
} mixes[] = {
    {{1, 3, 3, 1, 0}, 0, 0, 2},
    {{1, 2, 1, 0, 0}, 0, 0, 1},
    {{1, 1, 0, 0, 0}, 0, 0, 1},
    {{1, 0, 0, 0, 0}, 0, 0, 0},
    {{0, 1, 3, 3, 1}, 1, 0, 2},
    {{0, 0, 1, 2, 1}, 2, 0, 2},
    {{0, 0, 0, 1, 1}, 3, 0, 2},
    {{0, 2, 4, 2, 0}, 1, 0, 2},
    {{0, 0, 4, 0, 0}, 2, 0, 1},
    {{1, 2, 1, 0, 0}, 0, 1, 2},
    {{1, 1, 0, 0, 0}, 0, 1, 2},
    {{1, -2, 0, 2, -1}, 0, 0, 2},
};
enum { MODES = sizeof mixes / sizeof *mixes };

static const struct port ports[] = {
	PORT_SOUND("in", "sound"),
	PORT_KNOB("cutoff", 1000, 10, 20000, SCALE_LOG, "Hz", "corner frequency"),
	PORT_KNOB("resonance", 0, 0, 1, SCALE_LINEAR, NULL, "it oscillates by itself from 0.91"),
	PORT_KNOB("drive", 0, -24, 48, SCALE_LINEAR, "dB", "into the saturation; half of it is taken back after"),
	PORT_CHOICE("mode", 7, modes, "what passes, and dB an octave"),
	PORT_RESULT("out", "sound"),
	{0},
};

/* Weights of S^0 to S^4 over the four stages, then three taps. */
enum { G, K, INTO, OUT, S0, S1, S2, S3, S4, T0, T1, T2, COEFS };

struct state {
	vf s[4], past[2];
	struct ramp ramp[COEFS];
};

/* |N|^2 at s = i x, with (1 + c s^2) where there is a notch. */
static inline vf
power(const struct mode *m, vf x2, vf c)
{
	const vf re = m->n[0] - x2 * (m->n[2] - x2 * m->n[4]), im = m->n[1] - x2 * m->n[3];
	vf p = re * re + x2 * im * im;
	if (m->notch)
		p = p * square_of(1.0f - c * x2) + 1e-3f;
	return p;
}

static inline void
coefs(vf cutoff, vf resonance, const struct mode *m, const struct context *c, vf q[COEFS])
{
	const vf k = clamp(resonance, 0.0f, 1.0f) * 4.4f, one = splat(1.0f);
	const struct loop l = four_loop(loop_w(cutoff, c), k);
	q[G] = l.g / (1.0f + l.g);
	q[K] = l.k;
	q[INTO] = (1.0f + 0.5f * k) * l.dc;
	/* real zeros where they belong, at s = tanh(w / 2), and the notch at tan(w / 2) */
	const vf gz = lm_tanh(0.5f * l.w), over_gz2 = 1.0f / (gz * gz), rho = l.g / gz;
	const vf place = gz / lm_tan_pi(l.w * (1.0f / RADIANS)), wide = place * place;
	vf scale = one;
	for (int j = 0; j < m->zeros; j++)
		scale = scale * (2.0f * gz / l.w);
	const vf over_w2 = 1.0f / (l.w * l.w), over_scale2 = 1.0f / (scale * scale);
	vf p[2];
	for (int i = 0; i < 2; i++)
		p[i] = l.p[i] * (power(m, matched_w2[i] * over_w2, one) / power(m, matched_u[i] * over_gz2, wide)) * over_scale2;
	vf *const n = &q[S0];
	for (int j = 0; j < 5; j++, scale = scale * rho)
		n[j] = scale * m->n[j];
	if (m->notch)
		for (int j = 4; j >= 2; j--)
			n[j] = n[j] + wide * rho * rho * n[j - 2];
	const struct numerator f = loop_fit(&l, p[0], p[1], m->taps);
	if (m->taps < 2) { /* room for it among the stages, and `taps` zeros at half the rate */
		for (int j = 4; j >= 1; j--)
			n[j] = n[j] + f.n1 * n[j - 1] + f.n2 * (j > 1 ? n[j - 2] : splat(0.0f));
		q[T0] = splat(m->taps ? 0.5f : 1.0f);
		q[T1] = splat(m->taps ? 0.5f : 0.0f);
		q[T2] = splat(0.0f);
	} else {
		const vf n1 = f.n1 / l.g, n2 = f.n2 / (l.g * l.g);
		q[T0] = 0.25f * (1.0f + n1 + n2);
		q[T1] = 0.5f * (1.0f - n2);
		q[T2] = 0.25f * (1.0f - n1 + n2);
	}
}

static void
run(void *state, const struct block *b)
{
	struct state *const st = state;
	struct state s = *st;
	const struct mode *m = &mixes[(int)fminf(fmaxf(b->c->fixed[MODE], 0), MODES - 1)];
	vf q[COEFS];
	coefs(last(b->in[CUTOFF], b), last(b->in[RESONANCE], b), m, b->c, q);
	const vf drive = clamp(last(b->in[DRIVE], b), -60.0f, 60.0f), into = lm_db_gain(drive);
	q[INTO] *= into;
	q[OUT] = lm_db_gain(-0.5f * drive);
	for (int j = 0; j < COEFS; j++)
		ramp_to(&s.ramp[j], q[j], b);
	const int audio = b->in[CUTOFF].stride | b->in[RESONANCE].stride;
	for (int i = 0; i < b->n; i++) {
		LOOP_LINES(q, s.ramp, COEFS);
		if (audio) {
			coefs(at(b->in[CUTOFF], i), at(b->in[RESONANCE], i), m, b->c, q);
			q[INTO] *= into;
		}
		vf y[5];
		four_stages(s.s, clamp(at(b->in[IN], i), -1e6f, 1e6f) * q[INTO], q[G], q[K], y);
		/* S times a stage's output is the one before it less itself */
		const vf s1 = y[3] - y[4], a = y[2] - y[3], s2 = a - s1, d = y[1] - y[2], e = d - a, s3 = e - s2;
		const vf s4 = (((y[0] - y[1]) - d) - e) - s3;
		const vf sum = q[S0] * y[4] + q[S1] * s1 + q[S2] * s2 + q[S3] * s3 + q[S4] * s4;
		b->out[0][i] = q[OUT] * (q[T0] * sum + q[T1] * s.past[0] + q[T2] * s.past[1]);
		s.past[1] = s.past[0];
		s.past[0] = sum;
	}
	*st = s;
}

MODULE(polemix) = {
	.name = "polemix", .group = "filter",
	.help = "four poles mixed into low, high, band, notch and phase, with saturation",
	.ports = ports, .flags = MODULE_AUDIO, .state = sizeof(struct state), .run = run,
	.example = "polemix{saw{}, cutoff = 900, resonance = 0.6, mode = 'band12'} * adsr{} >> voices()",
};
