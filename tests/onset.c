/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Onsets, tempo and slices of drum loops that are made here, so that the truth is known. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/fmath.h"
#include "base/rng.h"
#include "feature/slices.h"
#include "feature/tempo.h"
#include "hear_rig.h"
#include "tap.h"

#define TAU 6.28318530717958647692
enum { RATE = 44100, KICK, SNARE, HAT };

static struct err err;

static void
strike(float *x, size_t n, size_t at, int what, double gain, struct rng *r)
{
	double phase = 0, last = 0;
	for (size_t i = 0; at + i < n; i++) {
		const double t = (double)i / RATE, noise = 2 * rng_uniform(r) - 1;
		double v = 0;
		phase += TAU * (50 + 150 * fm_exp(-t * 40)) / RATE;
		if (what == KICK)
			v = fm_exp(-t * 12) * fm_sin(phase);
		else if (what == SNARE)
			v = 0.5 * fm_exp(-t * 15) * noise + 0.4 * fm_exp(-t * 25) * fm_sin(TAU * 190 * t);
		else
			v = 0.4 * fm_exp(-t * 40) * (noise - last);
		last = noise;
		if (t > 0.6)
			break;
		x[at + i] += (float)(gain * v);
	}
}

/* A pattern of sixteenths over `beats` beats: k s h . and capitals for softly. Truth: where
   something is struck. */
static float *
loop(const char *pattern, int beats, double bpm, double swing, size_t *n, size_t *truth, size_t *n_truth)
{
	struct rng r = {9, 0};
	const double step = 60 / bpm / 4;
	*n = (size_t)(beats * 60 / bpm * RATE + 0.5);
	float *x = calloc(*n, sizeof *x);
	*n_truth = 0;
	for (int i = 0; i < 4 * beats; i++) {
		const char c = pattern[(size_t)i % strlen(pattern)];
		const size_t at = (size_t)((i + (i & 1 ? swing : 0)) * step * RATE);
		if (c == '.')
			continue;
		strike(x, *n, at, c == 'k' ? KICK : c == 's' ? SNARE : HAT, c == 'H' ? 0.3 : 0.8, &r);
		truth[(*n_truth)++] = at;
	}
	return x;
}

static int
by_size(const void *a, const void *b)
{
	const double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

static void
onsets(const char *pattern, double bpm, double swing)
{
	size_t n, truth[256], n_truth, count, hit = 0;
	float *x = loop(pattern, 8, bpm, swing, &n, truth, &n_truth);
	struct envelope e;
	struct onset *list;
	double off[256];
	envelope_init(&e, x, n, RATE, &err);
	onsets_find(x, n, &e, 0.035, &list, &count, &err);
	for (size_t i = 0; i < n_truth; i++)
		for (size_t j = 0; j < count; j++) {
			const double d = ((double)list[j].at - (double)truth[i]) / RATE;
			if (fabs(d) < 0.025) {
				off[hit++] = fabs(d) * 1000;
				break;
			}
		}
	qsort(off, hit, sizeof *off, by_size);
	const double f = 2.0 * (double)hit / (double)(n_truth + count);
	ok(f >= 0.97 && hit && off[hit / 2] < 3, "'%s' at %g BPM: F %.3f at 25 ms (%zu struck, %zu found), median %.2f ms off",
	    pattern, bpm, f, n_truth, count, hit ? off[hit / 2] : INFINITY);
	free(list);
	free(x);
	envelope_release(&e);
}

/* What our engine plays, on patches that the detector's numbers were not chosen by; bench/hearing has more of it. */
static void
rendered(const char *what, unsigned parts, int songs, double want)
{
	static double off[4096];
	size_t truth = 0, found = 0, hits = 0, n_off = 0;
	struct engine *engine = engine_new(ISA_AUTO, 1, &err);
	for (int i = 0; engine && i < songs; i++) {
		struct hear_song s = {.half = 1, .seed = 2000 + (uint64_t)i, .parts = parts, .seconds = 5, .late = 0.2, .tail = 0.5};
		struct envelope e;
		struct onset *list;
		size_t n;
		if (hear_make(engine, "patches", &s, &err) < 0 || envelope_init(&e, s.x, s.n, HEAR_RATE, &err) < 0
		    || onsets_find(s.x, s.n, &e, 0.035, &list, &n, &err) < 0) {
			diag("%s", err.text);
			break;
		}
		truth += s.n_truth;
		found += n;
		hits += hear_match(s.truth, s.n_truth, list, n, HEAR_RATE, 0.05, off, &n_off);
		free(list);
		envelope_release(&e);
		hear_free(&s);
	}
	engine_free(engine);
	for (size_t i = 0; i < n_off; i++)
		off[i] = fabs(off[i]) * 1000;
	qsort(off, n_off, sizeof *off, by_size);
	const double f = 2.0 * (double)hits / (double)(truth + found + !truth);
	ok(f >= want && n_off && off[n_off / 2] < 3, "%s on our own patches: F %.3f at 50 ms (%zu notes, %zu found), median %.2f ms off",
	    what, f, truth, found, n_off ? off[n_off / 2] : INFINITY);
}

static void
tempo(const char *pattern, int beats, double bpm)
{
	size_t n, truth[256], n_truth;
	float *x = loop(pattern, beats, bpm, 0, &n, truth, &n_truth);
	struct envelope e;
	struct tempo t;
	envelope_init(&e, x, n, RATE, &err);
	tempo_find(&e, n, 0, &t, &err);
	ok(fabs(t.bpm - bpm) < 0.1 && t.whole && t.confidence > 0 && t.confidence <= 1,
	    "%d beats of '%s' at %g BPM: %.2f, confidence %.2f", beats, pattern, bpm, t.bpm, t.confidence);
	free(x);
	envelope_release(&e);
}

static void
kinds(void)
{
	static const char pattern[] = "k.h.s.h.k.hks.h.";
	size_t n, truth[256], n_truth, count;
	float *x = loop(pattern, 8, 120, 0, &n, truth, &n_truth);
	struct envelope e;
	struct slice *s;
	struct analysis *a = analysis_new();
	envelope_init(&e, x, n, RATE, &err);
	slices_cut(x, n, &e, 0.035, &s, &count, &err);
	const int k = slices_sort(a, x, RATE, s, count, 0, &err);
	int right = count == n_truth, exemplars = 0;
	char sound[SLICES_MAX_KINDS] = {0};
	size_t end = 0;
	for (size_t i = 0, at = 0; right && i < 32; i++) {
		const char c = pattern[i % 16];
		if (c == '.')
			continue;
		/* a kind holds one sound */
		char *of = &sound[s[at].kind];
		right &= s[at].start == end && (!*of || *of == c);
		*of = c;
		end = s[at].start + s[at].length;
		exemplars += s[at++].exemplar;
	}
	for (size_t i = 0; !right && i < count; i++)
		diag("slice at %zu is of kind %u", s[i].start, s[i].kind);
	ok(k >= 3 && k <= 5 && right && end == n && exemplars == k, "kick, hat and snare are kept apart in %d kinds", k);
	ok(slices_sort(a, x, RATE, s, count, 5, &err) == 5 && slices_sort(a, x, RATE, s, count, 1, &err) == 1
	        && slices_sort(a, x, RATE, s, 3, 8, &err) == 3, "as many kinds as are asked for, or slices there are");
	free(s);
	envelope_release(&e);
	free(x);
	analysis_free(a);
}

static void
odd(void)
{
	static float x[44100];
	static const size_t lengths[] = {44100, 1, 100};
	for (int loud = 0; loud < 2; loud++)
		for (int i = 0; i < 3; i++) {
			struct envelope e;
			struct tempo t;
			struct slice *s;
			struct analysis *a = analysis_new();
			size_t count;
			x[0] = (float)loud;
			const int got = envelope_init(&e, x, lengths[i], RATE, &err) + tempo_find(&e, lengths[i], 0, &t, &err)
			    + slices_cut(x, lengths[i], &e, 0.035, &s, &count, &err);
			const int sorted = slices_sort(a, x, RATE, s, count, 0, &err);
			ok(got == 0 && isfinite(t.bpm) && count == (size_t)loud && sorted == loud,
			    "%zu samples of %s: %zu slices, %.1f BPM", lengths[i], loud ? "a click" : "silence", count, t.bpm);
			free(s);
			envelope_release(&e);
			analysis_free(a);
		}
}

int
main(void)
{
	onsets("k.h.s.h.k.hks.h.", 120, 0);
	onsets("khHhshHhkhhkshHh", 95, 0.2);
	onsets("k...s...k.k.s...", 174, 0);
	rendered("drums", 1 << HEAR_KICK | 1 << HEAR_SNARE | 1 << HEAR_HAT, 4, 0.97);
	rendered("mixes", 0x7f, 4, 0.88);
	tempo("k.h.s.h.k.hks.h.", 4, 97);
	tempo("k.h.s.h.k.hks.h.", 8, 133.7);
	tempo("k.h.s.h.k.hks.h.", 16, 174);
	tempo("k...s...k.k.s...", 4, 126);
	tempo("k.h.s.h.k.hks.h.", 12, 110);
	kinds();
	odd();
	return done();
}
