/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A space in the order in which a distribution has it: reals, then integers, then categories. A row is a point of it:
 * its reals and integers as they are (if there are none, one coordinate that stands for nothing), then the levels of its
 * categories; NaN where a coordinate does not matter.
 */
#ifndef OPT_KINDS_H
#define OPT_KINDS_H

#include "opt/space.h"

struct kinds {
	struct space space;                 /* a copy */
	size_t n, reals, ordered, width;    /* ordered: reals and integers; width of a row */
	size_t *which;                      /* [n]: their place in the space */
	bool conditional;
};

int kinds_init(struct kinds *k, const struct space *space, struct err *err);
void kinds_release(struct kinds *k);

/* Before the categories of a row. */
static inline size_t
kinds_coordinates(const struct kinds *k)
{
	return k->ordered ? k->ordered : 1;
}

/* Where coordinate which[i] stands in a row. */
static inline size_t
kinds_place(const struct kinds *k, size_t i)
{
	return i < k->ordered ? i : kinds_coordinates(k) + i - k->ordered;
}

/* Of coordinate which[i]. */
static inline uint32_t
kinds_levels(const struct kinds *k, size_t i)
{
	return space_levels(&k->space, k->which[i]);
}

/* The row of a point that is settled, all of it. */
void kinds_row(const struct kinds *k, const double *x, double *row);
/* What does not matter at x is no number in its row. */
void kinds_hide(const struct kinds *k, const double *x, double *row);

#endif
