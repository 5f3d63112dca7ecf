/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Several algorithms on many problems as two figures each: how many factors of ten it is behind the best of
 * the others on average (at most two either way on one problem), and its mean rank.
 */
#ifndef BENCH_SCORECARD_H
#define BENCH_SCORECARD_H

#include "bench.h"

enum { SCORECARD_MAX = 8 };

struct scorecard {
	const char *const *algo; /* NULL at the end; "auto" is not among "the others" */
	double floor;            /* less does not count */
	double loss[SCORECARD_MAX], rank[SCORECARD_MAX];
	size_t problems;
};

/* value[] by algorithm, smaller is better. */
static inline void
scorecard_add(struct scorecard *s, const double *value)
{
	double best = INFINITY;
	for (size_t i = 0; s->algo[i]; i++)
		if (strcmp(s->algo[i], "auto"))
			best = fmin(best, fmax(value[i], s->floor));
	for (size_t i = 0; s->algo[i]; i++) {
		const double v = fmax(value[i], s->floor);
		s->loss[i] += fmin(fmax(log10(v / best), -2), 2);
		s->rank[i] += 1;
		for (size_t k = 0; s->algo[k]; k++)
			s->rank[i] += k != i ? (fmax(value[k], s->floor) < v) + 0.5 * (fmax(value[k], s->floor) == v) : 0;
	}
	s->problems++;
}

static inline void
scorecard_say(const struct scorecard *s, const char *what)
{
	char name[160];
	for (size_t i = 0; s->algo[i]; i++) {
		snprintf(name, sizeof name, "%s/%.90s, behind the best single", s->algo[i], what);
		bench_say(name, s->loss[i] / (double)s->problems, "factors of 10", NULL, 0);
	}
	for (size_t i = 0; s->algo[i]; i++) {
		snprintf(name, sizeof name, "%s/%.90s, mean rank", s->algo[i], what);
		bench_say(name, s->rank[i] / (double)s->problems, "rank", NULL, 0);
	}
}

#endif
