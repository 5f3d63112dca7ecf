/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a comparison costs: a search holds tens of thousands of short sounds
 * against one target. Best of some runs.
 */
#include <stdlib.h>

#include "base/rng.h"
#include "bench.h"
#include "score/hearing.h"
#include "score/likeness.h"

enum { RATE = 44100, TIMES = 5 };

static float target[4 * RATE], candidate[4 * RATE];

static void
decaying_noise(float *x, size_t n, uint64_t seed)
{
	struct rng rng = {.seed = seed};
	double gain = 0.5;
	for (size_t i = 0; i < n; i++, gain *= 0.9998)
		x[i] = (float)(gain * (2 * rng_uniform(&rng) - 1));
}

/* Seconds that one score of a sound of n frames takes. */
static double
cost(const struct term *term, size_t n, size_t channels, int repeats)
{
	struct err err;
	struct heard golden = {.samples = target, .rate = RATE, .channels = (uint32_t)channels, .frames = n, .name = "target"};
	struct heard it = golden;
	struct listener *listener = listener_new();
	struct hearing *of_golden = hearing_new(listener), *of_it = hearing_new(listener);
	hearing_begin(of_golden, &golden);
	void *self = term->create(&golden, 1, &err);
	double best = 1e9, value;
	it.samples = candidate;
	if (!self)
		exit(1);
	for (int i = 0; i < TIMES; i++) {
		const double t = bench_cpu();
		for (int r = 0; r < repeats; r++) {
			hearing_begin(of_it, &it);
			if (term->score(self, &it, &value, NULL, 0, &err) < 0)
				exit(1);
		}
		best = fmin(best, (bench_cpu() - t) / repeats);
	}
	term->free(self);
	hearing_free(of_golden);
	hearing_free(of_it);
	listener_free(listener);
	return best;
}

/* Seconds for one look among n remembered summaries of 61 columns. */
static double
look(int n)
{
	enum { COLUMNS = 61, LOOKS = 20 };
	const struct term *novel = term_find("novel");
	struct err err;
	float v[COLUMNS];
	struct heard h = {.summary = v, .n_summary = COLUMNS, .name = "it", .generation = 1};
	void *self = novel->create(NULL, 0, &err);
	struct rng rng = {.seed = 1};
	double value, t = 0;
	for (int i = 0; i < n + LOOKS; i++) {
		for (int c = 0; c < COLUMNS; c++)
			v[c] = (float)rng_uniform(&rng);
		if (i == n)
			t = bench_cpu();
		h.generation = i < n ? 1 : 2;
		if (i < n ? novel->remember(self, &h, &err) : novel->score(self, &h, &value, NULL, 0, &err))
			exit(1);
	}
	t = (bench_cpu() - t) / LOOKS;
	novel->free(self);
	return t;
}

int
main(int argc, char **argv)
{
	const struct term *like = term_find("like"), *valid = term_find("valid");
	struct err err;
	struct likeness l;
	decaying_noise(target, 4 * RATE, 1);
	decaying_noise(candidate, 4 * RATE, 2);
	bench_begin(argc, argv, "scoring, one core");
	bench_say("like, 0.1 s mono", 1e6 * cost(like, RATE / 10, 1, 200), "us", NULL, 0);
	const double usual = cost(like, 3 * RATE / 10, 1, 100);
	bench_say("like, 0.3 s mono", 1e6 * usual, "us", NULL, 0);
	bench_say("like, 0.3 s stereo", 1e6 * cost(like, 3 * RATE / 10, 2, 50), "us", NULL, 0);
	bench_say("like, 4 s mono", 1e6 * cost(like, 4 * RATE, 1, 5), "us", NULL, 0);
	bench_say("valid, 0.3 s mono", 1e6 * cost(valid, 3 * RATE / 10, 1, 200), "us", NULL, 0);
	bench_say("takes held against a target, 0.3 s mono", 1 / usual, "takes/s", NULL, 0);
	bench_say("novel among 1,000 heard", 1e6 * look(1000), "us", NULL, 0);
	bench_say("novel among 60,000 heard", 1e6 * look(60000), "us", NULL, 0);
	const struct sound a = {target, RATE, 1, 4 * RATE}, b = {candidate, RATE, 1, 4 * RATE};
	const double t = bench_cpu();
	if (likeness_measure(&a, &b, &l, &err) < 0)
		return 1;
	bench_say("all measures of likeness, 4 s mono", 1e3 * (bench_cpu() - t), "ms", NULL, 0);
	return 0;
}
