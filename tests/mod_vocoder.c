/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The vocoder: which band speaks, how fast, and what a hiss does. */
#include "effect_rig.h"

enum { RATE = 48000, N = 16384 };

static double
band_hz(int k, int bands, double low, double high)
{
	return low * pow(high / low, (double)k / (bands - 1));
}

/* Level of a carrier's sine at band j (and shift) where the modulator is a sine at band k. */
static double
through(int k, int j, double shift, int bands)
{
	struct effect e;
	effect_open(&e, "vocoder", RATE, 2 * N);
	effect_set(&e, "bands", bands);
	effect_set(&e, "low", 100);
	effect_set(&e, "high", 6400);
	effect_set(&e, "level", 0);
	effect_set(&e, "unvoiced", 0);
	effect_set(&e, "attack", 0.2); /* as slow as release: the envelope is the mean of |sine| */
	effect_set(&e, "release", 0.2);
	effect_set(&e, "shift", shift);
	sine_into(effect_signal(&e, "modulator"), e.frames, band_hz(k, bands, 100, 6400), RATE, 1);
	const double hz = band_hz(j, bands, 100, 6400) * pow(2, shift / 12);
	sine_into(effect_signal(&e, "in"), e.frames, hz, RATE, 1);
	effect_run(&e);
	const double db = rig_db(amplitude_at(effect_out(&e, "out") + N, N, hz, RATE));
	effect_close(&e);
	return db;
}

static void
test_bands(void)
{
	for (int bands = 8; bands <= 32; bands *= 2) {
		double own = 0, next = -99, far = -99;
		for (int k = 1; k < bands - 3; k += bands / 4) {
			own = fmax(own, fabs(through(k, k, 0, bands) - rig_db(2 / M_PI)));
			next = fmax(next, through(k, k + 1, 0, bands));
			far = fmax(far, through(k, k + 3, 0, bands));
		}
		/* what neighbours let through comes on top, two bands away each is 20 dB down */
		ok(own < 1 && next < -6 && far < -26,
		    "vocoder: %d bands: a sine speaks through its own at 2 / pi within %.2f dB, one off %.1f dB, three off %.1f", bands,
		    own, next, far);
	}
	const double shifted = through(5, 5, 7, 16), stayed = through(5, 5, 0, 16);
	ok(fabs(shifted - stayed) < 0.5, "vocoder: shifted by 7 semitones it speaks there: %.2f dB, %.2f unshifted", shifted, stayed);
}

/* The carrier follows a burst in one band with its time constants. */
static void
test_times(void)
{
	struct effect e;
	effect_open(&e, "vocoder", RATE, 2 * RATE);
	effect_set(&e, "bands", 8);
	effect_set(&e, "low", 100);
	effect_set(&e, "high", 12800);
	effect_set(&e, "level", 0);
	effect_set(&e, "attack", 0.1);
	effect_set(&e, "release", 0.1);
	effect_set(&e, "unvoiced", 0);
	float *x = effect_signal(&e, "modulator"), *c = effect_signal(&e, "in");
	for (int i = 0; i < e.frames; i++) {
		c[i] = (float)sin(TURN * 1600 * i / RATE); /* the middle of the fifth band */
		x[i] = i >= RATE / 4 && i < RATE ? c[i] : 0;
	}
	effect_run(&e);
	const float *y = effect_out(&e, "out"); /* 10 ms around 0.1 s after each step */
	const double full = rig_rms(y + RATE - 4800, 4800), up = rig_rms(y + RATE / 4 + 4560, 480) / full;
	const double down = rig_rms(y + RATE + 4560, 480) / full;
	ok(rig_peak(y, RATE / 4) == 0 && fabs(up - (1 - exp(-1))) < 0.01 && fabs(down - exp(-1)) < 0.01,
	    "vocoder: after 100 ms of 100 a band is up by %.3f, and down to %.3f", up, down);
	effect_close(&e);
}

static void
test_hiss(void)
{
	double rms[2];
	for (int hiss = 0; hiss < 2; hiss++) {
		struct effect e;
		effect_open(&e, "vocoder", RATE, RATE);
		effect_set(&e, "unvoiced", 1);
		effect_set(&e, "level", 0);
		float *x = effect_signal(&e, "modulator");
		for (int i = 1; i < e.frames; i++)
			x[i] = hiss ? 0.5f * (noise_at(1, (uint32_t)i) - noise_at(1, (uint32_t)i - 1))
				    : (float)sin(TURN * 300 * i / RATE);
		effect_run(&e); /* the carrier is silent */
		rms[hiss] = rig_db(rig_rms(effect_out(&e, "out") + RATE / 2, RATE / 2));
		effect_close(&e);
	}
	ok(rms[1] > -40 && rms[0] < -120, "vocoder: an s sounds without a carrier (%.0f dB), a vowel does not (%.0f dB)", rms[1], rms[0]);
}

int
main(void)
{
	test_bands();
	test_times();
	test_hiss();
	return done();
}
