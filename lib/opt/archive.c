/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "opt/archive.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

int
archive_init(struct archive *a, const struct measure *measures, size_t n_measures, size_t n, double rate, double floor,
    struct err *err)
{
	*a = (struct archive){.n = n, .n_measures = n_measures, .cells = 1, .rate = rate, .floor = floor};
	if (!n_measures || n_measures > ALGO_MAX_MEASURES)
		return err_set(err, "an archive has 1 to %d measures, not %zu", ALGO_MAX_MEASURES, n_measures);
	for (size_t i = 0; i < n_measures; i++) {
		const struct measure *m = &measures[i];
		if (!m->cells || !(m->max > m->min) || m->cells > ARCHIVE_MAX_CELLS / a->cells)
			return err_set(err, "measure %zu: %u cells from %g to %g (at most %d cells in all)", i + 1, m->cells, m->min, m->max,
			    ARCHIVE_MAX_CELLS);
		a->measures[i] = *m;
		a->measures[i].name = NULL;
		a->cells *= m->cells;
	}
	a->at = calloc(a->cells, sizeof *a->at);
	a->threshold = rate < 1 ? malloc(a->cells * sizeof *a->threshold) : NULL;
	if (!a->at || (rate < 1 && !a->threshold)) {
		err_set(err, "out of memory for %zu cells", a->cells);
		archive_release(a);
		return -1;
	}
	for (size_t i = 0; a->threshold && i < a->cells; i++)
		a->threshold[i] = floor;
	return 0;
}

void
archive_release(struct archive *a)
{
	free(a->at);
	free(a->threshold);
	free(a->elite);
	free(a->x);
	free(a->where);
	*a = (struct archive){0};
}

size_t
archive_cell(const struct archive *a, const double *measures)
{
	size_t cell = 0;
	for (size_t i = 0; i < a->n_measures; i++) {
		const struct measure *m = &a->measures[i];
		const double part = (measures[i] - m->min) / (m->max - m->min);
		cell = cell * m->cells + level_of(part, m->cells);
	}
	return cell;
}

/* Room for as many elites again. */
static int
grow(struct archive *a, struct err *err)
{
	const size_t room = 2 * a->room + 64;
	struct elite *elite = realloc(a->elite, room * sizeof *elite);
	if (elite)
		a->elite = elite;
	double *x = realloc(a->x, (room * a->n + 1) * sizeof *x);
	if (x)
		a->x = x;
	double *where = realloc(a->where, room * a->n_measures * sizeof *where);
	if (where)
		a->where = where;
	if (!elite || !x || !where)
		return err_set(err, "out of memory for an archive of %zu elites", room);
	a->room = room;
	return 0;
}

/* Its cell, or SIZE_MAX where it failed or was not measured. */
static size_t
cell_of(const struct archive *a, const struct told *told)
{
	bool good = told->measures && !isnan(told->fitness);
	for (size_t i = 0; good && i < a->n_measures; i++)
		good = isfinite(told->measures[i]);
	return good ? archive_cell(a, told->measures) : SIZE_MAX;
}

static int
judge(const struct archive *a, const struct told *told, size_t cell, double *improvement)
{
	*improvement = 0;
	if (cell == SIZE_MAX)
		return 0;
	const bool empty = !a->at[cell];
	const double over = a->threshold ? a->threshold[cell] : empty ? 0 : a->elite[a->at[cell] - 1].fitness;
	*improvement = told->fitness - over;
	if (!(told->fitness > over) && !(empty && !a->threshold))
		return 0;
	return empty ? 2 : 1;
}

int
archive_judge(const struct archive *a, const struct told *told, double *improvement)
{
	return judge(a, told, cell_of(a, told), improvement);
}

int
archive_add(struct archive *a, const struct told *told, const double *x, double *improvement, struct err *err)
{
	const size_t cell = cell_of(a, told);
	double over;
	const int status = judge(a, told, cell, &over);
	if (improvement)
		*improvement = over;
	if (!status)
		return 0;
	if (status == 2 && a->filled == a->room && grow(a, err) < 0) {
		a->lost = true;
		return -1;
	}
	if (a->threshold)
		a->threshold[cell] += a->rate * over;
	if (status == 2)
		a->at[cell] = (uint32_t)++a->filled;
	const size_t i = a->at[cell] - 1;
	a->elite[i] = (struct elite){told->number, told->fitness};
	if (a->n)
		memcpy(a->x + i * a->n, x, a->n * sizeof *x);
	memcpy(a->where + i * a->n_measures, told->measures, a->n_measures * sizeof *a->where);
	return status;
}

bool
archive_fault(const struct archive *a, struct err *err)
{
	if (a->lost)
		err_set(err, "out of memory for an archive of more than %zu elites", a->filled);
	return a->lost;
}

int
archive_tell(struct archive *a, const struct point *p, double *improvement)
{
	return archive_add(a, &(struct told){p->number, p->fitness, p->measures, p->objectives}, p->x, improvement, NULL);
}

const struct elite *
archive_elite(const struct archive *a, size_t cell)
{
	return a->at[cell] ? &a->elite[a->at[cell] - 1] : NULL;
}

const double *
archive_x(const struct archive *a, size_t i)
{
	return a->x + i * a->n;
}

const double *
archive_where(const struct archive *a, size_t i)
{
	return a->where + i * a->n_measures;
}

double
archive_coverage(const struct archive *a)
{
	return a->cells ? (double)a->filled / (double)a->cells : 0;
}

double
archive_sum(const struct archive *a)
{
	double sum = 0;
	for (size_t i = 0; i < a->filled; i++)
		sum += a->elite[i].fitness;
	return sum;
}

void
archive_save(const struct archive *a, struct blob *b)
{
	const uint64_t filled = a->filled;
	blob_put(b, &filled, sizeof filled);
	blob_put(b, a->elite, a->filled * sizeof *a->elite);
	blob_put(b, a->x, a->filled * a->n * sizeof *a->x);
	blob_put(b, a->where, a->filled * a->n_measures * sizeof *a->where);
	if (a->threshold)
		blob_put(b, a->threshold, a->cells * sizeof *a->threshold);
}

void
archive_load(struct archive *a, struct blob *b)
{
	uint64_t filled;
	blob_get(b, &filled, sizeof filled);
	if (filled > a->cells || filled > (b->n - b->at) / sizeof *a->elite) {
		b->bad = true;
		return;
	}
	while (a->room < filled)
		if (grow(a, NULL) < 0) {
			b->bad = true;
			return;
		}
	blob_get(b, a->elite, filled * sizeof *a->elite);
	blob_get(b, a->x, filled * a->n * sizeof *a->x);
	blob_get(b, a->where, filled * a->n_measures * sizeof *a->where);
	if (a->threshold)
		blob_get(b, a->threshold, a->cells * sizeof *a->threshold);
	memset(a->at, 0, a->cells * sizeof *a->at);
	for (a->filled = 0; !b->bad && a->filled < filled; a->filled++) {
		const size_t cell = archive_cell(a, archive_where(a, a->filled));
		b->bad |= a->at[cell] != 0;
		a->at[cell] = (uint32_t)a->filled + 1;
	}
}
