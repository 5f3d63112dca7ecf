/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "opt/crowd.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

/* The points of one front, in order of each objective, and a heap of how crowded they are. */
struct crowd {
	const double *f;
	const uint32_t *index; /* [n]: their places in f */
	size_t n, m;
	double *apart, *range;      /* [n], [m] */
	uint32_t *before, *after;   /* [m][n]: neighbours, n where there is none */
	uint32_t *heap, *at;        /* [n], [n]: places in the heap */
	size_t n_heap;
};

static double
value(const struct crowd *c, uint32_t i, size_t k)
{
	return c->f[c->index[i] * c->m + k];
}

static void
measure(struct crowd *c, uint32_t i)
{
	c->apart[i] = 0;
	for (size_t k = 0; k < c->m; k++) {
		const uint32_t b = c->before[k * c->n + i], a = c->after[k * c->n + i];
		if (c->range[k] > 0)
			c->apart[i] += b == c->n || a == c->n ? INFINITY : (value(c, a, k) - value(c, b, k)) / c->range[k];
	}
}

/* Leaves the front before another does: it is more crowded, or the later of equals. */
static bool
goes_first(const struct crowd *c, uint32_t a, uint32_t b)
{
	return c->apart[a] != c->apart[b] ? c->apart[a] < c->apart[b] : c->index[a] > c->index[b];
}

static void
place(struct crowd *c, size_t at, uint32_t i)
{
	c->heap[at] = i;
	c->at[i] = (uint32_t)at;
}

static void
sift(struct crowd *c, uint32_t i)
{
	size_t at = c->at[i];
	for (; at > 0 && goes_first(c, i, c->heap[(at - 1) / 2]); at = (at - 1) / 2)
		place(c, at, c->heap[(at - 1) / 2]);
	for (;;) {
		size_t child = 2 * at + 1;
		if (child + 1 < c->n_heap && goes_first(c, c->heap[child + 1], c->heap[child]))
			child++;
		if (child >= c->n_heap || !goes_first(c, c->heap[child], i))
			break;
		place(c, at, c->heap[child]);
		at = child;
	}
	place(c, at, i);
}

struct key {
	double f;
	uint32_t i;
};

static int
lowest_first(const void *pa, const void *pb)
{
	const struct key *a = pa, *b = pb;
	return a->f != b->f ? a->f < b->f ? -1 : 1 : a->i < b->i ? -1 : a->i > b->i;
}

static void
line_up(struct crowd *c, size_t k, struct key *key)
{
	const uint32_t none = (uint32_t)c->n;
	for (uint32_t i = 0; i < c->n; i++)
		key[i] = (struct key){value(c, i, k), i};
	qsort(key, c->n, sizeof *key, lowest_first);
	c->range[k] = key[c->n - 1].f - key[0].f;
	for (size_t i = 0; i < c->n; i++) {
		c->before[k * c->n + key[i].i] = i ? key[i - 1].i : none;
		c->after[k * c->n + key[i].i] = i + 1 < c->n ? key[i + 1].i : none;
	}
}

static void
leave(struct crowd *c)
{
	const uint32_t gone = c->heap[0], last = c->heap[--c->n_heap];
	c->at[gone] = UINT32_MAX;
	if (c->n_heap) {
		c->at[last] = 0;
		c->heap[0] = last;
		sift(c, last);
	}
	for (size_t k = 0; k < c->m; k++) {
		uint32_t *before = c->before + k * c->n, *after = c->after + k * c->n;
		const uint32_t b = before[gone], a = after[gone], side[2] = {b, a};
		if (b < c->n)
			after[b] = a;
		if (a < c->n)
			before[a] = b;
		for (int s = 0; s < 2; s++)
			if (side[s] < c->n) {
				measure(c, side[s]);
				sift(c, side[s]);
			}
	}
}

int
crowd_thin(const double *f, size_t m, uint32_t *index, size_t n, size_t keep, double *apart)
{
	struct crowd c = {.f = f, .index = index, .n = n, .m = m};
	struct key *key = malloc((n + 1) * sizeof *key);
	uint32_t *numbers = malloc((n * (2 * m + 2) + 1) * sizeof *numbers);
	double *range = malloc((m + n + 1) * sizeof *range);
	int status = -1;
	if (key && numbers && range && n) {
		status = 0;
		c.before = numbers;
		c.after = numbers + n * m;
		c.heap = numbers + 2 * n * m;
		c.at = c.heap + n;
		c.range = range;
		c.apart = range + m;
		for (size_t k = 0; k < m; k++)
			line_up(&c, k, key);
		for (uint32_t i = 0; i < n; i++) {
			measure(&c, i);
			place(&c, i, i);
			c.n_heap = i + 1;
			sift(&c, i);
		}
		while (c.n_heap > keep)
			leave(&c);
		size_t stay = 0;
		for (size_t i = 0; i < n; i++)
			if (c.at[i] != UINT32_MAX) {
				apart[stay] = c.apart[i];
				index[stay++] = index[i];
			}
	}
	free(key);
	free(numbers);
	free(range);
	return n ? status : 0;
}
