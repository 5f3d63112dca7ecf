/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What is searched: the unit cube, each coordinate of which stands for a number,
 * a whole number or a choice, and may matter only where another has a certain
 * value (a filter's own settings while that filter is chosen).
 */
#ifndef OPT_SPACE_H
#define OPT_SPACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum dimension_kind {
	DIMENSION_REAL,     /* anywhere in [0, 1] */
	DIMENSION_INTEGER,  /* one of `levels` in order: level k is (k + 0.5) / levels */
	DIMENSION_CATEGORY, /* the same without an order */
};

struct dimension {
	enum dimension_kind kind;
	uint32_t levels; /* of integers and categories, at least 1; 0 of reals */
	/* It matters where coordinate of_1 - 1, an integer or category that stands before it and itself
	   matters, is at level k and bit k of `when` is set (levels from 64 on count as 63); of_1 = 0: always. */
	uint32_t of_1;
	uint64_t when;
	const char *name; /* for words; may be NULL */
};

struct space {
	size_t n;
	const struct dimension *dimension; /* [n]; NULL: all real, always */
};

/* Whether it is sane: levels, conditions that name an earlier coordinate. */
int space_check(const struct space *s, struct err *err);

/* Of coordinate i: its levels, 0 if it is real. */
static inline uint32_t
space_levels(const struct space *s, size_t i)
{
	return s->dimension && s->dimension[i].kind != DIMENSION_REAL ? s->dimension[i].levels : 0;
}

static inline bool
space_category(const struct space *s, size_t i)
{
	return s->dimension && s->dimension[i].kind == DIMENSION_CATEGORY;
}

/* The level that x stands for, and where a level stands. */
static inline uint32_t
level_of(double x, uint32_t levels)
{
	const double k = x * levels;
	return k >= levels - 1.0 ? levels - 1 : k > 0 ? (uint32_t)k : 0;
}

static inline double
level_at(uint32_t level, uint32_t levels)
{
	return (level + 0.5) / levels;
}

/* Whether coordinate i matters at x. */
bool space_active(const struct space *s, const double *x, size_t i);

/* Moves x into the cube (NaN to the middle) and integers and categories onto their levels. */
void space_settle(const struct space *s, double *x);
void space_settle_all(const struct space *s, double *x, size_t rows); /* [rows][n] */

/* A copy that is the caller's, names left out, of a space that is sane; space_release frees it. */
int space_copy(struct space *to, const struct space *from, struct err *err);
void space_release(struct space *s);

/* The walls of [0, 1] are mirrors. */
double space_fold(double u);

#endif
