/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * novel: how far a sound is from what has been heard already (Lehman and
 * Stanley, "Abandoning objectives", 2011): the mean distance d of its summary
 * vector to the k = 5 nearest among the golden set and the sounds of this run,
 * as d / (d + 3); two sounds of no kinship are about 5 apart.
 *
 *   distance  Euclidean: the columns of the summary are scaled for that.
 *   order     a sound is held against earlier generations only, never against
 *             its own, so that the scores of a generation are the same in whatever
 *             order its sounds arrive. Sounds without a generation are held against
 *             all that came before.
 *   memory    a flat matrix of at most MAX_ROWS vectors. When it is full a new
 *             sound takes the place of the one nearest to it.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "score/term.h"

enum {
	K = 5,
	MAX_ROWS = 1 << 16,
	MAX_BYTES = 64 << 20,
	W = 8, /* columns are padded to whole vectors, summed in this order everywhere */
};
#define HALF 3.0 /* the distance that is worth one half */

typedef float v8 __attribute__((vector_size(4 * W)));

struct row {
	uint64_t id; /* its first bytes; 0: none */
	uint32_t generation;
	char name[36]; /* the start of it, for words */
};

struct novel {
	size_t columns, vectors; /* of a row; vectors = columns / W, rounded up */
	size_t rows, size, max, golden;
	v8 *data;        /* [row][vector], 32-byte aligned */
	struct row *row; /* [row] */
};

static void
destroy(void *self)
{
	struct novel *s = self;
	if (!s)
		return;
	free(s->data);
	free(s->row);
	free(s);
}

static bool
before(uint32_t generation, uint32_t now)
{
	return !generation || !now || generation < now;
}

static int
begin(struct novel *s, size_t columns, struct err *err)
{
	s->columns = columns;
	s->vectors = (columns + W - 1) / W;
	s->max = MAX_BYTES / (s->vectors * sizeof(v8));
	s->max = s->max < MAX_ROWS ? s->max : MAX_ROWS;
	if (!columns || s->max < 2 * K)
		return err_set(err, "novel: a summary of %zu columns", columns);
	return 0;
}

static int
check(struct novel *s, const struct heard *h, struct err *err)
{
	if (!h->summary)
		return err_set(err, "novel: '%s' has no summary vector", h->name);
	if (!s->columns && begin(s, h->n_summary, err) < 0)
		return -1;
	if (h->n_summary != s->columns)
		return err_set(err, "novel: '%s' has a summary of %zu columns, the sounds before it %zu", h->name,
		    h->n_summary, s->columns);
	for (size_t i = 0; i < h->n_summary; i++)
		if (!isfinite(h->summary[i]))
			return err_set(err, "novel: column %zu of the summary of '%s' is not finite", i, h->name);
	return 0;
}

static int
grow(struct novel *s, struct err *err)
{
	size_t size = s->size ? 2 * s->size : 256;
	size = size < s->max ? size : s->max;
	v8 *data = aligned_alloc(sizeof(v8), size * s->vectors * sizeof(v8));
	struct row *row = realloc(s->row, size * sizeof *row);
	if (row)
		s->row = row;
	if (!data || !row) {
		free(data);
		return err_set(err, "out of memory");
	}
	if (s->rows)
		memcpy(data, s->data, s->rows * s->vectors * sizeof(v8));
	free(s->data);
	s->data = data;
	s->size = size;
	return 0;
}

static uint64_t
short_id(const struct heard *h)
{
	uint64_t id = 0;
	if (h->id)
		memcpy(&id, h->id, sizeof id);
	return id;
}

/* Whether this very proposal is there already: a search that was killed proposes
   its last generation again, and nothing is to be heard twice for it. */
static bool
known(const struct novel *s, const struct heard *h)
{
	const uint64_t id = short_id(h);
	for (size_t r = s->rows; id && h->generation && r-- > 0;)
		if (s->row[r].id == id && s->row[r].generation == h->generation)
			return true;
	return false;
}

/* Keeps h; nearest is the row whose place it takes when there is no more room. */
static int
keep(struct novel *s, const struct heard *h, size_t nearest, struct err *err)
{
	size_t r = s->rows;
	if (known(s, h))
		return 0;
	if (r == s->max) {
		if (nearest < s->golden)
			return 0;
		r = nearest;
	} else if (r == s->size && grow(s, err) < 0)
		return -1;
	v8 *v = s->data + r * s->vectors;
	memset(v, 0, s->vectors * sizeof(v8));
	memcpy(v, h->summary, s->columns * sizeof(float));
	s->row[r].id = short_id(h);
	s->row[r].generation = h->generation;
	snprintf(s->row[r].name, sizeof s->row[r].name, "%s", h->name);
	s->rows += r == s->rows;
	return 0;
}

static float
distance(const struct novel *s, const v8 *a, const v8 *b)
{
	v8 sum = {0};
	for (size_t i = 0; i < s->vectors; i++) {
		const v8 d = a[i] - b[i];
		sum += d * d;
	}
	return sqrtf(((sum[0] + sum[4]) + (sum[1] + sum[5])) + ((sum[2] + sum[6]) + (sum[3] + sum[7])));
}

/* The mean distance to the K nearest that generation may look at; *nearest is the
   closest of them all. Returns how many there were, up to K. */
static size_t
look(const struct novel *s, const v8 *x, uint32_t generation, double *mean, size_t *nearest, float *closest)
{
	float best[K];
	size_t n = 0;
	*nearest = 0;
	*closest = 0;
	for (size_t r = 0; r < s->rows; r++) {
		if (!before(s->row[r].generation, generation))
			continue;
		const float d = distance(s, x, s->data + r * s->vectors);
		if (n == K && d >= best[K - 1])
			continue;
		size_t i = n < K ? n++ : K - 1;
		for (; i && best[i - 1] > d; i--)
			best[i] = best[i - 1];
		best[i] = d;
		if (!i)
			*nearest = r;
	}
	*mean = 0;
	for (size_t i = 0; i < n; i++)
		*mean += (double)best[i] / n;
	if (n)
		*closest = best[0];
	return n;
}

static int
hear(struct novel *s, const struct heard *h, double *value, char *why, size_t n_why, struct err *err)
{
	if (check(s, h, err) < 0)
		return -1;
	v8 *x = aligned_alloc(sizeof(v8), s->vectors * sizeof(v8));
	if (!x)
		return err_set(err, "out of memory");
	memset(x, 0, s->vectors * sizeof(v8));
	memcpy(x, h->summary, s->columns * sizeof(float));
	double mean;
	float closest;
	size_t nearest;
	const size_t n = look(s, x, h->generation, &mean, &nearest, &closest);
	free(x);
	*value = n ? mean / (mean + HALF) : 1;
	if (why && n)
		snprintf(why, n_why, "%.2f from the %zu nearest of %zu heard, %.2f from %s", mean, n, s->rows, closest,
		    s->row[nearest].name);
	else if (why)
		snprintf(why, n_why, "the first of all");
	return keep(s, h, nearest, err);
}

static int
remember(void *self, const struct heard *h, struct err *err)
{
	struct novel *s = self;
	if (check(s, h, err) < 0)
		return -1;
	double value;
	return s->rows < s->max ? keep(s, h, 0, err) : hear(s, h, &value, NULL, 0, err);
}

static void *
create(const struct heard *golden, size_t n_golden, struct err *err)
{
	struct novel *s = calloc(1, sizeof *s);
	if (!s) {
		err_set(err, "out of memory");
		return NULL;
	}
	for (size_t i = 0; i < n_golden; i++) {
		struct heard h = golden[i];
		h.generation = 0;
		if (remember(s, &h, err) < 0) {
			destroy(s);
			return NULL;
		}
	}
	s->golden = s->rows;
	return s;
}

static int
score(void *self, const struct heard *h, double *value, char *why, size_t n_why, struct err *err)
{
	return hear(self, h, value, why, n_why, err);
}

const struct term term_novel = {
    .name = "novel",
    .help = "how far it is from the five nearest of the golden set and all heard before",
    .summary = true,
    .create = create,
    .score = score,
    .remember = remember,
    .free = destroy,
};
