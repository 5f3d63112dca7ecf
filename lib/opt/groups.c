/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "opt/groups.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static bool
same(const struct dimension *a, const struct dimension *b)
{
	return a->of_1 == b->of_1 && a->when == b->when;
}

int
groups_init(struct groups *g, const struct kinds *kinds, size_t rows, struct err *err)
{
	const struct dimension *dimension = kinds->space.dimension;
	const size_t n = dimension ? kinds->n : 0;
	*g = (struct groups){0};
	g->first = calloc(n + 1, sizeof *g->first);
	g->member = calloc(n + 1, sizeof *g->member);
	bool *taken = calloc(n + 1, sizeof *taken);
	if (g->first && g->member && taken)
		for (size_t i = 0; i < n; i++) {
			const struct dimension *d = &dimension[kinds->which[i]];
			if (!d->of_1 || taken[i])
				continue;
			for (size_t k = i; k < n; k++)
				if (same(d, &dimension[kinds->which[k]])) {
					taken[k] = true;
					g->member[g->n_members++] = kinds_place(kinds, k);
				}
			g->first[++g->n] = g->n_members;
		}
	g->n_waiting = g->n * GROUPS_FEW + g->n_members * (GROUPS_FEW - 1);
	g->scratch = calloc((rows + GROUPS_FEW) * (g->n_members + 1), sizeof *g->scratch);
	g->waiting = calloc(g->n_waiting + 1, sizeof *g->waiting);
	const bool failed = !g->first || !g->member || !taken || !g->scratch || !g->waiting;
	free(taken);
	if (!failed)
		return 0;
	groups_release(g);
	return err_set(err, "out of memory for the conditions of %zu parameters", n);
}

void
groups_release(struct groups *g)
{
	free(g->first);
	free(g->member);
	free(g->scratch);
	free(g->waiting);
	*g = (struct groups){0};
}

/* One group. values[][1 + size]: fitness and values of those that are active, best first. */
static void
rank(const size_t *member, size_t size, double *waiting, double *values, double *const *row, const double *fitness,
    size_t count)
{
	const size_t width = 1 + size, before = (size_t)waiting[0];
	size_t active = 0;
	for (size_t i = 0; i < count; i++) {
		if (isnan(row[i][member[0]]))
			continue;
		double *v = values + active++ * width;
		v[0] = fitness[i];
		for (size_t m = 0; m < size; m++) {
			v[1 + m] = row[i][member[m]];
			row[i][member[m]] = NAN;
		}
	}
	/* those that waited come in where they belong; of equals the older first */
	for (size_t k = 0; active < GROUPS_FEW && k < before && active < count; k++) {
		const double *from = waiting + 1 + k * width;
		size_t at = 0;
		while (at < active && values[at * width] > from[0])
			at++;
		memmove(values + (at + 1) * width, values + at * width, (active - at) * width * sizeof *values);
		memcpy(values + at * width, from, width * sizeof *values);
		active++;
	}
	const bool few = active < GROUPS_FEW;
	waiting[0] = few ? (double)active : 0;
	for (size_t a = 0; a < active; a++)
		if (few)
			memcpy(waiting + 1 + a * width, values + a * width, width * sizeof *values);
		else
			for (size_t m = 0; m < size; m++)
				row[(2 * a + 1) * count / (2 * active)][member[m]] = values[a * width + 1 + m];
}

void
groups_rank(struct groups *g, double *const *row, const double *fitness, size_t count)
{
	double *waiting = g->waiting;
	for (size_t k = 0; k < g->n; k++) {
		const size_t size = g->first[k + 1] - g->first[k];
		rank(g->member + g->first[k], size, waiting, g->scratch, row, fitness, count);
		waiting += 1 + (GROUPS_FEW - 1) * (1 + size);
	}
}

void
groups_begin(struct groups *g)
{
	memset(g->waiting, 0, g->n_waiting * sizeof *g->waiting);
}

void
groups_save(const struct groups *g, struct blob *b)
{
	blob_put(b, g->waiting, g->n_waiting * sizeof *g->waiting);
}

void
groups_load(struct groups *g, struct blob *b)
{
	blob_get(b, g->waiting, g->n_waiting * sizeof *g->waiting);
	const double *waiting = g->waiting;
	for (size_t k = 0; k < g->n && !b->bad; k++) {
		b->bad = !(waiting[0] >= 0 && waiting[0] < GROUPS_FEW);
		waiting += 1 + (GROUPS_FEW - 1) * (1 + g->first[k + 1] - g->first[k]);
	}
}
