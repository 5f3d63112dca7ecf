/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Compressor, expander, exciter and equaliser against their curves in dB. */
#include "effect_rig.h"

enum { RATE = 48000 };

/* The static curve, as written in every textbook: three pieces. */
static double
curve(double in, double threshold, double ratio, double knee)
{
	const double over = in - threshold;
	if (2 * over < -knee)
		return in;
	if (2 * fabs(over) <= knee && knee > 0)
		return in + (1 / ratio - 1) * (over + knee / 2) * (over + knee / 2) / (2 * knee);
	return threshold + over / ratio;
}

static void
test_curve(void)
{
	static const struct { double threshold, ratio, knee; } cases[] = {{-20, 4, 0}, {-20, 4, 12}, {-30, 50, 6}, {-10, 1, 6}};
	for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
		double worst = 0;
		for (int in = -60; in <= 0; in += 5) {
			struct effect e;
			effect_open(&e, "compressor", RATE, 4800);
			effect_set(&e, "threshold", cases[k].threshold);
			effect_set(&e, "ratio", cases[k].ratio);
			effect_set(&e, "knee", cases[k].knee);
			effect_set(&e, "left", (float)pow(10, in / 20.0)); /* a constant: its level is known exactly */
			effect_run(&e);
			const double out = rig_db(effect_out(&e, "left")[4799]);
			worst = fmax(worst, fabs(out - curve(in, cases[k].threshold, cases[k].ratio, cases[k].knee)));
			effect_close(&e);
		}
		ok(worst < 0.01, "compressor: static curve, threshold %g ratio %g knee %g: within %.4f dB", cases[k].threshold,
		    cases[k].ratio, cases[k].knee, worst);
	}
}

/* A square wave has one level all the time: from -40 to 0 dB and back. */
static void
test_times(void)
{
	struct effect e;
	effect_open(&e, "compressor", RATE, 4 * RATE);
	effect_set(&e, "threshold", -20);
	effect_set(&e, "ratio", 4);
	effect_set(&e, "knee", 0);
	effect_set(&e, "attack", 0.02);
	effect_set(&e, "release", 0.3);
	effect_set(&e, "makeup", 3);
	float *x = effect_signal(&e, "left"), *quiet = effect_signal(&e, "right");
	for (int i = 0; i < e.frames; i++) {
		x[i] = (i / 24 % 2 ? -1.0f : 1.0f) * (i >= RATE && i < 2 * RATE ? 1 : 0.01f);
		quiet[i] = 0.005f;
	}
	effect_run(&e);
	const float *y = effect_out(&e, "left"), *q = effect_out(&e, "right");
	double linked = 0;
	int attack = 0, release = 0;
	for (int i = RATE; i < e.frames; i++) {
		const double gain = rig_db(fabsf(y[i] / x[i])) - 3;
		linked = fmax(linked, fabs(gain + 3 - rig_db(q[i] / quiet[i])));
		if (!attack && gain <= -15 * (1 - exp(-1)))
			attack = i - RATE;
		if (i >= 2 * RATE && !release && gain >= -15 * exp(-1))
			release = i - 2 * RATE;
	}
	ok(abs(attack - 960) <= 2, "compressor: attack of 20 ms reaches 63 %% after %.3f ms", attack / 48.0);
	ok(abs(release - 14400) <= 15, "compressor: release of 300 ms reaches 63 %% after %.2f ms", release / 48.0);
	ok(linked < 1e-4, "compressor: both sides are turned down alike, within %.1e dB", linked);
	ok(fabs(rig_db(fabsf(y[RATE - 1] / x[RATE - 1])) - 3) < 1e-3, "compressor: makeup of 3 dB below the threshold");
	effect_close(&e);
}

static void
test_key(void)
{
	struct effect e;
	effect_open(&e, "compressor", RATE, RATE);
	effect_set(&e, "source", 1);
	effect_set(&e, "ratio", 50);
	effect_set(&e, "knee", 0);
	effect_set(&e, "attack", 0.0001);
	effect_set(&e, "threshold", -40);
	effect_set(&e, "left", 0.9);
	float *key = effect_signal(&e, "key");
	for (int i = RATE / 2; i < RATE; i++)
		key[i] = 1;
	effect_run(&e);
	const float *y = effect_out(&e, "left");
	ok(y[20000] == 0.9f && fabs(rig_db(y[RATE - 1] / 0.9) + 40 * 0.98) < 0.01,
	    "compressor: a key ducks a loud sound by %.2f dB, silence in it by none", rig_db(y[RATE - 1] / 0.9));
	effect_close(&e);
}

/* Power: a sine is 3.01 dB lower than its peak. Link 0: each side for itself. */
static void
test_detector(void)
{
	double level[2];
	for (int power = 0; power < 2; power++) {
		struct effect e;
		effect_open(&e, "compressor", RATE, RATE);
		effect_set(&e, "threshold", -30);
		effect_set(&e, "ratio", 2);
		effect_set(&e, "knee", 0);
		effect_set(&e, "detector", power);
		effect_set(&e, "average", 0.1);
		effect_set(&e, "attack", 0.0001);
		effect_set(&e, "release", 3); /* holds the peaks */
		sine_into(effect_signal(&e, "left"), e.frames, 1000, RATE, 0.5);
		effect_run(&e);
		level[power] = rig_db(amplitude_at(effect_out(&e, "left") + RATE / 2, RATE / 2, 1000, RATE));
		effect_close(&e);
	}
	/* -6.02 dB is 23.98 over, and comes out at -18.01; as power 20.97 over, and comes out 10.48 lower */
	ok(fabs(level[0] + 18.01) < 0.05, "compressor: a sine of -6 dB, 2 : 1 over -30: %.3f dB by its peak", level[0]);
	ok(fabs(level[1] + 16.51) < 0.05, "compressor: and %.3f dB by its power, which is 3.01 dB less", level[1]);

	struct effect e;
	effect_open(&e, "compressor", RATE, RATE / 2);
	effect_set(&e, "threshold", -20);
	effect_set(&e, "knee", 0);
	effect_set(&e, "link", 0);
	effect_set(&e, "left", 1);
	effect_set(&e, "right", 0.1);
	effect_run(&e);
	const double l = rig_db(effect_out(&e, "left")[RATE / 2 - 1]), r = rig_db(effect_out(&e, "right")[RATE / 2 - 1]);
	ok(fabs(l + 15) < 0.01 && fabs(r + 20) < 0.01, "compressor: link 0: %.3f dB left, %.3f right", l, r);
	effect_close(&e);
}

/* The sound comes as late as it says, and a step meets a gain that is on its way already. */
static void
test_lookahead(void)
{
	struct effect e;
	effect_open(&e, "compressor", RATE, RATE);
	effect_set(&e, "threshold", -20);
	effect_set(&e, "knee", 0);
	effect_set(&e, "attack", 0.002);
	effect_set(&e, "lookahead", 0.01);
	float *x = effect_signal(&e, "left");
	for (int i = 0; i < e.frames; i++)
		x[i] = i < RATE / 2 ? 0.05f : 1;
	effect_run(&e);
	const float *y = effect_out(&e, "left");
	int from = 0;
	while (from < RATE && y[from] == 0)
		from++;
	const int step = RATE / 2 + 480;
	const double first = rig_db(y[step]), before = rig_db(y[step - 1] / 0.05);
	ok(from == 480 && fabs(first + 15 * (1 - exp(-5))) < 0.05 && fabs(first - before) < 0.05,
	    "compressor: 10 ms of lookahead: %d frames late, a step comes out at %.2f dB", from, first);
	effect_close(&e);
}

static void
test_expander(void)
{
	double worst = 0;
	for (int in = -80; in <= 0; in += 4) {
		struct effect e;
		effect_open(&e, "expander", RATE, RATE);
		effect_set(&e, "threshold", -30);
		effect_set(&e, "ratio", 3);
		effect_set(&e, "knee", 0);
		effect_set(&e, "range", -50);
		effect_set(&e, "left", pow(10, in / 20.0));
		effect_run(&e);
		const double want = in > -30 ? in : fmax(-30 + 3 * (in + 30), in - 50);
		worst = fmax(worst, fabs(rig_db(effect_out(&e, "left")[RATE - 1]) - want));
		effect_close(&e);
	}
	ok(worst < 0.02, "expander: 1 : 3 below -30 dB, 50 dB at most: within %.4f dB", worst);

	struct effect e;
	effect_open(&e, "expander", RATE, 2 * RATE);
	effect_set(&e, "threshold", -20);
	effect_set(&e, "knee", 0);
	effect_set(&e, "attack", 0.01);
	effect_set(&e, "release", 0.2);
	float *x = effect_signal(&e, "right");
	for (int i = 0; i < e.frames; i++)
		x[i] = (i / 24 % 2 ? -1.0f : 1.0f) * (i >= RATE / 2 && i < RATE ? 1 : 0.01f);
	effect_run(&e);
	const float *y = effect_out(&e, "right");
	const double depth = rig_db(fabsf(y[RATE / 2 - 1] / x[RATE / 2 - 1])); /* on its way down to -20 since the start */
	int attack = 0, release = 0;
	for (int i = RATE / 2; i < e.frames; i++) {
		const double gain = rig_db(fabsf(y[i] / x[i]));
		if (!attack && gain >= depth * exp(-1))
			attack = i - RATE / 2;
		if (i >= RATE && !release && gain <= -20 * (1 - exp(-1)))
			release = i - RATE;
	}
	ok(abs(attack - 480) <= 2 && abs(release - 9600) <= 10, "expander: opens in %.2f ms (10), shuts in %.1f (200)", attack / 48.0,
	    release / 48.0);
	effect_close(&e);
}

/* 4 kHz gets harmonics, 200 Hz stays as it is, and nothing folds back. */
static void
test_exciter(void)
{
	for (int even = 0; even < 2; even++) {
		enum { N = 16384 };
		const double f = 1365.0 / N; /* 3999 Hz */
		struct effect e;
		effect_open(&e, "exciter", RATE, 2 * N);
		effect_set(&e, "even", even);
		effect_set(&e, "amount", 1);
		effect_set(&e, "frequency", 2000);
		effect_set(&e, "drive", 12);
		float *x = effect_signal(&e, "in");
		for (int i = 0; i < e.frames; i++)
			x[i] = (float)(0.25 * sin(TURN * f * i) + 0.25 * sin(TURN * 68.0 / N * i));
		effect_run(&e);
		const float *y = effect_out(&e, "out") + N;
		const double second = rig_db(cabs(rig_partial(y, N, 2 * f))), third = rig_db(cabs(rig_partial(y, N, 3 * f)));
		const double low = rig_db(cabs(rig_partial(y, N, 68.0 / N)) * 4);
		ok(even ? second > -18 && third < -50 : third > -30 && second < -50,
		    "exciter: %s: 4 kHz gets 8 kHz at %.1f dB and 12 kHz at %.1f", even ? "even" : "odd", second, third);
		ok(fabs(low) < 0.5, "exciter: 200 Hz moves by %.3f dB", low);
		effect_close(&e);

		effect_open(&e, "exciter", RATE, 2 * N);
		effect_set(&e, "even", even);
		effect_set(&e, "amount", 1);
		effect_set(&e, "drive", 24);
		x = effect_signal(&e, "in");
		for (int i = 0; i < e.frames; i++)
			x[i] = (float)(0.5 * sin(TURN * f * i));
		effect_run(&e);
		double *mag = rig_spectrum(effect_out(&e, "out") + N, N), wrong = 0;
		for (int i = 10; i < (int)(16000.0 / RATE * N); i++)
			if (fabs(i - 1365.0 * floor(i / 1365.0 + 0.5)) > 8)
				wrong = fmax(wrong, mag[i]);
		ok(rig_db(wrong) < (even ? -65 : -70), "exciter: 4 kHz at 18 dB over the bend folds back %.0f dB", rig_db(wrong));
		free(mag);
		effect_close(&e);
	}
}

/* Audio EQ Cookbook: the analog prototype of one band in dB. kind 0 low shelf, 1 peak, 2 high shelf. */
static double
cookbook(int kind, double f0, double gain, double q, double f)
{
	const double A = pow(10, gain / 40), r = sqrt(A) / q;
	const double complex s = I * f / f0, t = kind == 0 ? 1 / s : s;
	if (kind == 1)
		return rig_db(cabs((s * s + s * A / q + 1) / (s * s + s / (A * q) + 1)));
	return rig_db(cabs(A * (A * t * t + r * t + 1) / (t * t + r * t + A)));
}

static void
test_eq(void)
{
	static const double freqs[] = {30, 60, 100, 200, 350, 500, 800, 1500, 2500, 4000, 6000, 9000};
	static const struct { double low, p1, q1, p2, q2, high; } cases[] = {
		{12, 0, 1, 0, 1, 0}, {0, -18, 3, 0, 1, 0}, {0, 0, 1, 24, 0.5, 0}, {0, 0, 1, 0, 1, -15}, {-9, 6, 0.7, -12, 8, 9}};
	for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
		double worst = 0;
		for (size_t j = 0; j < sizeof freqs / sizeof *freqs; j++) {
			struct effect e;
			effect_open(&e, "eq", RATE, 24000);
			effect_set(&e, "low", 150);
			effect_set(&e, "low_gain", cases[k].low);
			effect_set(&e, "peak1", 500);
			effect_set(&e, "peak1_gain", cases[k].p1);
			effect_set(&e, "peak1_q", cases[k].q1);
			effect_set(&e, "peak2", 2500);
			effect_set(&e, "peak2_gain", cases[k].p2);
			effect_set(&e, "peak2_q", cases[k].q2);
			effect_set(&e, "high", 7000);
			effect_set(&e, "high_gain", cases[k].high);
			sine_into(effect_signal(&e, "right"), e.frames, freqs[j], RATE, 0.25);
			effect_run(&e);
			const double got = rig_db(amplitude_at(effect_out(&e, "right") + 8000, 16000, freqs[j], RATE) * 4);
			const double want = cookbook(0, 150, cases[k].low, sqrt(0.5), freqs[j]) +
			    cookbook(1, 500, cases[k].p1, cases[k].q1, freqs[j]) +
			    cookbook(1, 2500, cases[k].p2, cases[k].q2, freqs[j]) +
			    cookbook(2, 7000, cases[k].high, sqrt(0.5), freqs[j]);
			worst = fmax(worst, fabs(got - want));
			effect_close(&e);
		}
		ok(worst < 0.1, "eq: low %+g, peaks %+g and %+g, high %+g dB: the cookbook's analog curve within %.4f dB", cases[k].low,
		    cases[k].p1, cases[k].p2, cases[k].high, worst);
	}

	struct effect e;
	effect_open(&e, "eq", RATE, RATE);
	float *f = effect_signal(&e, "peak1"), *g = effect_signal(&e, "peak1_gain");
	for (int i = 0; i < e.frames; i++) {
		f[i] = 10000 + 10000 * noise_at(7, (uint32_t)i / 64);
		g[i] = 24 * noise_at(8, (uint32_t)i / 64);
	}
	effect_set(&e, "peak1_q", 20);
	noise_into(effect_signal(&e, "left"), e.frames, 9);
	effect_run(&e);
	ok(rig_finite(effect_out(&e, "left"), e.frames) && rig_rms(effect_out(&e, "left"), e.frames) < 16,
	    "eq: stays calm when thrown about: rms %.2f", rig_rms(effect_out(&e, "left"), e.frames));
	effect_close(&e);
}

int
main(void)
{
	test_curve();
	test_times();
	test_key();
	test_detector();
	test_lookahead();
	test_expander();
	test_exciter();
	test_eq();
	return done();
}
