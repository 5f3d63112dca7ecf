/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How clean the modules are: what oscillators fold back below 16 kHz, how far
 * filters are from their curves, how far oscillators and a self-oscillating
 * filter are from their pitch. The peer of an oscillator is the same wave by the
 * usual two-point polynomial BLEP, measured here by the same means.
 */
#include "bench.h"

#include "../tests/module_rig.h"

enum { N = 32768 };
#define RATE 44100.0

static double
note_hz(double note)
{
	return 440 * pow(2, (note - 69) / 12);
}

/* Loudest partial below 16 kHz that is not a harmonic, in dB of the fundamental. */
static double
folded(const float *y, double hz)
{
	double *mag = rig_spectrum(y, N), worst = 0;
	const double f = hz / RATE * N, first = cabs(rig_partial(y, N, hz / RATE));
	for (int bin = 8; bin < (int)(16000 / RATE * N); bin++)
		if (fabs(bin - f * floor(bin / f + 0.5)) > 8)
			worst = fmax(worst, mag[bin]);
	free(mag);
	return rig_db(worst / first);
}

static double
blep2(double phase, double inc)
{
	if (phase < inc)
		return phase / inc * (2 - phase / inc) - 1;
	if (phase > 1 - inc)
		return (phase - 1) / inc * ((phase - 1) / inc + 2) + 1;
	return 0;
}

/* Saw, or the difference of two (width < 1). */
static double
peer_folded(double hz, double width)
{
	float *y = malloc(N * sizeof *y);
	const double inc = hz / RATE;
	for (int i = 0; i < N; i++) {
		const double p = inc * i - floor(inc * i), q = p + 1 - width - floor(p + 1 - width);
		y[i] = (float)(2 * p - 1 - blep2(p, inc) - (width < 1 ? 2 * q - 1 - blep2(q, inc) : 0));
	}
	const double db = folded(y, hz);
	free(y);
	return db;
}

static void
oscillator(const char *module, double width, double note, const char *name)
{
	struct rig r = rig(module);
	char label[64];
	rig_set(&r, "pitch", note);
	if (width < 1)
		rig_set(&r, "width", width);
	if (!strcmp(module, "wavetable")) /* between saw and square */
		rig_set(&r, "position", 0.714);
	rig_run(&r, 2 * N);
	const double db = folded(rig_out(&r, "out") + N, note_hz(note));
	snprintf(label, sizeof label, "alias/%s%s/%s", module, width < 0.5 ? "-narrow" : "", name);
	if (!strcmp(module, "saw") || !strcmp(module, "square"))
		bench_say(label, db, "dB", "two-point polyBLEP", peer_folded(note_hz(note), width));
	else
		bench_say(label, db, "dB", NULL, 0);
	rig_free(&r);
}

static void
tuning(const char *module)
{
	double worst = 0;
	char label[64];
	for (int note = 24; note <= 120; note += 8) {
		struct rig r = rig(module);
		const double f = note_hz(note + 0.37) / RATE;
		rig_set(&r, "pitch", note + 0.37);
		rig_run(&r, 3 * N);
		worst = fmax(worst, fabs(1200 * log2(rig_frequency(rig_out(&r, "out") + N / 2, N, f) / f)));
		rig_free(&r);
	}
	snprintf(label, sizeof label, "tuning/%s", module);
	bench_say(label, worst, "cent", NULL, 0);
}

typedef double complex curve_fn(double complex s, double k);
static double complex svf_low(double complex s, double k) { return 1 / (s * s + k * s + 1); }
static double complex ladder_low(double complex s, double k) { return (1 + k / 2) / (cpow(1 + s, 4) + k); }
static double complex one_low(double complex s, double k) { (void)k; return 1 / (1 + s); }

/* Worst error in dB to 10 kHz above -60 dB: against the analytic curve of the filter as
   it is (its frequency axis bent by the bilinear transform), and of its analog model. */
static void
filter(const char *module, curve_fn *curve, double k0, double k1)
{
	static const double cutoffs[] = {100, 300, 1000, 5000, 12000}, resonances[] = {0, 0.4, 0.8};
	double exact = 0, analog = 0;
	char label[64];
	float *x = calloc(N, sizeof *x);
	x[0] = 1e-3f; /* where the ladder is linear */
	for (int c = 0; c < 5; c++)
		for (int q = 0; q < (k1 != 0 ? 3 : 1); q++) {
			struct rig r = rig(module);
			rig_signal(&r, "in", x);
			rig_set(&r, "cutoff", cutoffs[c]);
			if (k1 != 0)
				rig_set(&r, "resonance", resonances[q]);
			rig_run(&r, N);
			for (double hz = 20; hz <= 10000; hz *= 1.5) {
				double complex sum = 0, z = 1;
				for (int i = 0; i < N; i++, z *= cexp(-2 * M_PI * I * hz / RATE))
					sum += (double)rig_out(&r, "low")[i] * 1e3 * z;
				const double k = k0 + k1 * resonances[q];
				const double bent =
				    cabs(curve(I * tan(M_PI * hz / RATE) / tan(M_PI * cutoffs[c] / RATE), k));
				const double plain = cabs(curve(I * hz / cutoffs[c], k));
				if (bent > 1e-3)
					exact = fmax(exact, fabs(rig_db(cabs(sum) / bent)));
				if (plain > 1e-3 && bent > 1e-3)
					analog = fmax(analog, fabs(rig_db(cabs(sum) / plain)));
			}
			rig_free(&r);
		}
	free(x);
	snprintf(label, sizeof label, "response/%s", module);
	bench_say(label, exact, "dB", NULL, 0);
	snprintf(label, sizeof label, "response/%s/analog", module);
	bench_say(label, analog, "dB", NULL, 0);
}

static void
oscillation(void)
{
	double worst = 0;
	float *x = calloc(3 * N, sizeof *x);
	x[0] = 1;
	for (double cutoff = 55; cutoff < 8000; cutoff *= 2) {
		struct rig r = rig("ladder");
		rig_signal(&r, "in", x);
		rig_set(&r, "cutoff", cutoff);
		rig_set(&r, "resonance", 1);
		rig_run(&r, 3 * N);
		worst = fmax(
		    worst, fabs(1200 * log2(rig_frequency(rig_out(&r, "low") + N, N, cutoff / RATE) * RATE / cutoff)));
		rig_free(&r);
	}
	free(x);
	bench_say("oscillation/ladder", worst, "cent", NULL, 0);
}

/* Loudest partial below 16 kHz that the shaper folds back, in dB of its loudest harmonic: 1241 Hz at +24 dB. */
static void
shaper(void)
{
	const double f = 461.0 * N / 16384;
	float *x = malloc(2 * N * sizeof *x);
	const struct port *shape = port_find(module_find("shaper"), PORT_IN, "shape", &(size_t){0});
	for (int i = 0; i < 2 * N; i++)
		x[i] = (float)sin(2 * M_PI * f * i / N);
	for (int k = 0; shape->choices[k]; k++) {
		struct rig r = rig("shaper");
		rig_signal(&r, "in", x);
		rig_set(&r, "shape", k);
		rig_set(&r, "drive", 24);
		rig_run(&r, 2 * N);
		double *mag = rig_spectrum(rig_out(&r, "out") + N, N), wrong = 0, right = 0;
		for (int bin = 8; bin < (int)(16000 / RATE * N); bin++)
			if (fabs(bin - f * floor(bin / f + 0.5)) > 8)
				wrong = fmax(wrong, mag[bin]);
			else
				right = fmax(right, mag[bin]);
		char label[64];
		snprintf(label, sizeof label, "alias/shaper/%s", shape->choices[k]);
		bench_say(label, rig_db(wrong / right), "dB", NULL, 0);
		free(mag);
		rig_free(&r);
	}
	free(x);
}

int
main(int argc, char **argv)
{
	static const struct {
		double note;
		const char *name;
	} notes[] = {{60.03, "C4"}, {84.03, "C6"}, {96.03, "C7"}, {108.03, "C8"}};
	bench_begin(argc, argv, "quality at 44.1 kHz: alias below 16 kHz over the fundamental, errors at their worst");
	for (int i = 0; i < 4; i++) {
		oscillator("saw", 1, notes[i].note, notes[i].name);
		oscillator("square", 0.5, notes[i].note, notes[i].name);
		oscillator("square", 0.1, notes[i].note, notes[i].name);
		oscillator("triangle", 1, notes[i].note, notes[i].name);
		oscillator("wavetable", 1, notes[i].note, notes[i].name);
	}
	tuning("sine");
	tuning("saw");
	tuning("wavetable");
	filter("svf", svf_low, 2, -1.98);
	filter("ladder", ladder_low, 0, 4.4);
	filter("onepole", one_low, 0, 0);
	oscillation();
	shaper();
	return 0;
}
