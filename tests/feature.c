/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Features and summaries: physical cases, odd inputs, and nothing left over from the sound before. */
#include <ebur128.h>
#include <math.h>
#include <stdbool.h>

#include "base/rng.h"
#include "dsp/kweight.h"
#include "feature/summary.h"
#include "signals.h"
#include "tap.h"

#define TAU 6.28318530717958647692

static struct analysis *a;
static struct err err;

static float
value(const char *feature, size_t frame, int column)
{
	const struct feature *f = feature_find(feature);
	return analysis_feature(a, f)[frame * f->columns(a) + (size_t)column];
}

static void
loudness(void)
{
	const size_t n = 48000 * 5;
	float *x = malloc(2 * n * sizeof *x);
	struct rng r = {5, 0};
	for (size_t i = 0; i < n; i++)
		x[i] = (float)(0.1 * fm_sin(TAU * 997 * (double)i / 48000));
	analysis_load(a, x, 1, n, 48000, &err);
	const size_t mid = analysis_frames(a) / 2;
	/* BS.1770: a 0 dB sine of 997 Hz in one channel is -3.01 LUFS */
	ok(fabsf(value("loudness", mid, 1) + 23.01f) < 0.02f, "a sine at -20 dB is %.3f LUFS", value("loudness", mid, 1));
	ok(fabsf(value("loudness", mid, 0) + 23.01f) < 0.01f, "and %.3f dB RMS", value("loudness", mid, 0));

	/* noise that swells, with a pause that the gates must skip, in two channels */
	for (size_t i = 0; i < n; i++) {
		const double t = (double)i / 48000, g = t > 2 && t < 3 ? 0.001 : 0.05 + 0.05 * t;
		for (int c = 0; c < 2; c++)
			x[2 * i + (size_t)c] = (float)(g * (1 + c) * (rng_uniform(&r) - 0.5));
	}
	double want, *power[2];
	ebur128_state *e = ebur128_init(2, 48000, EBUR128_MODE_I);
	ebur128_add_frames_float(e, x, n);
	ebur128_loudness_global(e, &want);
	ebur128_destroy(&e);
	const size_t hops = (n + 511) / 512;
	for (size_t c = 0; c < 2; c++) {
		float *one = malloc(n * sizeof *one);
		for (size_t i = 0; i < n; i++)
			one[i] = x[2 * i + c];
		kweight_power(one, n, 48000, 512, power[c] = malloc(hops * sizeof(double)));
		free(one);
	}
	const double got = kweight_integrated((const double *const *)power, 2, n, 512, 48000);
	ok(fabs(got - want) < 0.05, "integrated %.3f LUFS, libebur128 %.3f", got, want);
	free(power[0]);
	free(power[1]);
	free(x);
}

static void
shape(void)
{
	const size_t n = 44100;
	float *x = malloc(n * sizeof *x);
	for (size_t i = 0; i < n; i++)
		x[i] = (float)(0.5 * fm_sin(TAU * 3000 * (double)i / 44100));
	analysis_load(a, x, 1, n, 44100, &err);
	ok(fabsf(value("shape", 40, 0) - 3000) < 1 && fabsf(value("shape", 40, 4) - 6000.f / 44100) < 0.001f
	        && value("shape", 40, 3) < 1e-4f, "3 kHz: centroid %.1f Hz, %.4f crossings a sample", value("shape", 40, 0),
	    value("shape", 40, 4));
	ok(value("shape", 40, 5) < 1e-3f && value("chroma", 40, 6) == 1, "steady: no flux; the pitch class is F#");
	memset(x, 0, n / 2 * sizeof *x);
	analysis_load(a, x, 1, n, 44100, &err);
	size_t at = 0;
	for (size_t t = 0; t < analysis_frames(a); t++)
		at = value("onset", t, 0) > value("onset", at, 0) ? t : at;
	ok(labs((long)at - 43) <= 2, "a tone that starts in frame 43 has its onset in frame %zu", at);
	free(x);
}

/* Mean roughness of a second of what `at` says. */
static double
rough(double (*at)(double t, double knob), double knob, double level)
{
	const size_t n = 44100;
	float *x = malloc(n * sizeof *x);
	for (size_t i = 0; i < n; i++)
		x[i] = (float)(level * at((double)i / 44100, knob));
	analysis_load(a, x, 1, n, 44100, &err);
	const float *v = analysis_feature(a, feature_find("roughness"));
	double sum = 0;
	for (size_t t = 0; t < analysis_frames(a); t++)
		sum += v[t];
	free(x);
	return sum / (double)analysis_frames(a);
}

static double trembling(double t, double hz) { return (1 + fm_cos(TAU * hz * t)) * fm_sin(TAU * 1000 * t); }
static double modulated(double t, double depth) { return (1 + depth * fm_cos(TAU * 70 * t)) * fm_sin(TAU * 1000 * t); }
static double two(double t, double steps) { return fm_sin(TAU * 440 * t) + fm_sin(TAU * 440 * fm_exp2(steps / 12) * t); }
static double driven(double t, double drive)
{
	const double third = 0.4 * (fm_sin(TAU * 220 * t) + fm_sin(TAU * 277.18 * t) + fm_sin(TAU * 329.63 * t));
	return drive > 0 ? fm_tanh(drive * third) : third;
}
static double struck(double t, double hz) { return fm_exp(-22 * (t - floor(t * 4) / 4)) * fm_sin(TAU * hz * t); }

static void
roughness(void)
{
	const double full = rough(trembling, 70, 0.3);
	ok(fabs(full - 1) < 0.1, "a tone of 1 kHz modulated at 70 Hz is the unit: %.3f", full);
	const double slow = rough(trembling, 4, 0.3), fast = rough(trembling, 400, 0.3), late = rough(trembling, 200, 0.3);
	ok(slow < 0.05 && late < 0.05 && fast < 0.05, "at 4, 200 and 400 Hz it is not rough: %.4f, %.4f, %.4f", slow, late, fast);
	ok(fabs(rough(trembling, 70, 0.0003) / full - 1) < 1e-3, "60 dB lower it is as rough");
	double last = -1;
	bool rises = true;
	for (int i = 0; i <= 4; i++) {
		const double r = rough(modulated, 0.25 * i, 0.3);
		rises = rises && r > last;
		last = i ? r : (ok(r < 1e-3, "a steady tone is not rough: %.5f", r), r);
	}
	ok(rises, "deeper is rougher");
	const double semitone = rough(two, 1, 0.2), fifth = rough(two, 7, 0.2), octave = rough(two, 12, 0.2);
	ok(semitone > 0.1 && semitone > 20 * fifth && semitone > 20 * octave,
	    "440 Hz and a semitone above: %.3f, a fifth %.4f, an octave %.4f", semitone, fifth, octave);
	const double clean = rough(driven, 0, 0.5), dirty = rough(driven, 2, 0.5);
	ok(dirty > 1.2 * clean, "a chord through a distortion: %.3f, clean %.3f", dirty, clean);
	const double drum = rough(struck, 100, 0.5);
	ok(drum < 0.1, "attacks are not rough: %.4f", drum);
}

static int
numbers(const float *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!isfinite(v[i]))
			return 0;
	return 1;
}

static void
all_finite(const char *what, const float *x, size_t n, uint32_t rate)
{
	float v[SUMMARY_COLUMNS];
	int good = analysis_load(a, x, 1, n, rate, &err) == 0;
	for (int i = 0; good && features[i]; i++)
		good &= numbers(analysis_feature(a, features[i]), analysis_rows(a, features[i]) * features[i]->columns(a));
	good &= summary_of(a, x, rate, 1, n, v, &err) == 0 && numbers(v, SUMMARY_COLUMNS);
	ok(good, "%s: every number is finite", what);
}

static void
odd(void)
{
	static float x[60000];
	all_finite("silence", x, 44100, 44100);
	all_finite("one silent sample", x, 1, 44100);
	x[0] = 1;
	all_finite("one sample", x, 1, 44100);
	all_finite("a click", x, 20000, 44100);
	all_finite("a rate of 1 Hz", x, 5000, 1);
	all_finite("a rate of 768 kHz", x, 60000, 768000);
	for (int i = 0; i < 60000; i++)
		x[i] = 1;
	all_finite("DC", x, 60000, 44100);
	for (int i = 0; i < 60000; i++)
		x[i] = i & 1 ? 1e10f : -1e10f;
	all_finite("the loudest there is", x, 60000, 44100);
	for (int i = 0; i < 60000; i++)
		x[i] = 1e-42f;
	all_finite("denormals", x, 60000, 44100);
	x[77] = NAN;
	ok(analysis_load(a, x, 1, 100, 44100, &err) < 0, "NaN is refused: %s", err.text);
	x[77] = -INFINITY;
	ok(analysis_load(a, x, 1, 100, 44100, &err) < 0, "infinity is refused: %s", err.text);
	ok(analysis_load(a, x, 1, 0, 44100, &err) < 0 && analysis_load(a, x, 1, 5, 0, &err) < 0, "so is nothing: %s", err.text);
}

/* The same sound must give the same numbers whatever was heard before it. */
static void
nothing_left_over(void)
{
	size_t n, m;
	float *x = signal_new("tone220", &n), *y = signal_new("lcgnoise", &m), v[SUMMARY_COLUMNS], w[SUMMARY_COLUMNS];
	struct analysis *fresh = analysis_new();
	summary_of(a, y, 48000, 1, m, v, &err);
	summary_of(a, x, 44100, 1, n / 3, v, &err);
	summary_of(fresh, x, 44100, 1, n / 3, w, &err);
	ok(!memcmp(v, w, sizeof v), "a used analysis gives what a fresh one gives");
	analysis_free(fresh);
	analysis_free(NULL);

	/* spectra of long sounds are made block by block: the same numbers */
	const size_t turns = 100, whole = 8192 * ANALYSIS_HOP / turns * turns + turns * 1024;
	float *z = malloc(whole * sizeof *z), first[2][6];
	for (size_t i = 0; i < whole; i++)
		z[i] = x[i % n];
	for (int k = 0; k < 2; k++) {
		analysis_load(a, z, 1, k ? whole : 300 * ANALYSIS_HOP, 44100, &err);
		const float *p = analysis_feature(a, feature_find("shape"));
		memcpy(first[k], p + 6 * 250, sizeof first[k]);
	}
	ok(analysis_frames(a) > 8192 && !memcmp(first[0], first[1], sizeof first[0]), "%zu frames, in blocks", analysis_frames(a));
	free(x);
	free(y);
	free(z);
}

static double
distance(const float *v, const float *w)
{
	double sum = 0;
	for (int i = 0; i < SUMMARY_COLUMNS; i++)
		sum += ((double)v[i] - w[i]) * ((double)v[i] - w[i]);
	return sqrt(sum);
}

static void
summaries(void)
{
	size_t n, m;
	float *x = signal_new("tone220", &n), *y = signal_new("lcgnoise", &m), *z = malloc(2 * n * sizeof *z);
	float v[SUMMARY_COLUMNS], w[SUMMARY_COLUMNS], u[SUMMARY_COLUMNS];
	int labels = 1;
	for (int i = 0; i < SUMMARY_COLUMNS; i++)
		labels &= *summary_columns[i].label && summary_columns[i].unit > 0;
	ok(labels, "all columns have a name and a unit");

	summary_of(a, x, 44100, 1, n, v, &err);
	for (size_t i = 0; i < n; i++)
		z[2 * i] = z[2 * i + 1] = x[i];
	summary_of(a, z, 44100, 2, n, w, &err);
	ok(distance(v, w) < 1e-6, "mono and the same on both sides are one: %.2g apart", distance(v, w));
	for (size_t i = 0; i < n; i++)
		z[2 * i + 1] = -x[i];
	summary_of(a, z, 44100, 2, n, w, &err);
	ok(distance(v, w) > 1, "the opposite on the other side is wide: %.2f apart", distance(v, w));

	for (size_t i = 0; i < n; i++)
		z[i] = 0.5f * x[i];
	summary_of(a, z, 44100, 1, n, w, &err);
	ok(fabs((v[1] - w[1]) * summary_columns[1].unit - 6.02) < 0.02 && distance(v, w) < 0.9,
	    "half as loud is 6 LU lower and otherwise near: %.2f apart", distance(v, w));
	memcpy(z, x, n * sizeof *z);
	memset(z + n, 0, n * sizeof *z);
	summary_of(a, z, 44100, 1, 2 * n, w, &err);
	summary_of(a, y, 44100, 1, m, u, &err);
	ok(distance(v, w) < 0.35 * distance(v, u), "with a second of silence it is %.2f away, noise is %.2f", distance(v, w),
	    distance(v, u));

	/* 100 ms of attack: from a fifth to nine tenths is 70 ms */
	for (size_t i = 0; i < n; i++)
		z[i] = (float)((i < 4410 ? (double)i / 4410 : 1) * fm_sin(TAU * 1000 * (double)i / 44100));
	summary_of(a, z, 44100, 1, n, w, &err);
	const double ms = fm_exp2(w[3] * summary_columns[3].unit + summary_columns[3].mid) - 1;
	ok(fabs(ms - 70) < 3, "attack: %.1f ms", ms);
	ok(fabs(w[2] * summary_columns[2].unit + summary_columns[2].mid - 3.2) < 0.3, "crest of a sine: %.2f dB",
	    w[2] * summary_columns[2].unit + summary_columns[2].mid);
	free(x);
	free(y);
	free(z);
}

int
main(void)
{
	a = analysis_new();
	loudness();
	shape();
	roughness();
	odd();
	nothing_left_over();
	summaries();
	analysis_free(a);
	return done();
}
