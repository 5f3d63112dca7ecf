/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Axes that are learned: the directions in which the summaries of a set of takes differ
 * most (principal components), at most AXES of them, the same on every machine. An axis
 * has no direction of its own: it points to where most columns rise. Its range holds all but
 * the outermost hundredth of the set at either end; of a set of fewer than a hundred, which does not know its
 * hundredths, it also holds those of a normal distribution of the same deviation.
 */
#ifndef WIRE_AXES_H
#define WIRE_AXES_H

#include "base/err.h"
#include "base/hash.h"

enum { AXES = 8, AXES_MAX_TAKES = 1000000 };

struct axes;

/* From a file of takes with summaries (those without are passed over); at least three differ. */
struct axes *axes_learn(const char *takes, struct err *err);
void axes_free(struct axes *a); /* NULL is fine */

/* Where a summary lies on axis k of AXES, and what the set spans there. */
double axes_at(const struct axes *a, size_t k, const float *summary);
void axes_range(const struct axes *a, size_t k, double *min, double *max);
double axes_share(const struct axes *a, size_t k); /* of the variance */
void axes_id(const struct axes *a, uint8_t id[HASH_SIZE]);

#endif
