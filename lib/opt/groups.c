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
groups_init(struct groups *g, const struct space *space, const size_t *which, const size_t *place, size_t rows,
    struct err *err)
{
	const size_t n = space->dimension ? space->n : 0;
	*g = (struct groups){0};
	g->first = calloc(n + 1, sizeof *g->first);
	g->member = calloc(n + 1, sizeof *g->member);
	bool *taken = calloc(n + 1, sizeof *taken);
	if (g->first && g->member && taken)
		for (size_t i = 0; i < n; i++) {
			const struct dimension *d = &space->dimension[which[i]];
			if (!d->of_1 || taken[i])
				continue;
			for (size_t k = i; k < n; k++)
				if (same(d, &space->dimension[which[k]])) {
					taken[k] = true;
					g->member[g->n_members++] = place[k];
				}
			g->first[++g->n] = g->n_members;
		}
	g->scratch = calloc(rows * g->n_members + 1, sizeof *g->scratch);
	g->active = calloc(rows + 1, sizeof *g->active);
	const bool failed = !g->first || !g->member || !taken || !g->scratch || !g->active;
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
	free(g->active);
	*g = (struct groups){0};
}

void
groups_rank(struct groups *g, double *const *row, size_t count)
{
	for (size_t k = 0; k < g->n; k++) {
		const size_t *member = g->member + g->first[k], size = g->first[k + 1] - g->first[k];
		size_t active = 0;
		for (size_t i = 0; i < count; i++)
			if (!isnan(row[i][member[0]]))
				g->active[active++] = i;
		if (active == count)
			continue;
		for (size_t a = 0; a < active; a++)
			for (size_t m = 0; m < size; m++) {
				double *v = &row[g->active[a]][member[m]];
				g->scratch[a * size + m] = *v;
				*v = NAN;
			}
		for (size_t a = 0; a < active; a++)
			for (size_t m = 0; m < size; m++)
				row[(2 * a + 1) * count / (2 * active)][member[m]] = g->scratch[a * size + m];
	}
}
