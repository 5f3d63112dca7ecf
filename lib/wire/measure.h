/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Numbers that a take carries, by name: what a search keeps apart, what a picture
 * has on its axes. A name is an aspect ("brightness", 0 to 1), a column of the
 * summary ("centroid_mean", in its own unit), or a score ("like").
 */
#ifndef WIRE_MEASURE_H
#define WIRE_MEASURE_H

#include "wire/take.h"

struct measure_source {
	enum { MEASURE_ASPECT, MEASURE_COLUMN, MEASURE_SCORE } kind;
	size_t index;   /* of the aspect or column */
	char name[64];
};

/* Scores are not known beforehand: any other name is one. */
void measure_find(const char *name, struct measure_source *m);

/* 0, or -1 with the reason: the take has no summary of this version, or no such score. */
int measure_read(const struct measure_source *m, const struct take *t, double *value, struct err *err);

#endif
