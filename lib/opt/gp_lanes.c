/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Eight points at a time, in as many registers as they take. */
#include "opt/gp_lanes.h"

#include "base/isa.h"
#include "base/lanes_double.h"

#if LANES == 1
typedef uint64_t vw;
#else
typedef uint64_t vw __attribute__((vector_size(8 * WIDE), may_alias));
#endif
enum { PARTS = GP_LANES / WIDE };

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
	const vl one = (vl)splat_d(1) & (a != b);
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
	const vd b = splat_d(most);
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
	vw bits;
	memcpy(&bits, &t, sizeof bits);
	bits = (bits + 1023) << 52; /* 2^k */
	vd scale;
	memcpy(&scale, &bits, sizeof scale);
	return p * scale;
}

void
LANE_NAME(gp_cover)(const struct gp_points *p, size_t n, const double *x, double *k, double *slope)
{
	const double apart = p->apart, together = 1 - apart, each = p->dims ? apart / (double)p->dims : 0;
	for (size_t i = 0; i < n; i += GP_LANES) {
		vd sum[PARTS] = {0}, alone[PARTS] = {0};
		for (size_t d = 0; d < p->dims; d++) {
			const double *const at = p->at + d * p->stride + i;
			const double by = p->inverse[d];
			for (int v = 0; v < PARTS; v++) {
				const vd there = load_d(at + v * WIDE), off = there - x[d];
				const vd far = p->choice[d] ? differ(there, splat_d(x[d])) * by : off * off * by;
				sum[v] += far;
				if (apart > 0)
					alone[v] += each / (1 + 2.0 * (double)p->dims * far);
			}
		}
		for (int v = 0; v < PARTS; v++) {
			const vd squared = 5 * sum[v], a = root(squared), e = decay(a);
			const vd value = (1 + a + squared * (1.0 / 3)) * e * together + alone[v];
			store_d(k + i + v * WIDE, value);
			if (slope) {
				const vd by = (1 + a) * e * (5.0 / 3 * together);
				store_d(slope + i + v * WIDE, by);
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
LANE_NAME(gp_gather)(const struct gp_points *p, size_t n, const double *x, const double *weight, const double *slope, bool square,
    double *sums)
{
	for (size_t d = 0; d < p->dims; d++) {
		const double *const at = p->at + d * p->stride;
		const double by = 2 * (double)p->dims * p->inverse[d], apart = 4 * p->apart;
		vd sum[PARTS] = {0};
		size_t i = 0;
		if (p->choice[d] && !square)
			continue;
		for (; i + GP_LANES <= n; i += GP_LANES)
			for (int v = 0; v < PARTS; v++) {
				const vd there = load_d(at + i + v * WIDE), off = x[d] - there;
				const vd far = p->choice[d] ? differ(there, splat_d(x[d])) * 1.0 : off * off;
				vd w = load_d(slope + i + v * WIDE);
				if (apart > 0) {
					const vd near = 1 / (1 + far * by);
					w += apart * near * near;
				}
				w *= load_d(weight + i + v * WIDE);
				if (square)
					sum[v] += w * far;
				else
					sum[v] += w * off;
			}
		double whole = meet(sum);
		for (; i < n; i++) {
			const double off = x[d] - at[i], far = p->choice[d] ? off != 0 : off * off, near = apart > 0 ? 1 / (1 + far * by) : 0;
			whole += weight[i] * (slope[i] + apart * near * near) * (square ? far : off);
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
			sum[v] += load_d(a + i + v * WIDE) * load_d(b + i + v * WIDE);
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
			const vd left = load_d(to + i + v * WIDE) - load_d(from + i + v * WIDE) * by;
			store_d(to + i + v * WIDE, left);
		}
	for (; i < n; i++)
		to[i] -= by * from[i];
}

enum { ROWS = 4 }; /* at a time, so that a sum need not wait for itself, and what is above is fetched once for all */

void
LANE_NAME(gp_forward)(const double *L, size_t stride, size_t n, double *v)
{
	for (size_t i = 0; i < n; i += ROWS) {
		const size_t rows = n - i < ROWS ? n - i : ROWS;
		const double *row[ROWS];
		vd sum[ROWS][PARTS];
#pragma GCC unroll 8
		for (size_t r = 0; r < ROWS; r++) {
			row[r] = L + (i + (r < rows ? r : 0)) * stride;
#pragma GCC unroll 8
			for (int k = 0; k < PARTS; k++)
				sum[r][k] = load_d(v + (i + (r < rows ? r : 0)) * GP_LANES + k * WIDE);
		}
		for (size_t j = 0; j < i; j++)
#pragma GCC unroll 8
			for (int k = 0; k < PARTS; k++) {
				const vd x = load_d(v + j * GP_LANES + k * WIDE);
#pragma GCC unroll 8
				for (int r = 0; r < ROWS; r++)
					sum[r][k] -= x * row[r][j];
			}
		for (size_t r = 0; r < rows; r++)
#pragma GCC unroll 8
			for (int k = 0; k < PARTS; k++) {
				for (size_t q = 0; q < r; q++)
					sum[r][k] -= sum[q][k] * row[r][i + q];
				sum[r][k] = sum[r][k] / row[r][i + r];
				store_d(v + (i + r) * GP_LANES + k * WIDE, sum[r][k]);
			}
	}
}

void
LANE_NAME(gp_back)(const double *L, size_t stride, size_t n, double *v)
{
	for (size_t end = n, i; end > 0; end = i) {
		i = end > ROWS ? end - ROWS : 0;
		const size_t rows = end - i;
		const double *row[ROWS];
		vd x[ROWS][PARTS] = {0};
#pragma GCC unroll 8
		for (size_t r = 0; r < ROWS; r++)
			row[r] = L + (i + (r < rows ? r : 0)) * stride;
		for (size_t r = rows; r-- > 0;)
#pragma GCC unroll 8
			for (int k = 0; k < PARTS; k++) {
				x[r][k] = load_d(v + (i + r) * GP_LANES + k * WIDE);
				for (size_t q = r + 1; q < rows; q++)
					x[r][k] -= x[q][k] * row[q][i + r];
				x[r][k] = x[r][k] / row[r][i + r];
				store_d(v + (i + r) * GP_LANES + k * WIDE, x[r][k]);
			}
		for (size_t j = 0; j < i; j++)
#pragma GCC unroll 8
			for (int k = 0; k < PARTS; k++) {
				vd left = load_d(v + j * GP_LANES + k * WIDE);
#pragma GCC unroll 8
				for (int r = 0; r < ROWS; r++)
					left -= x[r][k] * row[r][j];
				store_d(v + j * GP_LANES + k * WIDE, left);
			}
	}
}

void
LANE_NAME(gp_corner)(const double *v, size_t n, double *corner)
{
#pragma GCC unroll 8
	for (int k = 0; k < PARTS; k++) {
		vd sum[GP_LANES];
#pragma GCC unroll 8
		for (int b = 0; b < GP_LANES; b++)
			sum[b] = load_d(corner + b * GP_LANES + k * WIDE);
		for (size_t j = 0; j < n; j++) {
			const vd x = load_d(v + j * GP_LANES + k * WIDE);
#pragma GCC unroll 8
			for (int b = 0; b < GP_LANES; b++)
				sum[b] -= x * v[j * GP_LANES + b];
		}
#pragma GCC unroll 8
		for (int b = 0; b < GP_LANES; b++)
			store_d(corner + b * GP_LANES + k * WIDE, sum[b]);
	}
}
