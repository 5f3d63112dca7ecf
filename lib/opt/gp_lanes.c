/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Eight points at a time, in as many registers as they take. */
#include "opt/gp_lanes.h"

#include <math.h>
#include <stdint.h>
#include <string.h>
#if LANES == 4
#include <emmintrin.h>
#elif LANES > 4
#include <immintrin.h>
#endif

#if LANES == 1
enum { WIDTH = 1 };
typedef double vd;
typedef int64_t vl;
typedef uint64_t vu;
#else
enum { WIDTH = LANES / 2 };
typedef double vd __attribute__((vector_size(4 * LANES), may_alias));
typedef int64_t vl __attribute__((vector_size(4 * LANES), may_alias));
typedef uint64_t vu __attribute__((vector_size(4 * LANES), may_alias));
#endif
enum { PARTS = GP_LANES / WIDTH };

static inline vd
load(const double *x)
{
	vd v;
	memcpy(&v, x, sizeof v);
	return v;
}

static inline vd
root(vd a)
{
#if LANES == 1
	return sqrt(a);
#elif LANES == 4
	return (vd)_mm_sqrt_pd((__m128d)a);
#elif LANES == 8
	return (vd)_mm256_sqrt_pd((__m256d)a);
#else
	return (vd)_mm512_sqrt_pd((__m512d)a);
#endif
}

/* 1 where they differ, else 0. */
static inline vd
differ(vd a, vd b)
{
#if LANES == 1
	return a != b;
#else
	const vl one = (vl)((vd){0} + 1) & (a != b);
	return (vd)one;
#endif
}

/* The lesser of both. */
static inline vd
least(vd a, double most)
{
#if LANES == 1
	return a < most ? a : most;
#else
	const vd b = most - (vd){0};
	const vl less = a < b;
	return (vd)(((vl)a & less) | ((vl)b & ~less));
#endif
}

/* e^-a for a >= 0, to 1e-15 of it; from 700 on it stays as it is, which is nothing. */
static inline vd
decay(vd a)
{
	a = least(a, 700);
	const double magic = 0x1.8p52; /* added, it leaves a whole number in the last bits */
	const vd t = a * -1.4426950408889634 + magic, k = t - magic;
	const vd r = (-a - k * 0x1.62e42fee00000p-1) - k * 0x1.a39ef35793c76p-33;
	vd p = r * (1.0 / 479001600) + 1.0 / 39916800;
	p = p * r + 1.0 / 3628800;
	p = p * r + 1.0 / 362880;
	p = p * r + 1.0 / 40320;
	p = p * r + 1.0 / 5040;
	p = p * r + 1.0 / 720;
	p = p * r + 1.0 / 120;
	p = p * r + 1.0 / 24;
	p = p * r + 1.0 / 6;
	p = p * r + 0.5;
	p = p * r + 1;
	p = p * r + 1;
	vu bits;
	memcpy(&bits, &t, sizeof bits);
	bits = (bits + 1023) << 52; /* 2^k */
	vd scale;
	memcpy(&scale, &bits, sizeof scale);
	return p * scale;
}

void
LANE_NAME(gp_cover)(const struct gp_points *p, size_t n, const double *x, double *k, double *slope)
{
	for (size_t i = 0; i < n; i += GP_LANES) {
		vd sum[PARTS] = {0};
		for (size_t d = 0; d < p->dims; d++) {
			const double *const at = p->at + d * p->stride + i;
			const double by = p->inverse[d];
			for (int v = 0; v < PARTS; v++) {
				const vd there = load(at + v * WIDTH), off = there - x[d];
				sum[v] += p->choice[d] ? differ(there, x[d] + (vd){0}) * by : off * off * by;
			}
		}
		for (int v = 0; v < PARTS; v++) {
			const vd squared = 5 * sum[v], a = root(squared), e = decay(a), value = (1 + a + squared * (1.0 / 3)) * e;
			memcpy(k + i + v * WIDTH, &value, sizeof value);
			if (slope) {
				const vd by = (1 + a) * e * (5.0 / 3);
				memcpy(slope + i + v * WIDTH, &by, sizeof by);
			}
		}
	}
}

/* Parts of a sum, to one. */
static inline double
meet(const vd *sum)
{
	double s[GP_LANES];
	memcpy(s, sum, sizeof s);
	return ((s[0] + s[4]) + (s[2] + s[6])) + ((s[1] + s[5]) + (s[3] + s[7]));
}

void
LANE_NAME(gp_gather)(const struct gp_points *p, size_t n, const double *x, const double *weight, bool square, double *sums)
{
	for (size_t d = 0; d < p->dims; d++) {
		const double *const at = p->at + d * p->stride;
		vd sum[PARTS] = {0};
		size_t i = 0;
		if (p->choice[d] && !square)
			continue;
		for (; i + GP_LANES <= n; i += GP_LANES)
			for (int v = 0; v < PARTS; v++) {
				const vd there = load(at + i + v * WIDTH), w = load(weight + i + v * WIDTH), off = x[d] - there;
				sum[v] += p->choice[d] ? differ(there, x[d] + (vd){0}) * w : square ? off * off * w : off * w;
			}
		double whole = meet(sum);
		for (; i < n; i++) {
			const double off = x[d] - at[i];
			whole += weight[i] * (p->choice[d] ? off != 0 : square ? off * off : off);
		}
		sums[d] += whole;
	}
}

double
LANE_NAME(gp_dot)(const double *a, const double *b, size_t n)
{
	vd sum[PARTS] = {0};
	size_t i = 0;
	for (; i + GP_LANES <= n; i += GP_LANES)
		for (int v = 0; v < PARTS; v++)
			sum[v] += load(a + i + v * WIDTH) * load(b + i + v * WIDTH);
	double whole = i ? meet(sum) : 0;
	for (; i < n; i++)
		whole += a[i] * b[i];
	return whole;
}

void
LANE_NAME(gp_take)(double *to, double by, const double *from, size_t n)
{
	size_t i = 0;
	for (; i + GP_LANES <= n; i += GP_LANES)
		for (int v = 0; v < PARTS; v++) {
			const vd left = load(to + i + v * WIDTH) - load(from + i + v * WIDTH) * by;
			memcpy(to + i + v * WIDTH, &left, sizeof left);
		}
	for (; i < n; i++)
		to[i] -= by * from[i];
}

/* Two rows at a time, so that each sum need not wait for itself. */
void
LANE_NAME(gp_forward)(const double *L, size_t stride, size_t n, double *v)
{
	for (size_t i = 0; i < n; i += 2) {
		const double *const row = L + i * stride, *const next = i + 1 < n ? row + stride : row;
		vd a[PARTS], b[PARTS];
		double *const va = v + i * GP_LANES, *const vb = i + 1 < n ? va + GP_LANES : va;
		for (int k = 0; k < PARTS; k++) {
			a[k] = load(va + k * WIDTH);
			b[k] = load(vb + k * WIDTH);
		}
		for (size_t j = 0; j < i; j++)
			for (int k = 0; k < PARTS; k++) {
				const vd x = load(v + j * GP_LANES + k * WIDTH);
				a[k] -= x * row[j];
				b[k] -= x * next[j];
			}
		for (int k = 0; k < PARTS; k++) {
			a[k] = a[k] / row[i];
			memcpy(va + k * WIDTH, &a[k], sizeof a[k]);
			if (i + 1 == n)
				continue;
			b[k] = (b[k] - a[k] * next[i]) / next[i + 1];
			memcpy(vb + k * WIDTH, &b[k], sizeof b[k]);
		}
	}
}
