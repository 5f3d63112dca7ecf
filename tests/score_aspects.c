/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Every term that holds sounds against golden ones: what must rank above what. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fmath.h"
#include "base/rng.h"
#include "feature/summary.h"
#include "score/crowd.h"
#include "hearings.h"
#include "tap.h"

enum { RATE = 22050, BEAT = RATE / 2, N = 8 * BEAT }; /* eight beats at 120 BPM */

static struct rng rng = {.seed = 5};
static char last[768];

static double
noise(void)
{
	return 2 * rng_uniform(&rng) - 1;
}

/* A note of three partials from sample `at` on, `beats` long. */
static void
note(float *x, double at_beat, double midi, double beats, double level)
{
	const double hz = 440 * fm_exp2((midi - 69) / 12);
	const size_t at = (size_t)(at_beat * BEAT), n = (size_t)(beats * BEAT);
	for (size_t i = 0; i < n && at + i < N; i++) {
		const double t = (double)i / RATE, e = fm_exp(-t / 0.25) * fmin((double)i / 100, 1) * fmin((double)(n - i) / 200, 1);
		for (int k = 1; k <= 3; k++)
			x[at + i] += (float)(level * e / k * fm_sin(6.283185307179586 * (hz * k * t - floor(hz * k * t))));
	}
}

/* A hit of noise, high (hat) or of a falling sine (kick). */
static void
hit(float *x, double at_beat, bool kick, double level)
{
	const size_t at = (size_t)(at_beat * BEAT);
	double before = 0;
	for (size_t i = 0; i < BEAT / 2 && at + i < N; i++) {
		const double t = (double)i / RATE, n = noise();
		x[at + i] += (float)(kick ? level * fm_exp(-t / 0.08) * fm_sin(6.283185307179586 * 55 * t)
		                          : level * fm_exp(-t / 0.03) * (n - before));
		before = n;
	}
}

/* Eight notes in C minor, one a beat. */
static void
phrase(float *x, double up, double level)
{
	static const double midi[] = {48, 51, 55, 60, 58, 55, 51, 50};
	for (int i = 0; i < 8; i++)
		note(x, i, midi[i] + up, 0.9, level);
}

static void
drums(float *x, double level)
{
	static const double kicks[] = {0, 2.5, 4, 6, 7.25};
	for (int i = 0; i < 5; i++)
		hit(x, kicks[i], true, level);
	for (int i = 0; i < 16; i++)
		if (i % 2)
			hit(x, i * 0.5, false, level / 2);
}

static double
value_of(const struct term *t, void *self, const float *x, const char *name)
{
	static struct analysis *a;
	static float summary[SUMMARY_COLUMNS];
	struct heard h = {.samples = x, .rate = RATE, .channels = 1, .frames = N, .name = name, .summary = summary,
	    .n_summary = SUMMARY_COLUMNS};
	struct err err;
	double value = NAN;
	char why[512] = "";
	if (!x) {
		analysis_free(a);
		a = NULL;
		return 0;
	}
	if (!a)
		a = analysis_new();
	hear_it(&h);
	if ((t->summary && summary_of(a, x, RATE, 1, N, summary, &err) < 0)
	    || t->score(self, &h, &value, why, sizeof why, &err) < 0)
		diag("%s: %s", name, err.text);
	snprintf(last, sizeof last, "%s %s %.4f: %s", name, t->name, value, why);
	return value;
}

enum {
	SILENCE, DC, CLIPPED, NOISE, SHAPED, LATE, CLICK, QUIET, LOUD, REVERSED, HUGE_NOISE, SHORT, WHISTLE, RUMBLE, FAINT, HUM, SHIFTED, ALL
};
static const char *const broken[ALL] = {"silence", "dc", "clipped", "noise", "shaped noise", "a beat late", "click",
    "20 dB down", "20 dB up", "reversed", "huge noise", "50 ms of it", "ultrasound", "infrasound", "faint noise", "hum", "half DC"};

static void
break_it(const float *x, int how, float *y)
{
	for (size_t i = 0; i < N; i++) {
		const double n = noise(), turn = (double)i / RATE;
		switch (how) {
		case SILENCE: y[i] = 0; break;
		case DC: y[i] = 0.2f; break;
		case CLIPPED: y[i] = fmaxf(fminf(x[i] * 1000, 1), -1); break;
		case NOISE: y[i] = (float)(0.2 * n); break;
		case SHAPED: y[i] = (float)(0.3 * n * (double)(N - i) / N); break;
		case LATE: y[i] = x[(i + N - BEAT) % N]; break;
		case CLICK: y[i] = i == 0; break;
		case QUIET: y[i] = 0.1f * x[i]; break;
		case LOUD: y[i] = 10 * x[i]; break;
		case REVERSED: y[i] = x[N - 1 - i]; break;
		case HUGE_NOISE: y[i] = (float)(1e9 * n); break;
		case SHORT: y[i] = i < RATE / 20 ? x[i] : 0; break;
		case WHISTLE: y[i] = (float)(0.5 * fm_sin(6.283185307179586 * fmod(10900 * turn, 1))); break;
		case RUMBLE: y[i] = (float)(0.9 * fm_sin(6.283185307179586 * fmod(4 * turn, 1))); break;
		case FAINT: y[i] = (float)(1e-5 * n); break;
		case SHIFTED: y[i] = 0.5f * x[i] + 0.4f; break;
		case HUM: y[i] = (float)(0.3 * fm_sin(6.283185307179586 * fmod(50 * turn, 1))); break;
		}
	}
}

/* Of every term: the target above a fair imitation, that above each of what is broken; but
   for what the term leaves out on purpose. */
static void
adversaries(void)
{
	static float x[N], fair[N], y[N];
	static const struct {
		const char *term;
		unsigned passes; /* what the term says of itself that it does not hear */
	} of[] = {
	    {"like", 0}, {"timbre", 1 << QUIET | 1 << LATE | 1 << REVERSED}, {"rhythm", 1 << QUIET}, {"harmony", 1 << QUIET},
	    {"envelope", 1 << QUIET}, {"mss", 1 << QUIET}, {"wmfcc", 0}, {"sot", 1 << QUIET}, {"rms", 1 << QUIET},
	    {"mrstft", 1 << QUIET}, {"lsd", 0}, {"mfccd", 0},
	};
	struct err err;
	phrase(x, 0, 0.3);
	drums(x, 0.5);
	/* the same song on another day: another level and drums, a filter, some hiss */
	phrase(fair, 0, 0.24);
	drums(fair, 0.45);
	double before = 0;
	for (size_t i = 0; i < N; i++)
		fair[i] = (float)(before += 0.7 * (fair[i] + 0.001 * noise() - before));
	const struct heard golden = {.samples = x, .rate = RATE, .channels = 1, .frames = N, .name = "song",
	    .hearing = hearing_kept()};
	for (size_t k = 0; k < sizeof of / sizeof *of; k++) {
		const struct term *t = term_find(of[k].term);
		void *self = t->create(&golden, 1, &err);
		const double self_value = value_of(t, self, x, "itself"), good = value_of(t, self, fair, "fair");
		diag("%s: itself %.3f, fair %.3f", t->name, self_value, good);
		ok(self_value > 0.999 && self_value <= 1, "%s: the target itself is 1", t->name);
		ok(good > 0.3 && good < self_value, "%s: a fair imitation is worth something", t->name);
		for (int b = 0; b < ALL; b++) {
			break_it(x, b, y);
			const double bad = value_of(t, self, y, broken[b]);
			if (of[k].passes >> b & 1)
				continue;
			if (!ok(bad < good, "%s: %s ranks below", t->name, broken[b]))
				diag("%s", last);
		}
		t->free(self);
	}
}

/* What an aspect leaves out does not count, what it is about does. */
static void
aspects(void)
{
	static float x[N], y[N];
	struct err err;
	phrase(x, 0, 0.3);
	drums(x, 0.3);
	const struct heard golden = {.samples = x, .rate = RATE, .channels = 1, .frames = N, .name = "song",
	    .hearing = hearing_kept()};
	static const char *const names[] = {"timbre", "rhythm", "harmony", "envelope"};
	enum { ALIKE = 4 };
	double of[4][ALIKE];
	for (int k = 0; k < 4; k++) {
		const struct term *t = term_find(names[k]);
		void *self = t->create(&golden, 1, &err);
		for (int v = 0; v < ALIKE; v++) {
			memset(y, 0, sizeof y);
			switch (v) {
			case 0: /* the same, 20 dB down */
				for (int i = 0; i < N; i++)
					y[i] = 0.1f * x[i];
				break;
			case 1: /* three semitones up */
				phrase(y, 3, 0.3);
				drums(y, 0.3);
				break;
			case 2: /* half a beat late */
				for (int i = 0; i < N; i++)
					y[i] = x[(i + N - BEAT / 4) % N];
				break;
			case 3: /* dull */
				for (int i = 1; i < N; i++)
					y[i] = y[i - 1] + 0.1f * (x[i] - y[i - 1]);
				break;
			}
			of[k][v] = value_of(t, self, y, "it");
		}
		t->free(self);
		diag("%s: quiet %.3f, higher %.3f, late %.3f, dull %.3f", names[k], of[k][0], of[k][1], of[k][2], of[k][3]);
		ok(of[k][0] > 0.9, "%s: level does not count", names[k]);
	}
	ok(of[2][1] < 0.5 && of[1][1] > 0.8 && of[3][1] > 0.6, "another key is another harmony, the same rhythm and envelope");
	ok(of[1][2] < 0.5 && of[0][2] > 0.9, "a quarter of a beat late is another rhythm, the same timbre");
	ok(of[0][3] < of[0][1] && of[0][3] < 0.75 && of[2][3] > 0.7, "a filter is another timbre, the same harmony");
}

static void
complement(void)
{
	static float x[N], y[N];
	struct err err;
	const struct term *t = term_find("complement");
	drums(x, 0.5);
	note(x, 0, 48, 4, 0.3); /* the loop says C minor */
	note(x, 0, 51, 4, 0.3);
	note(x, 4, 55, 4, 0.3);
	const struct heard golden = {.samples = x, .rate = RATE, .channels = 1, .frames = N, .name = "loop",
	    .hearing = hearing_kept()};
	void *self = t->create(&golden, 1, &err);
	if (!ok(self != NULL, "a loop to complement"))
		return diag("%s", err.text);
	/* high notes of its key, on sixteenths between its hits */
	static const double midi[] = {84, 79, 87, 84, 79, 87, 84, 79};
	for (int i = 0; i < 8; i++)
		note(y, i + 0.25, midi[i], 0.5, 0.4);
	const double good = value_of(t, self, y, "in key, on the grid");
	diag("%s", last);
	ok(good > 0.5 && good <= 1, "a melody in its gaps goes with it");
	memset(y, 0, sizeof y);
	for (int i = 0; i < 8; i++)
		note(y, i + 0.25, midi[i] + 6, 0.5, 0.4);
	double other = value_of(t, self, y, "out of key");
	if (!ok(other < 0.9 * good, "out of key: less"))
		diag("%s", last);
	memset(y, 0, sizeof y);
	for (int i = 0; i < 8; i++)
		note(y, i + 0.25 + 0.125 + 0.02 * (i % 3), midi[i], 0.5, 0.4);
	other = value_of(t, self, y, "off the grid");
	if (!ok(other < 0.95 * good, "off the grid: less"))
		diag("%s", last);
	other = value_of(t, self, x, "the loop itself");
	if (!ok(other < good, "the loop itself fills no gap"))
		diag("%s", last);
	for (int b = 0; b < ALL; b++) {
		break_it(x, b, y);
		const double bad = value_of(t, self, y, broken[b]);
		diag("%s", last);
		ok(bad < 0.75 * good, "complement: %s ranks far below", broken[b]);
	}
	t->free(self);
	ok(!t->create(NULL, 0, &err), "no loop, no complement: %s", err.text);
}

enum { D = 6, CORNERS = 1 << D };

/* The corners of a box: uncorrelated, each axis of spread sigma sqrt(64 / 63). */
static void
box(float *rows, const double *sigma, double shift, double scale)
{
	for (int r = 0; r < CORNERS; r++)
		for (int i = 0; i < D; i++)
			rows[r * D + i] = (float)(scale * sigma[i] * (r >> i & 1 ? 1 : -1) + (i == 0 ? shift : i == 1 ? -shift : 0));
}

static void
crowds(void)
{
	static float a[CORNERS * D], b[CORNERS * D];
	static const double sigma[D] = {0.25, 0.5, 1, 1, 2, 4};
	struct err err;
	double w[D], s = 0, frechet, kernel, want_shift = 0, want_wide = 0, last_kernel = -1;
	for (int i = 0; i < D; i++)
		s += sigma[i] * sigma[i] * CORNERS / (CORNERS - 1) / D;
	for (int i = 0; i < D; i++) {
		const double var = sigma[i] * sigma[i] * CORNERS / (CORNERS - 1);
		w[i] = 1 / sqrt((CORNERS * var + D * s) / (CORNERS + D));
		want_shift += i < 2 ? 4 * w[i] * w[i] : 0;
		want_wide += var * w[i] * w[i] * 4; /* (3 - 1)² */
	}
	box(a, sigma, 0, 1);
	struct crowd *c = crowd_new(a, CORNERS, D, &err);
	crowd_distance(c, a, CORNERS, &frechet, &kernel);
	ok(fabs(frechet) < 1e-9, "the same distribution is at 0: %.2g", frechet);
	box(b, sigma, 2, 1);
	crowd_distance(c, b, CORNERS, &frechet, &kernel);
	ok(fabs(frechet / want_shift - 1) < 1e-6, "Frechet distance of a shift is Mahalanobis's: %.6f, %.6f", frechet, want_shift);
	box(b, sigma, 0, 3);
	crowd_distance(c, b, CORNERS, &frechet, &kernel);
	ok(fabs(frechet / want_wide - 1) < 1e-6, "of three times the spread it is four times the variance: %.6f, %.6f", frechet,
	    want_wide);
	for (int k = 0; k < 5; k++) {
		box(b, sigma, 0.5 * k, 1);
		crowd_distance(c, b, CORNERS, &frechet, &kernel);
		ok(kernel > last_kernel && (k || kernel < 0.01), "kernel distance grows with the shift: %.4f", kernel);
		last_kernel = kernel;
	}
	const float middle[D] = {0}, along[D] = {0, 0, 0, 0, 2, 4}, across[D] = {2, -2};
	double norm = 0, usual = 0;
	for (int i = 0; i < D; i++) {
		norm += across[i] * across[i] * w[i] * w[i];
		usual += sigma[i] * sigma[i] * w[i] * w[i];
	}
	ok(fabs(crowd_frechet_one(c, across) / sqrt(norm / usual) - 1) < 1e-6, "of one: its length, over that of a member");
	ok(crowd_frechet_one(c, middle) < 1e-6, "the middle of a crowd is nearer than its members");
	ok(crowd_frechet_one(c, along) < 1 && crowd_frechet_one(c, across) > 1.5, "along its long axes is near, across them far");
	ok(crowd_kernel_one(c, along) < crowd_kernel_one(c, across), "and so it is for the kernel");
	crowd_free(c);
	crowd_free(NULL);
	ok(!crowd_new(a, 1, D, &err), "one is no crowd: %s", err.text);
	a[3] = NAN;
	ok(!crowd_new(a, CORNERS, D, &err), "nor is what is not finite: %s", err.text);
}

/* Plucked phrases are the set; another of them belongs, what is broken does not. */
static void
belonging(void)
{
	enum { SET = 12 };
	static float x[SET][N], summary[SET][SUMMARY_COLUMNS], y[N];
	struct heard golden[SET];
	struct analysis *a = analysis_new();
	struct err err;
	for (int i = 0; i < SET; i++) {
		phrase(x[i], i - 6, 0.1 + 0.02 * i);
		if (i % 2)
			drums(x[i], 0.1 * (i % 5));
		summary_of(a, x[i], RATE, 1, N, summary[i], &err);
		golden[i] = (struct heard){.samples = x[i], .rate = RATE, .channels = 1, .frames = N, .name = "one",
		    .summary = summary[i], .n_summary = SUMMARY_COLUMNS, .hearing = hearing_kept()};
	}
	const struct term *t = term_find("belong");
	void *self = t->create(golden, SET, &err);
	phrase(y, 0.5, 0.2);
	drums(y, 0.15);
	const double good = value_of(t, self, y, "another of them");
	diag("%s", last);
	ok(good > 0.6, "another of them belongs");
	for (int b = 0; b < ALL; b++) {
		if (b == LATE)
			continue; /* as good a phrase as the others */
		break_it(x[1], b, y);
		const double bad = value_of(t, self, y, broken[b]);
		if (!ok(bad < (b == REVERSED ? 1 : 0.8) * good, "belong: %s does not", broken[b]))
			diag("%s", last);
	}
	t->free(self);
	ok(!t->create(golden, 1, &err), "one golden sound is no set: %s", err.text);
	analysis_free(a);
}

int
main(void)
{
	adversaries();
	aspects();
	complement();
	crowds();
	belonging();
	value_of(NULL, NULL, NULL, NULL);
	hearings_end();
	return done();
}
