/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What leads sounds to their places: cross-fade and mid-side, in dB. */
#include "effect_rig.h"

enum { RATE = 48000, N = 9600 };

static void
test_fade(void)
{
	double power = 0, straight = 0;
	for (int k = 0; k <= 8; k++)
		for (int law = 0; law < 2; law++) {
			struct rig r = rig("mix");
			double gain[2];
			for (int which = 0; which < 2; which++) {
				rig_set(&r, "a", which == 0);
				rig_set(&r, "b", which == 1);
				rig_set(&r, "t", k / 8.0);
				rig_set(&r, "law", law);
				rig_run(&r, 1);
				gain[which] = rig_out(&r, "out")[0];
			}
			if (law)
				power = fmax(power, fabs(gain[0] * gain[0] + gain[1] * gain[1] - 1));
			else
				straight = fmax(straight, fmax(fabs(gain[0] - (1 - k / 8.0)), fabs(gain[1] - k / 8.0)));
			if (k == 4)
				ok(fabs(rig_db(gain[0]) + (law ? 3.0103 : 6.0206)) < 1e-3 && fabs(gain[0] - gain[1]) < 1e-6,
				    "mix: half-way each is at %.3f dB", rig_db(gain[0]));
			if (k == 0 || k == 8)
				ok(fabs(gain[k == 8] - 1) < 1e-6 && fabs(gain[k == 0]) < 1e-6, "mix: at its end it is one alone");
			rig_free(&r);
		}
	ok(power < 1e-6, "mix: equal power all the way, within %.1e", power);
	ok(straight < 1e-7, "mix: straight all the way, within %.1e", straight);
}

/* Levels of the middle and the sides that come out for one that goes in. */
static double
gain(double mid, double side, double mono, double hz, int of_side)
{
	struct effect e;
	effect_open(&e, "midside", RATE, N);
	effect_set(&e, "mid", mid);
	effect_set(&e, "side", side);
	effect_set(&e, "mono", mono);
	sine_into(effect_signal(&e, "left"), N, hz, RATE, 0.5);
	sine_into(effect_signal(&e, "right"), N, hz, RATE, of_side ? -0.5 : 0.5);
	effect_run(&e);
	const double l = amplitude_at(effect_out(&e, "left") + N / 2, N / 2, hz, RATE) * 2;
	double other = 0;
	for (int i = 0; i < N; i++)
		other = fmax(other, fabs((double)effect_out(&e, of_side ? "mid" : "side")[i]));
	effect_close(&e);
	return other < 1e-6 ? rig_db(l) : 99;
}

static void
test_midside(void)
{
	ok(fabs(gain(-6, 3, 20, 1000, 0) + 6) < 0.01 && fabs(gain(-6, 3, 20, 1000, 1) - 3) < 0.01,
	    "midside: the middle at %.3f dB, the sides at %.3f", gain(-6, 3, 20, 1000, 0), gain(-6, 3, 20, 1000, 1));
	ok(gain(0, -60, 20, 1000, 1) < -200, "midside: -60 dB is none");
	const double corner = gain(0, 0, 200, 200, 1), low = gain(0, 0, 200, 50, 1), high = gain(0, 0, 200, 2000, 1);
	ok(fabs(corner + 3.01) < 0.02 && fabs(low + 24.1) < 0.3 && fabs(high) < 0.01 && fabs(gain(0, 0, 200, 50, 0)) < 0.01,
	    "midside: mono below 200 Hz: sides %.2f dB there, %.2f two octaves below, %.3f above", corner, low, high);

	struct effect e, back;
	effect_open(&e, "midside", RATE, N);
	noise_into(effect_signal(&e, "left"), N, 1);
	noise_into(effect_signal(&e, "right"), N, 2);
	effect_run(&e);
	effect_open(&back, "midside", RATE, N);
	effect_set(&back, "form", 1);
	memcpy(effect_signal(&back, "left"), effect_out(&e, "mid"), N * sizeof(float));
	memcpy(effect_signal(&back, "right"), effect_out(&e, "side"), N * sizeof(float));
	effect_run(&back);
	double worst = 0;
	for (int i = 0; i < N; i++)
		worst = fmax(worst, fmax(fabs((double)effect_out(&back, "left")[i] - (double)effect_signal(&e, "left")[i]),
					fabs((double)effect_out(&back, "right")[i] - (double)effect_signal(&e, "right")[i])));
	ok(worst < 1e-6, "midside: taken apart and put together it is what it was, within %.1e", worst);
	effect_close(&e);
	effect_close(&back);
}

int
main(void)
{
	test_fade();
	test_midside();
	return done();
}
