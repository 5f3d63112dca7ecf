/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Standard normals, many and fast: Marsaglia and Tsang, "The ziggurat method for generating random variables",
 * Journal of Statistical Software 5(8), 2000, with the layer and the place in it from bits of their own
 * (Doornik, "An improved ziggurat method to generate normal random samples", 2005).
 */
#ifndef OPT_ZIGGURAT_H
#define OPT_ZIGGURAT_H

#include <stddef.h>

#include "base/rng.h"

enum { ZIGGURAT_LAYERS = 128 };
struct ziggurat {
	double x[ZIGGURAT_LAYERS + 1], within[ZIGGURAT_LAYERS]; /* edges of the layers; what part of one is under the next */
};

void ziggurat_init(struct ziggurat *t);
void ziggurat_fill(const struct ziggurat *t, struct rng *r, double *z, size_t n);

#endif
