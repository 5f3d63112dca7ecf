/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Points that fill the cube evenly, and where populations begin. */
#ifndef OPT_SAMPLE_H
#define OPT_SAMPLE_H

#include "base/rng.h"
#include "opt/algo.h"

/* A Latin hypercube (McKay, Beckman, Conover 1979): x[count][n], each of the `count` slices of every
   coordinate taken once. */
void latin_hypercube(struct rng *r, size_t n, size_t count, double *x);

/* Where a population begins, settled: the starts, then a hypercube, or, where there is a start and sigma > 0, a cloud of
   that width about the first one, which keeps its choices and whole numbers. x[count][n]. */
void first_points(struct rng *r, const struct space *space, const struct algo_settings *set, double sigma, size_t count,
    double *x);

/* Sobol's sequence (1967) with nested uniform scrambling (Owen 1995, by hashing: Burley 2020), so that each seed has its
   own. Initial direction numbers of the first 21 coordinates are Joe and Kuo's (2008); those of the
   others are random. SOBOL_MAX coordinates, 2^32 points. */
enum { SOBOL_MAX = 1111, SOBOL_BITS = 32 };
struct sobol {
	size_t n;
	uint64_t seed;
	uint32_t *v; /* [n][SOBOL_BITS] */
};
int sobol_init(struct sobol *s, size_t n, uint64_t seed, struct err *err);
void sobol_release(struct sobol *s);
void sobol_point(const struct sobol *s, uint32_t index, double *x);

#endif
