/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Each coordinate is cut into bins (its levels, or BINS even ones); of the points in
 * which it matters, P are all and T the best tenth, with what is as good as its last: sum over the
 * bins of (T - P)² / P, less what chance gives (bins - 1) / number of the best.
 */
#include "opt/importance.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { BINS = 16, MAX_BINS = 256, LEAST = 20 };
#define BEST 0.1 /* of all */

struct rank {
	double f;
	size_t i;
};

static int
best_first(const void *pa, const void *pb)
{
	const struct rank *a = pa, *b = pb;
	if (a->f != b->f)
		return a->f < b->f ? 1 : -1;
	return a->i < b->i ? -1 : a->i > b->i;
}

/* Of coordinate d; points stand in the order of their fitness. */
static double
divergence(const struct space *s, size_t d, const float *x, const struct rank *by, size_t n, size_t best, double *point)
{
	const uint32_t levels = space_levels(s, d), bins = !levels ? BINS : levels < MAX_BINS ? levels : MAX_BINS;
	double all[MAX_BINS] = {0}, top[MAX_BINS] = {0}, n_all = 0, n_top = 0, sum = 0, used = 0;
	for (size_t k = 0; k < n; k++) {
		const float *p = x + by[k].i * s->n;
		if (s->dimension && s->dimension[d].of_1) {
			for (size_t i = 0; i <= d; i++)
				point[i] = p[i];
			if (!space_active(s, point, d))
				continue;
		}
		const uint32_t bin = level_of(p[d], bins);
		all[bin]++;
		n_all++;
		top[bin] += k < best;
		n_top += k < best;
	}
	if (n_top < 2)
		return 0;
	for (uint32_t b = 0; b < bins; b++)
		if (all[b] > 0) {
			const double p = all[b] / n_all, t = top[b] / n_top;
			sum += (t - p) * (t - p) / p;
			used++;
		}
	/* a setting that matters in few of the best matters less */
	return fmax(sum - (used - 1) / n_top, 0) * n_top / (double)best;
}

int
importance(const struct space *space, const float *x, const double *f, size_t n, double *out, struct err *err)
{
	struct rank *by = malloc((n + 1) * sizeof *by);
	double *point = malloc((space->n + 1) * sizeof *point), sum = 0;
	if (!by || !point) {
		free(by);
		free(point);
		return err_set(err, "out of memory");
	}
	size_t good = 0;
	for (size_t i = 0; i < n; i++)
		if (!isnan(f[i]))
			by[good++] = (struct rank){f[i], i};
	qsort(by, good, sizeof *by, best_first);
	memset(out, 0, space->n * sizeof *out);
	size_t best = (size_t)ceil(BEST * (double)good);
	while (best && best < good && by[best].f == by[best - 1].f)
		best++;
	if (good >= LEAST && by[0].f > by[good - 1].f)
		for (size_t d = 0; d < space->n; d++)
			sum += out[d] = divergence(space, d, x, by, good, best, point);
	for (size_t d = 0; sum > 0 && d < space->n; d++)
		out[d] /= sum;
	free(by);
	free(point);
	return 0;
}
