/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Takes in the cells of an archive, by measures that have been asked for in words. */
#ifndef WIRE_CELLS_H
#define WIRE_CELLS_H

#include "opt/archive.h"
#include "wire/measure.h"

/* "NAME[=MIN..MAX][/CELLS],..." An aspect goes from 0 to 1, a learned axis over what it has learned from;
   others say their range. Cells: 20 unless said. Axes may be NULL: then pc1 to pc8 are refused. Names are
   those in `from`. Returns how many, -1 with the reason. */
int measures_parse(const char *text, const struct axes *axes, struct measure m[ALGO_MAX_MEASURES],
    struct measure_source from[ALGO_MAX_MEASURES], struct err *err);
/* "NAME,...": without ranges. */
int objectives_parse(const char *text, struct measure_source from[ALGO_MAX_OBJECTIVES], struct err *err);

/* An archive that takes are put into, by their measures and their fitness: what it keeps of the i-th
   elite is which take it was, counted from 0. */
struct take_archive {
	struct archive archive;
	struct measure_source from[ALGO_MAX_MEASURES];
	struct measure measures[ALGO_MAX_MEASURES];
	int n;
	uint64_t added;
	struct axes *axes;
};

/* text as for measures_parse; axes_from: a file of takes that axes are learned from, or NULL. */
int take_archive_init(struct take_archive *a, const char *text, const char *axes_from, struct err *err);
void take_archive_release(struct take_archive *a);
/* As archive_add: 2, 1 or 0; a take that failed, or has no score, is never an elite. -1 with the reason.
   *place (may be NULL): which elite it is now, where it is one. */
int take_archive_add(struct take_archive *a, const struct take *t, size_t *place, struct err *err);

/* Where the takes of a file lie, and their fitness: [*count][n] and [*count], for the caller to free; those that
   failed, have no score, are not measured or come of run `but` (may be NULL) are passed over. */
int takes_measured(const char *path, const char *but, const struct measure_source *from, int n, double **where, double **worth, size_t *count,
    struct err *err);

#endif
