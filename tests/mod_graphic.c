/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The graphic equaliser by its impulse response: in dB at its centres, and between them. */
#include "effect_rig.h"

enum { BANDS = 10 };

static const char *const names[BANDS] = {"hz31", "hz63", "hz125", "hz250", "hz500", "hz1000", "hz2000", "hz4000", "hz8000", "hz16000"};

static double
response(const float *y, int n, double turns)
{
	double complex sum = 0, z = 1;
	for (int i = 0; i < n; i++, z *= cexp(-I * TURN * turns))
		sum += (double)y[i] * z;
	return rig_db(cabs(sum));
}

/* Worst error at the centres that the rate has room for, and the most that anything between them is beyond all sliders. */
static void
test(const double *want, double rate, const char *name, double beyond)
{
	const int n = 16384;
	struct effect e;
	effect_open(&e, "graphic", (float)rate, n);
	double worst = 0, high = -99, low = 99;
	for (int k = 0; k < BANDS; k++) {
		effect_set(&e, names[k], want[k]);
		high = fmax(high, want[k]);
		low = fmin(low, want[k]);
	}
	effect_signal(&e, "left")[0] = 1;
	effect_run(&e);
	const float *y = effect_out(&e, "left");
	for (int k = 0; k < BANDS && 31.25 * (1 << k) <= 0.45 * rate; k++)
		worst = fmax(worst, fabs(response(y, n, 31.25 * (1 << k) / rate) - want[k]));
	double over = 0;
	for (double f = 31.25; f <= fmin(16000, 0.45 * rate); f *= pow(2, 1.0 / 8)) {
		const double db = response(y, n, f / rate);
		over = fmax(over, fmax(db - high, low - db));
	}
	ok(worst < 0.1 && over < beyond, "graphic: %s at %g Hz: sliders within %.4f dB, between them %.2f dB beyond at most", name,
	    rate, worst, over);
	effect_close(&e);
}

int
main(void)
{
	static const double flat[BANDS] = {0}, up[BANDS] = {12, 12, 12, 12, 12, 12, 12, 12, 12, 12},
			    zigzag[BANDS] = {12, -12, 12, -12, 12, -12, 12, -12, 12, -12},
			    smile[BANDS] = {9, 6, 3, 0, -3, -3, 0, 3, 6, 9}, one[BANDS] = {0, 0, 0, 0, 12, 0, 0, 0, 0, 0},
			    top[BANDS] = {0, 0, 0, 0, 0, 0, 0, 0, 0, -12};
	static const double rates[] = {44100, 48000, 96000};
	for (int r = 0; r < 3; r++) {
		test(up, rates[r], "all up", 1.2); /* between two sliders at 12 dB: 10.95 */
		test(zigzag, rates[r], "up and down", 0.5);
		test(smile, rates[r], "a smile", 0.5);
		test(one, rates[r], "one up", 2.5);
		test(top, rates[r], "the top down", 2.5);
	}
	test(zigzag, 22050, "up and down", 1);

	struct effect e;
	effect_open(&e, "graphic", 48000, 4800);
	noise_into(effect_signal(&e, "right"), e.frames, 1);
	for (int k = 0; k < BANDS; k++)
		effect_set(&e, names[k], flat[k]);
	effect_run(&e);
	ok(!memcmp(effect_out(&e, "right"), effect_signal(&e, "right"), (size_t)e.frames * sizeof(float)),
	    "graphic: with all sliders at 0 the sound passes bit for bit");
	effect_close(&e);

	/* Sliders thrown about. */
	effect_open(&e, "graphic", 48000, 48000);
	noise_into(effect_signal(&e, "left"), e.frames, 2);
	for (int k = 0; k < BANDS; k++) {
		float *x = effect_signal(&e, names[k]);
		for (int i = 0; i < e.frames; i++)
			x[i] = 12 * noise_at(3 + (uint32_t)k, (uint32_t)i / 640);
	}
	effect_run(&e);
	const double rms = rig_rms(effect_out(&e, "left"), (size_t)e.frames);
	ok(rig_finite(effect_out(&e, "left"), (size_t)e.frames) && rms < 0.58 * 4, "graphic: stays calm when thrown about: rms %.2f", rms);
	effect_close(&e);
	return done();
}
