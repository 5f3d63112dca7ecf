/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Sounds that are alike as kinds: Ward's linkage of their summaries (Ward 1963, by
 * chains of nearest neighbours: Murtagh 1983); the number of kinds is that of the
 * best mean silhouette (Rousseeuw 1987).
 */
#ifndef FEATURE_KINDS_H
#define FEATURE_KINDS_H

#include <stdbool.h>

#include "feature/summary.h"

/* KINDS_LINKED: linked all with all; those beyond join the kind whose mean is nearest. */
enum { KINDS_MOST = 32, KINDS_LINKED = 1024 };

struct kin {
	float summary[SUMMARY_COLUMNS]; /* given */
	/* found */
	unsigned kind;  /* from 0, in the order in which kinds first appear */
	bool exemplar;  /* nearest to the mean of its kind */
};

/* kinds 0: as many as the sounds suggest, from the root of their number (2 to 8) to a quarter of it (12); of
   fewer than six sounds one. Returns how many, or -1. */
int kinds_find(struct kin *k, size_t n, int kinds, struct err *err);

#endif
