/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a run says of itself: the best so far over time, how much of its measures'
 * cells is filled, and which parameters mattered.
 */
#ifndef EVOLVE_REPORT_H
#define EVOLVE_REPORT_H

#include <stdio.h>

#include "opt/archive.h"
#include "opt/front.h"
#include "wire/cells.h"

/* Points heard, evenly thinned where there are too many: which are kept depends on their numbers alone. */
struct history {
	size_t n_x, n, max;
	int halved; /* times: kept are those whose hash ends in as many zeros */
	float *x;   /* [n][n_x] */
	double *fitness;
	uint64_t *number;
};

/* The best so far when it became so: for the curve. */
struct step {
	uint64_t told;
	double best;
};

struct report {
	struct history history;
	struct archive archive; /* where there are measures */
	struct front front;     /* where there are objectives: at most 10,000, and 32 MB */
	struct step *steps;
	size_t n_steps, max_steps;
};

int report_init(struct report *r, size_t n_x, const struct measure *m, size_t n_measures, size_t n_objectives, struct err *err);
void report_release(struct report *r);
int report_hear(struct report *r, const struct told *told, const double *x, uint64_t count, double best, struct err *err);

void report_save(const struct report *r, struct blob *b);
void report_load(struct report *r, struct blob *b);

/* The curve of the best so far, in Braille, so wide. */
void report_plot(const struct report *r, uint64_t told, int width, FILE *to);

/* A parameter's part of what decided whether a take was among the best tenth; most first, those of
   no part left out. Returns how many, -1 with the reason; free weights. */
struct weight {
	const char *name;
	double share;
	size_t i;
};
int report_importance(const struct report *r, const struct space *space, struct weight **weights, struct err *err);

#endif
