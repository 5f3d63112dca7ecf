/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef FEATURE_FEAT_LOGMEL_H
#define FEATURE_FEAT_LOGMEL_H

#include "dsp/mel.h"
#include "feature/group.h"

struct logmel {
	const struct mel *bank;
	float *power;       /* [frames][bands] */
	size_t room;
	float *band;        /* [2][bands][lanes] of a group: power, and dB */
	float top;          /* the largest dB */
};

ISA_DECLARE(group_run, logmel_group);

/* Nothing of x[n] stays under `least`. */
typedef void logmel_floor_run(float *x, size_t n, float least);
ISA_DECLARE(logmel_floor_run, logmel_floor);

#endif
