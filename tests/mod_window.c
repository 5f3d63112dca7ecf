/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The window oscillator: harmonics against the Fourier series of its equation, and what folds back. */
#include "module_rig.h"
#include "tap.h"

enum { N = 32768 };

static const char *const shapes[] = {"sine", "saw", "square"}, *const windows[] = {"hann", "blackman", "flat"};

static double
note_hz(double note)
{
	return 440 * pow(2, (note - 69) / 12);
}

/* One turn of it. */
static double
equation(int shape, int window, double p, double ratio)
{
	const double t = 2 * M_PI, s = ratio * p - floor(ratio * p), d = fmin(fmin(p, 1 - p), 0.25);
	const double fade = window == 0 ? 0.5 - 0.5 * cos(t * p) :
	    window == 1 ? 0.42 - 0.5 * cos(t * p) + 0.08 * cos(2 * t * p) : 0.5 - 0.5 * cos(2 * t * d);
	const double wave = shape == 0 ? sin(t * s) : shape == 1 ? 2 * s - 1 : s < 0.5 ? 1 : -1;
	return fade * wave;
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
window(int shape, int kind)
{
	static const double limits[2][3] = {{-126, -103, -85}, {-109, -94, -77}}; /* of the sine, of the others */
	static const double ratios[] = {1, 1.3, 2.5, 5.75};
	double worst = 0, alias[3] = {-300, -300, -300};
	for (size_t i = 0; i < 4; i++) {
		enum { FINE = 1 << 13 };
		static const double notes[] = {60.03, 84.03, 96.03};
		struct rig r = rig("window");
		rig_set(&r, "shape", shape);
		rig_set(&r, "window", kind);
		rig_set(&r, "formant", ratios[i]);
		rig_set(&r, "pitch", 45);
		rig_run(&r, 2 * N);
		for (int k = 1; k <= 60; k += 1 + k / 8) {
			double complex want = 0;
			for (int j = 0; j < FINE; j++)
				want += equation(shape, kind, (j + 0.5) / FINE, ratios[i]) * cexp(-2 * M_PI * I * k * (j + 0.5) / FINE) * 2 / FINE;
			worst = fmax(worst, fabs(cabs(rig_partial(rig_out(&r, "out") + N / 2, N, k * 110 / 44100.0)) - cabs(want)));
		}
		for (int n = 0; n < 3; n++) {
			rig_set(&r, "pitch", notes[n]);
			rig_run(&r, 2 * N);
			alias[n] = fmax(alias[n], folded(rig_out(&r, "out") + N / 2, note_hz(notes[n]) / 44100));
		}
		rig_free(&r);
	}
	const double *limit = limits[shape > 0];
	ok(worst < 1e-3 && alias[0] < limit[0] && alias[1] < limit[1] && alias[2] < limit[2],
	    "window: %s under %s: harmonics within %.1g; folds back below 16 kHz: C4 %.1f, C6 %.1f, C7 %.1f dB", shapes[shape],
	    windows[kind], worst, alias[0], alias[1], alias[2]);
}

int
main(void)
{
	for (int shape = 0; shape < 3; shape++)
		for (int kind = 0; kind < 3; kind++)
			window(shape, kind);
	return done();
}
