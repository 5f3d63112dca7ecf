/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "opt/front.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "opt/crowd.h"

static int
no_memory(size_t count, struct err *err)
{
	return err_set(err, "out of memory for the front of %zu points", count);
}

/* NaN and what is infinite made finite, so that differences and their squares are. */
static double *
bounded(const double *f, size_t count, size_t m)
{
	double *g = malloc((count * m + 1) * sizeof *g);
	for (size_t i = 0; g && i < count * m; i++)
		g[i] = isnan(f[i]) ? -1e150 : fmin(fmax(f[i], -1e150), 1e150) + 0.0; /* no -0 */
	return g;
}

/* --- sorting ---------------------------------------------------------------------------------- */

struct row {
	const double *f;
	uint32_t i, m;
};

/* Highest first objective first, then second, ...: what comes later dominates nothing before it. */
static int
highest_first(const void *pa, const void *pb)
{
	const struct row *a = pa, *b = pb;
	for (uint32_t k = 0; k < a->m; k++)
		if (a->f[k] != b->f[k])
			return a->f[k] < b->f[k] ? 1 : -1;
	return a->i < b->i ? -1 : a->i > b->i;
}

/* A front as it grows. With two or three objectives only the last two count, as stairs: the second falls and the
   third rises from step to step. With more, all its points. */
struct layer {
	const double **step;
	size_t n, size;
};

/* Whether one of the layer is as good as p, which comes after them, in all but the first objective. */
static bool
dominated(const struct layer *l, const double *p, size_t m)
{
	if (m == 1)
		return l->n > 0;
	if (m == 2)
		return l->n && l->step[l->n - 1][1] >= p[1]; /* the last is the highest */
	if (m > 3) {
		for (size_t i = l->n; i-- > 0;) {
			size_t k = 1;
			while (k < m && l->step[i][k] >= p[k])
				k++;
			if (k == m)
				return true;
		}
		return false;
	}
	size_t lo = 0, hi = l->n; /* the last step that is as high in the second has the best third */
	while (lo < hi) {
		const size_t mid = (lo + hi) / 2;
		if (l->step[mid][1] >= p[1])
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo && l->step[lo - 1][2] >= p[2];
}

static int
layer_add(struct layer *l, const double *p, size_t m)
{
	size_t at = l->n, gone = 0;
	if (m <= 2 && l->n) {
		l->step[0] = p;
		return 0;
	}
	if (m == 3) { /* behind the steps that are higher in the second; those that it outdoes go */
		while (at > 0 && l->step[at - 1][1] <= p[1])
			at--;
		while (at + gone < l->n && l->step[at + gone][2] <= p[2])
			gone++;
	}
	if (l->n + 1 - gone > l->size) {
		const size_t size = 2 * l->size + 4;
		const double **step = realloc(l->step, size * sizeof *step);
		if (!step)
			return -1;
		l->step = step;
		l->size = size;
	}
	memmove(l->step + at + 1, l->step + at + gone, (l->n - at - gone) * sizeof *l->step);
	l->step[at] = p;
	l->n += 1 - gone;
	return 0;
}

/* f is finite. */
static int
sort(const double *f, size_t count, size_t m, uint32_t *rank)
{
	struct row *row = malloc((count + 1) * sizeof *row);
	struct layer *layer = calloc(count + 1, sizeof *layer);
	size_t n = 0;
	int status = row && layer ? 0 : -1;
	for (size_t i = 0; status == 0 && i < count; i++)
		row[i] = (struct row){f + i * m, (uint32_t)i, (uint32_t)m};
	if (status == 0)
		qsort(row, count, sizeof *row, highest_first);
	for (size_t i = 0; status == 0 && i < count; i++) {
		const double *p = row[i].f;
		if (i && !memcmp(p, row[i - 1].f, m * sizeof *p)) {
			rank[row[i].i] = rank[row[i - 1].i];
			continue;
		}
		size_t lo = 0, hi = n; /* what a layer does not dominate, those after it do not either */
		while (lo < hi) {
			const size_t mid = (lo + hi) / 2;
			if (dominated(&layer[mid], p, m))
				lo = mid + 1;
			else
				hi = mid;
		}
		rank[row[i].i] = (uint32_t)lo;
		n += lo == n;
		status = layer_add(&layer[lo], p, m);
	}
	for (size_t i = 0; layer && i < count; i++)
		free(layer[i].step);
	free(layer);
	free(row);
	return status < 0 ? -1 : (int)n;
}

int
front_sort(const double *f, size_t count, size_t m, uint32_t *rank, struct err *err)
{
	double *g = bounded(f, count, m);
	const int n = g ? sort(g, count, m, rank) : -1;
	free(g);
	return n < 0 ? no_memory(count, err) : n;
}

/* --- choosing --------------------------------------------------------------------------------- */

struct chosen {
	uint32_t i, rank;
	double apart;
};

static int
best_first(const void *pa, const void *pb)
{
	const struct chosen *a = pa, *b = pb;
	if (a->rank != b->rank)
		return a->rank < b->rank ? -1 : 1;
	if (a->apart != b->apart)
		return a->apart < b->apart ? 1 : -1;
	return a->i < b->i ? -1 : a->i > b->i;
}

/* index: all places, by rank and then as they are; apart as index. */
static int
choose(const double *f, size_t count, size_t m, size_t keep, const uint32_t *rank, const struct niches *niches,
    struct rng *rng, uint32_t *index, double *apart, struct err *err)
{
	for (size_t from = 0, to; from < keep; from = to) {
		for (to = from; to < count && rank[index[to]] == rank[index[from]];)
			to++;
		if (niches && to >= keep) {
			if (niches_choose(niches, f, index, to, to > keep ? from : to, to > keep ? keep - from : 0, rng, apart, err) < 0)
				return -1;
			for (size_t i = 0; i < keep; i++)
				apart[i] = -apart[i];
			return 0;
		}
		if (!niches && crowd_thin(f, m, index + from, to - from, to > keep ? keep - from : to - from, apart + from) < 0)
			return no_memory(count, err);
	}
	return 0;
}

int
front_select(const double *f, size_t count, size_t m, size_t keep, const struct niches *niches, struct rng *rng,
    const struct selection *to, struct err *err)
{
	double *g = bounded(f, count, m), *apart = malloc((count + 1) * sizeof *apart);
	size_t *begin = calloc(count + 2, sizeof *begin);
	struct chosen *c = malloc((count + 1) * sizeof *c);
	uint32_t *index = to->order;
	keep = keep < count ? keep : count;
	int status = g && apart && begin && c && sort(g, count, m, to->rank) >= 0 ? 0 : no_memory(count, err);
	for (size_t i = 0; status == 0 && i < count; i++)
		begin[to->rank[i] + 1]++;
	for (size_t i = 0; status == 0 && i < count; i++)
		begin[i + 1] += begin[i];
	for (size_t i = 0; status == 0 && i < count; i++)
		index[begin[to->rank[i]]++] = (uint32_t)i;
	if (status == 0)
		status = choose(g, count, m, keep, to->rank, niches, rng, index, apart, err);
	for (size_t i = 0; status == 0 && i < keep; i++)
		c[i] = (struct chosen){index[i], to->rank[index[i]], apart[i]};
	if (status == 0)
		qsort(c, keep, sizeof *c, best_first);
	for (size_t i = 0; status == 0 && i < keep; i++) {
		to->order[i] = c[i].i;
		to->apart[i] = c[i].apart;
	}
	free(g);
	free(apart);
	free(begin);
	free(c);
	return status;
}

/* --- a front that is kept --------------------------------------------------------------------- */

void
front_init(struct front *a, size_t n_x, size_t m, size_t most)
{
	*a = (struct front){.n_x = n_x, .m = m, .most = most};
}

void
front_release(struct front *a)
{
	free(a->number);
	free(a->fitness);
	free(a->x);
	free(a->f);
	*a = (struct front){0};
}

static int
make_room(struct front *a, size_t room)
{
	uint64_t *number = realloc(a->number, room * sizeof *number);
	a->number = number ? number : a->number;
	double **rows[3] = {&a->fitness, &a->x, &a->f};
	const size_t wide[3] = {1, a->n_x, a->m};
	bool good = number;
	for (int k = 0; k < 3; k++) {
		double *p = realloc(*rows[k], (room * wide[k] + 1) * sizeof *p);
		*rows[k] = p ? p : *rows[k];
		good &= p != NULL;
	}
	if (good)
		a->room = room;
	return good ? 0 : -1;
}

static void
move(struct front *a, size_t to, size_t from)
{
	if (to == from)
		return;
	a->number[to] = a->number[from];
	a->fitness[to] = a->fitness[from];
	memcpy(a->x + to * a->n_x, a->x + from * a->n_x, a->n_x * sizeof *a->x);
	memcpy(a->f + to * a->m, a->f + from * a->m, a->m * sizeof *a->f);
}

static bool
covers(const double *a, const double *b, size_t m)
{
	for (size_t k = 0; k < m; k++)
		if (a[k] < b[k])
			return false;
	return true;
}

static int
crop(struct front *a)
{
	uint32_t *index = malloc(a->n * sizeof *index);
	double *apart = malloc(a->n * sizeof *apart), *g = bounded(a->f, a->n, a->m);
	for (size_t i = 0; index && i < a->n; i++)
		index[i] = (uint32_t)i;
	const int status = index && apart && g ? crowd_thin(g, a->m, index, a->n, a->most - a->most / 5, apart) : -1;
	for (size_t i = 0; status == 0 && i < a->most - a->most / 5; i++)
		move(a, i, index[i]);
	if (status == 0)
		a->n = a->most - a->most / 5;
	free(index);
	free(apart);
	free(g);
	return status;
}

int
front_add(struct front *a, const struct told *told, const double *x, struct err *err)
{
	const double *f = told->objectives;
	for (size_t k = 0; k < a->m; k++)
		if (!f || isnan(f[k]))
			return 0;
	for (size_t i = 0; i < a->n; i++) {
		const double *other = a->f + i * a->m;
		if (covers(other, f, a->m) && (told->number > a->number[i] || !covers(f, other, a->m)))
			return 0;
	}
	size_t stay = 0;
	for (size_t i = 0; i < a->n; i++)
		if (!covers(f, a->f + i * a->m, a->m))
			move(a, stay++, i);
	a->n = stay;
	if ((a->n == a->most && crop(a) < 0) || (a->n == a->room && make_room(a, a->room + a->room / 2 + 64) < 0))
		return no_memory(a->n, err);
	a->number[a->n] = told->number;
	a->fitness[a->n] = told->fitness;
	if (a->n_x)
		memcpy(a->x + a->n * a->n_x, x, a->n_x * sizeof *x);
	memcpy(a->f + a->n * a->m, f, a->m * sizeof *f);
	a->n++;
	return 1;
}

void
front_save(const struct front *a, struct blob *b)
{
	const uint64_t n = a->n;
	blob_put(b, &n, sizeof n);
	blob_put(b, a->number, a->n * sizeof *a->number);
	blob_put(b, a->fitness, a->n * sizeof *a->fitness);
	blob_put(b, a->x, a->n * a->n_x * sizeof *a->x);
	blob_put(b, a->f, a->n * a->m * sizeof *a->f);
}

void
front_load(struct front *a, struct blob *b)
{
	uint64_t n;
	blob_get(b, &n, sizeof n);
	if (b->bad || n > a->most || n > (b->n - b->at) / sizeof *a->number || (n && make_room(a, n) < 0)) {
		b->bad = true;
		return;
	}
	a->n = n;
	blob_get(b, a->number, a->n * sizeof *a->number);
	blob_get(b, a->fitness, a->n * sizeof *a->fitness);
	blob_get(b, a->x, a->n * a->n_x * sizeof *a->x);
	blob_get(b, a->f, a->n * a->m * sizeof *a->f);
}
