/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The limiter's true peak, by a windowed sinc of 128 taps at sixteen times the rate and by libebur128. */
#include <ebur128.h>

#include "effect_rig.h"

enum { RATE = 48000, N = 9600, LATE = 88, ZEROS = 64, TIMES = 16 };

/* Highest value of the curve through y, in double. */
static double
true_peak(const float *y, int n)
{
	static double kernel[TIMES][2 * ZEROS];
	if (kernel[0][ZEROS - 1] == 0)
		for (int p = 0; p < TIMES; p++)
			for (int k = 0; k < 2 * ZEROS; k++) {
				const double t = k - (ZEROS - 1) - (double)p / TIMES, a = t / (ZEROS + 1);
				/* sinc under a Blackman window */
				kernel[p][k] = (t == 0 ? 1 : sin(M_PI * t) / (M_PI * t)) *
				    (0.42 + 0.5 * cos(M_PI * a) + 0.08 * cos(2 * M_PI * a));
			}
	double peak = rig_peak(y, (size_t)n);
	const double worth = 0.6 * peak; /* the curve rises within reach of a high sample, or of many: look there */
	for (int i = ZEROS; i < n - ZEROS; i++) {
		if (fabsf(y[i]) < worth && fabsf(y[i + 1]) < worth)
			continue;
		for (int p = 1; p < TIMES; p++) {
			double sum = 0;
			for (int k = 0; k < 2 * ZEROS; k++)
				sum += kernel[p][k] * (double)y[i - (ZEROS - 1) + k];
			peak = fmax(peak, fabs(sum));
		}
	}
	return peak;
}

/* As a meter of loudness has it. */
static double
metered_peak(const float *y, int n)
{
	double peak = 0;
	ebur128_state *meter = ebur128_init(1, RATE, EBUR128_MODE_TRUE_PEAK);
	ebur128_add_frames_float(meter, y, (size_t)n);
	ebur128_true_peak(meter, 0, &peak);
	ebur128_destroy(&meter);
	return peak;
}

enum kind { WHITE, SIGNS, GUSTS, CLICKS, SQUARE, SINE, BURSTS, CHIRP, BETWEEN };

static void
fill(float *x, enum kind kind, double a, double level)
{
	for (int i = 0; i < N; i++) {
		const double t = i;
		double y = 0;
		switch (kind) {
		case WHITE: y = noise_at(1, (uint32_t)i); break;
		case SIGNS: y = noise_at(2, (uint32_t)i) < 0 ? -1 : 1; break;
		case GUSTS: y = (0.5 + 0.5 * noise_at(3, (uint32_t)i / 100)) * noise_at(4, (uint32_t)i); break;
		case CLICKS: y = i % 997 ? 0 : noise_at(5, (uint32_t)i); break;
		case SQUARE: y = fmod(t, 2 * a) < a ? 1 : -1; break;
		case SINE: y = sin(TURN * (a * t + 0.125)); break;
		case BURSTS: y = (i / 700 % 2 ? 1 : 0.1) * sin(TURN * (a * t + 0.125)); break;
		case CHIRP: y = sin(TURN * 0.245 * t * t / N); break;
		case BETWEEN: { /* samples of one size whose signs are those of a sinc: a peak between two of them */
			const int k = i % 500 - 250;
			y = abs(k) > 30 ? 0 : (k > 0 ? k : 1 - k) % 2 ? 1 : -1;
			break;
		}
		}
		x[i] = (float)(level * y);
	}
}

static void
test_ceiling(void)
{
	static const struct { enum kind kind; double a, level; const char *name; } cases[] = {
	    {WHITE, 0, 4, "white noise"}, {SIGNS, 0, 2, "random signs"}, {GUSTS, 0, 8, "gusts of noise"},
	    {CLICKS, 0, 8, "clicks"}, {SQUARE, 3, 2, "square of 8 kHz"}, {SQUARE, 2, 1, "square of 12 kHz"},
	    {SQUARE, 5, 1, "square of 4.8 kHz"}, {SQUARE, 48.3, 4, "square of 497 Hz"}, {SINE, 0.25, 1, "full sine of 12 kHz at 45 degrees"},
	    {SINE, 0.25, 4, "the same, 12 dB up"}, {SINE, 0.4, 2, "sine of 19.2 kHz"}, {SINE, 0.3334, 2, "sine of 16 kHz"},
	    {BURSTS, 0.25, 3, "bursts of 12 kHz"}, {CHIRP, 0, 2, "chirp"}, {BETWEEN, 0, 1, "samples of 0 dB with peaks between"}};
	for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
		struct effect e;
		effect_open(&e, "limiter", RATE, N);
		effect_set(&e, "ceiling", -1);
		fill(effect_signal(&e, "left"), cases[c].kind, cases[c].a, cases[c].level);
		effect_run(&e);
		const float *y = effect_out(&e, "left"), *x = effect_signal(&e, "left");
		const double before = rig_db(true_peak(x, N));
		const double peak = rig_db(true_peak(y, N)), meter = rig_db(metered_peak(y, N)), sample = rig_db(rig_peak(y, N));
		ok(before > -1 && peak <= -1 && meter <= -1 && peak > -2.2,
		    "limiter: %s: true peak %.2f dB, of which are left %.3f (libebur128: %.3f; samples %.3f)", cases[c].name, before,
		    peak, meter, sample);
		effect_close(&e);
	}
}

/* Both sides are turned down alike, by what the louder needs; knobs that move break no ceiling. */
static void
test_link(void)
{
	struct effect e;
	effect_open(&e, "limiter", RATE, N);
	effect_set(&e, "ceiling", -3);
	float *l = effect_signal(&e, "left"), *r = effect_signal(&e, "right");
	fill(l, GUSTS, 0, 6);
	for (int i = 0; i < N; i++)
		r[i] = 0.1f * l[i];
	effect_run(&e);
	double worst = 0;
	for (int i = 0; i < N; i++)
		worst = fmax(worst, fabs(0.1 * effect_out(&e, "left")[i] - effect_out(&e, "right")[i]));
	ok(worst < 1e-6, "limiter: both sides are turned down alike");
	effect_close(&e);

	effect_open(&e, "limiter", RATE, N);
	effect_set(&e, "ceiling", -2);
	float *gain = effect_signal(&e, "gain");
	for (int i = 0; i < N; i++)
		gain[i] = 18 + 18 * noise_at(6, (uint32_t)i / 64);
	fill(effect_signal(&e, "right"), WHITE, 0, 1);
	effect_run(&e);
	const double peak = rig_db(true_peak(effect_out(&e, "right"), N));
	ok(peak <= -2 && peak > -3.2, "limiter: and where the gain is thrown about: %.3f dB under a ceiling of -2", peak);
	effect_close(&e);
}

/* What is under the ceiling passes as it is, as late as it says; a rest in silence comes back in time. */
static void
test_times(void)
{
	struct effect e;
	effect_open(&e, "limiter", RATE, N);
	effect_set(&e, "ceiling", 0);
	fill(effect_signal(&e, "left"), WHITE, 0, 0.3);
	effect_run(&e);
	ok(e.r.m->latency(NULL) == LATE &&
		!memcmp(effect_out(&e, "left") + LATE, effect_signal(&e, "left"), (size_t)(e.frames - LATE) * sizeof(float)),
	    "limiter: what is under the ceiling passes bit for bit, %d frames late, as it says", LATE);
	effect_close(&e);

	effect_open(&e, "limiter", RATE, RATE);
	effect_set(&e, "ceiling", 0);
	effect_set(&e, "release", 0.1);
	float *l = effect_signal(&e, "left");
	for (int i = 0; i < e.frames; i++)
		l[i] = i < RATE / 4 ? 2 : 0.1f;
	effect_run(&e);
	const float *y = effect_out(&e, "left");
	const double lowest = y[RATE / 4 + LATE] / 0.1; /* a step swings over */
	int back = RATE / 4 + LATE;
	while (back < e.frames && y[back] / 0.1f < 1 - (1 - lowest) * exp(-1))
		back++;
	/* the minimum and the means let go within 64 frames */
	const double took = (back - RATE / 4 - LATE) / 48.0;
	ok(took >= 99 && took < 102, "limiter: comes back by 63 %% in %.1f ms, not 100", took);
	effect_close(&e);
}

int
main(void)
{
	test_ceiling();
	test_link();
	test_times();
	return done();
}
