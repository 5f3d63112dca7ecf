/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Numbers that a take carries, by name: what a search keeps apart, what a picture
 * has on its axes. A name is an aspect ("brightness", 0 to 1), a column of the
 * summary ("centroid_mean", in its own unit), a learned axis ("pc1"), or a score ("like").
 */
#ifndef WIRE_MEASURE_H
#define WIRE_MEASURE_H

#include "wire/axes.h"
#include "wire/take.h"

/* Its summary[SUMMARY_COLUMNS], or NULL if it has none of this version; the take's own. */
float *take_summary(const struct take *t);

struct measure_source {
	enum { MEASURE_ASPECT, MEASURE_COLUMN, MEASURE_AXIS, MEASURE_SCORE } kind;
	size_t index;   /* of the aspect, column or axis */
	char name[64];
	const struct axes *axes; /* of a learned axis; the caller's */
};

/* Scores are not known beforehand: any other name is one. */
void measure_find(const char *name, struct measure_source *m);

/* 0, or -1 with the reason: the take has no summary of this version, or no such score. */
int measure_read(const struct measure_source *m, const struct take *t, double *value, struct err *err);
int measures_read(const struct measure_source *m, int n, const struct take *t, double *values, struct err *err);

#endif
