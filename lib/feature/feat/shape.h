/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef FEATURE_FEAT_SHAPE_H
#define FEATURE_FEAT_SHAPE_H

#include "feature/group.h"

enum { SHAPE_CENTROID, SHAPE_BANDWIDTH, SHAPE_ROLLOFF, SHAPE_FLATNESS, SHAPE_ZCR, SHAPE_FLUX, SHAPE_COLUMNS };

/* Bins are summed in blocks of so many. */
enum { SHAPE_BLOCK = 16 };

struct shape {
	float *sums;   /* [3][blocks][lanes]: of the magnitudes m of a block, of j m and of j² m */
	float *before; /* [bins] magnitudes of the frame before the group */
	float *ignored; /* [bins] those of a group that has no next one */
};

ISA_DECLARE(group_run, shape_group);

#endif
