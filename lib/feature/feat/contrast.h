/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef FEATURE_FEAT_CONTRAST_H
#define FEATURE_FEAT_CONTRAST_H

#include "feature/group.h"

enum { CONTRAST_BANDS = 7, CONTRAST_SORTED = 16 /* bins at a time */ };

struct contrast {
	double rate;
	struct contrast_band {
		size_t first, end; /* bins */
		size_t count;      /* that are strongest or weakest */
	} band[CONTRAST_BANDS];
	float *extremes; /* [2][the largest count, in whole blocks of CONTRAST_SORTED][lanes] */
	float *found;    /* [frames][2][CONTRAST_BANDS]: peaks and valleys, dB */
	size_t room;
};

ISA_DECLARE(group_run, contrast_group);

#endif
