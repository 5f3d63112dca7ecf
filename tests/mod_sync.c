/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Hard sync: harmonics against the Fourier series of the synced wave, what folds back against the plain one. */
#include "module_rig.h"
#include "tap.h"

enum { N = 32768 };
enum { SAW, SQUARE, TRIANGLE };

static const char *const shapes[] = {"saw", "square", "triangle"};

static double
note_hz(double note)
{
	return 440 * pow(2, (note - 69) / 12);
}

/* Amplitude of harmonic k: a wave of straight pieces is the sum of its jumps, 2 |sum h e^(-2 pi i k p)| / (2 pi k),
   and of its corners, whose h is the change of slope (in a turn) over 2 pi i k. */
static double
theory(int shape, double ratio, double width, int k)
{
	const double complex turn = -2 * M_PI * I * k;
	const int last = (int)ceil(ratio) - 1;
	double complex sum = 0;
	if (shape == TRIANGLE) {
		double slope = 1, end = 0, at = 0; /* of the pieces, in 4 ratio */
		for (double c = 0.25; c < ratio; c += 0.5) {
			end += 4 * slope * (c - at);
			slope = -slope;
			at = c;
			sum += 8 * ratio * slope / -turn * cexp(turn * c / ratio);
		}
		end += 4 * slope * (ratio - at);
		sum += 4 * ratio * (1 - slope) / -turn - end;
		return cabs(sum) / (M_PI * k);
	}
	const int square = shape == SQUARE;
	double end = square ? (ratio - last <= width ? 1 : -1) : 2 * (ratio - last) - 1;
	for (int m = 1; m <= last; m++)
		sum += (square ? 2 : -2) * cexp(turn * m / ratio);
	for (int m = 0; square && m + width < ratio; m++)
		sum -= 2 * cexp(turn * (m + width) / ratio);
	sum += (square ? 1 : -1) - end;
	return cabs(sum) / (M_PI * k);
}

static struct rig
synced(int shape, double ratio, double width, double note)
{
	struct rig r = rig("sync");
	rig_set(&r, "shape", shape);
	rig_set(&r, "ratio", ratio);
	rig_set(&r, "width", width);
	rig_set(&r, "pitch", note);
	rig_run(&r, 2 * N);
	return r;
}

static void
harmonics(int shape, double width)
{
	static const double ratios[] = {1, 1.02, 1.5, 2, 2.37, 3.98, 5.5}, notes[] = {33, 57, 81};
	double worst = 0, mean = 0;
	for (size_t i = 0; i < sizeof ratios / sizeof *ratios; i++)
		for (size_t j = 0; j < sizeof notes / sizeof *notes; j++) {
			const double f = note_hz(notes[j]) / 44100;
			struct rig r = synced(shape, ratios[i], width, notes[j]);
			const float *y = rig_out(&r, "out") + N / 2;
			for (int k = 1; k * f < 16000.0 / 44100; k += 1 + k / 12) {
				const double a = cabs(rig_partial(y, N, k * f)), want = theory(shape, ratios[i], width, k);
				worst = fmax(worst, fabs(a - want) / fmax(want, 0.05));
			}
			double dc = 0; /* over whole periods, roughly: windowed */
			for (int n = 0; n < N; n++)
				dc += y[n] * (1 - cos(2 * M_PI * n / N)) / N;
			mean = fmax(mean, fabs(dc));
			rig_free(&r);
		}
	ok(worst < 0.006 && mean < 1e-3, "sync: %s, width %g: harmonics to 16 kHz within %.2g of theory, mean %.1g",
	    shapes[shape], width, worst, mean);
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

/* The loudest line that is no harmonic, and the same for the wave without its mended jumps. */
static void
alias(int shape, double ratio, double note, double limit)
{
	const double f = note_hz(note) / 44100;
	struct rig r = synced(shape, ratio, 0.3, note);
	float *plain = malloc(N * sizeof *plain);
	for (int i = 0; i < N; i++) {
		const double s = ratio * (f * i - floor(f * i)), q = s - floor(s);
		plain[i] = (float)(shape == SQUARE ? (q < 0.3 ? 1 : -1) : shape == SAW ? 2 * q - 1 : 4 * fabs(q - 0.5) - 1);
	}
	const double a = folded(rig_out(&r, "out") + N / 2, f), b = folded(plain, f);
	ok(a < limit && a < b - 30, "sync: %s at %.0f Hz, ratio %g: what folds back below 16 kHz %.1f dB, unmended %.1f dB",
	    shapes[shape], f * 44100, ratio, a, b);
	free(plain);
	rig_free(&r);
}

/* At ratio 1 it is the plain oscillator; a ratio that sweeps makes no click at any frame. */
static void
edges(void)
{
	struct rig b = rig("sync");
	for (int shape = 0; shape < 3; shape++) {
		struct rig a = rig(shapes[shape]);
		if (shape == SAW)
			rig_set(&a, "phase", 0.5);
		rig_set(&b, "shape", shape);
		rig_set(&b, "ratio", 1);
		rig_run(&a, N);
		rig_run(&b, N);
		double worst = 0;
		for (int i = 0; i < N; i++)
			worst = fmax(worst, fabs((double)a.out[0][i] - (double)b.out[0][i]));
		ok(worst < 1e-3, "sync: at ratio 1 the %s is %s (%.2g)", shapes[shape], shapes[shape], worst);
		rig_free(&a);
	}

	float *sweep = malloc(N * sizeof *sweep);
	for (int i = 0; i < N; i++)
		sweep[i] = (float)(1 + 20.0 * i / N);
	double peak = 0;
	for (int shape = 0; shape < 3; shape++) {
		rig_set(&b, "shape", shape);
		rig_set(&b, "pitch", 45);
		rig_signal(&b, "ratio", sweep);
		rig_run(&b, N);
		peak = fmax(peak, rig_peak(rig_out(&b, "out"), N));
	}
	ok(peak < 2.45, "sync: a sweep of the ratio over 21 stays in bounds (%.2f)", peak);
	free(sweep);
	rig_set(&b, "shape", 0);
	rig_set(&b, "ratio", 32);
	rig_set(&b, "pitch", 140);
	rig_run(&b, N);
	ok(rig_peak(rig_out(&b, "out"), N) < 2, "sync: beyond its highest pitch and ratio too");
	rig_free(&b);
}

int
main(void)
{
	harmonics(0, 0.5);
	harmonics(1, 0.5);
	harmonics(1, 0.1);
	harmonics(2, 0.5);
	alias(0, 2.37, 69.03, -106);
	alias(0, 2.37, 84.03, -99);
	alias(0, 5.6, 69.03, -96);
	alias(0, 3.3, 96.03, -95);
	alias(1, 2.37, 69.03, -102);
	alias(1, 3.3, 96.03, -94);
	alias(0, 2.5, 108.03, -80);
	alias(1, 2.5, 108.03, -80);
	alias(2, 1.4, 108.03, -80);
	alias(2, 2.37, 69.03, -124);
	alias(2, 5.6, 84.03, -104);
	alias(2, 2.9, 96.03, -108);
	edges();
	return done();
}
