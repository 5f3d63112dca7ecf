/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Effects that swing, shift and coarsen: levels in dB, frequencies in Hz, lags in frames. */
#include "effect_rig.h"

enum { RATE = 44100, N = 16384 };

/* --- crush --------------------------------------------------------------------------- */

static float *
crush_sine(struct effect *e, double bits, double rate, double dither, double hz, double level)
{
	effect_open(e, "crush", RATE, 2 * N);
	effect_set(e, "bits", bits);
	effect_set(e, "rate", rate);
	effect_set(e, "dither", dither);
	sine_into(effect_signal(e, "in"), e->frames, hz, RATE, level);
	effect_run(e);
	return (float *)effect_out(e, "out") + N;
}

static void
test_crush(void)
{
	struct effect e;
	double worst = 0;
	for (int bits = 4; bits <= 12; bits++) {
		const float *y = crush_sine(&e, bits, 48000, 0, 997.3, 1), *x = effect_signal(&e, "in") + N - 2;
		double noise = 0;
		for (int i = 0; i < N; i++)
			noise += ((double)y[i] - x[i]) * ((double)y[i] - x[i]);
		const double got = rig_db(sqrt(0.5 / (noise / N)));
		worst = fmax(worst, fabs(got - 6.0206 * bits - 1.76));
		effect_close(&e);
	}
	ok(worst < 0.5, "crush: 4 to 12 bits: a full sine is 6.02 bits + 1.76 dB over the noise, within %.2f dB", worst);

	/* Steps: all values are multiples of 1/4 at three bits. */
	const float *y = crush_sine(&e, 3, 48000, 0, 100, 1.5);
	int steps = 1;
	for (int i = 0; i < N; i++)
		steps &= y[i] * 4 == floor(y[i] * 4) && fabsf(y[i]) <= 1;
	ok(steps, "crush: three bits are steps of 1/4, never over 1");
	effect_close(&e);

	/* Half a step at most is lost without dither; with it the mean says what the level was. */
	y = crush_sine(&e, 3, 48000, 0, 440, 0.1);
	ok(rig_peak(y, N) == 0, "crush: a sound below half a step is gone");
	effect_close(&e);
	y = crush_sine(&e, 3, 48000, 1, 440, 0.1);
	const double kept = rig_db(cabs(rig_partial(y, N, 440.0 / RATE)) / 0.1);
	ok(fabs(kept) < 1, "crush: and with dither it is there, %.2f dB", kept);
	effect_close(&e);

	/* A rate that does not divide: images at k rate +- f by sinc, and nothing else. */
	const double rate = 7350 * sqrt(1.3), f = 500;
	y = crush_sine(&e, 16, rate, 0, f, 0.9);
	double *mag = rig_spectrum(y, N), off = 0, other = 0;
	for (int k = 0; k < 3; k++)
		for (int s = -1; s <= 1; s += 2) {
			const double hz = k * rate + s * f, x = M_PI * hz / rate;
			if (hz < 0 || hz > 20000)
				continue;
			/* polyBLEP's triangle kernel lowers the top by sinc^2 */
			const double top = M_PI * hz / RATE, want = 0.9 * fabs(sin(x) / x) * pow(sin(top) / top, 2);
			off = fmax(off, fabs(rig_db(cabs(rig_partial(y, N, hz / RATE)) / want)));
		}
	for (int i = 10; i < (int)(12000.0 / RATE * N); i++) {
		const double hz = (double)i * RATE / N, near = fabs(remainder(hz, rate));
		if (fabs(near - f) > 10.0 * RATE / N)
			other = fmax(other, mag[i]);
	}
	ok(off < 0.3, "crush: images of 500 Hz at %.1f Hz have the level of a hold, within %.2f dB", rate, off);
	ok(rig_db(other / 0.9) < -50, "crush: and below 12 kHz nothing else is over %.1f dB", rig_db(other / 0.9));
	free(mag);
	effect_close(&e);

	/* What is over half of the rate folds down. */
	y = crush_sine(&e, 16, 8000, 0, 5000, 0.9);
	const double down = rig_db(cabs(rig_partial(y, N, 3000.0 / RATE)) / 0.9);
	const double hold = rig_db(sin(M_PI * 3 / 8) / (M_PI * 3 / 8));
	ok(fabs(down - hold) < 0.5, "crush: 5 kHz at a rate of 8 kHz is 3 kHz, %.2f dB", down);
	effect_close(&e);
}

/* --- tremolo ------------------------------------------------------------------------- */

static void
test_tremolo(void)
{
	for (int shape = 0; shape < 3; shape++) {
		struct effect e;
		effect_open(&e, "tremolo", RATE, 2 * RATE);
		effect_set(&e, "left", 1);
		effect_set(&e, "right", 1);
		effect_set(&e, "rate", 4);
		effect_set(&e, "depth", 0.75);
		effect_set(&e, "shape", shape);
		effect_run(&e);
		const float *l = effect_out(&e, "left"), *r = effect_out(&e, "right");
		double worst = 0, apart = 0, jump = 0;
		for (int i = 0; i < 2 * RATE - 1; i++) {
			const double t = 4.0 * i / RATE, d = fabs(remainder(t, 1));
			const double s = fmax(-1, fmin(1, 25 * (1 - 4 * d)));
			const double w = shape == 0 ? cos(TURN * t) : shape == 1 ? 1 - 4 * d : s * (1.5 - 0.5 * s * s);
			worst = fmax(worst, fabs(l[i] - (1 - 0.375 * (1 - w))));
			jump = fmax(jump, fabs(l[i + 1] - l[i]));
			apart = fmax(apart, fabs(r[i] - l[i]));
		}
		ok(worst < 1e-3, "tremolo: shape %d: 4 Hz, down to 1/4, within %.1e for two seconds", shape, worst);
		ok(jump < 0.006 && apart == 0, "tremolo: no click, and both sides alike");
		effect_close(&e);
	}
}

static void
test_autopan(void)
{
	/* In notes: 3/4 of a beat at 100 a minute is 0.45 s, 19845 frames. */
	for (int shape = 0; shape < 3; shape++) {
		struct effect e;
		effect_open(&e, "autopan", RATE, 3 * RATE);
		effect_set(&e, "left", 1);
		effect_set(&e, "right", 1);
		effect_set(&e, "sync", 8);
		effect_set(&e, "depth", 0.8);
		effect_set(&e, "shape", shape);
		e.r.tempo = 100;
		effect_run(&e);
		const float *l = effect_out(&e, "left"), *r = effect_out(&e, "right");
		double power = 0, worst = 0;
		for (int i = 0; i < 3 * RATE; i++) {
			const double t = i / 19845.0, d = fabs(remainder(t, 1)), s = fmax(-1, fmin(1, 45 * (1 - 4 * d)));
			const double w = shape == 0 ? cos(TURN * t) : shape == 1 ? 1 - 4 * d : s * (1.5 - 0.5 * s * s);
			power = fmax(power, fabs(l[i] * (double)l[i] + r[i] * (double)r[i] - 2));
			worst = fmax(worst, fabs(r[i] - M_SQRT2 * sin(TURN / 8 * (1 + 0.8 * w))));
		}
		ok(power < 2e-6 && worst < (shape == 2 ? 5e-3 : 1e-3), "autopan: shape %d: a turn in 1/8D, equal power within %.1e, place within %.1e",
		    shape, power, worst);
		effect_close(&e);
	}
}

/* --- phaser, flanger ------------------------------------------------------------------- */

/* Level of a sine through a still effect. */
static double
still(const char *module, double hz, double feedback, double mix, int stages, double delay)
{
	struct effect e;
	effect_open(&e, module, RATE, RATE);
	effect_set(&e, "depth", 0);
	effect_set(&e, "feedback", feedback);
	effect_set(&e, "mix", mix);
	if (stages) {
		effect_set(&e, "centre", 1000);
		effect_set(&e, "stages", stages / 2 - 1);
	} else {
		effect_set(&e, "delay", delay);
	}
	sine_into(effect_signal(&e, "left"), e.frames, hz, RATE, 1);
	effect_run(&e);
	const double level = cabs(rig_partial(effect_out(&e, "left") + RATE - 2 * N - 64, N, hz / RATE));
	effect_close(&e);
	return rig_db(level);
}

static double
phaser_hz(double turn) /* where one all-pass with its corner at 1 kHz is `turn` half turns late */
{
	return RATE / M_PI * atan(tan(M_PI * 1000 / RATE) * tan(M_PI / 2 * turn));
}

static void
test_phaser(void)
{
	for (int stages = 2; stages <= 12; stages += 2) {
		double deepest = -200, highest = -200;
		for (int m = 0; m < stages / 2; m++) {
			deepest = fmax(deepest, still("phaser", phaser_hz((2 * m + 1.0) / stages), 0, 0.5, stages, 0));
			if (m)
				highest = fmax(highest, fabs(still("phaser", phaser_hz(2.0 * m / stages), 0, 0.5, stages, 0)));
		}
		ok(deepest < -80 && highest < 0.01, "phaser: %d stages: %d notches in their places, %.0f dB or deeper", stages,
		    stages / 2, deepest);
	}
	const double peak = still("phaser", phaser_hz(0.5), 0.8, 1, 4, 0), want = rig_db(sqrt(1 - 0.64) / (1 - 0.8));
	const double dip = still("phaser", phaser_hz(0.25), 0.8, 1, 4, 0), low = rig_db(sqrt(1 - 0.64) / (1 + 0.8));
	ok(fabs(peak - want) < 0.01 && fabs(dip - low) < 0.01, "phaser: feedback 0.8 peaks %.2f dB, dips %.2f dB", peak, dip);

	/* The wildest sweep, the most feedback: energy in bounds energy out. */
	struct effect e;
	effect_open(&e, "phaser", RATE, 4 * RATE);
	effect_set(&e, "rate", 10);
	effect_set(&e, "depth", 4);
	effect_set(&e, "feedback", 0.95);
	effect_set(&e, "stages", 5);
	effect_set(&e, "mix", 1);
	float *centre = effect_signal(&e, "centre");
	for (int i = 0; i < e.frames; i++)
		centre[i] = 4000 + 4000 * noise_at(3, (uint32_t)i / 64);
	noise_into(effect_signal(&e, "left"), e.frames, 7);
	effect_run(&e);
	const double gain = rig_rms(effect_out(&e, "left"), e.frames) / rig_rms(effect_signal(&e, "left"), e.frames);
	const double bound = sqrt(1 - 0.95 * 0.95) / (1 - 0.95);
	ok(gain < bound, "phaser: however it is swept, %.2f is below the bound %.2f", gain, bound);
	effect_close(&e);
}

static void
test_flanger(void)
{
	/* The lag, read off a ramp: in = n. */
	struct effect e;
	effect_open(&e, "flanger", RATE, RATE);
	effect_set(&e, "rate", 2);
	effect_set(&e, "depth", 3);
	effect_set(&e, "delay", 1);
	effect_set(&e, "mix", 1);
	effect_set(&e, "spread", 0.25);
	const double worst = effect_swing_error(&e, RATE, 221000.0 / RATE + 1, 3, 2);
	ok(worst < 0.01, "flanger: the copy drifts by 1 +- 3 ms about the sound: before it, too; within %.4f ms", worst);
	effect_close(&e);

	effect_open(&e, "flanger", RATE, RATE);
	effect_set(&e, "depth", 0);
	effect_set(&e, "delay", 0);
	effect_set(&e, "mix", -0.5);
	noise_into(effect_signal(&e, "left"), e.frames, 1);
	effect_run(&e);
	ok(rig_peak(effect_out(&e, "left"), e.frames) == 0, "flanger: at zero the two take each other away");
	effect_close(&e);

	const double ms = 1000 * 44.0 / RATE, notch = RATE / 88.0;
	ok(still("flanger", notch, 0, 0.5, 0, ms) < -80 && fabs(still("flanger", 2 * notch, 0, 0.5, 0, ms)) < 0.01,
	    "flanger: a lag of 44 frames has its notch at %.1f Hz", notch);
	const double peak = still("flanger", 2 * notch, 0.8, 1, 0, ms), dip = still("flanger", notch, 0.8, 1, 0, ms);
	const double upside = still("flanger", notch, -0.8, 1, 0, ms);
	ok(fabs(peak - rig_db(0.6 / 0.2)) < 0.05 && fabs(dip - rig_db(0.6 / 1.8)) < 0.05 && fabs(upside - peak) < 0.05,
	    "flanger: feedback 0.8 peaks %.2f dB, dips %.2f dB; -0.8 the other way round", peak, dip);

	effect_open(&e, "flanger", RATE, 4 * RATE);
	effect_set(&e, "feedback", -0.95);
	effect_set(&e, "rate", 10);
	effect_set(&e, "depth", 5);
	noise_into(effect_signal(&e, "left"), e.frames, 1);
	effect_run(&e);
	ok(rig_finite(effect_out(&e, "left"), e.frames) && rig_peak(effect_out(&e, "left"), e.frames) < 20,
	    "flanger: the wildest swing stays below %.1f", rig_peak(effect_out(&e, "left"), e.frames));
	effect_close(&e);
}

/* --- ringmod, freqshift ---------------------------------------------------------------- */

static double
diode(double v)
{
	return v < 0.2 ? 0 : v < 0.4 ? (v - 0.2) * (v - 0.2) / 0.4 : v - 0.3;
}

static void
test_ringmod(void)
{
	enum { F = 171, C = 1009 }; /* whole turns in N frames */
	for (int kind = 0; kind < 2; kind++) {
		struct effect e;
		effect_open(&e, "ringmod", RATE, 2 * N);
		effect_set(&e, "frequency", (double)C * RATE / N);
		effect_set(&e, "kind", kind);
		sine_into(effect_signal(&e, "in"), e.frames, (double)F * RATE / N, RATE, 1);
		effect_run(&e);
		const float *y = effect_out(&e, "out") + N;
		static const int at_hz[] = {C - F, C + F, C - 3 * F, C + 3 * F, 3 * C - F, 3 * C + F, F, C, 2 * C, 2 * F};
		double worst = 0;
		for (size_t k = 0; k < sizeof at_hz / sizeof *at_hz; k++) {
			double complex sum = 0; /* the formula, at eight times the rate */
			for (int i = 0; i < 8 * N; i++) {
				const double c = sin(TURN * C * i / (8.0 * N)), x = sin(TURN * F * i / (8.0 * N));
				const double v = kind ? diode(fabs(c + x / 2)) - diode(fabs(c - x / 2)) : c * x;
				sum += v * cexp(-TURN * I * ((double)at_hz[k] * i / (8.0 * N)));
			}
			worst = fmax(worst, fabs(cabs(sum) / (4.0 * N) - cabs(rig_partial(y, N, (double)at_hz[k] / N))));
		}
		ok(rig_db(worst) < (kind ? -65 : -72), "ringmod: %s: ten partials are the formula's, within %.1f dB",
		    kind ? "diodes" : "product", rig_db(worst));
		effect_close(&e);
	}
	struct effect e;
	effect_open(&e, "ringmod", RATE, 2 * N);
	effect_set(&e, "frequency", 10000);
	sine_into(effect_signal(&e, "in"), e.frames, 15000, RATE, 1);
	effect_run(&e);
	const double folded = rig_db(cabs(rig_partial(effect_out(&e, "out") + N, N, (RATE - 25000.0) / RATE)) / 0.5);
	ok(folded < -75, "ringmod: 15 and 10 kHz: their sum folds back with %.0f dB", folded);
	effect_close(&e);
}

static void
test_freqshift(void)
{
	double worst = -200, level = 0;
	for (double hz = 25; hz < 20000; hz *= 1.5) {
		struct effect e;
		effect_open(&e, "freqshift", RATE, 4 * N);
		effect_set(&e, "shift", 15);
		sine_into(effect_signal(&e, "in"), e.frames, hz, RATE, 1);
		effect_run(&e);
		const float *up = effect_out(&e, "up") + 2 * N, *down = effect_out(&e, "down") + 2 * N;
		const double above = (hz + 15) / RATE, below = (hz - 15) / RATE;
		worst = fmax(worst, fmax(cabs(rig_partial(up, 2 * N, below)), cabs(rig_partial(down, 2 * N, above))));
		level = fmax(level, fabs(rig_db(cabs(rig_partial(up, 2 * N, above)))));
		level = fmax(level, fabs(rig_db(cabs(rig_partial(down, 2 * N, below)))));
		effect_close(&e);
	}
	ok(rig_db(worst) < -67, "freqshift: 25 Hz to 20 kHz: the other sideband is %.1f dB", rig_db(worst));
	ok(level < 0.01, "freqshift: the wanted one keeps its level, within %.4f dB", level);

	struct effect e;
	effect_open(&e, "freqshift", RATE, 2 * N);
	effect_set(&e, "shift", -123.4);
	sine_into(effect_signal(&e, "in"), e.frames, 1000, RATE, 1);
	effect_run(&e);
	const double got = RATE * rig_frequency(effect_out(&e, "up") + N / 2, N / 2, 876.5 / RATE);
	ok(fabs(got - 876.6) < 0.001, "freqshift: 1000 Hz by -123.4 Hz is %.4f Hz", got);
	effect_close(&e);

	/* Feedback: 300 Hz climbs by 100 Hz a pass, each by its loop's gain; and the loop is stable. */
	effect_open(&e, "freqshift", RATE, 2 * N);
	effect_set(&e, "shift", 100);
	effect_set(&e, "feedback", 0.5);
	sine_into(effect_signal(&e, "in"), e.frames, 300, RATE, 1);
	effect_run(&e);
	const float *y = effect_out(&e, "up") + N;
	double wrong = 0;
	for (int k = 1; k <= 5; k++)
		wrong = fmax(wrong, fabs(rig_db(cabs(rig_partial(y, N, (300.0 + 100 * k) / RATE))) + 6.0206 * (k - 1)));
	ok(wrong < 0.05, "freqshift: with feedback 0.5 it climbs on, 6.02 dB a step, within %.3f dB", wrong);
	effect_close(&e);
	effect_open(&e, "freqshift", RATE, 4 * RATE);
	effect_set(&e, "shift", 0.3);
	effect_set(&e, "feedback", -0.7);
	noise_into(effect_signal(&e, "in"), e.frames, 5);
	effect_run(&e);
	ok(rig_peak(effect_out(&e, "up") + 2 * RATE, 2 * RATE) < 10, "freqshift: the most feedback stays bounded: %.1f",
	    rig_peak(effect_out(&e, "up") + 2 * RATE, 2 * RATE));
	effect_close(&e);
}

int
main(void)
{
	test_crush();
	test_tremolo();
	test_autopan();
	test_phaser();
	test_flanger();
	test_ringmod();
	test_freqshift();
	return done();
}
