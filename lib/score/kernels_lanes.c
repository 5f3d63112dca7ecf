/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/isa.h"
#include "base/lanes_memory.h"
#include "dsp/lmath.h"
#include "score/kernels.h"

enum { STEP = 16, VECTORS = STEP / LANES };

/* What is left over at the end of a row goes through the same loop, padded. */
#define EACH_STEP(i, n, whole, rest)                \
	size_t i = 0;                               \
	for (; i + STEP <= (n); i += STEP) {        \
		whole;                              \
	}                                           \
	if (i < (n)) {                              \
		rest;                               \
	}

static void
decibels_step(const float *power, float offset, float *out)
{
	for (int v = 0; v < VECTORS; v++)
		store(out + v * LANES,
		    lm_log2(vmax(load(power + v * LANES), splat(1e-10f))) * 3.0102999566398120f + offset);
}

static void
decibels(const float *power, size_t n, float offset, float *out)
{
	float in[STEP] = {0}, over[STEP];
	EACH_STEP(i, n, decibels_step(power + i, offset, out + i), {
		memcpy(in, power + i, (n - i) * sizeof *in);
		decibels_step(in, offset, over);
		memcpy(out + i, over, (n - i) * sizeof *over);
	})
}

static void
magnitudes_step(const float *power, float *out)
{
	for (int v = 0; v < VECTORS; v++)
		store(out + v * LANES, vsqrt(vmax(load(power + v * LANES), splat(1e-8f))));
}

static void
magnitudes(const float *power, size_t n, float *out)
{
	float in[STEP] = {0}, over[STEP];
	EACH_STEP(i, n, magnitudes_step(power + i, out + i), {
		memcpy(in, power + i, (n - i) * sizeof *in);
		magnitudes_step(in, over);
		memcpy(out + i, over, (n - i) * sizeof *out);
	})
}

static void
amplitudes_step(const float *db, float *out)
{
	for (int v = 0; v < VECTORS; v++)
		store(out + v * LANES, lm_db_gain(load(db + v * LANES)));
}

static void
amplitudes(const float *db, size_t n, float *out)
{
	float in[STEP] = {0}, over[STEP];
	EACH_STEP(i, n, amplitudes_step(db + i, out + i), {
		memcpy(in, db + i, (n - i) * sizeof *in);
		amplitudes_step(in, over);
		memcpy(out + i, over, (n - i) * sizeof *out);
	})
}

static double
total(const vf *sum)
{
	float s[STEP];
	memcpy(s, sum, sizeof s);
	double t = 0;
	for (int i = 0; i < STEP; i++)
		t += s[i];
	return t;
}

/* The sum over a row of an expression of x and y; the padding adds 0. A thousand
   or so go into one float, the rest is double. A sum waits for the one before it: where a vector is a whole
   step, four stretches at once fill that time. */
enum { STRETCH = 64 * STEP, AHEAD = 4 / VECTORS > 1 ? 4 / VECTORS : 1 };

#define SUM(name, expression)                                                                       \
	static void name##_step(const float *a, const float *b, vf *sum)                            \
	{                                                                                           \
		for (int v = 0; v < VECTORS; v++) {                                                 \
			const vf x = load(a + v * LANES), y = load(b + v * LANES);                  \
			sum[v] = sum[v] + (expression);                                             \
		}                                                                                   \
	}                                                                                           \
	static double name(const float *a, const float *b, size_t n)                                \
	{                                                                                           \
		double all = 0;                                                                     \
		for (; n >= AHEAD * STRETCH; a += AHEAD * STRETCH, b += AHEAD * STRETCH, n -= AHEAD * STRETCH) { \
			vf ahead[AHEAD][VECTORS];                                                   \
			for (int s = 0; s < AHEAD; s++)                                             \
				for (int v = 0; v < VECTORS; v++)                                   \
					ahead[s][v] = splat(0);                                     \
			for (int i = 0; i < STRETCH; i += STEP)                                     \
				for (int s = 0; s < AHEAD; s++)                                     \
					name##_step(a + s * STRETCH + i, b + s * STRETCH + i, ahead[s]); \
			for (int s = 0; s < AHEAD; s++)                                             \
				all += total(ahead[s]);                                             \
		}                                                                                   \
		while (n) {                                                                       \
			const size_t m = n < STRETCH ? n : STRETCH;                                 \
			vf sum[VECTORS] = {splat(0)};                                               \
			float end[2][STEP] = {{0}};                                                 \
			EACH_STEP(i, m, name##_step(a + i, b + i, sum), {                           \
				memcpy(end[0], a + i, (m - i) * sizeof **end);                      \
				memcpy(end[1], b + i, (m - i) * sizeof **end);                      \
				name##_step(end[0], end[1], sum);                                   \
			})                                                                          \
			all += total(sum);                                                          \
			a += m;                                                                     \
			b += m;                                                                     \
			n -= m;                                                                     \
		}                                                                                   \
		return all;                                                                         \
	}

SUM(sum_abs, vabs(x - y))
SUM(sum_product, (x) * (y))
SUM(sum_squares, (x - y) * (x - y))

static double
sum_self(const float *a, size_t n)
{
	return sum_product(a, a, n);
}

static void
peaks(const float *x, size_t n, float clip, float *peak, size_t *clipped)
{
	float most[STEP] = {0};
	vf top[VECTORS] = {splat(0)};
	for (int v = 1; v < VECTORS; v++)
		top[v] = top[0];
	while (n) {
		const size_t m = n < STRETCH ? n : STRETCH;
		vf count[VECTORS] = {splat(0)};
		for (int v = 1; v < VECTORS; v++)
			count[v] = count[0];
		float end[STEP] = {0};
		for (size_t i = 0; i < m; i += STEP) {
			const float *at = x + i;
			if (m - i < STEP) /* zeros are neither the peak nor beyond it */
				at = memcpy(end, at, (m - i) * sizeof *end);
			for (int v = 0; v < VECTORS; v++) {
				const vf a = vabs(load(at + v * LANES));
				top[v] = vmax(a, top[v]);
				count[v] = count[v] + sel(lt(a, splat(clip)), splat(0), splat(1));
			}
		}
		*clipped += (size_t)total(count);
		x += m;
		n -= m;
	}
	memcpy(most, top, sizeof most);
	for (int i = 0; i < STEP; i++)
		*peak = most[i] > *peak ? most[i] : *peak;
}

/* Magnitudes: sum (a - b)² and sum |ln a - ln b|, in one pass. */
static void
spectral_step(const float *a, const float *b, vf *squares, vf *logs)
{
	for (int v = 0; v < VECTORS; v++) {
		const vf x = load(a + v * LANES), y = load(b + v * LANES), d = x - y;
		squares[v] = squares[v] + d * d;
		logs[v] = logs[v] + vabs(lm_log2(x / y));
	}
}

static void
spectral(const float *a, const float *b, size_t n, double *squares, double *logs)
{
	while (n) {
		const size_t m = n < STRETCH ? n : STRETCH;
		vf s[VECTORS] = {splat(0)}, l[VECTORS] = {splat(0)};
		float end[2][STEP];
		for (int i = 0; i < STEP; i++)
			end[0][i] = end[1][i] = 1;
		EACH_STEP(i, m, spectral_step(a + i, b + i, s, l), {
			memcpy(end[0], a + i, (m - i) * sizeof **end);
			memcpy(end[1], b + i, (m - i) * sizeof **end);
			spectral_step(end[0], end[1], s, l);
		})
		*squares += total(s);
		*logs += total(l) * 0.6931471805599453;
		a += m;
		b += m;
		n -= m;
	}
}

static void
blocks(const float *x, size_t rows, size_t n, float *sum, float *log)
{
	_Static_assert((int)STEP == (int)KERNELS_BLOCK, "a block is a step wide");
	float zeros[STEP], ones[STEP];
	for (size_t i = 0; i < n; i += STEP) {
		vf s[VECTORS] = {splat(0)}, l[VECTORS] = {splat(0)};
		const size_t m = n - i;
		for (size_t r = 0; r < rows; r++) {
			const float *at = x + r * n + i, *add = at, *multiply = at;
			if (m < STEP) {
				for (size_t k = 0; k < STEP; k++) {
					zeros[k] = k < m ? at[k] : 0;
					ones[k] = k < m ? at[k] : 1;
				}
				add = zeros;
				multiply = ones;
			}
			for (int v = 0; v < VECTORS; v++) {
				s[v] = s[v] + load(add + v * LANES);
				if (log)
					l[v] = l[v] + lm_log2(load(multiply + v * LANES));
			}
		}
		sum[i / STEP] = (float)total(s);
		if (log)
			log[i / STEP] = (float)total(l);
	}
}

static void
distances(const float *a, size_t columns, const float *b, size_t n, float *out)
{
	for (size_t j = 0; j < n; j += STEP) {
		vf sum[KERNELS_ROWS][VECTORS];
		for (int r = 0; r < KERNELS_ROWS; r++)
			for (int v = 0; v < VECTORS; v++)
				sum[r][v] = splat(0);
		for (size_t k = 0; k < columns; k++)
			for (int v = 0; v < VECTORS; v++) {
				const vf y = load(b + k * n + j + v * LANES);
				for (int r = 0; r < KERNELS_ROWS; r++)
					sum[r][v] = sum[r][v] + vabs(splat(a[r * columns + k]) - y);
			}
		for (int r = 0; r < KERNELS_ROWS; r++)
			for (int v = 0; v < VECTORS; v++)
				store(out + r * n + j + v * LANES, sum[r][v]);
	}
}

const struct kernels LANE_NAME(kernels) = {
    decibels, magnitudes, amplitudes, sum_abs, sum_squares, sum_self, spectral, blocks, peaks, distances};
