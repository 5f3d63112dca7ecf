/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Gain, pan and width: levels in dB. */
#include "effect_rig.h"

enum { RATE = 48000 };

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

int
main(void)
{
	test_gain();
	test_pan();
	test_width();
	return done();
}
