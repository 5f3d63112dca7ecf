/* SPDX-License-Identifier: GPL-3.0-or-later */
/* LANES floats that lie side by side in memory, aligned or not, to a vector and back. */
#ifndef BASE_LANES_MEMORY_H
#define BASE_LANES_MEMORY_H

#include "base/lanes.h"

static inline vf
load(const float *x)
{
	vf v;
	memcpy(&v, x, sizeof v);
	return v;
}

static inline void
store(float *x, vf v)
{
	memcpy(x, &v, sizeof v);
}

#endif
