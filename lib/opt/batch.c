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
lay(const struct batch *b, struct point *p, size_t row)
{
	p->x = b->memory + row * width(b);
	p->measures = p->x + b->n;
	p->objectives = p->measures + b->n_measures;
}

int
batch_init(struct batch *b, size_t n, size_t size, const struct algo_settings *set, struct err *err)
{
	*b = (struct batch){.n = n, .size = size, .n_measures = set->n_measures, .n_objectives = set->n_objectives,
	    .steady = set->steady, .generation = 1, .max_out = set->steady ? BATCH_MAX_OUT : size};
	b->out = calloc(b->max_out, sizeof *b->out);
	b->told = calloc(size, sizeof *b->told);
	b->memory = calloc((b->max_out + size) * width(b) + 1, sizeof *b->memory);
	if (!b->out || !b->told || !b->memory) {
		batch_release(b);
		return err_set(err, "out of memory for %zu points of %zu coordinates", size, n);
	}
	for (size_t i = 0; i < b->max_out; i++)
		lay(b, &b->out[i], i);
	for (size_t i = 0; i < size; i++)
		lay(b, &b->told[i], b->max_out + i);
	return 0;
}

void
batch_release(struct batch *b)
{
	free(b->out);
	free(b->told);
	free(b->memory);
	*b = (struct batch){0};
}

bool
batch_may_ask(const struct batch *b)
{
	return b->steady ? b->n_out < b->max_out : b->n_out + b->n_told < b->size;
}

uint64_t
batch_ask(struct batch *b, const double *x)
{
	struct point *p = &b->out[b->n_out++];
	p->number = ++b->asked;
	memcpy(p->x, x, b->n * sizeof *x);
	return p->number;
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
	if (b->n_told == b->size)
		return false;
	for (size_t i = 0; i < b->n_out; i++) {
		struct point *p = &b->out[i];
		if (p->number != told->number)
			continue;
		struct point *to = &b->told[b->n_told++];
		to->number = told->number;
		to->fitness = isnan(told->fitness) ? -INFINITY : told->fitness;
		memcpy(to->x, p->x, b->n * sizeof *p->x);
		copy_results(to->measures, told->measures, b->n_measures);
		copy_results(to->objectives, told->objectives, b->n_objectives);
		/* the last one out takes the free place: rows are swapped, not copied */
		const struct point gap = *p;
		*p = b->out[--b->n_out];
		b->out[b->n_out] = gap;
		return b->n_told == b->size;
	}
	return false;
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

static size_t
load_points(struct blob *blob, struct point *p, size_t max, size_t n)
{
	uint64_t k;
	blob_get(blob, &k, sizeof k);
	if (k > max) {
		blob->bad = true;
		return 0;
	}
	for (size_t i = 0; i < k; i++) {
		blob_get(blob, &p[i].number, sizeof p[i].number);
		blob_get(blob, &p[i].fitness, sizeof p[i].fitness);
		blob_get(blob, p[i].x, n * sizeof *p[i].x);
	}
	return k;
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
	b->n_out = load_points(blob, b->out, b->max_out, width(b));
	b->n_told = load_points(blob, b->told, b->size, width(b));
}
