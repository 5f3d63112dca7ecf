/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * multimode: low, high, band or notch, 12 or 24 dB an octave, with drive before it.
 * 12 is one two-pole section, k = 1 / Q = sqrt 2 (1 - resonance) + 0.02 resonance, so that without
 * resonance low and high are Butterworth's; 24 is two in a row: Butterworth's pair, k =
 * 1.848 and 0.765, of which the second rings. Drive is
 * a saturation of level 1 (synth/mod/ladder.h: sat), crossed in from clean: at 0 dB nothing is bent. The
 * sections are trapezoidal, and as near the analog curve as svf (synth/mod/matched.h):
 * within 0.1 dB to 0.227 of the rate (10 kHz at 44.1), for cutoffs to 0.36 of it.
 */
#include "synth/mod/ladder.h"

enum { IN, CUTOFF, RESONANCE, DRIVE, MODE, SLOPE };
enum { LOW, HIGH, BAND, NOTCH };

static const char *const modes[] = {"low", "high", "band", "notch", NULL};
static const char *const slopes[] = {"12", "24", NULL};

static const struct port ports[] = {
	PORT_SOUND("in", "sound"),
	PORT_KNOB("cutoff", 1000, 10, 20000, SCALE_LOG, "Hz", "corner frequency"),
	PORT_KNOB("resonance", 0, 0, 1, SCALE_LINEAR, NULL, "from flat to a Q of 50"),
	PORT_KNOB("drive", 0, 0, 48, SCALE_LINEAR, "dB", "into a saturation; half of it is taken back after"),
	PORT_CHOICE("mode", LOW, modes, "what passes"),
	PORT_CHOICE("slope", 1, slopes, "dB an octave"),
	PORT_RESULT("out", "sound"),
	{0},
};

/* A section's output is C0 + C1 S + C2 S^2 over the denominator, and T0 + T1 / z of that. */
enum { A1, A2, A3, K, C0, C1, C2, T0, T1, COEFS };

struct section {
	vf ic1, ic2, y;
	struct ramp ramp[COEFS];
};

struct state {
	struct section section[2];
	struct ramp into, bend;
};

static inline void
coefs(vf w, vf k, int mode, vf q[COEFS])
{
	const struct two_pole t = two_pole(w, k);
	const vf g = t.g, slope = 2.0f * g / w, zero = splat(0.0f), one = splat(1.0f);
	q[K] = t.k;
	q[A1] = 1.0f / (1.0f + g * (g + t.k));
	q[A2] = g * q[A1];
	q[A3] = g * q[A2];
	q[C0] = q[C1] = q[C2] = q[T1] = zero;
	q[T0] = one;
	if (mode == LOW) {
		const struct numerator n = matched_fit(t.p[0], t.p[1]);
		q[C0] = one;
		q[C1] = n.n1 * g;
		q[C2] = n.n2 * (g * g);
	} else if (mode == BAND) {
		q[C1] = slope * k; /* 1 at its middle */
		q[C2] = slope * k * g * root_of((loop_bent[1] * t.p[1] - 1.0f) / matched_u[1]);
	} else if (mode == HIGH) {
		q[C2] = slope * slope;
		matched_taps(loop_bent[1] * loop_bent[1] * t.p[1], &q[T0], &q[T1]);
	} else {
		q[C0] = one;
		matched_notch(w, &t, &q[C2], &q[T0], &q[T1]);
	}
}

/* One section over the block, in place. */
static void
filter(struct section *state, vf *x, const struct in cutoff, const struct in resonance, vf k0, vf k1, int mode,
    const struct block *b)
{
	struct section s = *state;
	vf q[COEFS];
	coefs(matched_w(last(cutoff, b), b->c), k0 + k1 * clamp(last(resonance, b), 0.0f, 1.0f), mode, q);
	for (int j = 0; j < COEFS; j++)
		ramp_to(&s.ramp[j], q[j], b);
	const int audio = cutoff.stride | resonance.stride;
	for (int i = 0; i < b->n; i++) {
		LOOP_LINES(q, s.ramp, COEFS);
		if (audio)
			coefs(matched_w(at(cutoff, i), b->c), k0 + k1 * clamp(at(resonance, i), 0.0f, 1.0f), mode, q);
		const vf v3 = x[i] - s.ic2, v1 = q[A1] * s.ic1 + q[A2] * v3, v2 = (s.ic2 + q[A2] * s.ic1) + q[A3] * v3;
		s.ic1 = 2.0f * v1 - s.ic1;
		s.ic2 = 2.0f * v2 - s.ic2;
		const vf y = q[C0] * v2 + q[C1] * v1 + q[C2] * (x[i] - q[K] * v1 - v2);
		x[i] = q[T0] * y + q[T1] * s.y;
		s.y = y;
	}
	*state = s;
}

static void
run(void *state, const struct block *b)
{
	struct state *const s = state;
	const int mode = (int)fminf(fmaxf(b->c->fixed[MODE], 0), NOTCH);
	const int steep = b->c->fixed[SLOPE] > 0.5f;
	const vf drive = clamp(last(b->in[DRIVE], b), 0.0f, 60.0f);
	vf *const y = b->out[0];
	ramp_to(&s->into, lm_db_gain(drive), b);
	ramp_to(&s->bend, vmin(drive * (1.0f / 6.0f), splat(1.0f)), b);
	struct ramp into = s->into, bend = s->bend;
	for (int i = 0; i < b->n; i++) {
		const vf x = clamp(at(b->in[IN], i), -1e9f, 1e9f), g = ramp_next(&into), much = ramp_next(&bend);
		const struct fraction f = saturate(x * g);
		y[i] = x + much * (f.over / (f.under * vsqrt(g)) - x);
	}
	s->into = into, s->bend = bend;
	const vf none = splat(0.02f);
	if (!steep) {
		const vf k = splat(1.41421356f);
		filter(&s->section[0], y, b->in[CUTOFF], b->in[RESONANCE], k, none - k, mode, b);
		return;
	}
	const vf calm = splat(1.84775907f), rings = splat(0.76536686f);
	filter(&s->section[0], y, b->in[CUTOFF], b->in[RESONANCE], calm, splat(0.0f), mode, b);
	filter(&s->section[1], y, b->in[CUTOFF], b->in[RESONANCE], rings, none - rings, mode, b);
}

MODULE(multimode) = {
	.name = "multimode", .group = "filter",
	.help = "low, high, band or notch, 12 or 24 dB an octave, with drive",
	.ports = ports, .flags = MODULE_AUDIO, .state = sizeof(struct state), .run = run,
	.example = "multimode{saw{}, cutoff = 900, resonance = 0.6, drive = 12, slope = '24'} * adsr{} >> voices()",
};
