/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Lane arithmetic: LANES voices side by side in one vector, written once and
 * compiled for LANES = 1 (plain C, the reference), 4 (SSE2), 8 (AVX2) and 16
 * (AVX-512). Each lane computes what the scalar build computes, to the bit:
 *   - only + - * / and what stands here; comparisons give masks (all ones or 0);
 *   - no FMA, no approximate reciprocals, no sum across lanes;
 *   - min, max and sel are defined by comparison (vmin: a < b ? a : b), which is
 *     what minps and maxps do, NaN included.
 * Float constants carry an f: `2.0f * x` broadcasts; `2.0 * x` does not compile.
 * Functions that are not here: dsp/lmath.h (exp2, log2, sin, tan, tanh ...).
 */
#ifndef BASE_LANES_H
#define BASE_LANES_H

#include <math.h>
#include <stdint.h>
#include <string.h>

#ifndef LANES
#error "lane code is compiled with -DLANES=1, 4, 8 or 16"
#endif
#if LANES == 4
#include <emmintrin.h>
#elif LANES > 4
#include <immintrin.h>
#endif

#if LANES == 1
typedef float vf;    /* float in each lane */
typedef int32_t vi;  /* signed, and masks */
typedef uint32_t vu; /* unsigned: wraps */
#else
typedef float vf __attribute__((vector_size(4 * LANES), may_alias));
typedef int32_t vi __attribute__((vector_size(4 * LANES), may_alias));
typedef uint32_t vu __attribute__((vector_size(4 * LANES), may_alias));
#endif

/* The same number in all lanes. */
static inline vf
splat(float x)
{
#if LANES == 1
	return x;
#else
	return x - (vf){0};
#endif
}

static inline vi
splat_i(int32_t x)
{
#if LANES == 1
	return x;
#else
	return x - (vi){0};
#endif
}

static inline vu
splat_u(uint32_t x)
{
#if LANES == 1
	return x;
#else
	return x - (vu){0};
#endif
}

/* One lane's number, for work that has to be done lane by lane. */
static inline float
lane_get(vf v, int lane)
{
	float x[LANES];
	memcpy(x, &v, sizeof v);
	return x[lane];
}

static inline vf
lane_set(vf v, int lane, float y)
{
	float x[LANES];
	memcpy(x, &v, sizeof v);
	x[lane] = y;
	memcpy(&v, x, sizeof v);
	return v;
}

/* The same bits, read as another type. */
static inline vi as_vi(vf x) { vi y; memcpy(&y, &x, sizeof y); return y; }
static inline vf as_vf(vi x) { vf y; memcpy(&y, &x, sizeof y); return y; }
static inline vu as_vu(vi x) { vu y; memcpy(&y, &x, sizeof y); return y; }
static inline vi u_as_vi(vu x) { vi y; memcpy(&y, &x, sizeof y); return y; }

/* Comparisons: a mask in each lane. False where either side is NaN, but for ne. */
#if LANES == 1
static inline vi lt(vf a, vf b) { return -(a < b); }
static inline vi le(vf a, vf b) { return -(a <= b); }
static inline vi eq(vf a, vf b) { return -(a == b); }
static inline vi ne(vf a, vf b) { return -(a != b); }
static inline vi lt_i(vi a, vi b) { return -(a < b); }
static inline vi eq_i(vi a, vi b) { return -(a == b); }
#else
static inline vi lt(vf a, vf b) { return a < b; }
static inline vi le(vf a, vf b) { return a <= b; }
static inline vi eq(vf a, vf b) { return a == b; }
static inline vi ne(vf a, vf b) { return a != b; }
static inline vi lt_i(vi a, vi b) { return a < b; }
static inline vi eq_i(vi a, vi b) { return a == b; }
#endif
static inline vi lt_u(vu a, vu b) { return lt_i(u_as_vi(a ^ 0x80000000u), u_as_vi(b ^ 0x80000000u)); }
static inline vi gt(vf a, vf b) { return lt(b, a); }
static inline vi ge(vf a, vf b) { return le(b, a); }

/* mask ? a : b */
static inline vi sel_i(vi mask, vi a, vi b) { return (a & mask) | (b & ~mask); }
static inline vf
sel(vi mask, vf a, vf b)
{
#if LANES == 1
	return mask ? a : b;
#elif LANES == 8
	return (vf)_mm256_blendv_ps((__m256)b, (__m256)a, (__m256)mask);
#elif LANES == 16
	return (vf)_mm512_mask_blend_ps(_mm512_movepi32_mask((__m512i)mask), (__m512)b, (__m512)a);
#else
	return as_vf(sel_i(mask, as_vi(a), as_vi(b)));
#endif
}

/* Whether any lane's mask is set. */
static inline int
any(vi mask)
{
#if LANES == 1
	return mask != 0;
#elif LANES == 4
	return _mm_movemask_ps((__m128)mask) != 0;
#elif LANES == 8
	return _mm256_movemask_ps((__m256)mask) != 0;
#else
	return _mm512_movepi32_mask((__m512i)mask) != 0;
#endif
}

static inline vf
vmin(vf a, vf b)
{
#if LANES == 1
	return a < b ? a : b;
#elif LANES == 4
	return (vf)_mm_min_ps((__m128)a, (__m128)b);
#elif LANES == 8
	return (vf)_mm256_min_ps((__m256)a, (__m256)b);
#else
	return (vf)_mm512_min_ps((__m512)a, (__m512)b);
#endif
}

static inline vf
vmax(vf a, vf b)
{
#if LANES == 1
	return a > b ? a : b;
#elif LANES == 4
	return (vf)_mm_max_ps((__m128)a, (__m128)b);
#elif LANES == 8
	return (vf)_mm256_max_ps((__m256)a, (__m256)b);
#else
	return (vf)_mm512_max_ps((__m512)a, (__m512)b);
#endif
}

static inline vf
vsqrt(vf a)
{
#if LANES == 1
	return sqrtf(a); /* correctly rounded, as sqrtps is */
#elif LANES == 4
	return (vf)_mm_sqrt_ps((__m128)a);
#elif LANES == 8
	return (vf)_mm256_sqrt_ps((__m256)a);
#else
	return (vf)_mm512_sqrt_ps((__m512)a);
#endif
}

/* NaN becomes lo. */
static inline vf clamp(vf x, float lo, float hi) { return vmin(vmax(x, splat(lo)), splat(hi)); }
static inline vf clampv(vf x, vf lo, vf hi) { return vmin(vmax(x, lo), hi); }

static inline vf vabs(vf x) { return as_vf(as_vi(x) & 0x7fffffff); }
static inline vf copysign_v(vf size, vf sign)
{
	return as_vf((as_vi(size) & 0x7fffffff) | (as_vi(sign) & (int32_t)0x80000000));
}

/* Towards zero; |x| < 2^31. */
static inline vi
to_int(vf x)
{
#if LANES == 1
	return (vi)x;
#else
	return __builtin_convertvector(x, vi);
#endif
}

static inline vf
to_float(vi x)
{
#if LANES == 1
	return (vf)x;
#else
	return __builtin_convertvector(x, vf);
#endif
}

/* Largest whole number not above x; |x| < 2^31. Zero has no sign: what rounds keeps -0, hence + 0. */
static inline vf
vfloor(vf x)
{
#if LANES == 16
	return (vf)_mm512_roundscale_ps((__m512)x, _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC) + 0.0f;
#elif LANES == 8
	return (vf)_mm256_round_ps((__m256)x, _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC) + 0.0f;
#else
	const vf t = to_float(to_int(x));
	return t - as_vf(lt(x, t) & as_vi(splat(1.0f)));
#endif
}

/* x - floor(x): in [0, 1], and 1 only where a tiny negative x rounds to it. */
static inline vf fract(vf x) { return x - vfloor(x); }

/* Each lane reads its own row of a table of LANES-wide rows: row[index[lane]][lane]. */
static inline vf
gather_rows(const vf *rows, vi index)
{
#if LANES == 1
	return rows[index];
#elif LANES == 16
	const __m512i lane = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
	return (vf)_mm512_i32gather_ps(_mm512_add_epi32(_mm512_slli_epi32((__m512i)index, 4), lane), rows, 4);
#elif LANES == 8
	const __m256i lane = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
	return (vf)_mm256_i32gather_ps((const float *)rows, _mm256_add_epi32(_mm256_slli_epi32((__m256i)index, 3), lane), 4);
#else
	float x[LANES];
	for (int l = 0; l < LANES; l++)
		x[l] = ((const float *)rows)[index[l] * LANES + l];
	vf v;
	memcpy(&v, x, sizeof v);
	return v;
#endif
}

/* Each lane reads table[index[lane]]. */
static inline vf
gather(const float *table, vi index)
{
#if LANES == 1
	return table[index];
#elif LANES == 16
	return (vf)_mm512_i32gather_ps((__m512i)index, table, 4);
#elif LANES == 8
	return (vf)_mm256_i32gather_ps(table, (__m256i)index, 4);
#else
	float x[LANES];
	for (int l = 0; l < LANES; l++)
		x[l] = table[index[l]];
	vf v;
	memcpy(&v, x, sizeof v);
	return v;
#endif
}

/* Random bits as a function of (seed, counter), lane by lane. Two rounds of the
   32-bit finaliser by C. Wellons ("lowbias32", 2018), bias 0.17. */
static inline vu
mix_u(vu x)
{
	x ^= x >> 16;
	x *= 0x7feb352du;
	x ^= x >> 15;
	x *= 0x846ca68bu;
	return x ^ (x >> 16);
}

static inline vu noise_bits(vu seed, vu counter) { return mix_u(mix_u(counter) ^ seed); }

/* Uniform in [-1, 1), 24 bits. */
static inline vf
noise_float(vu seed, vu counter)
{
	return to_float(u_as_vi(noise_bits(seed, counter)) >> 8) * 0x1p-23f;
}

#endif
