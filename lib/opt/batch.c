/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "opt/batch.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Numbers of a point. */
static size_t
width(const struct batch *b)
{
	return b->n + b->n_measures + b->n_objectives;
}

static void
lay(const struct batch *b, struct point *p, double *row)
{
	p->x = row;
	p->measures = p->x + b->n;
	p->objectives = p->measures + b->n_measures;
}

int
batch_init(struct batch *b, size_t n, size_t size, const struct algo_settings *set, struct err *err)
{
	*b = (struct batch){.n = n, .size = size, .n_measures = set->n_measures, .n_objectives = set->n_objectives,
	    .steady = set->steady, .generation = 1, .max_out = set->steady ? ALGO_MAX_OUT : size};
	b->points = calloc(2 * b->max_out, sizeof *b->points);
	b->rows = calloc(b->max_out, sizeof *b->rows);
	b->told = calloc(size, sizeof *b->told);
	b->memory = calloc((b->max_out + size) * width(b) + 1, sizeof *b->memory);
	if (!b->points || !b->rows || !b->told || !b->memory) {
		batch_release(b);
		return err_set(err, "out of memory for %zu points of %zu coordinates", size, n);
	}
	b->out = b->points;
	for (b->n_rows = 0; b->n_rows < b->max_out; b->n_rows++) /* the first is used first: memory is touched as it is needed */
		b->rows[b->n_rows] = b->memory + (b->max_out - 1 - b->n_rows) * width(b);
	for (size_t i = 0; i < size; i++)
		lay(b, &b->told[i], b->memory + (b->max_out + i) * width(b));
	return 0;
}

void
batch_release(struct batch *b)
{
	free(b->points);
	free(b->rows);
	free(b->told);
	free(b->memory);
	*b = (struct batch){0};
}

bool
batch_may_ask(const struct batch *b)
{
	return b->steady ? b->n_out < b->max_out : b->n_out + b->n_told < b->size;
}

/* A new place at the end of those that are out. */
static struct point *
put_out(struct batch *b)
{
	if (b->out + b->n_out == b->points + 2 * b->max_out) {
		memmove(b->points, b->out, b->n_out * sizeof *b->out);
		b->out = b->points;
	}
	struct point *p = &b->out[b->n_out++];
	lay(b, p, b->rows[--b->n_rows]);
	return p;
}

/* The shorter end moves up: what comes back in order costs nothing. */
static void
take_back(struct batch *b, size_t i)
{
	b->rows[b->n_rows++] = b->out[i].x;
	b->n_out--;
	if (i < b->n_out - i) {
		memmove(b->out + 1, b->out, i * sizeof *b->out);
		b->out++;
	} else {
		memmove(b->out + i, b->out + i + 1, (b->n_out - i) * sizeof *b->out);
	}
}

uint64_t
batch_ask(struct batch *b, const double *x)
{
	struct point *p = put_out(b);
	p->number = ++b->asked;
	memcpy(p->x, x, b->n * sizeof *x);
	return p->number;
}

/* Where the point of this number is among those that are out, or n_out. */
static size_t
find(const struct batch *b, uint64_t number)
{
	size_t from = 0, to = b->n_out;
	while (from < to) {
		const size_t middle = from + (to - from) / 2;
		if (b->out[middle].number < number)
			from = middle + 1;
		else
			to = middle;
	}
	return from < b->n_out && b->out[from].number == number ? from : b->n_out;
}

static void
copy_results(double *to, const double *from, size_t n)
{
	for (size_t i = 0; i < n; i++)
		to[i] = from ? from[i] : NAN;
}

bool
batch_tell(struct batch *b, const struct told *told)
{
	const size_t i = b->n_told < b->size ? find(b, told->number) : b->n_out;
	if (i == b->n_out)
		return false;
	struct point *to = &b->told[b->n_told++];
	to->number = told->number;
	to->fitness = isnan(told->fitness) ? -INFINITY : told->fitness;
	memcpy(to->x, b->out[i].x, b->n * sizeof *to->x);
	copy_results(to->measures, told->measures, b->n_measures);
	copy_results(to->objectives, told->objectives, b->n_objectives);
	take_back(b, i);
	return b->n_told == b->size;
}

static int
better_first(const void *va, const void *vb)
{
	const struct point *a = va, *b = vb;
	if (a->fitness != b->fitness)
		return a->fitness < b->fitness ? 1 : -1;
	return a->number < b->number ? -1 : a->number > b->number;
}

void
batch_sort(struct batch *b)
{
	qsort(b->told, b->n_told, sizeof *b->told, better_first);
}

static int
older_first(const void *va, const void *vb)
{
	const struct point *a = va, *b = vb;
	return a->number < b->number ? -1 : a->number > b->number;
}

void
batch_in_order(struct batch *b)
{
	qsort(b->told, b->n_told, sizeof *b->told, older_first);
}

void
batch_clear(struct batch *b)
{
	b->n_told = 0;
	b->generation++;
}

static void
save_points(struct blob *blob, const struct point *p, size_t count, size_t n)
{
	const uint64_t k = count;
	blob_put(blob, &k, sizeof k);
	for (size_t i = 0; i < count; i++) {
		blob_put(blob, &p[i].number, sizeof p[i].number);
		blob_put(blob, &p[i].fitness, sizeof p[i].fitness);
		blob_put(blob, p[i].x, n * sizeof *p[i].x);
	}
}

static void
load_point(struct blob *blob, struct point *p, size_t n)
{
	blob_get(blob, &p->number, sizeof p->number);
	blob_get(blob, &p->fitness, sizeof p->fitness);
	blob_get(blob, p->x, n * sizeof *p->x);
}

/* How many points follow, at most `most`. */
static size_t
load_count(struct blob *blob, size_t most)
{
	uint64_t k = 0;
	blob_get(blob, &k, sizeof k);
	blob->bad |= k > most;
	return blob->bad ? 0 : k;
}

void
batch_save(const struct batch *b, struct blob *blob)
{
	blob_put(blob, &b->asked, sizeof b->asked);
	blob_put(blob, &b->generation, sizeof b->generation);
	save_points(blob, b->out, b->n_out, width(b));
	save_points(blob, b->told, b->n_told, width(b));
}

void
batch_load(struct batch *b, struct blob *blob)
{
	blob_get(blob, &b->asked, sizeof b->asked);
	blob_get(blob, &b->generation, sizeof b->generation);
	while (b->n_out)
		take_back(b, b->n_out - 1);
	uint64_t last = 0;
	for (size_t k = load_count(blob, b->max_out); k > 0 && !blob->bad; k--) {
		struct point *p = put_out(b);
		load_point(blob, p, width(b));
		blob->bad |= p->number <= last; /* in order, each once */
		last = p->number;
	}
	b->n_told = load_count(blob, b->size);
	for (size_t i = 0; i < b->n_told; i++)
		load_point(blob, &b->told[i], width(b));
}

void
batch_settle(struct batch *b, const struct space *space)
{
	for (size_t i = 0; i < b->n_out; i++)
		space_settle(space, b->out[i].x);
	for (size_t i = 0; i < b->n_told; i++)
		space_settle(space, b->told[i].x);
}
