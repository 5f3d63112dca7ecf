/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Vectors of WIDE doubles, half as many as LANES: for sums that floats would round away. */
#ifndef BASE_LANES_DOUBLE_H
#define BASE_LANES_DOUBLE_H

#include "base/lanes.h"

#if LANES == 1
#define WIDE 1
typedef double vd;
typedef float vh;
typedef int64_t vl;
#else
#define WIDE (LANES / 2)
typedef double vd __attribute__((vector_size(8 * WIDE), may_alias));
typedef float vh __attribute__((vector_size(4 * WIDE), may_alias)); /* half a vf */
typedef int64_t vl __attribute__((vector_size(8 * WIDE), may_alias)); /* masks of vd */
#endif

static inline vd
splat_d(double x)
{
#if LANES == 1
	return x;
#else
	return x - (vd){0};
#endif
}

static inline vd
load_d(const double *x)
{
	vd v;
	memcpy(&v, x, sizeof v);
	return v;
}

static inline void
store_d(double *x, vd v)
{
	memcpy(x, &v, sizeof v);
}

/* WIDE floats, as doubles. */
static inline vd
widen(const float *x)
{
#if LANES == 1
	return *x;
#elif LANES == 16
	return (vd)_mm512_cvtps_pd(_mm256_loadu_ps(x));
#elif LANES == 8
	return (vd)_mm256_cvtps_pd(_mm_loadu_ps(x));
#else
	vh v;
	memcpy(&v, x, sizeof v);
	return __builtin_convertvector(v, vd);
#endif
}

/* To WIDE floats, rounded. */
static inline void
narrow(float *x, vd v)
{
#if LANES == 1
	*x = (float)v;
#else
	const vh r = __builtin_convertvector(v, vh);
	memcpy(x, &r, sizeof r);
#endif
}

static inline vl
lt_d(vd a, vd b)
{
#if LANES == 1
	return -(int64_t)(a < b);
#else
	return a < b;
#endif
}

/* x where the mask is set, else 0. */
static inline vd
keep_d(vl mask, vd x)
{
	vl y;
	memcpy(&y, &x, sizeof y);
	y &= mask;
	memcpy(&x, &y, sizeof x);
	return x;
}

#endif
