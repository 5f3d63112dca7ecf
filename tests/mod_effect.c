/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Effects by what they do to a signal: times in frames, levels in dB. */
#include "effect_rig.h"

enum { RATE = 48000 };

static int
first_above(const float *x, int from, int n, float level)
{
	for (int i = from; i < n; i++)
		if (fabsf(x[i]) > level)
			return i;
	return -1;
}

static void
test_gain(void)
{
	struct effect e;
	effect_open(&e, "gain", RATE, 4096);
	effect_set(&e, "gain", -6.0206);
	sine_into(effect_signal(&e, "in"), e.frames, 1000, RATE, 1);
	effect_run(&e);
	const double got = rig_db(rig_rms(effect_out(&e, "out"), 4096) / rig_rms(effect_signal(&e, "in"), 4096));
	ok(fabs(got + 6.0206) < 1e-4, "gain: -6.0206 dB is %.5f dB", got);
	effect_close(&e);

	effect_open(&e, "gain", RATE, 256);
	effect_set(&e, "gain", -120);
	effect_set(&e, "in", 1);
	effect_run(&e);
	ok(rig_rms(effect_out(&e, "out"), 256) == 0, "gain: -120 dB is silence");
	effect_close(&e);
}

static void
test_pan(void)
{
	double worst = 0, wrong = 0;
	for (int k = -4; k <= 4; k++) {
		struct effect e;
		effect_open(&e, "pan", RATE, 256);
		effect_set(&e, "in", 1);
		effect_set(&e, "pan", (float)k / 4);
		effect_run(&e);
		const double l = effect_out(&e, "left")[200], r = effect_out(&e, "right")[200];
		worst = fmax(worst, fabs(l * l + r * r - 1));
		wrong = fmax(wrong, fabs(r - sin((k / 4.0 + 1) * TURN / 8)));
		effect_close(&e);
	}
	ok(worst < 1e-6, "pan: left^2 + right^2 is 1 within %.1e at nine places", worst);
	ok(wrong < 1e-6, "pan: right follows the sine law within %.1e", wrong);
}

static void
test_width(void)
{
	for (int w = 0; w <= 2; w++) {
		struct effect e;
		effect_open(&e, "width", RATE, 256);
		effect_set(&e, "left", 0.9);
		effect_set(&e, "right", 0.3);
		effect_set(&e, "width", w);
		effect_run(&e);
		const double l = effect_out(&e, "left")[99], r = effect_out(&e, "right")[99];
		ok(fabs(l + r - 1.2) < 1e-6 && fabs(l - r - 0.6 * w) < 1e-6, "width %d: the middle stays, sides times %d", w, w);
		effect_close(&e);
	}
}

static void
test_haas(void)
{
	for (int side = 0; side < 2; side++) {
		struct effect e;
		effect_open(&e, "haas", RATE, 4096);
		effect_set(&e, "ms", 17);
		effect_set(&e, "level", -3);
		effect_set(&e, "side", side);
		effect_signal(&e, "left")[100] = effect_signal(&e, "right")[100] = 1;
		effect_run(&e);
		const float *late = effect_out(&e, side ? "left" : "right"), *early = effect_out(&e, side ? "right" : "left");
		const int lag = first_above(late, 0, 4096, 0.5f) - first_above(early, 0, 4096, 0.5f);
		ok(lag == 816 && early[100] == 1, "haas: %s is late by 17 ms: %d frames", side ? "left" : "right", lag);
		ok(fabs(rig_db(late[916]) + 3) < 1e-3, "haas: by -3 dB: %.4f dB", rig_db(late[916]));
		effect_close(&e);
	}
	struct effect e;
	effect_open(&e, "haas", RATE, 512);
	effect_set(&e, "ms", 0);
	noise_into(effect_signal(&e, "left"), 512, 1);
	noise_into(effect_signal(&e, "right"), 512, 1);
	effect_run(&e);
	ok(!memcmp(effect_out(&e, "left"), effect_out(&e, "right"), 512 * sizeof(float)), "haas: 0 ms leaves the sound as it is");
	effect_close(&e);
}

static double
sum_of(const float *x, int from, int to)
{
	double s = 0;
	for (int i = from; i < to; i++)
		s += x[i];
	return s;
}

static void
test_delay(void)
{
	struct effect e;
	effect_open(&e, "delay", RATE, 96000);
	effect_set(&e, "time", 0.25);
	effect_set(&e, "feedback", 0.5);
	effect_set(&e, "high_cut", 5000);
	effect_set(&e, "low_cut", 300);
	effect_set(&e, "mix", 1);
	effect_signal(&e, "left")[10] = 1;
	effect_run(&e);
	const float *l = effect_out(&e, "left"), *r = effect_out(&e, "right");
	ok(first_above(l, 0, e.frames, 1e-4f) == 12010 && l[12010] == 1, "delay: 0.25 s is 12000 frames, the first echo is the sound");
	/* An echo is the one before, times feedback, through both filters: by their formulas. */
	double worst = 0;
	for (double hz = 50; hz < 16000; hz *= 1.7) {
		const double complex z = cexp(-I * TURN * hz / RATE);
		const double lp = exp(-TURN * 5000 / RATE), hp = exp(-TURN * 300 / RATE);
		const double want = rig_db(0.5 * cabs((1 - lp) / (1 - lp * z) * (1 - (1 - hp) / (1 - hp * z))));
		for (int k = 1; k < 4; k++) {
			double complex sum[2] = {0};
			for (int i = 0; i < 12000; i++)
				for (int j = 0; j < 2; j++)
					sum[j] += l[(k + j) * 12000 + 10 + i] * cexp(-I * TURN * hz * i / RATE);
			worst = fmax(worst, fabs(rig_db(cabs(sum[1] / sum[0])) - want));
		}
	}
	ok(worst < 0.01, "delay: echoes fall by feedback and by both cuts, within %.4f dB from 50 Hz to 16 kHz", worst);
	ok(rig_rms(r, e.frames) == 0, "delay: a side's echoes stay there");
	effect_close(&e);

	effect_open(&e, "delay", RATE, 96000);
	effect_set(&e, "time", 0.125);
	effect_set(&e, "feedback", 0.5);
	effect_set(&e, "high_cut", 20000);
	effect_set(&e, "low_cut", 5);
	effect_set(&e, "mix", 1);
	effect_set(&e, "mode", 1);
	effect_signal(&e, "left")[0] = effect_signal(&e, "right")[0] = 1;
	effect_run(&e);
	l = effect_out(&e, "left"), r = effect_out(&e, "right");
	ok(l[6000] == 1 && fabs(sum_of(r, 11990, 12020) - 0.5) < 0.02 && fabs(sum_of(l, 17990, 18020) - 0.25) < 0.01 &&
	        rig_rms(r, 11000) == 0 && rig_rms(l + 11990, 30) < 1e-4,
	    "delay: ping-pong falls left, right, left, each half as loud");
	effect_close(&e);

	/* A time between two frames keeps the treble: a third of the rate's octaves. */
	effect_open(&e, "delay", RATE, 9600);
	effect_set(&e, "time", 100.5f / RATE);
	effect_set(&e, "feedback", 0);
	effect_set(&e, "mix", 1);
	sine_into(effect_signal(&e, "left"), e.frames, 6000, RATE, 1);
	effect_run(&e);
	const double loss = rig_db(amplitude_at(effect_out(&e, "left") + 1000, 8000, 6000, RATE));
	ok(loss > -0.1 && loss < 0.01, "delay: half a frame costs %.3f dB at 6 kHz", loss);
	effect_close(&e);

	effect_open(&e, "delay", RATE, 4 * RATE);
	effect_set(&e, "feedback", 0.99);
	float *time = effect_signal(&e, "time");
	for (int i = 0; i < e.frames; i++)
		time[i] = 3 * noise_at(5, (uint32_t)i / 777);
	noise_into(effect_signal(&e, "left"), e.frames, 2);
	effect_run(&e);
	ok(rig_finite(effect_out(&e, "left"), e.frames), "delay: stays finite with a wild time");
	effect_close(&e);
}

/* The delay of a copy at every frame, read off a ramp: in = slope n. */
static void
test_chorus(void)
{
	struct effect e;
	effect_open(&e, "chorus", RATE, RATE);
	effect_set(&e, "rate", 2);
	effect_set(&e, "depth", 3);
	effect_set(&e, "delay", 10);
	effect_set(&e, "mix", 1);
	effect_set(&e, "voices", 0);
	effect_set(&e, "spread", 0.25);
	for (int side = 0; side < 2; side++) {
		float *x = effect_signal(&e, side ? "right" : "left");
		for (int i = 0; i < e.frames; i++)
			x[i] = (float)i / RATE;
	}
	effect_run(&e);
	const float *l = effect_out(&e, "left"), *r = effect_out(&e, "right");
	double worst = 0;
	for (int i = 2000; i < e.frames; i++) {
		const double t = (i + 1) / (double)RATE;
		const double lag_l = 1000 * ((double)i / RATE - l[i]), lag_r = 1000 * ((double)i / RATE - r[i]);
		worst = fmax(worst, fabs(lag_l - 10 - 3 * sin(TURN * 2 * t)));
		worst = fmax(worst, fabs(lag_r - 10 - 3 * cos(TURN * 2 * t)));
	}
	ok(worst < 0.01, "chorus: copies swing by 10 +- 3 ms at 2 Hz, right a quarter turn ahead, within %.4f ms", worst);
	effect_close(&e);

	effect_open(&e, "chorus", RATE, RATE);
	effect_set(&e, "mix", 1);
	effect_set(&e, "voices", 3);
	noise_into(effect_signal(&e, "left"), e.frames, 3);
	noise_into(effect_signal(&e, "right"), e.frames, 3);
	effect_run(&e);
	const double level = rig_db(rig_rms(effect_out(&e, "left") + 4800, 40000) / rig_rms(effect_signal(&e, "left"), 40000));
	ok(fabs(level) < 1, "chorus: four copies are as loud as the sound: %.2f dB", level);
	double dot = 0;
	for (int i = 4800; i < 44800; i++)
		dot += (double)effect_out(&e, "left")[i] * effect_out(&e, "right")[i];
	dot /= 40000 * rig_rms(effect_out(&e, "left") + 4800, 40000) * rig_rms(effect_out(&e, "right") + 4800, 40000);
	ok(fabs(dot) < 0.5, "chorus: makes a mono sound wide: correlation %.2f", dot);
	effect_close(&e);

	/* A flanger: one still copy, feedback. Comb peaks at 1 / (1 - g), dips at 1 / (1 + g). */
	double peak_dip[2];
	for (int k = 0; k < 2; k++) {
		effect_open(&e, "chorus", RATE, RATE);
		effect_set(&e, "depth", 0);
		effect_set(&e, "delay", 1);
		effect_set(&e, "feedback", 0.8);
		effect_set(&e, "mix", 1);
		effect_set(&e, "voices", 0);
		sine_into(effect_signal(&e, "left"), e.frames, 1000 + 500 * k, RATE, 1);
		effect_run(&e);
		peak_dip[k] = rig_db(amplitude_at(effect_out(&e, "left") + 8000, 32000, 1000 + 500 * k, RATE));
		effect_close(&e);
	}
	ok(fabs(peak_dip[0] - rig_db(1 / 0.2)) < 0.1 && fabs(peak_dip[1] - rig_db(1 / 1.8)) < 0.1,
	    "chorus: as a flanger peaks %.2f dB and dips %.2f dB", peak_dip[0], peak_dip[1]);
}

/* Reverberation time by Schroeder's backward integral: the straight line through
   -5 to -35 dB of the octave around hz. */
static double
t30(const float *x, int n, double hz)
{
	const double w = TURN * hz / RATE, al = sin(w) / (2 * sqrt(2)), b0 = al / (1 + al), a1 = -2 * cos(w) / (1 + al),
	    a2 = (1 - al) / (1 + al);
	double x1 = 0, x2 = 0, y1 = 0, y2 = 0, *left = calloc((size_t)n + 1, sizeof *left);
	for (int i = 0; i < n; i++) {
		const double y = b0 * (x[i] - x2) - a1 * y1 - a2 * y2;
		x2 = x1, x1 = x[i], y2 = y1, y1 = y;
		left[i] = y * y;
	}
	for (int i = n - 1; i >= 0; i--)
		left[i] += left[i + 1];
	double m = 0, sx = 0, sy = 0, sxx = 0, sxy = 0;
	for (int i = 0; i < n; i++) {
		const double d = 10 * log10(left[i] / left[0] + 1e-30), t = i / (double)RATE;
		if (d > -5 || d < -35)
			continue;
		m++, sx += t, sy += d, sxx += t * t, sxy += t * d;
	}
	free(left);
	return -60 * (m * sxx - sx * sx) / (m * sxy - sx * sy);
}

static void
test_plate(void)
{
	static const double round[] = {0.3627, 0.7254, 1.2332}; /* seconds, by size */
	for (int size = 0; size < 3; size++) {
		double worst = 0, at_worst = 0;
		for (int k = 0; k < 4; k++) {
			const double decay = k < 3 ? round[size] * (1 + 1.5 * k) : 6;
			struct effect e;
			effect_open(&e, "plate", RATE, (int)(RATE * (0.5 + decay)));
			effect_set(&e, "size", size);
			effect_set(&e, "decay", decay);
			effect_set(&e, "damping", 20000);
			effect_set(&e, "predelay", 0);
			effect_set(&e, "mix", 1);
			effect_signal(&e, "left")[0] = effect_signal(&e, "right")[0] = 1;
			effect_run(&e);
			double t = 0;
			for (int side = 0; side < 2; side++) {
				const float *x = effect_out(&e, side ? "right" : "left");
				t += (t30(x, e.frames, 500) + t30(x, e.frames, 1000)) / 4;
			}
			if (fabs(t / decay - 1) > fabs(worst))
				worst = t / decay - 1, at_worst = decay;
			effect_close(&e);
		}
		ok(fabs(worst) < 0.05, "plate: size %d, T30 at 500 and 1000 Hz is its decay, at worst %+.1f %% (%g s)", size,
		    100 * worst, at_worst);
	}

	struct effect e;
	effect_open(&e, "plate", RATE, 2 * RATE);
	effect_set(&e, "decay", 2);
	effect_set(&e, "predelay", 0.1);
	effect_set(&e, "mix", 1);
	noise_into(effect_signal(&e, "left"), RATE, 4);
	noise_into(effect_signal(&e, "right"), RATE, 4);
	effect_run(&e);
	const float *l = effect_out(&e, "left"), *r = effect_out(&e, "right");
	double dot = 0;
	for (int i = RATE / 2; i < RATE; i++)
		dot += (double)l[i] * r[i];
	dot /= RATE / 2 * rig_rms(l + RATE / 2, RATE / 2) * rig_rms(r + RATE / 2, RATE / 2);
	ok(fabs(dot) < 0.15, "plate: left and right of a mono sound correlate by %.3f", dot);
	const int first = first_above(l, 0, e.frames, 0);
	ok(first > 4800 && first < 4800 + 1000, "plate: begins after a pre-delay of 4800 frames: %d", first);
	const double level = rig_db(rig_rms(l + RATE / 2, RATE / 2) / rig_rms(effect_signal(&e, "left"), RATE));
	ok(fabs(level) < 6, "plate: is about as loud as the sound: %.1f dB", level);
	effect_close(&e);

	double t[2];
	for (int k = 0; k < 2; k++) {
		effect_open(&e, "plate", RATE, 3 * RATE);
		effect_set(&e, "decay", 2);
		effect_set(&e, "damping", 2000);
		effect_set(&e, "mix", 1);
		effect_signal(&e, "left")[0] = 1;
		effect_run(&e);
		t[k] = t30(effect_out(&e, "left"), e.frames, k ? 4000 : 250);
		effect_close(&e);
	}
	ok(fabs(t[0] / 2 - 1) < 0.1 && t[1] < 0.7 * t[0], "plate: damping at 2 kHz: %.2f s at 250 Hz, %.2f s at 4 kHz", t[0], t[1]);
}

int
main(void)
{
	test_gain();
	test_pan();
	test_width();
	test_haas();
	test_delay();
	test_chorus();
	test_plate();
	return done();
}
