/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How clean the oscillators are: what they fold back below 16 kHz, and how far they are
 * from their pitch. The peer of a saw or square is the same wave by the usual two-point
 * polynomial BLEP, measured here by the same means.
 */
#ifndef BENCH_QUALITY_OSCILLATORS_H
#define BENCH_QUALITY_OSCILLATORS_H

#include "bench.h"

#include "../tests/module_rig.h"

enum { N = 32768 };
#define RATE 44100.0

static double
note_hz(double note)
{
	return 440 * pow(2, (note - 69) / 12);
}

enum over { FUNDAMENTAL, LOUDEST };

/* Loudest partial below 16 kHz that is not a harmonic, in dB of the fundamental or of the loudest one. */
static double
folded(const float *y, double hz, enum over over)
{
	double *mag = rig_spectrum(y, N), worst = 0, most = 0;
	const double f = hz / RATE * N, first = cabs(rig_partial(y, N, hz / RATE));
	for (int bin = 8; bin < (int)(16000 / RATE * N); bin++) {
		if (fabs(bin - f * floor(bin / f + 0.5)) > 8)
			worst = fmax(worst, mag[bin]);
		most = fmax(most, mag[bin]);
	}
	free(mag);
	return rig_db(worst / (over == LOUDEST ? most : first));
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
	const double db = folded(y, hz, FUNDAMENTAL);
	free(y);
	return db;
}

/* What is set, beside the defaults: "port value port value". A choice by its number. */
static struct rig
rig_of(const char *module, const char *settings)
{
	struct rig r = rig(module);
	char port[32];
	double value;
	int used;
	while (sscanf(settings, "%31s %lf%n", port, &value, &used) == 2) {
		rig_set(&r, port, value);
		settings += used;
	}
	return r;
}

static const struct {
	const char *label, *module, *settings;
	enum over over;
	double peer_width; /* 0: no peer */
} aliases[] = {
    {"saw", "saw", "", FUNDAMENTAL, 1},
    {"square", "square", "", FUNDAMENTAL, 0.5},
    {"square-narrow", "square", "width 0.1", FUNDAMENTAL, 0.1},
    {"triangle", "triangle", "", FUNDAMENTAL, 0},
    {"supersaw", "supersaw", "count 7 spread 0 random 0.1", FUNDAMENTAL, 0},
    {"unison-square", "unison", "wave 1 count 7 spread 0 random 0.1", FUNDAMENTAL, 0},
    {"unison-triangle", "unison", "wave 2 count 7 spread 0 random 0.1", FUNDAMENTAL, 0},
    {"sync-saw", "sync", "ratio 2.37", LOUDEST, 0},
    {"sync-square", "sync", "shape 1 ratio 2.37", LOUDEST, 0},
    {"sync-triangle", "sync", "shape 2 ratio 2.37", LOUDEST, 0},
    {"sine", "sine", "", FUNDAMENTAL, 0},
    {"sine-feedback-0.5", "sine", "feedback 0.5", FUNDAMENTAL, 0},
    {"sine-camel", "sine", "shape 6", LOUDEST, 0},
    {"sine-quarter", "sine", "shape 9", LOUDEST, 0},
    {"wavetable", "wavetable", "position 0.714", FUNDAMENTAL, 0}, /* between saw and square */
    {"fm2-index-3.1", "fm2", "level2 0.5", LOUDEST, 0},
    {"fm3-index-3.1-3.1", "fm3", "level2 0.5 level3 0.5", LOUDEST, 0},
    {"fm4-index-3.1-1.3-1.3", "fm4", "algorithm 0 level2 0.5 level3 0.2 level4 0.2", LOUDEST, 0},
    {"phasedist-saw", "phasedist", "shape 0 amount 1", LOUDEST, 0},
    {"phasedist-square", "phasedist", "shape 1 amount 1", LOUDEST, 0},
    {"phasedist-pulse", "phasedist", "shape 2 amount 1", LOUDEST, 0},
    {"phasedist-double", "phasedist", "shape 3 amount 1", LOUDEST, 0},
    {"phasedist-resonant-saw", "phasedist", "shape 4 amount 1", LOUDEST, 0},
    {"phasedist-resonant-triangle", "phasedist", "shape 5 amount 1", LOUDEST, 0},
    {"phasedist-resonant-trapezoid", "phasedist", "shape 6 amount 1", LOUDEST, 0},
    {"formant", "formant", "formant 3000 bandwidth 500", LOUDEST, 0},
    {"window-sine", "window", "shape 0 formant 2.5", LOUDEST, 0},
    {"window-saw", "window", "shape 1 formant 2.5", LOUDEST, 0},
    {"window-square", "window", "shape 2 formant 2.5", LOUDEST, 0},
    {"alias-saw-on-purpose", "alias", "", LOUDEST, 0},
};

static const struct {
	const char *label, *module, *settings;
	int lowest, highest;
} tunings[] = {
    {"sine", "sine", "", 24, 120},
    {"saw", "saw", "", 24, 120},
    {"square", "square", "", 24, 120},
    {"triangle", "triangle", "", 24, 120},
    {"supersaw", "supersaw", "count 1", 24, 120},
    {"unison-triangle", "unison", "wave 2 count 1", 24, 120},
    {"sync", "sync", "ratio 1", 24, 108},
    {"fm2", "fm2", "", 24, 108},
    {"fm3", "fm3", "", 24, 108},
    {"fm4", "fm4", "level2 0.3", 24, 108},
    {"wavetable", "wavetable", "", 24, 120},
    {"phasedist", "phasedist", "", 24, 108},
    {"formant", "formant", "bandwidth 4000", 24, 108},
    {"window", "window", "formant 1.5", 24, 108},
    {"alias", "alias", "", 24, 108},
    {"pluck", "pluck", "decay 30 brightness 0.8", 36, 84},
    {"pluck-stiff", "pluck", "decay 30 brightness 0.8 stiffness 0.5", 36, 84},
    {"reed", "reed", "noise 0", 32, 108},
    {"flute", "flute", "noise 0", 32, 108},
    {"bowed", "bowed", "", 32, 108},
};

/* The frequency of the loudest line within half a semitone and more of hz, well after the start. */
static double
cents_off(const float *y, double hz)
{
	double *mag = rig_spectrum(y, N);
	int best = (int)(hz * 0.96 / RATE * N);
	for (int k = best; k < hz * 1.04 / RATE * N; k++)
		if (mag[k] > mag[best])
			best = k;
	free(mag);
	double f = rig_frequency(y, N / 4, (double)best / N);
	f = rig_frequency(y, N, f);
	return fabs(1200 * log2(f * RATE / hz));
}

static void
oscillators(void)
{
	static const struct {
		double note;
		const char *name;
	} notes[] = {{60.03, "C4"}, {84.03, "C6"}, {96.03, "C7"}, {108.03, "C8"}};
	char label[64];
	for (size_t k = 0; k < sizeof aliases / sizeof *aliases; k++)
		for (int i = 0; i < 4; i++) {
			struct rig r = rig_of(aliases[k].module, aliases[k].settings);
			const double hz = note_hz(notes[i].note), width = aliases[k].peer_width;
			rig_set(&r, "pitch", notes[i].note);
			rig_run(&r, 2 * N);
			const double db = folded(r.out[0] + N, hz, aliases[k].over);
			snprintf(label, sizeof label, "alias/%s/%s", aliases[k].label, notes[i].name);
			bench_say(label, db, "dB", width > 0 ? "two-point polyBLEP" : NULL, width > 0 ? peer_folded(hz, width) : 0);
			rig_free(&r);
		}
	for (size_t k = 0; k < sizeof tunings / sizeof *tunings; k++) {
		double worst = 0;
		for (int note = tunings[k].lowest; note <= tunings[k].highest; note += 8) {
			struct rig r = rig_of(tunings[k].module, tunings[k].settings);
			rig_set(&r, "pitch", note + 0.37);
			rig_run(&r, 3 * N);
			worst = fmax(worst, cents_off(r.out[0] + N / 2, note_hz(note + 0.37)));
			rig_free(&r);
		}
		snprintf(label, sizeof label, "tuning/%s", tunings[k].label);
		bench_say(label, worst, "cent", NULL, 0);
	}
}

#endif
