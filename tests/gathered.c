/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is said of the sounds of a set, on signals whose answer is known. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/fmath.h"
#include "base/rng.h"
#include "feature/alike.h"
#include "feature/cutting.h"
#include "feature/kinds.h"
#include "feature/loopness.h"
#include "feature/occupancy.h"
#include "feature/rhythm.h"
#include "tap.h"

enum { RATE = 44100 };
#define TAU 6.283185307179586

static struct err err;

/* A blow: a burst of noise (or of a tone, hz > 0) that dies away. */
static void
strike(float *x, size_t n, size_t at, double seconds, double hz, double gain, uint64_t seed)
{
	struct rng r = {seed, 0};
	for (size_t i = at; i < n && (double)(i - at) < 6 * seconds * RATE; i++) {
		const double t = (double)(i - at) / RATE, wave = hz > 0 ? fm_sin(TAU * hz * t) : 2 * rng_uniform(&r) - 1;
		x[i] += (float)(gain * wave * fm_exp(-t / seconds));
	}
}

/* A bar of eight eighths a turn: kick on beats, snare on two and four, hats between; n samples of it. */
static float *
groove(size_t n, double bpm)
{
	float *x = calloc(n, sizeof *x);
	const double eighth = 30.0 / bpm * RATE;
	for (size_t k = 0; x && (size_t)(k * eighth) < n; k++) {
		const size_t at = (size_t)(k * eighth);
		if (k % 2 == 0)
			strike(x, n, at, 0.06, 60, 0.8, 1);
		if (k % 4 == 2)
			strike(x, n, at, 0.05, 0, 0.5, 2);
		strike(x, n, at, 0.02, 0, k % 2 ? 0.2 : 0.1, 3);
	}
	return x;
}

static double
loopness(const float *x, size_t n, struct loopness *l)
{
	struct envelope e;
	if (envelope_init(&e, x, n, RATE, &err) < 0 || loopness_find(x, n, &e, l, &err) < 0) {
		diag("%s", err.text);
		l->loopness = -1;
	}
	envelope_release(&e);
	return l->loopness;
}

static void
test_loopness(void)
{
	struct loopness l;
	const size_t bars = (size_t)(4 * 60.0 / 120 * 2 * RATE); /* two bars at 120 BPM */
	float *x = groove(bars, 120);
	ok(loopness(x, bars, &l) > 0.9, "two bars loop: %.2f", l.loopness);
	int right = 0;
	for (int percent = 60; percent < 98; percent += 4)
		right += percent == 76 || percent == 88 || loopness(x, bars * (size_t)percent / 100, &l) < 0.5;
	ok(right == 10, "cut at 60 to 96 %% they do not, where that is no beat (%d of 10)", right);
	ok(loopness(x, bars * 3 / 4, &l) > 0.5, "six beats loop: %.2f", l.loopness);
	memset(x, 0, bars * sizeof *x);
	strike(x, bars, 0, 0.1, 55, 0.9, 1);
	ok(loopness(x, RATE, &l) == 0 && l.through == 0, "a kick does not: it has died away");
	for (size_t i = 0; i < bars; i++)
		x[i] = 0.3f * (float)(fm_sin(TAU * 100 * (double)i / RATE) + fm_sin(TAU * 151 * (double)i / RATE));
	ok(loopness(x, RATE, &l) > 0.9, "what holds whole periods loops: %.2f", l.loopness);
	ok(loopness(x, RATE - 110, &l) < 0.3 && l.join < 0.3, "with a leap at the seam it does not: %.2f", l.loopness);
	memset(x, 0, bars * sizeof *x);
	ok(loopness(x, bars, &l) == 0, "nor does silence");
	ok(loopness(x, 1, &l) == 0, "nor one sample");
	free(x);
}

static void
test_rhythm(void)
{
	/* four bars: kick on 1 and 3, and an off-beat eighth and sixteenth late by a swing */
	struct onset o[64];
	struct rhythm r;
	size_t n = 0;
	for (int bar = 0; bar < 4; bar++) {
		static const double beat[] = {0, 1 + 0.6, 2, 3.0 + 0.5 * 0.58};
		for (int k = 0; k < 4; k++)
			o[n++] = (struct onset){(size_t)((0.25 + (bar * 4 + beat[k]) * 0.5) * RATE), k == 0 ? 1 : 0.5};
	}
	rhythm_find(o, n, RATE, 120, 0.25, &r);
	ok(fabs(r.step[0] - 0.4) < 1e-5 && fabs(r.step[6] - 0.2) < 1e-5 && fabs(r.step[8] - 0.2) < 1e-5 && fabs(r.step[13] - 0.2) < 1e-5,
	    "strokes stand where they are struck");
	ok(fabs(r.swing8 - 0.6) < 0.001 && fabs(r.swing16 - 0.58) < 0.001, "swing is %.3f and %.3f", r.swing8, r.swing16);
	rhythm_find(o, n, RATE, 0, 0, &r);
	ok(r.step[0] == 0 && r.swing8 == 0, "without a tempo there is no bar");
	rhythm_find(NULL, 0, RATE, 120, 0, &r);
	ok(r.step[0] == 0, "nor of no strokes");
}

static void
test_occupancy(struct analysis *a)
{
	float *x = malloc(2 * RATE * sizeof *x), part[OCTAVES];
	for (int i = 0; i < RATE; i++) {
		x[2 * i] = 0.5f * (float)fm_sin(TAU * 125 * i / RATE);
		x[2 * i + 1] = 0.25f * (float)fm_sin(TAU * 4000 * i / RATE);
	}
	ok(occupancy_of(a, x, RATE, 2, RATE, part, &err) == 0 && fabs(part[2] - 0.8) < 0.01 && fabs(part[7] - 0.2) < 0.01,
	    "four fifths of the energy at 125 Hz, one at 4 kHz: %.3f %.3f", part[2], part[7]);
	memset(x, 0, RATE * sizeof *x);
	ok(occupancy_of(a, x, RATE, 1, RATE, part, &err) == 0 && part[2] == 0, "silence fills nothing");
	free(x);
}

static void
test_cutting(void)
{
	const size_t n = 2 * RATE;
	float *x = calloc(n, sizeof *x);
	struct slice *list;
	size_t count;
	/* blows at 0 and 1 s, a note that swells from 0.5 s and from 1.5 s */
	for (int k = 0; k < 2; k++) {
		strike(x, n, (size_t)k * RATE, 0.03, 0, 0.8, 1);
		for (size_t i = 0; i < RATE / 2; i++)
			x[(size_t)k * RATE + RATE / 2 + i] += (float)(0.4 * fm_sin(TAU * 220 * (double)i / RATE) * fm_sin(TAU * (double)i / RATE));
	}
	struct slice s[4] = {{.start = 0, .length = RATE / 2, .peak = 0.8f}, {.start = RATE / 2, .length = RATE / 2, .peak = 0.4f},
	    {.start = RATE, .length = RATE / 2, .peak = 0.8f}, {.start = RATE * 3 / 2, .length = RATE / 2, .peak = 0.4f}};
	ok(keep_transients(x, n, RATE, s, 4) == 2 && s[1].start == RATE && s[1].length == RATE, "blows are transients, swells are not");
	ok(cut_at_beats(x, n, RATE, 120, 0, &list, &count, &err) == 0 && count == 4 && list[3].start == 3 * RATE / 2
	        && list[3].length == RATE / 2, "two seconds at 120 BPM are four beats");
	free(list);
	ok(cut_at_beats(x, n, RATE, 120, 0.2, &list, &count, &err) == 0 && count == 5 && list[0].start == 0
	        && list[1].start == (size_t)(0.2 * RATE + 0.5), "what comes before the first beat is a piece");
	free(list);
	ok(cut_at_beats(x, n, RATE, 0, 0, &list, &count, &err) == 0 && count == 1 && list[0].length == n, "without a tempo it is one");
	free(list);
	memset(x, 0, n * sizeof *x);
	ok(cut_at_beats(x, n, RATE, 120, 0, &list, &count, &err) == 0 && count == 0, "silence is none");
	free(list);
	free(x);
}

static void
test_alike(void)
{
	enum { N = 20000, LATE = 1234 };
	float *x = calloc(N + LATE, sizeof *x), *y = calloc(N + LATE, sizeof *y);
	double v;
	strike(x, N, 0, 0.1, 0, 0.8, 1);
	strike(x, N, 0, 0.2, 200, 0.8, 1);
	for (int i = 0; i < N; i++)
		y[i + LATE] = -0.1f * x[i];
	ok(alike(x, N, y, N + LATE, RATE, &v, &err) == 0 && v > 0.9999, "quieter, upside down and late it is the same: %.6f", v);
	/* half a sample on: the mean of two, which is also a gentle filter */
	for (int i = 1; i < N; i++)
		y[i] = 0.5f * (x[i] + x[i - 1]);
	ok(alike(x, N, y, N, RATE, &v, &err) == 0 && v > ALIKE_SAME, "and half a sample later: %.4f", v);
	memset(y, 0, N * sizeof *y);
	strike(y, N, 0, 0.1, 0, 0.8, 2);
	strike(y, N, 0, 0.2, 200, 0.8, 1);
	ok(alike(x, N, y, N, RATE, &v, &err) == 0 && v < 0.8, "another blow on the same drum is not: %.3f", v);
	memset(y, 0, N * sizeof *y);
	ok(alike(x, N, y, N, RATE, &v, &err) == 0 && v == 0, "nor is silence");
	ok(fabs(energy_spread(x, N, RATE) - energy_spread(x, N + LATE, RATE)) < 1e-9 && energy_spread(y, N, RATE) == 0,
	    "silence after it leaves the spread of its energy as it is");
	free(x);
	free(y);
}

static void
test_kinds(void)
{
	enum { N = 1200, GROUPS = 5 };
	struct kin *k = calloc(N, sizeof *k);
	struct rng r = {7, 0};
	for (int i = 0; i < N; i++)
		for (int c = 0; c < SUMMARY_COLUMNS; c++)
			k[i].summary[c] = (float)(0.1 * rng_normal(&r) + (c == i % GROUPS ? 4 : 0));
	int wrong = 0, exemplars = 0;
	ok(kinds_find(k, 60, GROUPS, &err) == GROUPS, "five kinds, when asked for");
	for (int i = 0; i < 60; i++)
		wrong += k[i].kind != (unsigned)(i % GROUPS);
	ok(wrong == 0, "are those that were made, in the order in which they appear");
	ok(kinds_find(k, N, GROUPS, &err) == GROUPS, "and of more than are linked");
	for (int i = 0; i < N; i++) {
		wrong += k[i].kind != (unsigned)(i % GROUPS);
		exemplars += k[i].exemplar;
	}
	ok(wrong == 0 && exemplars == GROUPS, "the rest joins them, each with one exemplar");
	ok(kinds_find(k, 24, 0, &err) == GROUPS, "of twenty-four it finds their number");
	ok(kinds_find(k, 5, 0, &err) == 1 && kinds_find(k, 1, 0, &err) == 1 && kinds_find(k, 0, 0, &err) == 0, "of few it makes one");
	for (int i = 0; i < 40; i++)
		memset(k[i].summary, 0, sizeof k->summary);
	ok(kinds_find(k, 40, 0, &err) > 0, "forty that are the same are grouped, too");
	free(k);
}

int
main(void)
{
	struct analysis *a = analysis_new();
	test_loopness();
	test_rhythm();
	test_occupancy(a);
	test_cutting();
	test_alike();
	test_kinds();
	analysis_free(a);
	return done();
}
