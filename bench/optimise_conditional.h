/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Settings that matter under one choice only, as patches have them: three choices of four, three settings under each
 * level, four that always matter; 43 coordinates of which 16 count at a time. With i the place of a number u among
 * those that count, p = 0.2 + 0.6 frac((i + 1 + 5 k) phi) under level k (0 where it always counts),
 *     f = 100 / 13 sum (u - p)² + 1/2 #{c != c*},  c*_j = (3 j + 1) mod 4.
 * Median best f after 100, 300 and 1,000 evaluations, where the algorithm is told what depends on what, and beside it where it is not.
 */
#include <string.h>

#include "bench.h"
#include "optimise_run.h"

enum { CONDITIONAL_CHOICES = 3, CONDITIONAL_LEVELS = 4, CONDITIONAL_OWN = 3, CONDITIONAL_ALWAYS = 4 };
enum {
	CONDITIONAL_EACH = 1 + CONDITIONAL_LEVELS * CONDITIONAL_OWN, /* a choice, then what is under its levels */
	CONDITIONAL_N = CONDITIONAL_ALWAYS + CONDITIONAL_CHOICES * CONDITIONAL_EACH,
};

static inline double
conditional_at(const double *u, size_t n, const void *of)
{
	const double phi = 0.6180339887498949;
	double sum = 0, wrong = 0, count = 0;
	(void)of;
	for (size_t i = 0, last = n - 1; i <= last; i++) {
		const bool always = i < CONDITIONAL_ALWAYS;
		const size_t at = always ? 0 : (i - CONDITIONAL_ALWAYS) % CONDITIONAL_EACH, j = always ? 0 : (i - CONDITIONAL_ALWAYS) / CONDITIONAL_EACH;
		uint32_t level = 0;
		if (!always) {
			level = level_of(u[CONDITIONAL_ALWAYS + j * CONDITIONAL_EACH], CONDITIONAL_LEVELS);
			if (at == 0)
				wrong += level != (3 * j + 1) % CONDITIONAL_LEVELS;
			if (at == 0 || (at - 1) / CONDITIONAL_OWN != level)
				continue;
		}
		const double x = (count + 1 + 5 * level) * phi, d = u[i] - (0.2 + 0.6 * (x - floor(x)));
		sum += d * d;
		count++;
	}
	return 100 / count * sum + 0.5 * wrong;
}

static inline void
bench_conditional(void)
{
	static const char *const algorithms[] = {"cmaes", "ga", "de", "tpe", "auto"};
	static const uint64_t marks[] = {100, 300, 1000};
	enum { MARKS = sizeof marks / sizeof *marks };
	for (size_t a = 0; a < sizeof algorithms / sizeof *algorithms; a++) {
		double best[2][MARKS], evaluations;
		if (!algo_find(algorithms[a]))
			continue;
		for (int told = 0; told < 2; told++) {
			struct dimension d[CONDITIONAL_N] = {0};
			for (uint32_t j = 0; j < CONDITIONAL_CHOICES; j++) {
				const uint32_t choice = CONDITIONAL_ALWAYS + j * CONDITIONAL_EACH;
				d[choice] = (struct dimension){.kind = DIMENSION_CATEGORY, .levels = CONDITIONAL_LEVELS};
				for (uint32_t k = 0; told && k < CONDITIONAL_LEVELS * CONDITIONAL_OWN; k++)
					d[choice + 1 + k] = (struct dimension){.of_1 = choice + 1, .when = 1ull << k / CONDITIONAL_OWN};
			}
			struct run r = {.algo = algorithms[a], .set = "", .f = conditional_at, .space = {CONDITIONAL_N, d}, .blind = true,
			    .goal = 1e-8, .marks = marks, .n_marks = MARKS, .best = best[told]};
			run_seeds(&r, strcmp(algorithms[a], "tpe") ? 11 : 3, &evaluations); /* it takes milliseconds a point */
		}
		for (size_t k = 0; k < MARKS; k++) {
			char name[80];
			snprintf(name, sizeof name, "%s/conditional/%llu", algorithms[a], (unsigned long long)marks[k]);
			bench_say(name, best[1][k], "best f", "not told", best[0][k]);
		}
	}
}
