/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "opt/niche.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* --- directions ------------------------------------------------------------------------------- */

/* (h + m - 1) choose (m - 1): points of a lattice of h steps; 0 where it is more than NICHES_MAX. */
static size_t
lattice_points(size_t m, size_t h)
{
	double n = 1;
	for (size_t k = 1; k < m; k++) {
		n = n * (double)(h + k) / (double)k;
		if (n > NICHES_MAX)
			return 0;
	}
	return (size_t)(n + 0.5);
}

static size_t
finest(size_t m, size_t count)
{
	size_t h = 1;
	while (m > 1 && lattice_points(m, h + 1) && lattice_points(m, h + 1) <= count)
		h++;
	return h;
}

/* All ways to share h steps among m axes, moved towards the middle by `inward`. */
static size_t
lattice(double *d, size_t m, size_t h, double inward)
{
	size_t part[16] = {0}, n = 0;
	part[m - 1] = h;
	for (;;) {
		for (size_t k = 0; k < m; k++)
			d[n * m + k] = (1 - inward) * (double)part[k] / (double)h + inward / (double)m;
		n++;
		/* the next in order: one step more for the last axis that can, the rest back to the end */
		size_t k = m - 1, rest = part[m - 1];
		part[m - 1] = 0;
		while (k > 0 && !rest) {
			rest = part[--k];
			part[k] = 0;
		}
		if (!k)
			return n;
		part[k - 1]++;
		part[m - 1] = rest - 1;
	}
}

int
niches_init(struct niches *s, size_t m, size_t count, struct err *err)
{
	*s = (struct niches){.m = m};
	const size_t h = finest(m, count), outer = lattice_points(m, h);
	const size_t h2 = h < m && count > outer ? finest(m, count - outer) : 0;
	const size_t inner = h2 && outer + lattice_points(m, h2) <= count ? lattice_points(m, h2) : 0;
	if (m < 1 || m > 16 || !(s->d = malloc((outer + inner) * m * sizeof *s->d)))
		return err_set(err, "out of memory for directions of %zu objectives", m);
	s->n = lattice(s->d, m, h, 0);
	if (inner)
		s->n += lattice(s->d + s->n * m, m, h2, 0.5);
	for (size_t j = 0; j < s->n; j++) {
		double norm = 0;
		for (size_t k = 0; k < m; k++)
			norm += s->d[j * m + k] * s->d[j * m + k];
		for (size_t k = 0; k < m; k++)
			s->d[j * m + k] /= sqrt(norm);
	}
	return 0;
}

void
niches_release(struct niches *s)
{
	free(s->d);
	*s = (struct niches){0};
}

/* --- where points stand ----------------------------------------------------------------------- */

enum { MOST = 16 };

struct frame {
	double best[MOST], width[MOST];
};

/* Where the plane through the m points z[m][m] meets each axis; false if it does not, or behind the best. */
static bool
intercepts(double z[MOST][MOST], size_t m, double *at)
{
	double b[MOST];
	for (size_t k = 0; k < m; k++)
		b[k] = 1;
	for (size_t k = 0; k < m; k++) { /* elimination with row pivots */
		size_t p = k;
		for (size_t i = k + 1; i < m; i++)
			if (fabs(z[i][k]) > fabs(z[p][k]))
				p = i;
		if (!(fabs(z[p][k]) > 1e-12))
			return false;
		for (size_t j = 0; j < m; j++) {
			const double t = z[k][j];
			z[k][j] = z[p][j];
			z[p][j] = t;
		}
		const double t = b[k];
		b[k] = b[p];
		b[p] = t;
		for (size_t i = k + 1; i < m; i++) {
			const double by = z[i][k] / z[k][k];
			for (size_t j = k; j < m; j++)
				z[i][j] -= by * z[k][j];
			b[i] -= by * b[k];
		}
	}
	for (size_t k = m; k-- > 0;) {
		for (size_t j = k + 1; j < m; j++)
			b[k] -= z[k][j] * b[j];
		b[k] /= z[k][k];
		if (!(b[k] > 1e-9))
			return false;
		at[k] = 1 / b[k];
	}
	return true;
}

/* The best of each objective, and how wide the front is: where the plane through its extremes meets the axes, or,
   where these are too few, its worst. First each objective is taken as a part of its range, for their scales. */
static void
find_frame(const double *f, const uint32_t *index, size_t count, size_t m, struct frame *at)
{
	double extreme[MOST][MOST], meet[MOST];
	for (size_t k = 0; k < m; k++) {
		double worst = at->best[k] = f[index[0] * m + k];
		for (size_t i = 1; i < count; i++) {
			at->best[k] = fmax(at->best[k], f[index[i] * m + k]);
			worst = fmin(worst, f[index[i] * m + k]);
		}
		at->width[k] = at->best[k] > worst ? at->best[k] - worst : 1;
	}
	for (size_t axis = 0; axis < m; axis++) {
		double least = INFINITY;
		for (size_t i = 0; i < count; i++) {
			double z[MOST], far = 0; /* how far from the axis, as the worst of the others says */
			for (size_t k = 0; k < m; k++) {
				z[k] = (at->best[k] - f[index[i] * m + k]) / at->width[k];
				far = fmax(far, k == axis ? z[k] : 1e6 * z[k]);
			}
			if (far < least) {
				least = far;
				memcpy(extreme[axis], z, m * sizeof *z);
			}
		}
	}
	if (intercepts(extreme, m, meet))
		for (size_t k = 0; k < m; k++)
			at->width[k] *= fmin(meet[k], 1);
}

struct home {
	size_t niche;
	double far; /* squared distance from its direction */
	uint32_t i;
	bool taken;
};

static struct home
find_home(const struct niches *s, const double *f, const struct frame *at, uint32_t i)
{
	double z[MOST], square = 0, along = -1;
	struct home h = {.i = i};
	for (size_t k = 0; k < s->m; k++) {
		z[k] = (at->best[k] - f[i * s->m + k]) / at->width[k];
		square += z[k] * z[k];
	}
	for (size_t j = 0; j < s->n; j++) {
		double dot = 0;
		for (size_t k = 0; k < s->m; k++)
			dot += z[k] * s->d[j * s->m + k];
		if (dot > along) {
			along = dot;
			h.niche = j;
		}
	}
	h.far = square - along * along;
	return h;
}

static int
by_niche(const void *pa, const void *pb)
{
	const struct home *a = pa, *b = pb;
	if (a->niche != b->niche)
		return a->niche < b->niche ? -1 : 1;
	return a->far != b->far ? a->far < b->far ? -1 : 1 : a->i < b->i ? -1 : a->i > b->i;
}

/* --- choosing --------------------------------------------------------------------------------- */

/* The niche with the fewest of those that have candidates left; of equals any. */
static size_t
emptiest(const struct niches *s, const uint32_t *members, const uint32_t *left, struct rng *rng)
{
	size_t found = s->n;
	uint64_t equals = 0;
	for (size_t j = 0; j < s->n; j++) {
		if (!left[j] || (found < s->n && members[j] > members[found]))
			continue;
		equals = found < s->n && members[j] == members[found] ? equals + 1 : 1;
		if (rng_below(rng, equals) == 0)
			found = j;
	}
	return found;
}

int
niches_choose(const struct niches *s, const double *f, uint32_t *index, size_t count, size_t sure, size_t more,
    struct rng *rng, double *crowd, struct err *err)
{
	struct home *home = malloc((count + 1) * sizeof *home);
	uint32_t *members = calloc(3 * s->n + 1, sizeof *members), *left = members + s->n, *from = left + s->n;
	struct frame at;
	if (!home || !members || !count) {
		free(home);
		free(members);
		return count ? err_set(err, "out of memory for %zu points", count) : 0;
	}
	find_frame(f, index, count, s->m, &at);
	for (size_t i = 0; i < count; i++)
		home[i] = find_home(s, f, &at, index[i]);
	for (size_t i = 0; i < sure; i++)
		members[home[i].niche]++;
	struct home *open = home + sure;
	const size_t n_open = count - sure;
	qsort(open, n_open, sizeof *open, by_niche);
	for (size_t i = n_open; i-- > 0;) {
		left[open[i].niche]++;
		from[open[i].niche] = (uint32_t)i;
	}
	size_t n = sure;
	for (; n < sure + more; n++) {
		const size_t j = emptiest(s, members, left, rng);
		struct home *h = open + from[j]; /* the nearest into an empty niche, any into others */
		for (uint64_t k = members[j] ? rng_below(rng, left[j]) : 0; h->taken || k > 0; h++)
			k -= !h->taken;
		h->taken = true;
		members[j]++;
		left[j]--;
		index[n] = h->i;
	}
	/* index and homes agree for the sure; the chosen ones' homes are looked up by the order they were taken in */
	for (size_t i = 0; i < sure; i++)
		crowd[i] = members[home[i].niche];
	for (size_t i = sure; i < n; i++)
		crowd[i] = members[find_home(s, f, &at, index[i]).niche];
	for (size_t i = 0, rest = n; i < n_open; i++)
		if (!open[i].taken)
			index[rest++] = open[i].i;
	free(home);
	free(members);
	return 0;
}
