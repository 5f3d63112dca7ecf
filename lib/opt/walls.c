/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "opt/walls.h"

#include <math.h>

/* Less than this is little. */
#define LITTLE 0.03

double
walls_place(const struct cma *c, size_t i, double u)
{
	return u >= 0 && u <= 1 ? u : cma_deviation(c, i) < LITTLE ? u > 1 : space_fold(u);
}

bool
walls_keep(struct cma *c, size_t i, double *wall)
{
	double *m = &c->mean[i];
	if (*m >= 0 && *m <= 1)
		return false;
	const double deviation = cma_deviation(c, i);
	if (deviation < LITTLE) { /* no farther beyond than samples reach back from */
		*m = fmin(fmax(*m, -3 * deviation), 1 + 3 * deviation);
		return false;
	}
	*wall = *m > 1 ? 1 : 0;
	cma_reflect(c, i, fmin(fmax(2 * *wall - *m, 0), 1));
	return true;
}
