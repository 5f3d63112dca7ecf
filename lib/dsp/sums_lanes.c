/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/isa.h"
#include "base/lanes_double.h"
#include "base/lanes_memory.h"
#include "dsp/sums.h"

enum { STEP = 16, DOUBLES = STEP / WIDE, FLOATS = STEP / LANES };

/* Sixteen at a time; what is left over at the end is padded with zeros, which add nothing. */
#define EACH_STEP(x, n, step)                                       \
	do {                                                        \
		size_t i_ = 0;                                      \
		float end_[STEP] = {0};                             \
		for (; i_ + STEP <= (n); i_ += STEP) {              \
			const float *at = (x) + i_;                 \
			step;                                       \
		}                                                   \
		if (i_ < (n)) {                                     \
			const float *at = end_;                     \
			memcpy(end_, (x) + i_, ((n) - i_) * sizeof *end_); \
			step;                                       \
		}                                                   \
	} while (0)

static double
across(const vd sum[DOUBLES])
{
	double s[STEP];
	memcpy(s, sum, sizeof s);
	for (int wide = STEP / 2; wide; wide /= 2)
		for (int i = 0; i < wide; i++)
			s[i] += s[i + wide];
	return s[0];
}

static double
energy(const float *x, size_t n)
{
	vd sum[DOUBLES] = {splat_d(0)};
	EACH_STEP(x, n, {
		for (size_t d = 0; d < DOUBLES; d++) {
			const vd v = widen(at + d * WIDE);
			sum[d] = sum[d] + v * v;
		}
	});
	return across(sum);
}

/* A sum of running sums counts the first of `rounds` squares that often, the last once. */
static void
moments(const float *x, size_t n, double *all, double *moment)
{
	vd sum[DOUBLES] = {splat_d(0)}, running[DOUBLES] = {splat_d(0)};
	double lane[STEP], rest[STEP];
	EACH_STEP(x, n, {
		for (size_t d = 0; d < DOUBLES; d++) {
			const vd v = widen(at + d * WIDE);
			sum[d] = sum[d] + v * v;
			running[d] = running[d] + sum[d];
		}
	});
	const double rounds = (double)((n + STEP - 1) / STEP);
	memcpy(lane, sum, sizeof lane);
	memcpy(rest, running, sizeof rest);
	for (int l = 0; l < STEP; l++)
		*moment += STEP * (rounds * lane[l] - rest[l]) + l * lane[l];
	*all += across(sum);
}

static void
products(const float *l, const float *r, size_t n, double sum[3])
{
	vd ll[DOUBLES] = {splat_d(0)}, rr[DOUBLES] = {splat_d(0)}, lr[DOUBLES] = {splat_d(0)};
	float ends[2][STEP] = {{0}};
	for (size_t i = 0; i < n; i += STEP) {
		const float *a = l + i, *b = r + i;
		if (n - i < STEP) {
			a = memcpy(ends[0], a, (n - i) * sizeof *a);
			b = memcpy(ends[1], b, (n - i) * sizeof *b);
		}
		for (size_t d = 0; d < DOUBLES; d++) {
			const vd u = widen(a + d * WIDE), v = widen(b + d * WIDE);
			ll[d] = ll[d] + u * u;
			rr[d] = rr[d] + v * v;
			lr[d] = lr[d] + u * v;
		}
	}
	sum[0] += across(ll);
	sum[1] += across(rr);
	sum[2] += across(lr);
}

/* The largest of all lanes, in every lane. */
static inline __attribute__((always_inline)) vf
top(vf v)
{
#if LANES > 1
	vi lane;
	int32_t number[LANES];
	for (int l = 0; l < LANES; l++)
		number[l] = l;
	memcpy(&lane, number, sizeof lane);
#pragma GCC unroll 4
	for (int wide = LANES / 2; wide; wide /= 2)
		v = vmax(v, __builtin_shuffle(v, lane ^ wide));
#endif
	return v;
}

static float
largest(const float *x, size_t n)
{
	vf most[FLOATS];
	for (size_t v = 0; v < FLOATS; v++)
		most[v] = splat(0);
	EACH_STEP(x, n, {
		for (size_t v = 0; v < FLOATS; v++)
			most[v] = vmax(most[v], vabs(load(at + v * LANES)));
	});
	for (size_t v = 1; v < FLOATS; v++)
		most[0] = vmax(most[0], most[v]);
	const vf all = top(most[0]);
	float m[LANES];
	memcpy(m, &all, sizeof m);
	return m[0];
}

static size_t
changes(const float *x, size_t n)
{
	size_t i = 0, sum = 0;
	for (; i + STEP <= n;) {
		vi count[FLOATS] = {splat_i(0)};
		for (int k = 0; k < 64 && i + STEP <= n; k++, i += STEP)
			for (size_t v = 0; v < FLOATS; v++) {
				const vf here = load(x + i + v * LANES), before = load(x + i + v * LANES - 1);
				count[v] = count[v] - (lt(here, splat(-1e-10f)) ^ lt(before, splat(-1e-10f)));
			}
		int32_t c[STEP];
		memcpy(c, count, sizeof c);
		for (int l = 0; l < STEP; l++)
			sum += (size_t)c[l];
	}
	for (; i < n; i++)
		sum += (x[i] < -1e-10f) != (x[i - 1] < -1e-10f);
	return sum;
}

static size_t
within(const float *x, size_t n, float limit)
{
	size_t i = 0;
	for (; i + STEP <= n; i += STEP) {
		vi good = splat_i(-1);
		for (size_t v = 0; v < FLOATS; v++)
			good &= le(vabs(load(x + i + v * LANES)), splat(limit));
		if (any(~good))
			break;
	}
	while (i < n && fabsf(x[i]) <= limit)
		i++;
	return i;
}

static void
divide(double *x, const double *by, size_t n)
{
	size_t i = 0;
	for (; i + WIDE <= n; i += WIDE)
		store_d(x + i, load_d(x + i) / load_d(by + i));
	for (; i < n; i++)
		x[i] /= by[i];
}

const struct sums_kernel LANE_NAME(sums) = {energy, moments, products, largest, changes, within, divide};
