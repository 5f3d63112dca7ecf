/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How fast features are: seconds of sound for a second of one core, on 30 s of
 * decaying noise bursts over a tone, mono at 44.1 kHz, best of some runs. An operand
 * is a part of the names of those to measure.
 */
#include <stdlib.h>
#include <string.h>

#include "base/fmath.h"
#include "base/rng.h"
#include "bench.h"
#include "dsp/stft.h"
#include "dsp/true_peak.h"
#include "feature/onsets.h"
#include "feature/summary.h"

enum { RATE = 44100, SECONDS = 30, N = RATE * SECONDS, TIMES = 9, MOST = 64 };

static float x[N];
static struct analysis *a;
static struct err err;

static void
stft(void)
{
	static float out[ANALYSIS_BLOCK * ANALYSIS_BINS];
	static struct stft *s;
	if (!s)
		s = stft_new(ANALYSIS_FFT, ANALYSIS_FFT, ANALYSIS_HOP, STFT_ZERO, &err);
	const size_t frames = stft_frames(s, N);
	for (size_t t = 0; t < frames; t += ANALYSIS_BLOCK)
		stft_power(s, x, N, t, frames - t < ANALYSIS_BLOCK ? frames - t : ANALYSIS_BLOCK, out);
}

/* All of a list, in one pass over the sound. */
static void
hear(const char *const *names)
{
	const struct feature *list[MOST];
	size_t n = 0;
	analysis_load(a, x, 1, N, RATE, &err);
	for (; names[n]; n++)
		list[n] = feature_find(names[n]);
	analysis_want(a, list, n);
	for (size_t i = 0; i < n; i++)
		analysis_feature(a, list[i]);
}

static void
peak(void)
{
	double sample;
	true_peak(x, N, RATE, &sample);
}

/* Two channels, half as long, twice. */
static void
stereo(void)
{
	for (int i = 0; i < 2; i++) {
		analysis_load(a, x + 1, 2, N / 2, RATE, &err);
		analysis_of(a, x, 2);
		analysis_feature(a, feature_find("stereo"));
	}
}

static void
summary(void)
{
	float v[SUMMARY_COLUMNS];
	summary_of(a, x, RATE, 1, N, v, &err);
}

static void
short_takes(void)
{
	float v[SUMMARY_COLUMNS];
	for (int i = 0; i < SECONDS; i++)
		summary_of(a, x + i * RATE, RATE, 1, RATE, v, &err);
}

static void
everything(void)
{
	const char *names[MOST] = {0};
	for (size_t i = 0, n = 0; features[i]; i++)
		if (strcmp(features[i]->name, "f0") && strcmp(features[i]->name, "harmonics"))
			names[n++] = features[i]->name;
	hear(names);
}

/* But slope, which needs the loudness. */
static void
spectral(void)
{
	static const char *const names[] = {"logmel", "mfcc", "delta", "shape", "chroma", "tonnetz", "contrast", "onset",
	    "modulation", NULL};
	hear(names);
}

/* The same of three pure tones, whose valleys and bandwidth single precision drowns: every frame is heard again. */
static void
spectral_twice(void)
{
	static float tones[N], kept[N];
	if (tones[1] == 0)
		for (int i = 0; i < N; i++)
			tones[i] = (float)(0.2 * (fm_sin(0.03 * (i % 20000)) + fm_sin(0.0377 * (i % 20000)) + fm_sin(0.1 * (i % 20000))));
	memcpy(kept, x, sizeof x);
	memcpy(x, tones, sizeof x);
	spectral();
	memcpy(x, kept, sizeof x);
}

static void
without_roughness(void)
{
	const char *names[MOST] = {0};
	for (size_t i = 0, n = 0; features[i]; i++)
		if (strcmp(features[i]->name, "f0") && strcmp(features[i]->name, "harmonics") && strcmp(features[i]->name, "roughness"))
			names[n++] = features[i]->name;
	hear(names);
}

/* What a plain program with FFTW was measured with: no contrast, no chroma. */
static void
plain(void)
{
	static const char *const names[] = {"logmel", "mfcc", "shape", "onset", NULL};
	hear(names);
}

static void
onsets(void)
{
	struct envelope e;
	struct onset *list;
	size_t n;
	envelope_init(&e, x, N, RATE, &err);
	onsets_find(x, N, &e, 0.035, &list, &n, &err);
	free(list);
	envelope_release(&e);
}

int
main(int argc, char **argv)
{
	static const struct {
		const char *name, *feature; /* a feature alone, or what `run` does */
		void (*run)(void);
		const char *peer;
		double value;
	} cases[] = {
	    {"STFT 2048/512, power", NULL, stft, "plain C, FFTW, -O3 native", 7751},
	    {"log-mel 128", "logmel", NULL, "plain C, FFTW, -O3 native", 4561},
	    {"MFCC 20", "mfcc", NULL, "plain C, FFTW, -O3 native", 4524},
	    {"MFCC 20 with both deltas", "delta", NULL, "librosa 0.11, MFCC alone", 1005},
	    {"centroid bandwidth roll-off flatness zcr flux", "shape", NULL, "Essentia, roll-off alone", 2552},
	    {"contrast", "contrast", NULL, "librosa 0.11", 1563},
	    {"chroma", "chroma", NULL, "Essentia", 1467},
	    {"chroma and tonnetz", "tonnetz", NULL, "Essentia, chroma alone", 1467},
	    {"onset strength", "onset", NULL, "Essentia", 3084},
	    {"slope and tilt", "slope", NULL, NULL, 0},
	    {"modulation spectrum", "modulation", NULL, NULL, 0},
	    {"roughness", "roughness", NULL, NULL, 0},
	    {"RMS and momentary loudness", "loudness", NULL, "libebur128, integrated", 1506},
	    {"R 128 with range and true peak", "r128", NULL, "libebur128, with true peak", 345},
	    {"true peak", NULL, peak, "libebur128, with loudness", 345},
	    {"stereo", NULL, stereo, NULL, 0},
	    {"attack decay centre duration crest", "envelope", NULL, NULL, 0},
	    {"f0 and yin", "f0", NULL, "aubio, yinfft", 731},
	    {"log-mel, MFCC, shape, onset in one pass", NULL, plain, "plain C, FFTW, -O3 native", 3593},
	    {"all spectral features but slope in one pass", NULL, spectral, "librosa 0.11, all but f0", 278},
	    {"the same of pure tones", NULL, spectral_twice, "librosa 0.11, all but f0", 278},
	    {"every feature but f0, harmonics, roughness", NULL, without_roughness, "librosa 0.11, all but f0", 278},
	    {"every feature but f0 and harmonics", NULL, everything, "librosa 0.11, all but f0", 278},
	    {"summary of 30 s", NULL, summary, "librosa 0.11, all but f0", 278},
	    {"summaries of 30 takes of 1 s", NULL, short_takes, "librosa 0.11, all but f0", 278},
	    {"onset positions of golden", NULL, onsets, "aubio, onset strength", 372},
	};
	const char *only = argc > 1 && *argv[argc - 1] != '-' ? argv[argc - 1] : "";
	struct rng r = {1, 0};
	static double tone[RATE / 20]; /* eleven turns */
	for (int i = 0; i < RATE / 20; i++)
		tone[i] = 0.1 * fm_sin(6.283185307179586 * (i * 11 % (RATE / 20)) / (RATE / 20));
	const double decay = fm_exp(-12.0 / RATE);
	double level = 0;
	for (int i = 0; i < N; i++) {
		level = i % (RATE / 4) ? level * decay : 0.5;
		x[i] = (float)(level * (2 * rng_uniform(&r) - 1) + tone[i % (RATE / 20)]);
	}
	a = analysis_new();
	bench_begin(argc, argv, "features: one core, CPU time");
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		double best = 1e9;
		if (!strstr(cases[i].name, only))
			continue;
		for (int k = 0; k < TIMES; k++) {
			const double began = bench_cpu();
			if (cases[i].feature)
				hear((const char *const[]){cases[i].feature, NULL});
			else
				cases[i].run();
			best = fmin(best, bench_cpu() - began);
		}
		bench_say(cases[i].name, SECONDS / best, "x real time", cases[i].peer, cases[i].value);
	}
	analysis_free(a);
	return 0;
}
