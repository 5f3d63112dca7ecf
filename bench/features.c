/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How fast features are: seconds of sound for a second of one core, on 30 s of
 * decaying noise bursts over a tone, mono at 44.1 kHz, best of some runs.
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

enum { RATE = 44100, SECONDS = 30, N = RATE * SECONDS, TIMES = 5 };

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

static void
one(const char *name)
{
	analysis_load(a, x, 1, N, RATE, &err);
	analysis_feature(a, feature_find(name));
}

static void logmel(void) { one("logmel"); }
static void mfcc(void) { one("mfcc"); }
static void shape(void) { one("shape"); }
static void chroma(void) { one("chroma"); }
static void onset(void) { one("onset"); }
static void loudness(void) { one("loudness"); }
static void contrast(void) { one("contrast"); }
static void r128(void) { one("r128"); }
static void f0(void) { one("f0"); }
static void envelope(void) { one("envelope"); }

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
	analysis_load(a, x, 1, N, RATE, &err);
	for (int i = 0; features[i]; i++)
		if (strcmp(features[i]->name, "f0") && strcmp(features[i]->name, "harmonics"))
			analysis_feature(a, features[i]);
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
		const char *name;
		void (*run)(void);
		const char *peer;
		double value;
	} cases[] = {
	    {"STFT 2048/512, power", stft, "Essentia", 3447},
	    {"log-mel 128", logmel, "librosa 0.11", 1069},
	    {"MFCC 20", mfcc, "librosa 0.11", 1005},
	    {"centroid bandwidth roll-off flatness zcr flux", shape, "librosa 0.11, bandwidth alone", 774},
	    {"chroma", chroma, "Essentia", 1467},
	    {"onset strength", onset, "Essentia", 3084},
	    {"RMS and momentary loudness", loudness, "libebur128, integrated", 1506},
	    {"summary of 30 s (all but chroma)", summary, "librosa 0.11, all but f0", 278},
	    {"summaries of 30 takes of 1 s", short_takes, "librosa 0.11, all but f0", 278},
	    {"contrast", contrast, "librosa 0.11, all but f0", 278},
	    {"R 128 with range and true peak", r128, "libebur128, the same", 345},
	    {"true peak", peak, "libebur128, with loudness", 345},
	    {"envelope", envelope, "librosa 0.11, all but f0", 278},
	    {"stereo", stereo, "librosa 0.11, all but f0", 278},
	    {"f0 and yin", f0, "goal", 700},
	    {"every feature but f0 and what needs it", everything, "librosa 0.11, all but f0", 278},
	    {"onset positions of golden", onsets, "aubio, onset strength", 372},
	};
	struct rng r = {1, 0};
	for (int i = 0; i < N; i++) {
		const double t = (double)(i % 11025) / RATE;
		x[i] = (float)(0.5 * fm_exp(-12 * t) * (2 * rng_uniform(&r) - 1) + 0.1 * fm_sin(6.283185307179586 * 220 * i / RATE));
	}
	a = analysis_new();
	bench_begin(argc, argv, "features: one core, CPU time");
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		double best = 1e9;
		for (int k = 0; k < TIMES; k++) {
			const double began = bench_cpu();
			cases[i].run();
			best = fmin(best, bench_cpu() - began);
		}
		bench_say(cases[i].name, SECONDS / best, "x real time", cases[i].peer, cases[i].value);
	}
	analysis_free(a);
	return 0;
}
