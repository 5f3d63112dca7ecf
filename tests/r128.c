/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Loudness of whole sounds: the synthetic signals of EBU Tech 3341 (its table 1; cases 7 and 8 are programmes) and 3342
 * within their tolerances, and libebur128 on noise. 48 kHz.
 */
#include <ebur128.h>
#include <math.h>
#include <stdlib.h>

#include "base/fmath.h"
#include "base/rng.h"
#include "dsp/kweight.h"
#include "feature/analysis.h"
#include "tap.h"

#define TAU 6.28318530717958647692

enum { RATE = 48000, MOST = RATE * 90 * 2, PERIOD = RATE / 1000 };
enum { INTEGRATED, RANGE, MOMENTARY, SHORT, TRUE_PEAK, SAMPLE_PEAK };

static struct analysis *a;
static struct err err;
static float x[MOST];
static size_t n; /* frames in x */

/* r128 of the frames [from, from + count). */
static const float *
hear(size_t from, size_t count, uint32_t channels)
{
	analysis_load(a, x + from * channels + channels - 1, channels, count, RATE, &err);
	analysis_of(a, x + from * channels, channels);
	return analysis_feature(a, feature_find("r128"));
}

static size_t
samples(double seconds)
{
	return (size_t)(seconds * RATE + 0.5);
}

/* Adds a stereo sine of 1 kHz at `db` dB of full scale; from -100 down, silence. */
static void
tone(double seconds, double db)
{
	const double gain = db > -100 ? fm_pow(10, db / 20) : 0;
	float wave[PERIOD];
	for (size_t i = 0; i < PERIOD; i++)
		wave[i] = (float)(gain * fm_sin(TAU * (double)i / PERIOD));
	for (const size_t end = n + samples(seconds); n < end; n++)
		x[2 * n] = x[2 * n + 1] = wave[n % PERIOD];
}

static void
ebu(void)
{
	static const struct {
		const char *name;
		double part[5][2]; /* seconds, dB */
		int column;
		double want, within;
	} cases[] = {
	    {"3341-1", {{20, -23}}, INTEGRATED, -23, 0.1},
	    {"3341-1 M", {{20, -23}}, MOMENTARY, -23, 0.1},
	    {"3341-1 S", {{20, -23}}, SHORT, -23, 0.1},
	    {"3341-2", {{20, -33}}, INTEGRATED, -33, 0.1},
	    {"3341-3", {{10, -36}, {60, -23}, {10, -36}}, INTEGRATED, -23, 0.1},
	    {"3341-4, shorter", {{10, -72}, {10, -36}, {50, -23}, {10, -36}, {10, -72}}, INTEGRATED, -23, 0.1},
	    {"3341-5", {{20, -26}, {20.1, -20}, {20, -26}}, INTEGRATED, -23, 0.1},
	    {"3342-1", {{20, -20}, {20, -30}}, RANGE, 10, 1},
	    {"3342-2", {{20, -20}, {20, -15}}, RANGE, 5, 1},
	    {"3342-3", {{20, -40}, {20, -20}}, RANGE, 20, 1},
	    {"3342-4, shorter", {{18, -50}, {18, -35}, {18, -20}, {18, -35}, {18, -50}}, RANGE, 15, 1},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		n = 0;
		for (int k = 0; k < 5; k++)
			tone(cases[i].part[k][0], cases[i].part[k][1]);
		const float got = hear(0, n, 2)[cases[i].column];
		ok(fabs(got - cases[i].want) <= cases[i].within, "Tech %s: %.3f", cases[i].name, got);
	}
	/* 5.0: L R C Ls Rs */
	static const double db[] = {-28, -28, -24, -30, -30};
	float wave[5][PERIOD];
	for (size_t c = 0; c < 5; c++)
		for (size_t i = 0; i < PERIOD; i++)
			wave[c][i] = (float)(fm_pow(10, db[c] / 20) * fm_sin(TAU * (double)i / PERIOD));
	for (n = 0; n < 20 * (size_t)RATE; n++)
		for (size_t c = 0; c < 5; c++)
			x[n * 5 + c] = wave[c][n % PERIOD];
	const float got = hear(0, n, 5)[INTEGRATED];
	ok(fabsf(got + 23) <= 0.1f, "Tech 3341-6, five channels: %.3f", got);
}

/* Cases 9 and 12: loud and soft parts that repeat just as often as the meter's window. Every window must read -23:
   the largest and the smallest of all that lie in the sound. */
static void
steady(const char *name, double loud, double soft, int times, double wide)
{
	n = 0;
	for (int i = 0; i < times; i++) {
		tone(loud, -20);
		tone(soft, -30);
	}
	const double most = hear(0, n, 2)[wide < 1 ? MOMENTARY : SHORT];
	const double *k = analysis_k(a);
	const size_t hops = analysis_k_hops(a), w = samples(wide);
	double *so = calloc(hops + 1, sizeof *so), least = 1e9;
	for (size_t h = 0; h < hops; h++)
		so[h + 1] = so[h] + 2 * k[h]; /* both channels are the same */
	for (size_t at = wide < 1 ? samples(0.6) : 0; at + w <= n; at += RATE / 100)
		least = fmin(least, kweight_within(so, n, ANALYSIS_K_HOP, (double)at, (double)(at + w)) / (double)w);
	least = kweight_lufs(least);
	free(so);
	ok(fabs(most + 23) <= 0.1 && fabs(least + 23) <= 0.1, "Tech %s: from %.3f to %.3f", name, least, most);
}

/* Cases 10, 11, 13 and 14: a tone just as long as the meter's window, later and later; in 11 and 14 also louder and
   louder, after what came before. */
static void
bursts(const char *name, double wide, double step, int louder, int column)
{
	double worst = 0;
	for (int i = 0; i < 20; i++) {
		n = 0;
		for (int k = louder && i > 0 ? i - 1 : i; k <= i; k++) {
			tone(step * k, -100);
			tone(wide, louder ? -38 + k : -23);
			tone(1, -100);
		}
		const double got = hear(0, n, 2)[column], away = got - (louder ? -38 + i : -23);
		worst = fabs(away) > fabs(worst) ? away : worst;
	}
	ok(fabs(worst) <= 0.1, "Tech %s: at most %+.3f off", name, worst);
}

static void
true_peaks(void)
{
	static const struct {
		int part; /* of the rate */
		double gain, degrees, want;
	} cases[] = {{4, 0.5, 0, -6}, {4, 0.5, 45, -6}, {6, 0.5, 60, -6}, {8, 0.5, 67.5, -6}, {4, 1.41, 45, 3}};
	n = RATE / 2;
	for (size_t i = 0; i < 5; i++) {
		for (size_t t = 0; t < n; t++) {
			const double fade = fmin(1, (double)(t < n - t ? t : n - t) / 500);
			x[t] = (float)(cases[i].gain * fade * fm_sin(TAU * ((double)(t % (size_t)cases[i].part) / cases[i].part + cases[i].degrees / 360)));
		}
		const float got = hear(0, n, 1)[TRUE_PEAK];
		ok(got >= cases[i].want - 0.4 && got <= cases[i].want + 0.2, "Tech 3341-%zu: true peak %.3f", 15 + i, got);
	}
	/* 20 to 23: at four times the rate, in a sine of half of full scale at a sixth of the rate, one period of full scale
	   at a quarter of it; low-passed; every fourth sample, the first of them 0 to 3 */
	enum { LONG = RATE, HALF = 128, SIXTH = 24, QUARTER = 16, AT = LONG / 2 / SIXTH * SIXTH };
	static double wide[LONG];
	double low[2 * HALF + 1];
	for (int k = -HALF; k <= HALF; k++) /* Hann; passes up to half the rate */
		low[k + HALF] = (k ? fm_sin(TAU / 8 * k) / (TAU / 2 * k) : 0.25) * 0.5 * (1 + fm_cos(TAU / 2 * k / (HALF + 1)));
	for (int t = 0; t < LONG; t++) {
		const int in = t - AT, burst = in >= 0 && in < QUARTER, period = burst ? QUARTER : SIXTH;
		const double fade = fmin(1, fmin(t, LONG - 1 - t) / 2000.0);
		wide[t] = (burst ? 1 : 0.5) * fade * fm_sin(TAU * ((in < 0 || burst ? in : in - QUARTER) % period) / period);
	}
	for (int offset = 0; offset < 4; offset++) {
		n = LONG / 4 - 2 * HALF;
		for (size_t t = 0; t < n; t++) {
			double sum = 0;
			for (int k = -HALF; k <= HALF; k++)
				sum += low[k + HALF] * wide[4 * ((int)t + HALF) + offset - k];
			x[t] = (float)sum;
		}
		const float *got = hear(0, n, 1);
		ok(got[TRUE_PEAK] >= -0.4 && got[TRUE_PEAK] <= 0.2, "Tech 3341-%d: true peak %.3f, sample peak %.3f", 20 + offset,
		    got[TRUE_PEAK], got[SAMPLE_PEAK]);
	}
}

static void
libebur128(void)
{
	struct rng r = {9, 0};
	double g = 0;
	n = RATE * 75;
	for (size_t i = 0; i < n; i++) {
		/* swells over 15 s: libebur128 looks at its blocks once a second, we ten times */
		if (i % 480 == 0)
			g = fm_exp(-1.5 * (1 - fm_cos(TAU * (double)i / n * 5)));
		x[2 * i] = (float)(g * (rng_uniform(&r) - 0.5));
		x[2 * i + 1] = (float)(0.5 * g * (rng_uniform(&r) - 0.5));
	}
	ebur128_state *e = ebur128_init(2, RATE, EBUR128_MODE_I | EBUR128_MODE_LRA);
	ebur128_add_frames_float(e, x, n);
	double want[2];
	ebur128_loudness_global(e, &want[0]);
	ebur128_loudness_range(e, &want[1]);
	ebur128_destroy(&e);
	const float *got = hear(0, n, 2);
	ok(fabs(got[INTEGRATED] - want[0]) < 0.05, "noise: %.3f LUFS, libebur128 %.3f", got[INTEGRATED], want[0]);
	ok(fabs(got[RANGE] - want[1]) <= 1, "range %.3f LU, libebur128 %.3f", got[RANGE], want[1]);
}

/* Sounds of all lengths, as loud at every place, whose peaks lie anywhere. */
static void
peaks_of_libebur128(void)
{
	static const uint32_t rates[] = {44100, 48000, 96000, 192000};
	static const size_t lengths[] = {1, 2, 12, 63, 64, 65, 1000, 20011};
	struct rng r = {11, 0};
	double worst = 0;
	for (size_t k = 0; k < 4; k++)
		for (size_t l = 0; l < 8; l++) {
			const size_t count = lengths[l];
			double last = 0;
			for (size_t i = 0; i < count; i++) {
				last = 0.4 * last + rng_uniform(&r) - 0.5;
				x[i] = (float)last;
			}
			/* libebur128 is some samples behind: silence lets the last come out */
			for (size_t i = count; i < count + 64; i++)
				x[i] = 0;
			double want;
			ebur128_state *e = ebur128_init(1, rates[k], EBUR128_MODE_TRUE_PEAK);
			ebur128_add_frames_float(e, x, count + 64);
			ebur128_true_peak(e, 0, &want);
			ebur128_destroy(&e);
			analysis_load(a, x, 1, count, rates[k], &err);
			const double got = analysis_feature(a, feature_find("r128"))[TRUE_PEAK], away = got - 20 * fm_log10(want);
			if (fabs(away) > fabs(worst))
				worst = away;
		}
	ok(fabs(worst) < 0.001, "true peaks of noise at four rates are libebur128's: at most %+.5f dB off", worst);
}

int
main(void)
{
	a = analysis_new();
	ebu();
	steady("3341-9", 1.34, 1.66, 5, 3);
	bursts("3341-10", 3, 0.15, 0, SHORT);
	bursts("3341-11", 3, 0.15, 1, SHORT);
	steady("3341-12", 0.18, 0.22, 25, 0.4);
	bursts("3341-13", 0.4, 0.02, 0, MOMENTARY);
	bursts("3341-14", 0.4, 0.02, 1, MOMENTARY);
	true_peaks();
	libebur128();
	peaks_of_libebur128();
	analysis_free(a);
	return done();
}
