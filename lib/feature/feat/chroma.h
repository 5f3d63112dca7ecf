/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef FEATURE_FEAT_CHROMA_H
#define FEATURE_FEAT_CHROMA_H

#include "feature/group.h"

enum { CHROMA_CLASSES = 12 };

/* The bins that count for each class, in runs. */
struct chroma {
	double rate;
	size_t runs;
	struct chroma_run {
		size_t class, first, count; /* bins */
		const float *weight;
	} *run;
	float *weights;
};

ISA_DECLARE(group_run, chroma_group);

#endif
