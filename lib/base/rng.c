/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/rng.h"

#include <math.h>

#include "base/fmath.h"

double
rng_normal(struct rng *r)
{
	for (;;) {
		const double u = 2 * rng_uniform(r) - 1, v = 2 * rng_uniform(r) - 1;
		const double s = u * u + v * v;
		if (s > 0 && s < 1)
			return u * sqrt(-2 * fm_log(s) / s);
	}
}
