/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * An archive of elites: a grid over measures, each cell of which keeps the best
 * that fell into it (Mouret and Clune, "Illuminating search spaces by mapping
 * elites", arXiv 1504.04909). With a learning rate below 1 a cell's threshold
 * follows its results slowly (Fontaine and Nikolaidis, "Covariance Matrix
 * Adaptation MAP-Annealing", arXiv 2205.10752): t' = (1 - rate) t + rate f, what is
 * over the threshold takes the cell, and improvement is f - t.
 *
 * Memory: 4 bytes a cell (12 with a learning rate) and 16 + 8 (n + measures) a filled one, up to twice that,
 * since room is doubled, and three times while it is. A million cells, all filled, of 20 parameters and 2 measures
 * take 200 to 400 MB.
 */
#ifndef OPT_ARCHIVE_H
#define OPT_ARCHIVE_H

#include "opt/batch.h"

enum { ARCHIVE_MAX_CELLS = 1 << 26 };

struct elite {
	uint64_t number;
	double fitness;
};

struct archive {
	size_t n, n_measures;
	struct measure measures[ALGO_MAX_MEASURES];
	size_t cells, filled;
	double rate, floor;  /* of the thresholds; rate 1: a plain archive */
	uint32_t *at;        /* [cells]: place among the elites from 1 on, 0 none */
	double *threshold;   /* [cells], where rate < 1 */
	struct elite *elite; /* [filled], in the order in which cells were first filled */
	double *x, *where;   /* [filled][n], [filled][n_measures] */
	size_t room;
	bool lost; /* there was no memory for an elite: what it holds is no longer all that it should */
};

/* Whether it has lost an elite, with the reason: what struct algo's fault is to say. */
bool archive_fault(const struct archive *a, struct err *err);

/* Cells as the measures say. rate 1 for a plain archive; otherwise floor is the
   threshold of empty cells. n: coordinates kept with an elite, 0 for none. */
int archive_init(struct archive *a, const struct measure *measures, size_t n_measures, size_t n, double rate, double floor,
    struct err *err);
void archive_release(struct archive *a);

/* The cell of a result; its measures are finite. */
size_t archive_cell(const struct archive *a, const double *measures);

/* What archive_add would return, and the improvement, without putting it there. */
int archive_judge(const struct archive *a, const struct told *told, double *improvement);

/* Puts a result where it belongs. 2: it has filled an empty cell, 1: it has taken one, 0: it has not,
   or failed; -1 out of memory. *improvement (may be NULL): f - threshold, or f - the elite; of an empty
   cell f - floor, or f where rate is 1. */
int archive_add(struct archive *a, const struct told *told, const double *x, double *improvement, struct err *err);

/* The same of a point that came back. */
int archive_tell(struct archive *a, const struct point *p, double *improvement);

/* The elite of a cell, or NULL; the i-th elite's coordinates and measures. */
const struct elite *archive_elite(const struct archive *a, size_t cell);
const double *archive_x(const struct archive *a, size_t i);
const double *archive_where(const struct archive *a, size_t i);

double archive_coverage(const struct archive *a); /* part of the cells that is filled */
double archive_sum(const struct archive *a);      /* of the elites' fitness: the QD-score where that is >= 0 */

void archive_save(const struct archive *a, struct blob *b);
void archive_load(struct archive *a, struct blob *b); /* into one just begun alike; b->bad if it does not fit */

#endif
