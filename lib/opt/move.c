/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "opt/move.h"

#include <math.h>

#include "base/fmath.h"

/* Whether i matters only under some level of k. */
static bool
hangs_on(const struct space *s, size_t i, size_t k)
{
	while (s->dimension[i].of_1 && s->dimension[i].of_1 - 1 != k)
		i = s->dimension[i].of_1 - 1;
	return s->dimension[i].of_1;
}

void
move_choice(struct move *m, double *y, size_t k)
{
	struct rng *r = m->rng;
	const uint32_t levels = space_levels(m->space, k);
	if (levels < 2)
		return;
	y[k] = level_at((level_of(y[k], levels) + 1 + (uint32_t)rng_below(r, levels - 1)) % levels, levels);
	for (size_t j = 0; j < m->chains && j < 8; j++) {
		const double *from = m->x + rng_below(r, m->chains) * m->space->n;
		if (from[k] != y[k] || !space_active(m->space, from, k))
			continue;
		for (size_t i = k + 1; i < m->space->n; i++)
			if (hangs_on(m->space, i, k))
				y[i] = from[i];
		return;
	}
}

void
move_number(struct move *m, double *y, size_t k, double width)
{
	const uint32_t levels = space_levels(m->space, k);
	const double jump = fmin(fmax(width * rng_normal(m->rng), -1), 1);
	y[k] = space_fold(y[k] + (levels && fabs(jump) < 1.0 / levels ? (jump < 0 ? -1.0 : 1.0) / levels : jump));
}

size_t
move_pick(struct move *m, const double *y)
{
	size_t k = rng_below(m->rng, m->space->n);
	for (int again = 0; again < 8 && !space_active(m->space, y, k); again++)
		k = rng_below(m->rng, m->space->n);
	return k;
}

void
move_apart(struct move *m, double *y, const double *past, size_t have)
{
	struct rng *r = m->rng;
	const double *a = past + rng_below(r, have) * m->space->n, *b = past + rng_below(r, have) * m->space->n;
	const double part = rng_uniform(r) < 0.5 ? 1 : fm_exp2(-3 * rng_uniform(r)), far = fm_exp2(1 - 4 * rng_uniform(r));
	for (size_t k = 0; k < m->space->n; k++)
		if (!space_category(m->space, k) && (part == 1 || rng_uniform(r) < part))
			y[k] = space_fold(y[k] + far * (a[k] - b[k]) + 1e-9 * (rng_uniform(r) - 0.5));
}

void
move_mix(struct move *m, double *y)
{
	struct rng *r = m->rng;
	const double *from = m->x + rng_below(r, m->chains) * m->space->n;
	const double part = fm_exp2(-4 * rng_uniform(r)), blend = rng_uniform(r) < 0.5 ? 1 : 1.5 * rng_uniform(r);
	for (size_t k = 0; k < m->space->n; k++) {
		const size_t of = m->space->dimension ? m->space->dimension[k].of_1 : 0;
		const bool take = of && y[of - 1] != from[of - 1] ? false : rng_uniform(r) < part;
		if (take && space_category(m->space, k)) {
			if (y[k] != from[k])
				for (size_t i = k + 1; i < m->space->n; i++)
					if (hangs_on(m->space, i, k))
						y[i] = from[i];
			y[k] = from[k];
		} else if (take)
			y[k] = space_fold(y[k] + blend * (from[k] - y[k]));
	}
}
