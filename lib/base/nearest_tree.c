/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Trees of rows: principal components learnt, rows halved, leaves written. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/eigen.h"
#include "base/nearest_inside.h"

enum { SAMPLE = 4096, LOOK = 128 /* rows that say which component is widest */ };

/* --- principal components ------------------------------------------------------------ */

static int
covariance(const struct nearest *n, double *mean, double *cov, struct err *err)
{
	const size_t d = n->columns, rows = n->rows < SAMPLE ? n->rows : SAMPLE;
	double *x = malloc(d * sizeof *x);
	if (!x)
		return err_set(err, "out of memory");
	for (size_t i = 0; i < rows; i++)
		for (size_t c = 0; c < d; c++)
			mean[c] += (double)row_at(n, i * n->rows / rows)[c] / (double)rows;
	for (size_t i = 0; i < rows; i++) {
		const float *row = row_at(n, i * n->rows / rows);
		for (size_t c = 0; c < d; c++)
			x[c] = row[c] - mean[c];
		for (size_t c = 0; c < d; c++)
			for (size_t e = 0; e <= c; e++)
				cov[c * d + e] += x[c] * x[e];
	}
	free(x);
	return 0;
}

/* The columns of vector, which go with value, by falling value. */
static void
keep_largest(const struct nearest *n, struct basis *b, double *value, const double *vector)
{
	const size_t d = n->columns;
	for (size_t k = 0; k < n->axes; k++) {
		size_t best = 0;
		for (size_t c = 1; c < d; c++)
			if (value[c] > value[best])
				best = c;
		value[best] = -1; /* there are none below 0, but for rounding */
		for (size_t c = 0; c < d; c++)
			b->axis[c * AXES + k] = (float)vector[c * d + best];
	}
}

static int
learn(struct nearest *n, struct err *err)
{
	const size_t d = n->columns;
	struct basis *b = &n->basis[n->bases];
	double *cov = calloc(d * d, sizeof *cov), *value = calloc(3 * d, sizeof *value);
	double *mean = value ? value + d : NULL, *work = value ? value + 2 * d : NULL;
	int got = -1;
	b->mean = nearest_take(n, n->width, sizeof *b->mean, err);
	b->axis = nearest_take(n, n->width * AXES, sizeof *b->axis, err);
	if (!cov || !value || !b->mean || !b->axis)
		err_set(err, "out of memory");
	else if (covariance(n, mean, cov, err) == 0) {
		if (eigen_symmetric(d, cov, value, cov, work) < 0)
			err_set(err, "the principal components do not settle");
		else {
			for (size_t c = 0; c < d; c++)
				b->mean[c] = (float)mean[c];
			for (size_t c = 0; c < d; c++)
				value[c] = fmax(value[c], 0);
			keep_largest(n, b, value, cov);
			got = 0;
		}
	}
	free(cov);
	free(value);
	if (got < 0) {
		nearest_give(n, b->mean, n->width, sizeof *b->mean);
		nearest_give(n, b->axis, n->width * AXES, sizeof *b->axis);
		return -1;
	}
	n->bases++;
	n->next_basis = 4 * n->rows;
	return 0;
}

/* --- halving --------------------------------------------------------------------------- */

struct build {
	const struct nearest *n;
	struct tree *t;
	size_t splits;
	float *at;     /* [row - first][splits]: components */
	uint64_t *key; /* [row] in the order that is made: component above, row below */
};

/* Bits that stand in the order of the numbers. */
static uint64_t
key_of(float x, uint32_t row)
{
	uint32_t bits;
	x += 0.0f; /* no -0 */
	memcpy(&bits, &x, sizeof bits);
	bits = bits >> 31 ? ~bits : bits | 0x80000000u;
	return (uint64_t)bits << 32 | row;
}

static size_t
widest(const struct build *b, const uint64_t *key, size_t n)
{
	float low[SPLITS], high[SPLITS], sum[SPLITS] = {0}, squares[SPLITS] = {0};
	const size_t looks = n < LOOK ? n : LOOK;
	for (size_t i = 0; i < looks; i++) {
		const float *at = b->at + (uint32_t)key[i * n / looks] * b->splits;
		for (size_t d = 0; d < b->splits; d++) {
			if (!i)
				low[d] = at[d]; /* sums are taken from there, against rounding */
			const float v = at[d] - low[d];
			sum[d] += v;
			squares[d] += v * v;
		}
	}
	size_t best = 0;
	for (size_t d = 0; d < b->splits; d++) {
		high[d] = squares[d] - sum[d] * sum[d] / (float)looks;
		if (high[d] > high[best])
			best = d;
	}
	return best;
}

static void
sort_few(uint64_t *key, size_t n)
{
	for (size_t i = 1; i < n; i++) {
		const uint64_t k = key[i];
		size_t at = i;
		for (; at && key[at - 1] > k; at--)
			key[at] = key[at - 1];
		key[at] = k;
	}
}

static uint64_t
median_of_three(uint64_t a, uint64_t b, uint64_t c)
{
	return a < b ? (b < c ? b : a < c ? c : a) : a < c ? a : b < c ? c : b;
}

/* Puts the `left` smallest of n different keys first (Hoare's selection; the pivot is the
   median of nine, so that it takes rows made for that to make it slow). */
static void
select_keys(uint64_t *key, size_t n, size_t left)
{
	while (n > 16) {
		const size_t s = n / 9;
		const uint64_t pivot = median_of_three(median_of_three(key[0], key[s], key[2 * s]),
		    median_of_three(key[3 * s], key[4 * s], key[5 * s]), median_of_three(key[6 * s], key[7 * s], key[n - 1]));
		size_t i = 0, j = n - 1;
		for (;; i++, j--) {
			while (key[i] < pivot)
				i++;
			while (key[j] > pivot)
				j--;
			if (i >= j)
				break;
			const uint64_t k = key[i];
			key[i] = key[j];
			key[j] = k;
		}
		/* keys below i are at most the pivot, from i on at least */
		if (left == i)
			return;
		if (left < i)
			n = i;
		else {
			key += i;
			n -= i;
			left -= i;
		}
		if (i == 0)
			break;
	}
	sort_few(key, n);
}

/* Leaves from .. from + leaves - 1, of which the last may not be full; whole groups stay together. */
static void
halve(const struct build *b, size_t from, size_t leaves)
{
	if (leaves < 2)
		return;
	const size_t unit = leaves > SIDE ? SIDE : 1, units = (leaves + unit - 1) / unit, half = units / 2 * unit;
	uint64_t *key = b->key + from * SIDE;
	const size_t end = (from + leaves) * SIDE, n = (end < b->t->rows ? end : b->t->rows) - from * SIDE;
	const size_t d = widest(b, key, n);
	for (size_t i = 0; i < n; i++)
		key[i] = key_of(b->at[(uint32_t)key[i] * b->splits + d], (uint32_t)key[i]);
	select_keys(key, n, half * SIDE);
	halve(b, from, half);
	halve(b, from + half, leaves - half);
}

/* --- leaves ----------------------------------------------------------------------------- */

static void
write_leaf(const struct build *b, size_t leaf)
{
	const struct nearest *n = b->n;
	struct tree *t = b->t;
	const size_t first = leaf * SIDE, rows = t->rows - first < SIDE ? t->rows - first : SIDE;
	float at[SIDE][AXES];
	float *low = t->low + leaf / SIDE * n->axes * SIDE + leaf % SIDE;
	float *high = t->high + leaf / SIDE * n->axes * SIDE + leaf % SIDE;
	uint8_t *code = t->code + leaf * n->axes * SIDE;
	float far = 0;
	t->stamp[leaf] = UINT32_MAX;
	for (size_t r = 0; r < rows; r++) {
		const size_t i = t->first + (uint32_t)b->key[first + r];
		const float *row = row_at(n, i);
		t->row[first + r] = (uint32_t)i;
		t->stamp[leaf] = stamp_at(n, i) < t->stamp[leaf] ? stamp_at(n, i) : t->stamp[leaf];
		n->kernels->project(row, t->basis->mean, t->basis->axis, n->width, AXES, AXES, at[r]);
		far = fmaxf(far, n->kernels->squared(row, t->basis->mean, n->width));
	}
	t->far[leaf] = sqrtf(far);
	for (size_t d = 0; d < n->axes; d++) {
		float a = at[0][d], z = a;
		for (size_t r = 1; r < rows; r++) {
			a = at[r][d] < a ? at[r][d] : a;
			z = at[r][d] > z ? at[r][d] : z;
		}
		const float scale = z - a > 1e-30f ? 255 / (z - a) : 0;
		for (size_t r = 0; r < rows; r++) {
			const float c = (at[r][d] - a) * scale + 0.5f;
			code[d * SIDE + r] = c < 255 ? (uint8_t)c : 255;
		}
		low[d * SIDE] = a;
		high[d * SIDE] = z;
	}
}

/* The box around each group's boxes, with room for the rounding of what is in it. */
static void
write_groups(const struct nearest *n, struct tree *t)
{
	for (size_t g = 0; g < t->groups; g++) {
		const size_t leaves = t->leaves - g * SIDE < SIDE ? t->leaves - g * SIDE : SIDE;
		for (size_t d = 0; d < n->axes; d++) {
			const float *low = t->low + (g * n->axes + d) * SIDE, *high = t->high + (g * n->axes + d) * SIDE;
			float a = INFINITY, z = -INFINITY;
			for (size_t l = 0; l < leaves; l++) {
				const float room = t->far[g * SIDE + l] * rounding(n);
				a = low[l] - room < a ? low[l] - room : a;
				z = high[l] + room > z ? high[l] + room : z;
			}
			t->all_low[(g / SIDE * n->axes + d) * SIDE + g % SIDE] = a;
			t->all_high[(g / SIDE * n->axes + d) * SIDE + g % SIDE] = z;
		}
	}
}

/* --- a tree ------------------------------------------------------------------------------- */

static size_t
blocks(const struct tree *t)
{
	return (t->groups + SIDE - 1) / SIDE;
}

void
nearest_tree_release(struct nearest *n, struct tree *t)
{
	const size_t boxes = t->groups * n->axes * SIDE, all = blocks(t) * n->axes * SIDE;
	nearest_give(n, t->row, t->leaves * SIDE, sizeof *t->row);
	nearest_give(n, t->stamp, t->leaves, sizeof *t->stamp);
	nearest_give(n, t->far, t->leaves, sizeof *t->far);
	nearest_give(n, t->code, t->leaves * n->axes * SIDE, sizeof *t->code);
	nearest_give(n, t->low, boxes, sizeof *t->low);
	nearest_give(n, t->high, boxes, sizeof *t->high);
	nearest_give(n, t->all_low, all, sizeof *t->all_low);
	nearest_give(n, t->all_high, all, sizeof *t->all_high);
	*t = (struct tree){0};
}

static int
take_all(struct nearest *n, struct tree *t, struct err *err)
{
	const size_t boxes = t->groups * n->axes * SIDE, all = blocks(t) * n->axes * SIDE;
	if (!(t->row = nearest_take(n, t->leaves * SIDE, sizeof *t->row, err))
	    || !(t->stamp = nearest_take(n, t->leaves, sizeof *t->stamp, err))
	    || !(t->far = nearest_take(n, t->leaves, sizeof *t->far, err))
	    || !(t->code = nearest_take(n, t->leaves * n->axes * SIDE, sizeof *t->code, err))
	    || !(t->low = nearest_take(n, boxes, sizeof *t->low, err))
	    || !(t->high = nearest_take(n, boxes, sizeof *t->high, err))
	    || !(t->all_low = nearest_take(n, all, sizeof *t->all_low, err))
	    || !(t->all_high = nearest_take(n, all, sizeof *t->all_high, err)))
		return -1;
	/* what is not there is infinitely far */
	for (size_t i = 0; i < boxes; i++)
		t->low[i] = t->high[i] = INFINITY;
	for (size_t i = 0; i < all; i++)
		t->all_low[i] = t->all_high[i] = INFINITY;
	return 0;
}

static int
grow(struct nearest *n, struct tree *t, struct err *err)
{
	const size_t splits = n->axes < SPLITS ? n->axes : SPLITS;
	struct build b = {.n = n, .t = t, .splits = splits};
	b.at = malloc(t->rows * splits * sizeof *b.at);
	b.key = malloc(t->rows * sizeof *b.key);
	int got = b.at && b.key ? 0 : err_set(err, "out of memory");
	if (got == 0 && (got = take_all(n, t, err)) == 0) {
		for (size_t i = 0; i < t->rows; i++) {
			float at[AXES];
			n->kernels->project(row_at(n, t->first + i), t->basis->mean, t->basis->axis, n->width, AXES, SPLITS, at);
			memcpy(b.at + i * splits, at, splits * sizeof *at);
			b.key[i] = i;
		}
		halve(&b, 0, t->leaves);
		for (size_t l = 0; l < t->leaves; l++)
			write_leaf(&b, l);
		write_groups(n, t);
	}
	free(b.at);
	free(b.key);
	if (got < 0)
		nearest_tree_release(n, t);
	return got;
}

/* For queries of a tree of so many groups. */
static int
make_room(struct nearest *n, size_t groups, struct err *err)
{
	float *bound = nearest_take(n, groups + SIDE, sizeof *bound, err);
	struct at_bound *order = nearest_take(n, groups, sizeof *order, err);
	if (!bound || !order) {
		nearest_give(n, bound, groups + SIDE, sizeof *bound);
		nearest_give(n, order, groups, sizeof *order);
		return -1;
	}
	nearest_give(n, n->bound, n->max_groups + SIDE, sizeof *bound);
	nearest_give(n, n->order, n->max_groups, sizeof *order);
	n->bound = bound;
	n->order = order;
	n->max_groups = groups;
	return 0;
}

int
nearest_gather(struct nearest *n, struct err *err)
{
	size_t keep = n->trees, first = n->in_trees;
	if (n->rows >= n->next_basis && learn(n, err) < 0)
		return -1;
	while (keep && n->tree[keep - 1].rows <= MERGE * (n->rows - first))
		first = n->tree[--keep].first;
	struct tree t = {.first = (uint32_t)first, .rows = (uint32_t)(n->rows - first), .basis = &n->basis[n->bases - 1]};
	t.leaves = (t.rows + SIDE - 1) / SIDE;
	t.groups = (t.leaves + SIDE - 1) / SIDE;
	if (t.groups > n->max_groups && make_room(n, t.groups, err) < 0)
		return -1;
	if (grow(n, &t, err) < 0)
		return -1;
	while (n->trees > keep)
		nearest_tree_release(n, &n->tree[--n->trees]);
	n->tree[n->trees++] = t;
	n->in_trees = n->rows;
	return 0;
}
