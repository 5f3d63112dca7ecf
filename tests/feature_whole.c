/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Features of whole sounds: physical cases of envelope, modulation, stereo, slope and harmonics. */
#include <math.h>

#include "base/fmath.h"
#include "base/rng.h"
#include "feature/analysis.h"
#include "tap.h"

#define TAU 6.28318530717958647692

enum { RATE = 48000, MOST = RATE * 6 * 2 };

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

/* Notes of ten partials, the h-th 1/h as large and at h sqrt(1 + B h²) times the first, as those of a stiff string
   (Fletcher 1964); with noise. */
static void
harmonics(void)
{
	static const struct {
		double hz, noise, b;
	} cases[] = {{110, 0, 0}, {440, 0, 0}, {1760, 0, 0}, {220, 0.0316, 0}, {220, 0.02, 0}, {440, 0.01, 0}, {220, 0, 0.0001},
	    {220, 0, 0.0002}, {220, 0, 0.0004}, {440, 0, 0.0004}};
	enum { CASES = sizeof cases / sizeof *cases };
	const struct feature *f = feature_find("harmonics");
	struct rng r = {4, 0};
	n = RATE / 2;
	for (size_t k = 0; k < CASES; k++) {
		double got[3] = {0}, hz = 0, power = 0, away = 0, all = 0;
		for (size_t i = 0; i < n; i++)
			x[i] = (float)(cases[k].noise * sqrt(12) * (rng_uniform(&r) - 0.5));
		for (int h = 1; h <= 10; h++) {
			const double turn = TAU * cases[k].hz * h * sqrt(1 + cases[k].b * h * h) / RATE;
			for (size_t i = 0; i < n; i++)
				x[i] += (float)(0.1 / h * fm_sin(turn * (double)i));
			power += 0.005 / h / h;
		}
		const float *v = hear("harmonics", 1), *p = analysis_feature(a, feature_find("f0"));
		for (size_t t = 5; t < 40; t++) {
			hz += p[3 * t] / 35;
			for (size_t c = 0; c < 3; c++)
				got[c] += v[t * f->columns(a) + c] / 35;
		}
		/* by the definition, from where the partials are */
		for (int h = 1; h <= 10; h++) {
			away += fabs(cases[k].hz * h * sqrt(1 + cases[k].b * h * h) - h * hz) / h / h;
			all += 1.0 / h / h;
		}
		const double ratio = 10 * fm_log10(power / (cases[k].noise * cases[k].noise + 1e-30)), stretched = 2 * away / (hz * all);
		if (cases[k].noise > 0)
			ok(fabs(got[1] - ratio) < 1, "%g Hz in noise: %.1f dB, %.1f are there", cases[k].hz, got[1], ratio);
		else if (cases[k].b > 0)
			ok(fabs(got[2] - stretched) < 0.1 * stretched + 0.0015 && stretched > 0.004 && fabs(hz / cases[k].hz - 1) < 0.01,
			    "%g Hz, B = %g: inharmonicity %.5f, %.5f by where the partials are", cases[k].hz, cases[k].b, got[2], stretched);
		else
			ok(fabs(hz / cases[k].hz - 1) < 0.002 && got[1] > 20 && got[2] < 0.01, "%g Hz: %.2f Hz, %.1f dB, inharmonicity %.4f",
			    cases[k].hz, hz, got[1], got[2]);
	}
	/* from the lowest key of a piano on: longer frames take over where 2048 samples hold no two periods */
	static const double low[] = {27.5, 32.7, 41.2, 49, 54, 58.27, 82.4};
	n = RATE;
	for (size_t k = 0; k < 7; k++) {
		double worst = 0;
		for (size_t i = 0; i < n; i++) {
			double s = 0;
			for (int h = 1; h <= 6; h++)
				s += 0.1 / h * fm_sin(TAU * low[k] * h * (double)i / RATE);
			x[i] = (float)s;
		}
		const float *p = hear("f0", 1);
		for (size_t t = 4; t < 90; t++)
			worst = fmax(worst, fabs(1200 * fm_log2(fmax(p[3 * t], 1) / low[k])));
		ok(worst < 20, "%g Hz is heard within %.1f cents", low[k], worst);
	}
	n = RATE;
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
	envelope();
	modulation();
	stereo();
	slope();
	harmonics();
	analysis_free(a);
	return done();
}
