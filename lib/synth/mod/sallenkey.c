/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * sallenkey: the low-pass and the high-pass of the small Japanese semi-modulars of 1978 (K35; after W. Pirkle,
 * "Virtual Analog Korg35 Lowpass Filter", and V. Zavalishin, ch. 5): two one-pole filters
 * with positive feedback around the second, limited where it joins,
 *     low   y = L(sat(L(drive in) + k H(y)))     L = 1 / (1 + s), H = s / (1 + s)
 *     high  y = H(sat(H(drive in) + k L(y)))
 * so y / in = 1 or s^2 over s^2 + (2 - k) s + 1 for small signals. It oscillates by itself from k = 2
 * (at most 2.08), at its cutoff, and as it gets louder the resonance gives way. Trapezoidal, no delay in the
 * loop (synth/mod/ladder.h); poles matched and outputs fitted (synth/mod/matched.h): within 0.1 dB of the analog
 * curve to 0.227 of the rate (10 kHz at 44.1), for cutoffs to 0.36 of it.
 */
#include "synth/mod/ladder.h"

enum { IN, CUTOFF, RESONANCE, DRIVE, MODE };
enum { LOW, HIGH };

static const char *const modes[] = {"low", "high", NULL};

static const struct port ports[] = {
	PORT_SOUND("in", "sound"),
	PORT_KNOB("cutoff", 1000, 10, 20000, SCALE_LOG, "Hz", "corner frequency"),
	PORT_KNOB("resonance", 0, 0, 1, SCALE_LINEAR, NULL, "it oscillates by itself from 0.96"),
	PORT_KNOB("drive", 0, -24, 48, SCALE_LINEAR, "dB", "into the saturation; half of it is taken back after"),
	PORT_CHOICE("mode", LOW, modes, "low or high, 12 dB an octave"),
	PORT_RESULT("out", "sound"),
	{0},
};

/* Out = C0 y + C1 (s y) + C2 (y one frame ago). */
enum { G, K, INTO, OUT, C0, C1, C2, COEFS };

struct state {
	vf s[3], y;
	struct ramp ramp[COEFS];
};

static inline void
coefs(vf cutoff, vf resonance, int mode, const struct context *c, vf q[COEFS])
{
	const vf k = clamp(resonance, 0.0f, 1.0f) * 2.08f, kept = vmin(k, splat(2.0f)), w = loop_w(cutoff, c);
	const struct two_pole t = two_pole(w, 2.0f - kept);
	/* a fit on the verge of oscillation would be 0 / 0: a little damping for that alone */
	const struct two_pole p = two_pole(w, vmax(2.0f - kept, splat(0.01f)));
	q[G] = t.g;
	q[K] = 2.0f - t.k + (k - kept);
	if (mode == LOW) {
		/* (1 + n1 s + n2 s^2) / (1 + s) = n2 s + n1 - n2 + (1 - n1 + n2) (1 + 1 / z) / 2 */
		const struct numerator n = matched_fit(p.p[0] * (1.0f + matched_u[0]), p.p[1] * (1.0f + matched_u[1]));
		const vf rest = 0.5f * (1.0f - n.n1 + n.n2);
		q[C0] = n.n1 - n.n2 + rest;
		q[C1] = n.n2;
		q[C2] = rest;
	} else {
		const vf scale = square_of(2.0f * t.g / w);
		matched_taps(p.p[1] * (loop_bent[1] * loop_bent[1]), &q[C0], &q[C2]);
		q[C0] *= scale;
		q[C1] = splat(0.0f);
		q[C2] *= scale;
	}
}

static void
run(void *state, const struct block *b)
{
	struct state *const st = state;
	struct state s = *st;
	const int mode = b->c->fixed[MODE] > 0.5f ? HIGH : LOW;
	vf q[COEFS];
	coefs(last(b->in[CUTOFF], b), last(b->in[RESONANCE], b), mode, b->c, q);
	const vf drive = clamp(last(b->in[DRIVE], b), -60.0f, 60.0f);
	q[INTO] = lm_db_gain(drive);
	q[OUT] = lm_db_gain(-0.5f * drive);
	for (int j = 0; j < COEFS; j++)
		ramp_to(&s.ramp[j], q[j], b);
	const int audio = b->in[CUTOFF].stride | b->in[RESONANCE].stride;
	for (int i = 0; i < b->n; i++) {
		LOOP_LINES(q, s.ramp, COEFS);
		if (audio)
			coefs(at(b->in[CUTOFF], i), at(b->in[RESONANCE], i), mode, b->c, q);
		const vf x = clamp(at(b->in[IN], i), -1e6f, 1e6f) * q[INTO];
		const vf h = 1.0f / (1.0f + q[G]), g = q[G] * h, kgh = -q[K] * g * h; /* h = 1 - g */
		const vf first = g * x + h * s.s[0];
		s.s[0] = 2.0f * first - s.s[0];
		vf y, slope;
		if (mode == LOW) {
			const vf m = h * s.s[1];
			const vf u = saturated_loop(first + q[K] * h * (m - s.s[2]), kgh);
			y = g * u + m;
			s.s[1] = 2.0f * y - s.s[1];
			slope = q[G] * (u - y);
			s.s[2] = 2.0f * (g * y + h * s.s[2]) - s.s[2];
		} else {
			/* L(y) = g y + h s2, y = h (u - s1) */
			const vf u = saturated_loop((x - first) + q[K] * h * (s.s[2] - g * s.s[1]), kgh);
			const vf low = g * u + h * s.s[1];
			y = u - low;
			s.s[1] = 2.0f * low - s.s[1];
			slope = splat(0.0f);
			s.s[2] = 2.0f * (g * y + h * s.s[2]) - s.s[2];
		}
		b->out[0][i] = q[OUT] * (q[C0] * y + q[C1] * slope + q[C2] * s.y);
		s.y = y;
	}
	*st = s;
}

MODULE(sallenkey) = {
	.name = "sallenkey", .group = "filter",
	.help = "two-pole filter with limited feedback, low or high, up to self-oscillation (K35)",
	.ports = ports, .flags = MODULE_AUDIO, .state = sizeof(struct state), .run = run,
	.example = "sallenkey{saw{}, cutoff = 700, resonance = 0.8, drive = 12} * adsr{} >> voices()",
};
