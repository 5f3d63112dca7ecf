/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "feature/silhouette.h"

#include <math.h>

double
silhouette(const double *d, const unsigned *kind, size_t n, size_t kinds)
{
	double all = 0;
	for (size_t i = 0; i < n; i++) {
		double sum[SILHOUETTE_KINDS] = {0}, size[SILHOUETTE_KINDS] = {0}, other = INFINITY;
		for (size_t j = 0; j < n; j++) {
			sum[kind[j]] += d[i * n + j];
			size[kind[j]]++;
		}
		for (size_t k = 0; k < kinds; k++)
			if (k != kind[i])
				other = fmin(other, sum[k] / size[k]);
		if (size[kind[i]] < 2)
			continue; /* alone: 0 by definition */
		const double own = sum[kind[i]] / (size[kind[i]] - 1), most = fmax(own, other);
		all += most > 0 ? (other - own) / most : 0;
	}
	return all / (double)n;
}
