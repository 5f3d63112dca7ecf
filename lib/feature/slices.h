/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A loop cut at its onsets, and its pieces grouped into kinds that sound alike:
 * every kick one kind, every snare another. Each kind has an exemplar, the piece
 * that is most like the others of its kind, loud and long enough to be heard out.
 */
#ifndef FEATURE_SLICES_H
#define FEATURE_SLICES_H

#include "feature/analysis.h"
#include "feature/onsets.h"

enum { SLICES_MAX = 1024, SLICES_MAX_KINDS = 64 };

struct slice {
	size_t start, length; /* in frames of the loop */
	unsigned kind;        /* from 0, in the order in which kinds are first heard */
	int exemplar;
	float peak, strength; /* linear; of the onset */
};

/* Cuts x[n] (one channel) at onsets `gap` seconds apart or more. The first slice starts at
   0 if there is sound, the last ends with the loop. *list is malloc'ed, the caller's; silence
   gives none. No more than SLICES_MAX: the weakest onsets are passed over. */
int slices_cut(const float *x, size_t n, const struct envelope *e, double gap, struct slice **list, size_t *count,
    struct err *err);

/* Sets kind and exemplar. kinds 0: as many as the sounds suggest, 3 to 8 (2 of fewer than six slices). Returns how many,
   or -1. */
int slices_sort(struct analysis *a, const float *x, double rate, struct slice *list, size_t count, int kinds,
    struct err *err);

#endif
