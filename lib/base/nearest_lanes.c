/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/nearest_lanes.h"

#include "base/isa.h"
#include "base/lanes_memory.h"

enum { SIDE = NEAREST_SIDE, PARTIAL = NEAREST_PARTIAL, VECTORS = SIDE / LANES };

/* Bytes as numbers (what GCC makes of __builtin_convertvector is several times slower). */
static inline vf
load_bytes(const uint8_t *p)
{
#if LANES == 1
	return *p;
#elif LANES == 4
	int32_t four;
	memcpy(&four, p, sizeof four);
	const __m128i zero = _mm_setzero_si128(), words = _mm_unpacklo_epi8(_mm_cvtsi32_si128(four), zero);
	return (vf)_mm_cvtepi32_ps(_mm_unpacklo_epi16(words, zero));
#elif LANES == 8
	return (vf)_mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(_mm_loadl_epi64((const __m128i *)p)));
#else
	return (vf)_mm512_cvtepi32_ps(_mm512_cvtepu8_epi32(_mm_loadu_si128((const __m128i *)p)));
#endif
}

static float
squared(const float *a, const float *b, size_t width)
{
	float s[PARTIAL] = {0};
	if (width < PARTIAL)
		for (size_t i = 0; i < width; i++)
			s[i] = (a[i] - b[i]) * (a[i] - b[i]);
	else {
		vf sum[PARTIAL / LANES];
		for (int v = 0; v < PARTIAL / LANES; v++)
			sum[v] = load(s);
		for (size_t i = 0; i < width; i += PARTIAL)
			for (int v = 0; v < PARTIAL / LANES; v++) {
				const vf d = load(a + i + v * LANES) - load(b + i + v * LANES);
				sum[v] = sum[v] + d * d;
			}
		memcpy(s, sum, sizeof s);
	}
	for (int step = PARTIAL / 2; step; step /= 2)
		for (int i = 0; i < step; i++)
			s[i] += s[i + step];
	return s[0];
}

static void
project(const float *x, const float *mean, const float *axis, size_t width, size_t stride, size_t axes, float *out)
{
	for (size_t j = 0; j < axes; j += PARTIAL) {
		vf sum[PARTIAL / LANES];
		memset(sum, 0, sizeof sum);
		for (size_t i = 0; i < width; i++)
			for (int v = 0; v < PARTIAL / LANES; v++)
				sum[v] = sum[v] + (x[i] - mean[i]) * load(axis + i * stride + j + v * LANES);
		for (int v = 0; v < PARTIAL / LANES; v++)
			store(out + j + v * LANES, sum[v]);
	}
}

static void
boxes(const float *low, const float *high, size_t dims, const float *q, float slack, float *out)
{
	vf sum[VECTORS];
	memset(sum, 0, sizeof sum);
	for (size_t d = 0; d < dims; d++)
		for (int v = 0; v < VECTORS; v++) {
			/* one of the two at most is above 0 */
			const vf none = splat(0), gap = vmax(load(low + d * SIDE + v * LANES) - (q[d] + slack), none)
			    + vmax((q[d] - slack) - load(high + d * SIDE + v * LANES), none);
			sum[v] = sum[v] + gap * gap;
		}
	memcpy(out, sum, sizeof sum);
}

/* Bit i: x[i] <= limit */
static inline uint64_t
within(const vf *x, size_t vectors, float limit)
{
	uint64_t mask = 0;
	for (size_t v = 0; v < vectors; v++) {
#if LANES == 1
		mask |= (uint64_t)(x[v] <= limit) << v;
#elif LANES == 4
		mask |= (uint64_t)_mm_movemask_ps((__m128)(x[v] <= limit)) << (v * LANES);
#elif LANES == 8
		mask |= (uint64_t)(uint32_t)_mm256_movemask_ps((__m256)(x[v] <= limit)) << (v * LANES);
#else
		mask |= (uint64_t)_mm512_cmp_ps_mask((__m512)x[v], _mm512_set1_ps(limit), _CMP_LE_OQ) << (v * LANES);
#endif
	}
	return mask;
}

static uint64_t
codes(const uint8_t *code, size_t dims, const float *q, const float *low, const float *step, float slack, float limit)
{
	enum { ROWS = 32, AT_ONCE = ROWS / LANES, LOOK = 8 /* axes between looks whether any row is left */ };
	uint64_t mask = 0;
	for (size_t r = 0; r < SIDE; r += ROWS) {
		vf sum[AT_ONCE];
		uint64_t left = 1;
		memset(sum, 0, sizeof sum);
		for (size_t d = 0; d < dims && left; d++) {
			const float from = q[d] - low[d], room = step[d] * 0.50001f + slack;
			for (int v = 0; v < AT_ONCE; v++) {
				const vf gap = vmax(vabs(from - step[d] * load_bytes(code + d * SIDE + r + v * LANES)) - room, splat(0));
				sum[v] = sum[v] + gap * gap;
			}
			if (d % LOOK == LOOK - 1 || d + 1 == dims)
				left = within(sum, AT_ONCE, limit);
		}
		mask |= left << r;
	}
	return mask;
}

const struct nearest_kernels LANE_NAME(nearest_kernels) = {squared, project, boxes, codes};
