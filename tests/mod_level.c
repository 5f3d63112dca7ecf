/* SPDX-License-Identifier: GPL-3.0-or-later */
/* gate, transient, follow: what the level of a sound does to it, in dB and frames. */
#include "effect_rig.h"

enum { RATE = 44100 };

/* dB of out over in, at the frames around `at` where the sound is not near zero. */
static double
gain_at(const float *out, const float *in, int at)
{
	double o = 0, i = 0;
	for (int k = at - 44; k < at + 44; k++) {
		o += (double)out[k] * out[k];
		i += (double)in[k] * in[k];
	}
	return rig_db(sqrt(o / i));
}

/* 1 kHz at -60 dB, a second later at -20 dB, then at -60 dB again. */
static void
burst_into(float *x, int n, double loud, double soft)
{
	for (int i = 0; i < n; i++)
		x[i] = (float)((i >= RATE && i < 2 * RATE ? loud : soft) * sin(TURN * 1000 * i / RATE));
}

static void
test_gate(void)
{
	struct effect e;
	effect_open(&e, "gate", RATE, 3 * RATE);
	effect_set(&e, "threshold", -40);
	effect_set(&e, "range", -30);
	effect_set(&e, "hold", 0.25);
	effect_set(&e, "attack", 0.01);
	effect_set(&e, "release", 0.1);
	float *x = effect_signal(&e, "left");
	burst_into(x, e.frames, 0.1, 0.001);
	effect_run(&e);
	const float *y = effect_out(&e, "left");
	ok(fabs(gain_at(y, x, RATE / 2) + 30) < 0.01, "gate: shut at -30 dB: %.3f dB", gain_at(y, x, RATE / 2));
	ok(fabs(gain_at(y, x, RATE + RATE / 2)) < 0.01, "gate: open: %.3f dB", gain_at(y, x, RATE + RATE / 2));
	const double shut = pow(10, -1.5), at_tau = rig_db(1 + (shut - 1) * exp(-1)), got = gain_at(y, x, RATE + 441);
	ok(fabs(got - at_tau) < 0.3, "gate: 63 %% of the way after its attack: %.2f dB", got);
	const double held = gain_at(y, x, 2 * RATE + RATE / 4 - 88), over = gain_at(y, x, 2 * RATE + RATE / 4 + 4410);
	ok(fabs(held) < 0.05, "gate: still open just before its hold is over: %.3f dB", held);
	ok(fabs(over - rig_db(shut + (1 - shut) * exp(-1))) < 0.1, "gate: a release later %.2f dB", over);
	effect_close(&e);

	/* Just under the threshold but within the hysteresis, it stays as it was. */
	for (int first = 0; first < 2; first++) {
		effect_open(&e, "gate", RATE, 3 * RATE);
		effect_set(&e, "threshold", -20);
		effect_set(&e, "hysteresis", 6);
		x = effect_signal(&e, "left");
		for (int i = 0; i < e.frames; i++)
			x[i] = (float)((i < RATE && first ? 0.2 : 0.07) * sin(TURN * 50 * i / RATE));
		effect_run(&e);
		const double level = gain_at(effect_out(&e, "left"), x, 2 * RATE + 220);
		ok(first ? fabs(level) < 0.01 : level < -60, "gate: between the two levels it stays %s: %.1f dB",
		    first ? "open" : "shut", level);
		effect_close(&e);
	}

	effect_open(&e, "gate", RATE, RATE);
	effect_set(&e, "source", 1);
	effect_set(&e, "left", 1);
	effect_set(&e, "right", 0.5);
	effect_signal(&e, "key")[22050] = 1;
	effect_run(&e);
	const float *l = effect_out(&e, "left"), *r = effect_out(&e, "right");
	ok(l[22000] < 2e-4 && l[22050 + 1000] > 0.99f && l[44000] < 0.02f && r[23000] == 0.5f * l[23000],
	    "gate: a click in the key opens it for both sides");
	effect_close(&e);
}

static void
test_transient(void)
{
	float *kept = NULL;
	for (int k = 0; k < 2; k++) { /* the same 40 dB softer */
		struct effect e;
		effect_open(&e, "transient", RATE, 3 * RATE);
		effect_set(&e, "attack", 9);
		effect_set(&e, "sustain", -12);
		float *x = effect_signal(&e, "left");
		burst_into(x, e.frames, k ? 0.005 : 0.5, k ? 0.0005 : 0.05);
		effect_run(&e);
		const float *y = effect_out(&e, "left");
		if (!k) {
			ok(fabs(gain_at(y, x, RATE / 2)) < 0.01 && fabs(gain_at(y, x, 2 * RATE - 100)) < 0.01,
			    "transient: a steady sound passes: %.3f dB", gain_at(y, x, 2 * RATE - 100));
			const double first = gain_at(y, x, RATE + 176);
			/* 4 ms after a step of 20 dB late is 17.5 dB behind: full attack, but for the glide */
			ok(fabs(first - 9) < 0.4, "transient: 4 ms after the step %.2f dB of 9", first);
			ok(gain_at(y, x, RATE + RATE / 10) < 0.05, "transient: over after 100 ms");
			/* 200 ms after a fall by 20 dB: long is 14 dB over peak, which came down in 100 ms */
			const double tail = gain_at(y, x, 2 * RATE + RATE / 5 - 60);
			ok(fabs(tail + 12) < 0.3, "transient: 200 ms after the fall %.2f dB of -12", tail);
			kept = malloc((size_t)e.frames * sizeof *kept);
			memcpy(kept, y, (size_t)e.frames * sizeof *kept);
		} else {
			double worst = 0;
			for (int i = RATE / 2; i < 3 * RATE; i++)
				worst = fmax(worst, fabs(100.0 * y[i] - kept[i]));
			ok(worst < 1e-3, "transient: 40 dB softer is the same 40 dB softer, within %.1e", worst);
			free(kept);
		}
		effect_close(&e);
	}
}

static void
test_follow(void)
{
	struct effect e;
	effect_open(&e, "follow", RATE, RATE);
	effect_set(&e, "attack", 0.02);
	effect_set(&e, "release", 0.1);
	float *x = effect_signal(&e, "in");
	for (int i = 0; i < RATE / 2; i++)
		x[i] = i & 1 ? -0.8f : 0.8f;
	effect_run(&e);
	const float *y = effect_out(&e, "out");
	const double rise = y[881] / 0.8, fall = y[RATE / 2 + 4409] / 0.8;
	ok(fabs(rise - 1 + exp(-1)) < 2e-3, "follow: 63 %% of the way up after its attack: %.4f", rise);
	ok(fabs(fall - exp(-1)) < 2e-3, "follow: 37 %% left after its release: %.4f", fall);
	effect_close(&e);

	double worst = 0;
	for (int hz = 100; hz <= 6400; hz *= 4) {
		effect_open(&e, "follow", RATE, 3 * RATE);
		effect_set(&e, "attack", 0.3);
		effect_set(&e, "release", 0.3);
		effect_set(&e, "mode", 1);
		effect_set(&e, "gain", 6.0206);
		sine_into(effect_signal(&e, "in"), e.frames, hz, RATE, 0.25);
		effect_run(&e);
		worst = fmax(worst, fabs(effect_out(&e, "out")[3 * RATE - 100] - 0.5 * sqrt(0.5)));
		effect_close(&e);
	}
	ok(worst < 2e-3, "follow: power: 6.02 dB over a sine of 0.25 is 0.3536 within %.4f, at any frequency", worst);
}

int
main(void)
{
	test_gate();
	test_transient();
	test_follow();
	return done();
}
