/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "opt/ziggurat.h"

#include <math.h>

#include "base/fmath.h"

/* Where the tail begins, and the area of each of 128 layers. */
#define TAIL 3.442619855899
#define AREA 9.91256303526217e-3

void
ziggurat_init(struct ziggurat *t)
{
	double f = fm_exp(-0.5 * TAIL * TAIL);
	t->x[0] = AREA / f; /* the lowest is as wide as if it had no tail */
	t->x[1] = TAIL;
	for (int i = 2; i < ZIGGURAT_LAYERS; i++) {
		t->x[i] = sqrt(-2 * fm_log(AREA / t->x[i - 1] + f));
		f = fm_exp(-0.5 * t->x[i] * t->x[i]);
	}
	t->x[ZIGGURAT_LAYERS] = 0;
	for (int i = 0; i < ZIGGURAT_LAYERS; i++)
		t->within[i] = t->x[i + 1] / t->x[i];
}

/* Beyond TAIL (Marsaglia 1964). */
static double
tail(struct rng *r)
{
	for (;;) {
		const double x = -fm_log(1 - rng_uniform(r)) / TAIL, y = -fm_log(1 - rng_uniform(r));
		if (y + y >= x * x)
			return TAIL + x;
	}
}

void
ziggurat_fill(const struct ziggurat *t, struct rng *r, double *z, size_t n)
{
	for (size_t k = 0; k < n;) {
		const uint64_t bits = rng_next(r);
		const size_t i = bits & (ZIGGURAT_LAYERS - 1);
		const double u = (double)((int64_t)bits >> 11) * 0x1p-52, x = u * t->x[i];
		if (fabs(u) >= t->within[i]) { /* one in a hundred */
			if (i == 0) {
				z[k++] = u > 0 ? tail(r) : -tail(r);
				continue;
			}
			const double outer = t->x[i], inner = t->x[i + 1];
			const double high = fm_exp(-0.5 * (outer * outer - x * x)), low = fm_exp(-0.5 * (inner * inner - x * x));
			if (high + rng_uniform(r) * (low - high) >= 1)
				continue;
		}
		z[k++] = x;
	}
}
