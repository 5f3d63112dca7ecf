/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What stands out among many sounds, by their summaries: those that are there
 * twice, those that nearly are, and those that are like no other.
 */
#ifndef FEATURE_GATHERING_H
#define FEATURE_GATHERING_H

#include <stddef.h>

#include "base/err.h"
#include "base/hash.h"
#include "feature/summary.h"

/* Summaries nearer than this are of one sound: of Debian's 165 the nearest two of unlike
   sounds are further apart. */
#define GATHERING_NEAR 0.5

struct gathered {
	/* given */
	uint8_t id[HASH_SIZE];
	float summary[SUMMARY_COLUMNS];
	/* found; -1: none */
	ptrdiff_t same;    /* the first that is the same to the bit */
	ptrdiff_t nearest; /* of all others that are not */
	double distance;   /* to that */
	int twin;          /* it is so near that one of the two will do */
	int outlier;       /* it is much further from its nearest than is usual: median and three median deviations */
};

/* Compares all with all. */
int gathering_judge(struct gathered *m, size_t n, struct err *err);

#endif
