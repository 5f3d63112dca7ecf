/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/isa.h"
#include "base/nearest_inside.h"

/* --- memory ------------------------------------------------------------------------------ */

void *
nearest_take(struct nearest *n, size_t count, size_t size, struct err *err)
{
	const size_t bytes = (count * size + 63) / 64 * 64;
	void *p = aligned_alloc(64, bytes);
	if (!p) {
		err_set(err, "out of memory for %zu rows and their index", n->rows);
		return NULL;
	}
	memset(p, 0, bytes);
	n->bytes += bytes;
	return p;
}

void
nearest_give(struct nearest *n, void *p, size_t count, size_t size)
{
	if (p)
		n->bytes -= (count * size + 63) / 64 * 64;
	free(p);
}

static const struct nearest_kernels *
kernels_best(void)
{
	switch (isa_best()) {
	case ISA_AVX512: return &nearest_kernels_avx512;
	case ISA_AVX2: return &nearest_kernels_avx2;
	case ISA_SCALAR: return &nearest_kernels_scalar;
	default: return &nearest_kernels_sse;
	}
}

struct nearest *
nearest_new(size_t columns, size_t max_rows, struct err *err)
{
	if (!columns || columns > NEAREST_COLUMNS || !max_rows || max_rows > UINT32_MAX) {
		err_set(err, "neighbours among %zu rows of %zu columns; 1 to %d columns, up to %u rows", max_rows, columns,
		    NEAREST_COLUMNS, UINT32_MAX);
		return NULL;
	}
	struct nearest *n = calloc(1, sizeof *n);
	if (!n) {
		err_set(err, "out of memory");
		return NULL;
	}
	n->columns = columns;
	n->width = columns <= 4 ? 4 : columns <= 8 ? 8 : (columns + NEAREST_PARTIAL - 1) / NEAREST_PARTIAL * NEAREST_PARTIAL;
	n->axes = columns < AXES ? columns : AXES;
	n->max_rows = max_rows;
	n->next_basis = 1;
	n->kernels = kernels_best();
	n->bytes = sizeof *n;
	if (!(n->at = nearest_take(n, n->width, sizeof *n->at, err))) {
		nearest_free(n);
		return NULL;
	}
	return n;
}

void
nearest_free(struct nearest *n)
{
	if (!n)
		return;
	for (size_t i = 0; i < n->trees; i++)
		nearest_tree_release(n, &n->tree[i]);
	for (size_t i = 0; i < n->chunks; i++) {
		free(n->chunk[i].row);
		free(n->chunk[i].stamp);
	}
	for (size_t i = 0; i < n->bases; i++) {
		free(n->basis[i].mean);
		free(n->basis[i].axis);
	}
	free(n->chunk);
	free(n->bound);
	free(n->order);
	free(n->at);
	free(n);
}

size_t
nearest_rows(const struct nearest *n)
{
	return n->rows;
}

size_t
nearest_bytes(const struct nearest *n)
{
	return n->bytes;
}

size_t
nearest_opened(const struct nearest *n)
{
	return n->opened;
}

const float *
nearest_row(const struct nearest *n, uint32_t index)
{
	return row_at(n, index);
}

/* --- adding ------------------------------------------------------------------------------ */

static size_t
bad_column(const struct nearest *n, const float *x)
{
	for (size_t c = 0; c < n->columns; c++)
		if (!(fabsf(x[c]) <= NEAREST_LARGEST))
			return c;
	return n->columns;
}

static int
new_chunk(struct nearest *n, struct err *err)
{
	struct chunk *c = realloc(n->chunk, (n->chunks + 1) * sizeof *c);
	if (!c)
		return err_set(err, "out of memory");
	n->chunk = c;
	c += n->chunks;
	c->row = nearest_take(n, CHUNK * n->width, sizeof *c->row, err);
	c->stamp = nearest_take(n, CHUNK, sizeof *c->stamp, err);
	if (!c->row || !c->stamp) {
		nearest_give(n, c->row, CHUNK * n->width, sizeof *c->row);
		nearest_give(n, c->stamp, CHUNK, sizeof *c->stamp);
		return -1;
	}
	n->chunks++;
	return 0;
}

int
nearest_add(struct nearest *n, const float *row, uint32_t stamp, struct err *err)
{
	const size_t bad = bad_column(n, row);
	if (bad < n->columns)
		return err_set(err, "column %zu is not finite, or beyond %g", bad, (double)NEAREST_LARGEST);
	if (n->rows == n->max_rows)
		return err_set(err, "full: %zu rows", n->rows);
	if (n->rows - n->in_trees >= BUFFER && nearest_gather(n, err) < 0)
		return -1;
	if (n->rows == n->chunks * CHUNK && new_chunk(n, err) < 0)
		return -1;
	const struct chunk *c = &n->chunk[n->rows / CHUNK];
	memcpy(c->row + n->rows % CHUNK * n->width, row, n->columns * sizeof *row);
	c->stamp[n->rows % CHUNK] = stamp;
	n->rows++;
	return 0;
}

/* --- searching ------------------------------------------------------------------------------ */

struct search {
	const struct nearest *n;
	const float *x; /* [width] */
	size_t k, found;
	uint32_t before;
	struct near *out; /* distances are squared until the end */
	float limit;      /* a bound above that is farther than the k-th, whatever rounding did */
	size_t looks;     /* at rows of a tree, one by one */
	size_t opened;    /* rows that no box passed over */
};

static inline bool
admitted(uint32_t stamp, uint32_t before)
{
	return !stamp || !before || stamp < before;
}

static void
offer(struct search *s, size_t row)
{
	if (!admitted(stamp_at(s->n, row), s->before))
		return;
	const float d = s->n->kernels->squared(row_at(s->n, row), s->x, s->n->width);
	struct near *out = s->out;
	size_t at = s->found;
	while (at && (out[at - 1].distance > d || (out[at - 1].distance == d && out[at - 1].index > row)))
		at--;
	if (at == s->k || (at && out[at - 1].index == row))
		return; /* too far, or offered before */
	s->found += s->found < s->k;
	memmove(out + at + 1, out + at, (s->found - at - 1) * sizeof *out);
	out[at] = (struct near){(uint32_t)row, d};
	if (s->found == s->k)
		s->limit = out[s->k - 1].distance * 1.0005f + 1e-30f;
}

static void
search_leaf(struct search *s, const struct tree *t, size_t leaf, const float *at, float slack)
{
	const struct nearest *n = s->n;
	const size_t axes = n->axes, first = leaf * SIDE, rows = t->rows - first < SIDE ? t->rows - first : SIDE;
	float low[AXES], step[AXES];
	if (!admitted(t->stamp[leaf], s->before))
		return;
	for (size_t d = 0; d < axes; d++) {
		const size_t i = (leaf / SIDE * axes + d) * SIDE + leaf % SIDE;
		low[d] = t->low[i];
		step[d] = (t->high[i] - low[d]) * (1 / 255.0f);
	}
	s->opened += rows;
	slack += t->far[leaf] * rounding(n);
	uint64_t mask = n->kernels->codes(t->code + leaf * axes * SIDE, axes, at, low, step, slack, s->limit);
	if (rows < SIDE)
		mask &= ((uint64_t)1 << rows) - 1;
	s->looks += (size_t)__builtin_popcountll(mask);
	for (uint64_t m = mask; m; m &= m - 1)
		__builtin_prefetch(row_at(n, t->row[first + (size_t)__builtin_ctzll(m)]));
	for (; mask; mask &= mask - 1)
		offer(s, t->row[first + (size_t)__builtin_ctzll(mask)]);
}

static size_t
least(const float *x, size_t n)
{
	size_t best = 0;
	for (size_t i = 1; i < n; i++)
		if (x[i] < x[best])
			best = i;
	return best;
}

/* Those whose bound is within the limit, nearest first. */
static size_t
sort_bounds(const float *bound, size_t n, float limit, struct at_bound *order)
{
	size_t sorted = 0;
	for (size_t i = 0; i < n; i++) {
		if (bound[i] > limit || bound[i] == INFINITY)
			continue;
		size_t at = sorted++;
		for (; at && order[at - 1].bound > bound[i]; at--)
			order[at] = order[at - 1];
		order[at] = (struct at_bound){bound[i], (uint32_t)i};
	}
	return sorted;
}

/* In groups and in trees the one nearest by its bound comes first, alone: after it the limit
   leaves few of the others to be put in order. */
static void
search_group(struct search *s, const struct tree *t, size_t group, const float *at, float slack)
{
	const struct nearest *n = s->n;
	float bound[SIDE], far = 0;
	struct at_bound order[SIDE];
	const size_t first = group * SIDE, leaves = t->leaves - first < SIDE ? t->leaves - first : SIDE, boxes = first * n->axes;
	for (size_t l = 0; l < leaves; l++)
		far = t->far[first + l] > far ? t->far[first + l] : far;
	n->kernels->boxes(t->low + boxes, t->high + boxes, n->axes, at, slack + far * rounding(n), bound);
	const size_t best = least(bound, leaves);
	if (bound[best] > s->limit)
		return;
	search_leaf(s, t, first + best, at, slack);
	bound[best] = INFINITY;
	const size_t sorted = sort_bounds(bound, leaves, s->limit, order);
	for (size_t i = 0; i < sorted && order[i].bound <= s->limit; i++)
		search_leaf(s, t, first + order[i].at, at, slack);
}

static void
search_tree(struct search *s, const struct tree *t)
{
	const struct nearest *n = s->n;
	float at[AXES], *bound = n->bound;
	n->kernels->project(s->x, t->basis->mean, t->basis->axis, n->width, AXES, AXES, at);
	const float slack = sqrtf(n->kernels->squared(s->x, t->basis->mean, n->width)) * rounding(n);
	for (size_t g = 0; g < t->groups; g += SIDE)
		n->kernels->boxes(t->all_low + g * n->axes, t->all_high + g * n->axes, n->axes, at, slack, bound + g);
	const size_t best = least(bound, t->groups);
	s->looks = 0;
	if (bound[best] > s->limit)
		return;
	search_group(s, t, best, at, slack);
	bound[best] = INFINITY;
	const size_t sorted = sort_bounds(bound, t->groups, s->limit, n->order);
	for (size_t i = 0; i < sorted && n->order[i].bound <= s->limit; i++) {
		search_group(s, t, n->order[i].at, at, slack);
		if (s->looks > t->rows / 16 + 256) { /* bounds are no help here, and rows beside each other are quicker */
			for (size_t r = t->first; r < (size_t)t->first + t->rows; r++)
				offer(s, r);
			return;
		}
	}
}

static int
begin(struct search *s, struct nearest *n, const float *x, size_t k, uint32_t before, struct near *out)
{
	if (!k || bad_column(n, x) < n->columns)
		return -1;
	memcpy(n->at, x, n->columns * sizeof *x);
	*s = (struct search){.n = n, .x = n->at, .k = k, .before = before, .out = out, .limit = INFINITY};
	return 0;
}

static size_t
finish(struct nearest *n, const struct search *s)
{
	n->opened = s->opened;
	for (size_t i = 0; i < s->found; i++)
		s->out[i].distance = sqrtf(s->out[i].distance);
	return s->found;
}

size_t
nearest_find(struct nearest *n, const float *x, size_t k, uint32_t before, struct near *out)
{
	struct search s;
	if (begin(&s, n, x, k, before, out) < 0)
		return 0;
	s.opened = n->rows - n->in_trees;
	for (size_t i = n->in_trees; i < n->rows; i++)
		offer(&s, i);
	for (size_t t = 0; t < n->trees; t++)
		search_tree(&s, &n->tree[t]);
	return finish(n, &s);
}

size_t
nearest_scan(struct nearest *n, const float *x, size_t k, uint32_t before, struct near *out)
{
	struct search s;
	if (begin(&s, n, x, k, before, out) < 0)
		return 0;
	for (size_t i = 0; i < n->rows; i++)
		offer(&s, i);
	return finish(n, &s);
}
