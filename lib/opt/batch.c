/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "opt/batch.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

int
batch_init(struct batch *b, size_t n, size_t size, bool steady, struct err *err)
{
	*b = (struct batch){.n = n, .size = size, .steady = steady, .generation = 1, .max_out = steady ? BATCH_MAX_OUT : size};
	b->out = calloc(b->max_out, sizeof *b->out);
	b->told = calloc(size, sizeof *b->told);
	b->memory = calloc((b->max_out + size) * n + 1, sizeof *b->memory);
	if (!b->out || !b->told || !b->memory) {
		batch_release(b);
		return err_set(err, "out of memory for %zu points of %zu coordinates", size, n);
	}
	for (size_t i = 0; i < b->max_out; i++)
		b->out[i].x = b->memory + i * n;
	for (size_t i = 0; i < size; i++)
		b->told[i].x = b->memory + (b->max_out + i) * n;
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

bool
batch_tell(struct batch *b, uint64_t number, double fitness)
{
	if (b->n_told == b->size)
		return false;
	for (size_t i = 0; i < b->n_out; i++) {
		struct point *p = &b->out[i];
		if (p->number != number)
			continue;
		struct point *to = &b->told[b->n_told++];
		to->number = number;
		to->fitness = isnan(fitness) ? -INFINITY : fitness;
		memcpy(to->x, p->x, b->n * sizeof *p->x);
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
	save_points(blob, b->out, b->n_out, b->n);
	save_points(blob, b->told, b->n_told, b->n);
}

void
batch_load(struct batch *b, struct blob *blob)
{
	blob_get(blob, &b->asked, sizeof b->asked);
	blob_get(blob, &b->generation, sizeof b->generation);
	b->n_out = load_points(blob, b->out, b->max_out, b->n);
	b->n_told = load_points(blob, b->told, b->size, b->n);
}
