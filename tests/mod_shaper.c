/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The wave-shaper: its curves by the harmonics they make of a sine, its aliases in dB. */
#include "effect_rig.h"

enum { RATE = 44100, N = 16384 };

static const char *const names[] = {"soft", "hard", "fold", "sine", "asymmetric", "fold-once", "half-wave", "full-wave", "second",
    "third", "fourth", "fifth", "fuzz", "digital"};

static double
curve(int shape, double x)
{
	switch (shape) {
	case 0: return tanh(x);
	case 1: return fmax(-1, fmin(1, x));
	case 2: return asin(sin(x * TURN / 4)) / (TURN / 4);
	case 3: return sin(x * TURN / 4);
	case 4: return x / sqrt(1 + (x < 0 ? 4 : 1) * x * x);
	case 5: return copysign(1, x) * fmin(fabs(x), fmax(2 - fabs(x), -1));
	case 6: return fmax(0, fmin(1, x));
	case 7: return fmin(1, fabs(x));
	case 8:
	case 9:
	case 10:
	case 11: return cos((shape - 6) * acos(fmax(-1, fmin(1, x))));
	case 12: return fabs(x) < 0.1 ? 0 : x > 0 ? 1 - exp(-4 * (x - 0.1)) : (exp(8 * (x + 0.1)) - 1) / 2;
	default: return fmax(-1, fmin(1, round(8 * x) / 8));
	}
}

/* Amplitude of harmonic k of curve(level sin + bias). */
static double
harmonic(int shape, double level, double bias, int k)
{
	double re = 0, im = 0;
	enum { STEPS = 4096 };
	for (int i = 0; i < STEPS; i++) {
		const double y = curve(shape, level * sin(TURN * (i + 0.5) / STEPS) + bias);
		re += y * cos(TURN * k * (i + 0.5) / STEPS);
		im += y * sin(TURN * k * (i + 0.5) / STEPS);
	}
	return 2 * sqrt(re * re + im * im) / STEPS;
}

static float *
shape_sine(struct effect *e, int shape, double drive, double bias, double turns)
{
	effect_open(e, "shaper", RATE, 2 * N);
	effect_set(e, "shape", shape);
	effect_set(e, "drive", drive);
	effect_set(e, "bias", bias);
	sine_into(effect_signal(e, "in"), e->frames, turns * RATE, RATE, 1);
	effect_run(e);
	return (float *)effect_out(e, "out") + N;
}

static void
test_curve(int shape, double drive, double bias)
{
	const double turns = 80.0 / N;
	struct effect e;
	const float *y = shape_sine(&e, shape, drive, bias, turns);
	double worst = 0;
	for (int k = 1; k <= 12; k++) {
		const double want = harmonic(shape, pow(10, drive / 20), bias, k);
		const double got = cabs(rig_partial(y, N, k * turns));
		worst = fmax(worst, fabs(got - want));
	}
	ok(rig_db(worst) < -72, "shaper: %s, drive %g dB, bias %g: twelve harmonics are the curve's, within %.0f dB", names[shape],
	    drive, bias, rig_db(worst));
	double sum = 0;
	for (int i = 0; i < N; i++)
		sum += y[i];
	ok(fabs(sum / N) < 0.01, "shaper: %s leaves no constant: %.4f", names[shape], sum / N);
	effect_close(&e);
}

/* Loudest bin under 16 kHz that is no harmonic, to the loudest that is. */
static double
alias(const float *y, int bin)
{
	double *mag = rig_spectrum(y, N), wrong = 0, right = 0;
	for (int i = 10; i < (int)(16000.0 / RATE * N); i++) {
		const int off = i % bin < bin - i % bin ? i % bin : bin - i % bin;
		if (off <= 8)
			right = fmax(right, mag[i]);
		else
			wrong = fmax(wrong, mag[i]);
	}
	free(mag);
	return rig_db(wrong / right);
}

static void
test_alias(int shape, double drive, int bin, double limit)
{
	struct effect e;
	const float *y = shape_sine(&e, shape, drive, 0, (double)bin / N);
	float plain[N];
	for (int i = 0; i < N; i++)
		plain[i] = (float)curve(shape, pow(10, drive / 20) * sin(TURN * bin * (i + 0.3) / N));
	const double ours = alias(y, bin), theirs = alias(plain, bin);
	ok(ours < limit && ours < theirs - 15, "shaper: %s, %.0f Hz at %g dB: aliases %.1f dB, plain %.1f dB", names[shape],
	    (double)bin * RATE / N, drive, ours, theirs);
	effect_close(&e);
}

/* A sine of level 1 through the Chebyshev curves: one harmonic, alone. */
static void
test_alone(void)
{
	for (int k = 2; k <= 5; k++) {
		struct effect e;
		const float *y = shape_sine(&e, 6 + k, 0, 0, 80.0 / N);
		double others = 0;
		for (int j = 1; j < 12; j++)
			if (j != k)
				others = fmax(others, cabs(rig_partial(y, N, j * 80.0 / N)));
		const double level = rig_db(cabs(rig_partial(y, N, k * 80.0 / N)));
		ok(fabs(level) < 0.01 && rig_db(others) < -72, "shaper: %s: %.4f dB, and nothing else over %.0f dB", names[6 + k],
		    level, rig_db(others));
		effect_close(&e);
	}
}

/* Half the sound and half its bent self: no comb, whatever the frequency; and the level going out. */
static void
test_mix(void)
{
	double worst = 0;
	for (int hz = 500; hz <= 8000; hz *= 2) {
		struct effect e;
		effect_open(&e, "shaper", RATE, 2 * N);
		effect_set(&e, "drive", -24);
		effect_set(&e, "mix", 0.5);
		effect_set(&e, "level", -6);
		sine_into(effect_signal(&e, "in"), e.frames, hz, RATE, 1);
		effect_run(&e);
		const double a = pow(10, -24.0 / 20), want = 0.5 + 0.5 * harmonic(0, a, 0, 1);
		worst = fmax(worst, fabs(rig_db(cabs(rig_partial(effect_out(&e, "out") + N, N, (double)hz / RATE)) / want) + 6));
		effect_close(&e);
	}
	ok(worst < 0.1, "shaper: a mix of halves is their sum, less 6 dB, to 8 kHz, within %.3f dB", worst);
}

int
main(void)
{
	for (int shape = 0; shape < 14; shape++) {
		test_curve(shape, 12, 0);
		test_curve(shape, 3, 0.5);
	}
	for (int shape = 0; shape < 14; shape++) { /* 1241 and 1946 Hz: no divisors of the rate */
		test_alias(shape, 24, 461, -70);
		test_alias(shape, 24, 723, shape == 10 ? -67 : -70); /* the fourth: -67.7 */
	}
	test_alone();
	test_mix();

	struct effect e;
	const float *y = shape_sine(&e, 0, -24, 0, 10000.0 / RATE);
	const double top = rig_db(cabs(rig_partial(y, N, 10000.0 / RATE))) + 24;
	ok(fabs(top) < 0.7, "shaper: 10 kHz below the bend passes with %.2f dB", top);
	effect_close(&e);

	effect_open(&e, "shaper", RATE, 2 * N);
	effect_set(&e, "drive", 0);
	sine_into(effect_signal(&e, "in"), e.frames, 300, RATE, 0.001);
	effect_run(&e);
	const double small = rig_db(cabs(rig_partial(effect_out(&e, "out") + N, N, 300.0 / RATE))) + 60;
	ok(fabs(small) < 0.005, "shaper: a small sound passes the soft curve with %.4f dB", small);
	effect_close(&e);

	/* One small sound in silence: noise of the arithmetic. */
	y = shape_sine(&e, 0, 0, 0, 300.0 / RATE);
	double *mag = rig_spectrum(y, N), floor_ = 0;
	for (int i = (int)(12000.0 / RATE * N); i < N / 2; i++)
		floor_ = fmax(floor_, mag[i]);
	ok(rig_db(floor_) < -100, "shaper: noise floor %.0f dB", rig_db(floor_));
	free(mag);
	effect_close(&e);

	effect_open(&e, "shaper", RATE, 4096);
	effect_set(&e, "bias", 1);
	effect_run(&e);
	ok(rig_peak(effect_out(&e, "out"), 4096) < 1e-6, "shaper: silence stays silence, whatever the bias: %.1e",
	    rig_peak(effect_out(&e, "out"), 4096));
	effect_close(&e);
	return done();
}
