/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What nearest.c, which searches, and nearest_tree.c, which builds, have in common. */
#ifndef BASE_NEAREST_INSIDE_H
#define BASE_NEAREST_INSIDE_H

#include <stdbool.h>

#include "base/nearest.h"
#include "base/nearest_lanes.h"

enum {
	SIDE = NEAREST_SIDE,
	BUFFER = 256, /* rows that are not in a tree yet */
	CHUNK = 8192,  /* rows that memory is taken for at once */
	AXES = 32,     /* components that bounds are made of */
	SPLITS = 16,   /* and that trees are split by */
	MERGE = 2,     /* a tree joins the rows before it where these are at most as many times its rows */
};

/* Rows are centred on a mean and turned to their principal components. */
struct basis {
	float *mean; /* [width] */
	float *axis; /* [width][AXES] */
};

/* A tree is implicit: its leaves in order, so that 64 beside each other make a group, and 64
   groups a block. Boxes stand side by side: [block][axis][64]; those that are not
   there are infinitely far. */
struct tree {
	uint32_t first, rows; /* of the rows, which are contiguous */
	uint32_t leaves, groups;
	const struct basis *basis;
	uint32_t *row;            /* [leaf][64] indexes, of which the last leaf may have fewer */
	uint32_t *stamp;          /* [leaf]: the least */
	uint8_t *code;            /* [leaf][axis][64] */
	float *low, *high;        /* boxes of leaves: [group][axis][64] */
	float *all_low, *all_high; /* boxes of groups: [block][axis][64] */
	float *far;               /* [leaf]: the largest distance of a row from the mean */
};

struct chunk {
	float *row; /* [CHUNK][width] */
	uint32_t *stamp;
};

struct nearest {
	size_t columns, width; /* width: columns and zeros */
	size_t axes;           /* of a bound: columns, or AXES */
	size_t rows, max_rows, in_trees;
	struct chunk *chunk;
	size_t chunks;
	struct tree tree[32];
	size_t trees;
	struct basis basis[16];
	size_t bases, next_basis; /* rows at which the next is learnt */
	const struct nearest_kernels *kernels;
	float *at;                /* [width]: a query, padded */
	/* a query's groups of the largest tree */
	float *bound; /* [whole blocks] */
	struct at_bound {
		float bound;
		uint32_t at;
	} *order;
	size_t max_groups; /* there is room for */
	size_t bytes, opened;
};

/* Memory that counts; the caller's to free. NULL with the reason. */
void *nearest_take(struct nearest *n, size_t count, size_t size, struct err *err);
void nearest_give(struct nearest *n, void *p, size_t count, size_t size);

/* Puts the rows that are in no tree into one, with those of trees no larger. */
int nearest_gather(struct nearest *n, struct err *err);
void nearest_tree_release(struct nearest *n, struct tree *t);

/* How much of a distance from the mean its components may be off by. */
static inline float
rounding(const struct nearest *n)
{
	return (float)(n->width + 8) * 1e-7f;
}

static inline const float *
row_at(const struct nearest *n, size_t i)
{
	return n->chunk[i / CHUNK].row + i % CHUNK * n->width;
}

static inline uint32_t
stamp_at(const struct nearest *n, size_t i)
{
	return n->chunk[i / CHUNK].stamp[i % CHUNK];
}

#endif
