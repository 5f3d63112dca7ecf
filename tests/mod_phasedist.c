/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Phase distortion and formants: waves and spectra against their equations in double precision, what folds back. */
#include "module_rig.h"
#include "tap.h"

enum { N = 32768 };

static const char *const shapes[] = {"saw", "square", "pulse", "double", "resonant saw", "resonant triangle", "resonant trapezoid"};

static double
note_hz(double note)
{
	return 440 * pow(2, (note - 69) / 12);
}

static double
piece(double p, double from, double to)
{
	return fmin(fmax((p - from) / (to - from), 0), 1);
}

/* One turn of the wave, its mean still on. */
static double
wave(int shape, double p, double amount)
{
	const double d = 0.5 * (1 - amount), turn = 2 * M_PI;
	const double r = pow(2, 4 * amount), peak = 1 - cos(turn * r * p);
	switch (shape) {
	case 0: return -cos(turn * (0.5 * piece(p, 0, d) + 0.5 * piece(p, d, 1)));
	case 1: return -cos(turn * (0.5 * piece(p, 0, d) + 0.5 * piece(p, 0.5, 0.5 + d)));
	case 2: return -cos(turn * piece(p, 0, 1 - amount));
	case 3: return -cos(turn * (piece(p, 0, d) + piece(p, d, 1)));
	case 4: return (1 - p) * peak;
	case 5: return (p < 0.5 ? 2 * p : 2 - 2 * p) * peak;
	default: return (p < 0.5 ? 1 : 2 - 2 * p) * peak;
	}
}

/* Harmonics of a low note against those of the equation, and no mean. */
static void
equation(int shape)
{
	enum { FINE = 1 << 14 };
	double worst = 0, mean_of = 0;
	for (double amount = 0; amount < 0.95; amount += 0.31) {
		struct rig r = rig("phasedist");
		rig_set(&r, "shape", shape);
		rig_set(&r, "amount", amount);
		rig_set(&r, "pitch", 33);
		rig_run(&r, 2 * N);
		const float *y = rig_out(&r, "out") + N / 2;
		for (int k = 1; k <= 60; k += 1 + k / 8) {
			double complex want = 0;
			for (int i = 0; i < FINE; i++)
				want += wave(shape, (i + 0.5) / FINE, amount) * cexp(-2 * M_PI * I * k * (i + 0.5) / FINE) * 2 / FINE;
			worst = fmax(worst, fabs(cabs(rig_partial(y, N, k * 55 / 44100.0)) - cabs(want)));
		}
		double got = 0;
		for (int i = 0; i < 802 * 30; i++) /* two turns are 801.8 frames */
			got += y[i] * (1 - cos(2 * M_PI * i / (802 * 30))) / (802 * 30);
		mean_of = fmax(mean_of, fabs(got));
		rig_free(&r);
	}
	ok(worst < 1e-4 && mean_of < 1e-3, "phasedist %s: harmonics of its equation within %.1g, mean %.1g", shapes[shape], worst,
	    mean_of);
}

static double
folded(const float *y, double f)
{
	double *mag = rig_spectrum(y, N), worst = 0, most = 0;
	for (int bin = 8; bin < (int)(16000.0 / 44100 * N); bin++) {
		if (fabs(bin - f * N * floor(bin / (f * N) + 0.5)) > 8)
			worst = fmax(worst, mag[bin]);
		most = fmax(most, mag[bin]);
	}
	free(mag);
	return rig_db(worst / most);
}

static void
alias(int shape, double c4, double c6)
{
	double a[2];
	for (int k = 0; k < 2; k++) {
		struct rig r = rig("phasedist");
		rig_set(&r, "shape", shape);
		rig_set(&r, "amount", 1);
		rig_set(&r, "pitch", k ? 84.03 : 60.03);
		rig_run(&r, 2 * N);
		a[k] = folded(rig_out(&r, "out") + N / 2, note_hz(k ? 84.03 : 60.03) / 44100);
		rig_free(&r);
	}
	ok(a[0] < c4 && a[1] < c6, "phasedist %s, amount 1: what folds back below 16 kHz: C4 %.1f dB, C6 %.1f dB", shapes[shape],
	    a[0], a[1]);
}

/* Amplitude of harmonic k: the grain's transform, by a fine sum. */
static double
grain(double f0, double formant, double bandwidth, int k)
{
	const double length = fmin(2 / bandwidth, 4 / f0);
	double complex sum = 0;
	enum { FINE = 8192 };
	for (int i = 0; i < FINE; i++) {
		const double t = length * i / FINE, window = 0.5 - 0.5 * cos(2 * M_PI * i / FINE);
		sum += window * sin(2 * M_PI * formant * t) * cexp(-2 * M_PI * I * k * f0 * t);
	}
	return 2 * f0 * cabs(sum) * length / FINE / sqrt(fmax(length * f0, 1));
}

static void
formants(double note, double formant, double bandwidth)
{
	struct rig r = rig("formant");
	const double f0 = note_hz(note);
	double worst = 0, top = 0, at = 0;
	rig_set(&r, "pitch", note);
	rig_set(&r, "formant", formant);
	rig_set(&r, "bandwidth", bandwidth);
	rig_run(&r, 2 * N);
	const float *y = rig_out(&r, "out") + N / 2;
	for (int k = 1; k * f0 < 16000 && k < 90; k++) {
		const double a = cabs(rig_partial(y, N, k * f0 / 44100));
		worst = fmax(worst, fabs(a - grain(f0, formant, bandwidth, k)));
		if (a > top) {
			top = a;
			at = k * f0;
		}
	}
	const double alias = folded(y, f0 / 44100);
	ok(worst < 1e-4 && fabs(at - formant) <= f0 / 2 && alias < -85 && rig_peak(rig_out(&r, "out"), 2 * N) <= 1.0001,
	    "formant: %g Hz, %g wide, on %.0f Hz: spectrum within %.1g, loudest at %.0f Hz, folds back %.0f dB", formant,
	    bandwidth, f0, worst, at, alias);
	rig_free(&r);
}

/* On a low pitch: half the amplitude at half the bandwidth to each side. */
static void
bandwidth(void)
{
	struct rig r = rig("formant");
	const double f0 = note_hz(21);
	rig_set(&r, "pitch", 21); /* 27.5 Hz: 1100 is its 40th harmonic */
	rig_set(&r, "formant", 1100);
	rig_set(&r, "bandwidth", 275);
	rig_run(&r, 2 * N);
	const float *y = rig_out(&r, "out") + N / 2;
	const double middle = cabs(rig_partial(y, N, 40 * f0 / 44100)), low = cabs(rig_partial(y, N, 35 * f0 / 44100)),
	             high = cabs(rig_partial(y, N, 45 * f0 / 44100));
	ok(fabs(rig_db(low / middle) + 6.02) < 0.1 && fabs(rig_db(high / middle) + 6.02) < 0.1,
	    "formant: at the edges of its bandwidth %.2f and %.2f dB", rig_db(low / middle), rig_db(high / middle));
	rig_free(&r);
}

int
main(void)
{
	for (int shape = 0; shape < 7; shape++)
		equation(shape);
	/* measured, and a decibel or two */
	static const double limits[7][2] = {{-102, -91}, {-99, -88}, {-87, -87}, {-103, -91}, {-101, -74},
	    {-119, -73}, {-104, -76}};
	for (int shape = 0; shape < 7; shape++)
		alias(shape, limits[shape][0], limits[shape][1]);
	formants(45, 700, 80);
	formants(57, 2500, 150);
	formants(33, 350, 60);
	formants(69, 1300, 1500);
	formants(84, 3000, 100);
	bandwidth();
	return done();
}
