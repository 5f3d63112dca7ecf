/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "opt/space.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

int
space_check(const struct space *s, struct err *err)
{
	for (size_t i = 0; s->dimension && i < s->n; i++) {
		const struct dimension *d = &s->dimension[i];
		if (d->kind != DIMENSION_REAL && !d->levels)
			return err_set(err, "dimension %zu has no levels", i);
		if (d->of_1 && (d->of_1 > i || s->dimension[d->of_1 - 1].kind == DIMENSION_REAL))
			return err_set(err, "dimension %zu depends on dimension %u, which is no choice before it", i, d->of_1 - 1);
	}
	return 0;
}

bool
space_active(const struct space *s, const double *x, size_t i)
{
	while (s->dimension && s->dimension[i].of_1) {
		const struct dimension *d = &s->dimension[i];
		const size_t of = d->of_1 - 1;
		const uint32_t level = level_of(x[of], s->dimension[of].levels);
		if (!(d->when >> (level < 63 ? level : 63) & 1))
			return false;
		i = of; /* before i: this ends */
	}
	return true;
}

void
space_settle(const struct space *s, double *x)
{
	for (size_t i = 0; i < s->n; i++) {
		const uint32_t levels = space_levels(s, i);
		x[i] = isnan(x[i]) ? 0.5 : fmin(fmax(x[i], 0), 1);
		if (levels)
			x[i] = level_at(level_of(x[i], levels), levels);
	}
}

void
space_settle_all(const struct space *s, double *x, size_t rows)
{
	for (size_t i = 0; i < rows; i++)
		space_settle(s, x + i * s->n);
}

int
space_copy(struct space *to, const struct space *from, struct err *err)
{
	struct dimension *d = NULL;
	if (space_check(from, err) < 0)
		return -1;
	if (!(d = calloc(from->n + 1, sizeof *d)))
		return err_set(err, "out of memory for %zu dimensions", from->n);
	if (from->dimension && from->n)
		memcpy(d, from->dimension, from->n * sizeof *d);
	for (size_t i = 0; i < from->n; i++)
		d[i].name = NULL;
	*to = (struct space){from->n, d};
	return 0;
}

void
space_release(struct space *s)
{
	free((void *)s->dimension);
	*s = (struct space){0};
}

double
space_fold(double u)
{
	u -= 2 * floor(u / 2);
	return u > 1 ? 2 - u : u;
}
