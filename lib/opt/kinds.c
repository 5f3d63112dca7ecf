/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "opt/kinds.h"

#include <math.h>
#include <stdlib.h>

int
kinds_init(struct kinds *k, const struct space *space, struct err *err)
{
	*k = (struct kinds){.n = space->n, .which = calloc(space->n + 1, sizeof *k->which)};
	if (!k->which || space_copy(&k->space, space, err) < 0) {
		kinds_release(k);
		return err_set(err, "out of memory for %zu parameters", space->n);
	}
	size_t at = 0;
	for (int pass = 0; pass < 3; pass++) {
		for (size_t i = 0; i < k->n; i++)
			if (pass == (space_category(space, i) ? 2 : space_levels(space, i) ? 1 : 0))
				k->which[at++] = i;
		if (pass == 0)
			k->reals = at;
		if (pass == 1)
			k->ordered = at;
	}
	k->width = kinds_coordinates(k) + k->n - k->ordered;
	for (size_t i = 0; space->dimension && i < k->n; i++)
		k->conditional |= space->dimension[i].of_1 != 0;
	return 0;
}

void
kinds_release(struct kinds *k)
{
	space_release(&k->space);
	free(k->which);
	*k = (struct kinds){0};
}

void
kinds_row(const struct kinds *k, const double *x, double *row)
{
	row[0] = 0;
	for (size_t i = 0; i < k->n; i++)
		row[kinds_place(k, i)] = i < k->ordered ? x[k->which[i]] : level_of(x[k->which[i]], kinds_levels(k, i));
}

void
kinds_hide(const struct kinds *k, const double *x, double *row)
{
	for (size_t i = 0; i < k->n; i++)
		if (!space_active(&k->space, x, k->which[i]))
			row[kinds_place(k, i)] = NAN;
}
