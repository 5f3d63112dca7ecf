/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lane functions against libm, and what they do at their limits. */
#define LANES 1
#include "dsp/lmath.h"

#include <stdio.h>

#include "base/rng.h"
#include "tap.h"

/* Worst error over random x, relative to |want| or, where that is smaller, to `floor`. */
#define CHECK(name, limit, lo, hi, least, got, want)                                                           \
	do {                                                                                                   \
		struct rng rng = {1, 0};                                                                       \
		double worst = 0;                                                                              \
		for (int i = 0; i < 100000; i++) {                                                             \
			const float xf = (float)((lo) + ((hi) - (lo)) * rng_uniform(&rng));                    \
			const double x = (double)xf, w = (want), e = fabs((double)(got) - w) / fmax(fabs(w), least); \
			if (!(e <= worst))                                                                     \
				worst = e;                                                                     \
		}                                                                                              \
		ok(worst < (limit), "%s: worst error %.2g", name, worst);                                      \
	} while (0)

int
main(void)
{
	CHECK("exp2", 2e-7, -126, 127, 0, lm_exp2(xf), exp2(x));
	CHECK("log2", 3e-7, 1e-6, 10, 0.1, lm_log2(xf), log2(x));
	CHECK("log2, wide", 2e-7, 1, 1e30, 0, lm_log2(xf), log2(x));
	CHECK("pow", 2e-6, 0.01, 8, 0, lm_pow(xf, 2.5f), pow(x, 2.5));
	CHECK("sin, a turn", 2e-7, -0.5, 0.5, 0.5, lm_sin_turn(xf), sin(2 * M_PI * x));
	CHECK("sin, many turns", 2e-7, -1000, 1000, 1, lm_sin_turn(xf), sin(2 * M_PI * x));
	CHECK("cos", 5e-7, -0.5, 0.5, 1, lm_cos_turn(xf), cos(2 * M_PI * x));
	CHECK("tan", 5e-7, 0, 0.49, 1e-3, lm_tan_pi(xf), tan(M_PI * x));
	CHECK("tan near 0", 3e-7, 1e-5, 1e-2, 0, lm_tan_pi(xf), tan(M_PI * x));
	CHECK("tanh", 3e-7, -12, 12, 0, lm_tanh(xf), tanh(x));
	CHECK("tanh near 0", 2e-7, -0.1, 0.1, 0, lm_tanh(xf), tanh(x));
	CHECK("note to Hz", 1e-6, -20, 140, 0, lm_note_hz(xf), 440 * exp2((x - 69) / 12));
	CHECK("dB to gain", 1e-6, -100, 40, 0, lm_db_gain(xf), pow(10, x / 20));

	int whole = 1;
	for (int k = -126; k < 128; k++)
		whole &= lm_exp2((float)k) == ldexpf(1, k) && lm_log2(ldexpf(1, k)) == (float)k;
	ok(whole, "exp2 and log2 of whole powers are exact");
	ok(lm_exp2(1e9f) == lm_exp2(127) && lm_exp2(-1e9f) == lm_exp2(-126) && isfinite(lm_exp2(NAN)),
	    "exp2 is bounded");
	ok(lm_tanh(100) == 1 && lm_tanh(-100) == -1 && lm_tanh(0) == 0, "tanh at its ends");
	ok(lm_sin_turn(0) == 0 && lm_sin_turn(0.5f) == 0 && lm_sin_turn(0.25f) == 1 && lm_cos_turn(0) == 1,
	    "sin at the quarters");
	ok(lm_note_hz(69) == 440 && lm_note_hz(81) == 880 && lm_db_gain(0) == 1, "A is 440 Hz, 0 dB is 1");
	ok(vfloor(-0.5f) == -1 && vfloor(2.0f) == 2 && vfloor(-3.0f) == -3 && fract(1.25f) == 0.25f, "floor and fract");

	/* noise: mean, variance, neighbours, seeds */
	double m = 0, v = 0, c = 0, d = 0;
	const int n = 1 << 20;
	for (int i = 0; i < n; i++) {
		const double x = noise_float(7, (vu)i);
		m += x;
		v += x * x;
		c += x * (double)noise_float(7, (vu)i + 1);
		d += x * (double)noise_float(8, (vu)i);
	}
	ok(fabs(m / n) < 3e-3 && fabs(v / n * 3 - 1) < 5e-3 && fabs(c / n) < 2e-3 && fabs(d / n) < 2e-3,
	    "noise: mean %.1g, variance * 3 %.4f, correlation with the next %.1g, with another seed %.1g", m / n,
	    v / n * 3, c / n, d / n);
	return done();
}
