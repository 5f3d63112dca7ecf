/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Oscillators: pitch, harmonics against theory, what folds back, phase, modulation, noise. */
#include "module_rig.h"
#include "tap.h"

enum { N = 32768 };

static double
note_hz(double note)
{
	return 440 * pow(2, (note - 69) / 12);
}

/* N frames, after the post-filter has settled. */
static const float *
steady(struct rig *r, double note)
{
	rig_set(r, "pitch", note);
	rig_run(r, 3 * N);
	return rig_out(r, "out") + N / 2;
}

static double
cents(double got, double want)
{
	return 1200 * log2(got / want);
}

static void
pitch(const char *module)
{
	double worst = 0;
	for (int note = 24; note <= 120; note += 4) {
		struct rig r = rig(module);
		const double f = note_hz(note + 0.37) / 44100;
		const float *y = steady(&r, note + 0.37);
		worst = fmax(worst, fabs(cents(rig_frequency(y, N, f), f)));
		rig_free(&r);
	}
	ok(worst < 0.01, "%s: in tune within 0.01 cent from C1 to C9 (%.2g)", module, worst);
}

/* Worst dB between harmonic k and theory below 16 kHz. */
static void
harmonics(const char *module, const char *set, double value, double (*theory)(int k, double value), double limit)
{
	static const double notes[] = {33, 48, 60, 72, 84, 96, 108};
	double worst = 0;
	for (size_t i = 0; i < sizeof notes / sizeof *notes; i++) {
		struct rig r = rig(module);
		if (set)
			rig_set(&r, set, value);
		const float *y = steady(&r, notes[i]);
		const double f = note_hz(notes[i]) / 44100, first = theory(1, value);
		for (int k = 1; k * f < 16000.0 / 44100; k++) {
			if (theory(k, value) < first * 1e-3)
				continue;
			const double a = cabs(rig_partial(y, N, k * f));
			worst = fmax(worst, fabs(rig_db(a / theory(k, value))));
		}
		rig_free(&r);
	}
	ok(worst < limit, "%s%s%.3g: harmonics to 16 kHz within %g dB of theory (%.3f)", module, set ? " with width " : " ",
	    value, limit, worst);
}

static double saw_theory(int k, double v) { (void)v; return 2 / (M_PI * k); }
static double square_theory(int k, double w) { return 4 / (M_PI * k) * fabs(sin(M_PI * k * w)); }
static double triangle_theory(int k, double v) { (void)v; return k & 1 ? 8 / (M_PI * M_PI * k * k) : 0; }

/* Loudest partial below 16 kHz that is not a harmonic, in dB of the fundamental. */
static double
alias(const char *module, const char *set, double value, double note)
{
	struct rig r = rig(module);
	if (set)
		rig_set(&r, set, value);
	const float *y = steady(&r, note);
	double *mag = rig_spectrum(y, N), worst = 0;
	const double f = note_hz(note) / 44100 * N;
	const double first = cabs(rig_partial(y, N, f / N));
	for (int bin = 8; bin < (int)(16000.0 / 44100 * N); bin++) {
		const double off = bin - f * floor(bin / f + 0.5);
		if (fabs(off) > 8)
			worst = fmax(worst, mag[bin]);
	}
	free(mag);
	rig_free(&r);
	return rig_db(worst / first);
}

static void
aliases(const char *module, const char *set, double value, double c6, double c8, double c9)
{
	const double a = alias(module, set, value, 84.03), b = alias(module, set, value, 108.03),
	             c = alias(module, set, value, 119.03);
	ok(a < c6 && b < c8 && c < c9, "%s%s: what folds back below 16 kHz: C6 %.1f dB, C8 %.1f dB, B8 %.1f dB", module,
	    set ? ", narrow" : "", a, b, c);
}

int
main(void)
{
	pitch("sine");
	pitch("saw");
	pitch("square");
	pitch("triangle");
	harmonics("saw", NULL, 0, saw_theory, 0.05);
	harmonics("square", "width", 0.5, square_theory, 0.05);
	harmonics("square", "width", 0.1, square_theory, 0.05);
	harmonics("triangle", NULL, 0, triangle_theory, 0.05);
	aliases("saw", NULL, 0, -92, -80, -75);
	aliases("square", NULL, 0, -92, -80, -75);
	aliases("square", "width", 0.1, -82, -73, -65);
	aliases("triangle", NULL, 0, -120, -98, -92);
	return done();
}
