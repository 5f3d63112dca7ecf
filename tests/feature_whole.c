/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Features of whole sounds: the synthetic signals of EBU Tech 3341 and 3342 within their
 * tolerances, libebur128 on noise, and physical cases of envelope, modulation and stereo.
 */
#include <ebur128.h>
#include <math.h>

#include "base/fmath.h"
#include "base/rng.h"
#include "feature/analysis.h"
#include "tap.h"

#define TAU 6.28318530717958647692

enum { RATE = 48000, MOST = RATE * 75 * 2 };
enum { INTEGRATED, RANGE, MOMENTARY, SHORT, TRUE_PEAK, SAMPLE_PEAK };

static struct analysis *a;
static struct err err;
static float x[MOST];
static size_t n; /* frames in x */

static const float *
hear(const char *name, uint32_t channels)
{
	analysis_load(a, x, channels, n, RATE, &err);
	analysis_of(a, x, channels);
	return analysis_feature(a, feature_find(name));
}

/* Adds `seconds` of a stereo sine of 1 kHz at `db` dB of full scale. */
static void
tone(double seconds, double db)
{
	const double gain = fm_pow(10, db / 20);
	for (size_t i = 0; i < (size_t)(seconds * RATE + 0.5); i++, n++)
		x[2 * n] = x[2 * n + 1] = (float)(gain * fm_sin(TAU * (double)(n * 1000 % RATE) / RATE));
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
	    {"3341-3", {{10, -36}, {60, -23}, {5, -36}}, INTEGRATED, -23, 0.1},
	    {"3341-4, shorter", {{10, -72}, {10, -36}, {35, -23}, {10, -36}, {10, -72}}, INTEGRATED, -23, 0.1},
	    {"3341-5", {{20, -26}, {20.1, -20}, {20, -26}}, INTEGRATED, -23, 0.1},
	    {"3341-10, one file", {{0.75, -100}, {3, -23}, {1, -100}}, SHORT, -23, 0.1},
	    {"3341-13, one file", {{0.335, -100}, {0.4, -23}, {1, -100}}, MOMENTARY, -23, 0.1},
	    {"3342-1", {{20, -20}, {20, -30}}, RANGE, 10, 1},
	    {"3342-2", {{20, -20}, {20, -15}}, RANGE, 5, 1},
	    {"3342-3", {{20, -40}, {20, -20}}, RANGE, 20, 1},
	    {"3342-4", {{15, -50}, {15, -35}, {15, -20}, {15, -35}, {15, -50}}, RANGE, 15, 1},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		n = 0;
		for (int k = 0; k < 5; k++)
			tone(cases[i].part[k][0], cases[i].part[k][1]);
		const float got = hear("r128", 2)[cases[i].column];
		ok(fabs(got - cases[i].want) <= cases[i].within, "Tech %s: %.3f", cases[i].name, got);
	}
	/* 5.0: L R C Ls Rs */
	static const double db[] = {-28, -28, -24, -30, -30};
	for (n = 0; n < 20 * (size_t)RATE; n++)
		for (size_t c = 0; c < 5 && n * 5 + c < MOST; c++)
			x[n * 5 + c] = (float)(fm_pow(10, db[c] / 20) * fm_sin(TAU * (double)(n * 1000 % RATE) / RATE));
	ok(fabs(hear("r128", 5)[INTEGRATED] + 23) <= 0.1, "Tech 3341-6, five channels: %.3f", hear("r128", 5)[INTEGRATED]);
}

static void
true_peaks(void)
{
	static const struct {
		int part; /* of the rate */
		double gain, degrees, want;
	} cases[] = {{4, 0.5, 0, -6}, {4, 0.5, 45, -6}, {6, 0.5, 60, -6}, {8, 0.5, 67.5, -6}, {4, 1.41, 45, 3}};
	for (size_t i = 0; i < 5; i++) {
		n = RATE;
		for (size_t t = 0; t < n; t++) {
			const double fade = fmin(1, (double)(t < n - t ? t : n - t) / 500);
			x[t] = (float)(cases[i].gain * fade * fm_sin(TAU * ((double)(t % (size_t)cases[i].part) / cases[i].part + cases[i].degrees / 360)));
		}
		const float got = hear("r128", 1)[TRUE_PEAK];
		ok(got >= cases[i].want - 0.4 && got <= cases[i].want + 0.2, "Tech 3341-%zu: true peak %.3f", 15 + i, got);
	}
}

static void
libebur128(void)
{
	struct rng r = {9, 0};
	n = RATE * 75;
	for (size_t i = 0; i < n; i++) {
		/* swells over 15 s: libebur128 looks at its blocks once a second, we ten times */
		const double g = fm_exp(-1.5 * (1 - fm_cos(TAU * (double)i / n * 5)));
		x[2 * i] = (float)(g * (rng_uniform(&r) - 0.5));
		x[2 * i + 1] = (float)(0.5 * g * (rng_uniform(&r) - 0.5));
	}
	ebur128_state *e = ebur128_init(2, RATE, EBUR128_MODE_I | EBUR128_MODE_LRA | EBUR128_MODE_TRUE_PEAK);
	ebur128_add_frames_float(e, x, n);
	double want[2], peak[2];
	ebur128_loudness_global(e, &want[0]);
	ebur128_loudness_range(e, &want[1]);
	ebur128_true_peak(e, 0, &peak[0]);
	ebur128_true_peak(e, 1, &peak[1]);
	ebur128_destroy(&e);
	const float *got = hear("r128", 2);
	ok(fabs(got[INTEGRATED] - want[0]) < 0.05, "noise: %.3f LUFS, libebur128 %.3f", got[INTEGRATED], want[0]);
	ok(fabs(got[RANGE] - want[1]) <= 1, "range %.3f LU, libebur128 %.3f", got[RANGE], want[1]);
	const double db = 20 * fm_log10(fmax(peak[0], peak[1]));
	ok(fabs(got[TRUE_PEAK] - db) < 0.01, "true peak %.3f dB, libebur128 %.3f", got[TRUE_PEAK], db);
}

static void
envelope(void)
{
	/* up in 100 ms, down to a tenth in 230 ms (time constant 100 ms) */
	n = RATE;
	for (size_t i = 0; i < n; i++) {
		const double t = (double)i / RATE, g = t < 0.1 ? t * 10 : fm_exp(-(t - 0.1) * 10);
		x[i] = (float)(0.5 * g * fm_sin(TAU * 1000 * t));
	}
	const float *v = hear("envelope", 1);
	ok(fabsf(v[0] - 0.07f) < 0.003f, "attack %.1f ms", 1000 * v[0]);
	ok(fabsf(v[1] - 0.2303f) < 0.005f, "decay %.1f ms", 1000 * v[1]);
	/* energy: 1/30 s about 75 ms, 1/20 s about 150 ms */
	ok(fabsf(v[2] - 0.12f) < 0.002f, "temporal centroid %.1f ms", 1000 * v[2]);
	ok(fabsf(v[3] - 0.1516f) < 0.005f, "duration %.1f ms", 1000 * v[3]);
}

static void
modulation(void)
{
	/* noise whose level moves by half, four times a second */
	struct rng r = {4, 0};
	n = RATE * 6;
	for (size_t i = 0; i < n; i++)
		x[i] = (float)((1 + 0.5 * fm_sin(TAU * 4 * (double)i / RATE)) * 0.2 * (rng_uniform(&r) - 0.5));
	const float *v = hear("modulation", 1);
	const float want = 0.5f / sqrtf(2), got = v[7 * 6 + 3];
	ok(fabsf(got - want) < 0.04f, "half a tremolo at 4 Hz: depth %.3f in its octave, %.3f in the one below", got, v[7 * 6 + 2]);
	ok(v[7 * 6 + 2] < 0.2f * got, "and little beside it");
}

static void
stereo(void)
{
	struct rng r = {4, 0};
	n = RATE;
	float *v;
	static const struct {
		const char *name;
		double left, right, other; /* gains; of unrelated noise on the right */
		double width, correlation, balance;
	} cases[] = {
	    {"the same on both sides", 1, 1, 0, 0, 1, 0},
	    {"opposite", 1, -1, 0, 1, -1, 0},
	    {"left alone", 1, 0, 0, 0.5, 1, -1},
	    {"unrelated", 1, 0, 1, 0.5, 0, 0},
	    {"right twice as loud", 1, 2, 0, 0.1, 1, 0.6},
	};
	for (size_t i = 0; i < 5; i++) {
		for (size_t t = 0; t < n; t++) {
			const double noise = rng_uniform(&r) - 0.5, other = rng_uniform(&r) - 0.5;
			x[2 * t] = (float)(cases[i].left * noise);
			x[2 * t + 1] = (float)(cases[i].right * noise + cases[i].other * other);
		}
		v = (float *)hear("stereo", 2) + 3 * 40;
		ok(fabs(v[0] - cases[i].width) < 0.05 && fabs(v[1] - cases[i].correlation) < 0.1
		        && fabs(v[2] - cases[i].balance) < 0.1, "%s: width %.3f, correlation %.3f, balance %.3f", cases[i].name,
		    v[0], v[1], v[2]);
	}
	v = (float *)hear("stereo", 1);
	ok(v[0] == 0 && v[1] == 1 && v[2] == 0, "mono has no width");
}

static void
slope(void)
{
	/* noise has an even spectrum; its running sum falls by 6 dB an octave */
	struct rng r = {4, 0};
	double sum = 0, mean[2] = {0};
	n = RATE;
	for (int k = 0; k < 2; k++) {
		for (size_t t = 0; t < n; t++) {
			const double noise = rng_uniform(&r) - 0.5;
			sum = 0.999 * sum + noise;
			x[t] = (float)(k ? 0.02 * sum : 0.2 * noise);
		}
		const float *v = hear("slope", 1);
		for (size_t t = 10; t < 80; t++)
			mean[k] += v[2 * t + 1] / 70;
	}
	ok(mean[1] - mean[0] < -5 && mean[1] - mean[0] > -6.5, "tilt %.2f and %.2f dB an octave", mean[0], mean[1]);
}

/* Notes of ten partials, each sqrt(1 + B h²) h times the first, with noise. */
static void
harmonics(void)
{
	static const struct {
		double hz, noise, b;
	} cases[] = {{110, 0, 0}, {440, 0, 0}, {1760, 0, 0}, {220, 0.1, 0}, {220, 0, 0.002}};
	const struct feature *f = feature_find("harmonics");
	double got[5][3] = {{0}}, hz[5] = {0};
	struct rng r = {4, 0};
	n = RATE;
	for (size_t k = 0; k < 5; k++) {
		for (size_t i = 0; i < n; i++) {
			double v = cases[k].noise * sqrt(12) * (rng_uniform(&r) - 0.5);
			for (int h = 1; h <= 10; h++)
				v += 0.1 / h * fm_sin(TAU * cases[k].hz * h * sqrt(1 + cases[k].b * h * h) * (double)i / RATE);
			x[i] = (float)v;
		}
		const float *v = hear("harmonics", 1), *p = analysis_feature(a, feature_find("f0"));
		for (size_t t = 10; t < 80; t++) {
			hz[k] += p[3 * t] / 70;
			for (size_t c = 0; c < 3; c++)
				got[k][c] += v[t * f->columns(a) + c] / 70;
		}
	}
	for (int k = 0; k < 3; k++)
		ok(fabs(hz[k] / cases[k].hz - 1) < 0.002 && got[k][1] > 20 && got[k][2] < 0.01,
		    "%g Hz: %.2f Hz, %.1f dB, inharmonicity %.4f", cases[k].hz, hz[k], got[k][1], got[k][2]);
	/* power of the partials 0.01 / 2 * 1.55, of the noise 0.01 */
	ok(fabs(got[3][1] - 10 * fm_log10(0.775)) < 1.5, "with noise %.1f dB, %.1f are there", got[3][1], 10 * fm_log10(0.775));
	ok(got[4][2] > 2 * got[1][2] + 0.003, "stiff: inharmonicity %.4f", got[4][2]);
	struct rng q = {8, 0};
	for (size_t i = 0; i < n; i++)
		x[i] = (float)(rng_uniform(&q) - 0.5);
	const float *p = hear("f0", 1);
	int voiced = 0;
	for (size_t t = 0; t < 80; t++)
		voiced += p[3 * t] > 0;
	ok(voiced <= 4, "noise has no pitch: %d of 80 frames voiced", voiced);
}

int
main(void)
{
	a = analysis_new();
	ebu();
	true_peaks();
	libebur128();
	envelope();
	modulation();
	stereo();
	slope();
	harmonics();
	analysis_free(a);
	return done();
}
