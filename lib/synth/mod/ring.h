/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Delay lines for blocks: each lane has a ring of its own, its frames side by side in
 * memory. (delay_line.h keeps a frame of all lanes side by side, which is right where
 * all of them stand at one place, or where a loop closes every frame.) So what a lane
 * reads is a row of memory however far it stands from the others; blocks are turned on
 * their side on the way in and out, at a fraction of what gathering frame by frame costs.
 *
 *     struct ring r = ring_at(rows, size, w);
 *     const struct lag g = lag_to(&s->lag, frames, b); // the delay, over the block
 *     const int n = ring_chunk(lag_least(&g));         // frames that may be read before they must be written
 *     for (int first = 0; first < BLOCK; first += n) {
 *         ring_read(&r, &g, first, y, n, RING_READ_FIRST);
 *         ...
 *         ring_write(&r, x, n);
 *     }
 *
 * A whole delay reads the very sample; between samples the value is the Catmull-Rom
 * cubic of delay_line.h. Values do not depend on the size of the chunks.
 */
#ifndef SYNTH_RING_H
#define SYNTH_RING_H

#include <stdlib.h>

#include "synth/module.h"

enum { RING_OVER = 2 * BLOCK }; /* the ring's first frames stand behind its end once more: rows never wrap */

struct ring {
	float *x; /* lane l's ring begins at x[l * stride] */
	int size, stride, w;
	vi lane; /* l * stride */
};

/* Frames of a ring that holds delays of up to `seconds`: whole blocks. */
static inline int
ring_size(const struct context *c, float seconds)
{
	return ((int)(seconds * c->rate) + 4) / BLOCK * BLOCK + 2 * BLOCK;
}

/* From lane to lane: whole cache lines, and an odd number of them, so that lanes do not share a set. */
static inline int
ring_stride(int size)
{
	return ((size + RING_OVER) / 16 | 1) * 16;
}

/* Rows of LANES floats that a ring takes. */
static inline size_t
ring_rows(int size)
{
	return (size_t)ring_stride(size);
}

static inline struct ring
ring_at(vf *rows, int size, int w)
{
	struct ring r = {(float *)rows, size, ring_stride(size), w, splat_i(0)};
#if LANES > 1
	for (int l = 0; l < LANES; l++)
		r.lane[l] = l * r.stride;
#endif
	return r;
}

/* LANES rows turned on their side. */
static inline __attribute__((always_inline)) void
ring_turn(vf m[LANES])
{
#if LANES > 1
#if LANES == 4
	const vi j = {0, 1, 2, 3};
#elif LANES == 8
	const vi j = {0, 1, 2, 3, 4, 5, 6, 7};
#else
	const vi j = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
#endif
#pragma GCC unroll 4
	for (int s = 1; s < LANES; s *= 2)
#pragma GCC unroll 16
		for (int i = 0; i < LANES; i++)
			if (!(i & s)) {
				const vf a = m[i], b = m[i + s];
				const vi odd = (j & s) != 0;
				m[i] = __builtin_shuffle(a, b, sel_i(odd, j - s + LANES, j));
				m[i + s] = __builtin_shuffle(a, b, sel_i(odd, j + LANES, j + s));
			}
#else
	(void)m;
#endif
}

/* Writes frames w to w + n: n is LANES or more where it is not 1, and w a multiple of it. */
static inline void
ring_put(const struct ring *r, int w, const vf *x, int n)
{
	if (n < LANES) {
		for (int i = 0; i < n; i++) {
			float row[LANES];
			memcpy(row, &x[i], sizeof row);
			for (int l = 0; l < LANES; l++)
				r->x[l * r->stride + w + i] = row[l];
		}
		return;
	}
	for (int i = 0; i < n; i += LANES) {
		vf m[LANES];
		for (int l = 0; l < LANES; l++)
			m[l] = x[i + l];
		ring_turn(m);
		for (int l = 0; l < LANES; l++)
			memcpy(&r->x[l * r->stride + w + i], &m[l], sizeof(vf));
	}
}

/* Writes the next n frames and moves on; n a power of two, BLOCK at most, always the same within a block. */
static inline void
ring_write(struct ring *r, const vf *x, int n)
{
	ring_put(r, r->w, x, n);
	if (r->w < RING_OVER)
		ring_put(r, r->w + r->size, x, n);
	r->w = r->w + n == r->size ? 0 : r->w + n;
}

/* Four frames in a row, from frame `from` of each lane's ring on. */
static inline __attribute__((always_inline)) void
ring_four(const struct ring *r, vi from, vf y[4])
{
	const vi at = r->lane + from;
#if LANES == 1
	memcpy(y, r->x + at, sizeof(float[4]));
#else
	int32_t k[LANES];
	memcpy(k, &at, sizeof k);
#define FOUR(lane) _mm_loadu_ps(r->x + k[lane])
#if LANES == 4
	const __m128 a = FOUR(0), b = FOUR(1), c = FOUR(2), d = FOUR(3);
	const __m128 ab = _mm_unpacklo_ps(a, b), cd = _mm_unpacklo_ps(c, d), AB = _mm_unpackhi_ps(a, b),
	             CD = _mm_unpackhi_ps(c, d);
	y[0] = (vf)_mm_movelh_ps(ab, cd);
	y[1] = (vf)_mm_movehl_ps(cd, ab);
	y[2] = (vf)_mm_movelh_ps(AB, CD);
	y[3] = (vf)_mm_movehl_ps(CD, AB);
#elif LANES == 8
#define EIGHT(lane) _mm256_insertf128_ps(_mm256_castps128_ps256(FOUR(lane)), FOUR(lane + 4), 1)
	const __m256 a = EIGHT(0), b = EIGHT(1), c = EIGHT(2), d = EIGHT(3);
	const __m256d ab = (__m256d)_mm256_unpacklo_ps(a, b), cd = (__m256d)_mm256_unpacklo_ps(c, d);
	const __m256d AB = (__m256d)_mm256_unpackhi_ps(a, b), CD = (__m256d)_mm256_unpackhi_ps(c, d);
	y[0] = (vf)_mm256_unpacklo_pd(ab, cd);
	y[1] = (vf)_mm256_unpackhi_pd(ab, cd);
	y[2] = (vf)_mm256_unpacklo_pd(AB, CD);
	y[3] = (vf)_mm256_unpackhi_pd(AB, CD);
#undef EIGHT
#else
#define SIXTEEN(lane) \
	_mm512_insertf32x4(_mm512_insertf32x4(_mm512_insertf32x4(_mm512_castps128_ps512(FOUR(lane)), FOUR(lane + 4), 1), \
	                       FOUR(lane + 8), 2), FOUR(lane + 12), 3)
	const __m512 a = SIXTEEN(0), b = SIXTEEN(1), c = SIXTEEN(2), d = SIXTEEN(3);
	const __m512d ab = (__m512d)_mm512_unpacklo_ps(a, b), cd = (__m512d)_mm512_unpacklo_ps(c, d);
	const __m512d AB = (__m512d)_mm512_unpackhi_ps(a, b), CD = (__m512d)_mm512_unpackhi_ps(c, d);
	y[0] = (vf)_mm512_unpacklo_pd(ab, cd);
	y[1] = (vf)_mm512_unpackhi_pd(ab, cd);
	y[2] = (vf)_mm512_unpacklo_pd(AB, CD);
	y[3] = (vf)_mm512_unpackhi_pd(AB, CD);
#undef SIXTEEN
#endif
#undef FOUR
#endif
}

/* n + 3 rows from frame `from` of each lane's ring on. */
static inline void
ring_rows_from(const struct ring *r, vi from, vf *y, int n)
{
	int32_t at[LANES], i = 0;
	const vi k = r->lane + from;
	memcpy(at, &k, sizeof at);
	for (; i + LANES <= n; i += LANES) {
		vf m[LANES];
		for (int l = 0; l < LANES; l++)
			memcpy(&m[l], &r->x[at[l] + i], sizeof(vf));
		ring_turn(m);
		for (int l = 0; l < LANES; l++)
			y[i + l] = m[l];
	}
	for (; i < n + 3; i += 4) /* up to three rows more than asked for, which lie in the ring */
		ring_four(r, from + i, &y[i]);
}

static inline float
lane_first(vf x)
{
#if LANES == 1
	return x;
#else
	return x[0];
#endif
}

/* a != b ? x : y. With AVX-512 the comparison stays a mask. */
static inline vf
sel_ne(vf a, vf b, vf x, vf y)
{
#if LANES == 16
	return (vf)_mm512_mask_blend_ps(_mm512_cmp_ps_mask((__m512)a, (__m512)b, _CMP_NEQ_UQ), (__m512)y, (__m512)x);
#else
	return sel(ne(a, b), x, y);
#endif
}

/* The cubic's weights, f of the way from y0 to y1. It amplifies nothing: |H| <= 1 at all frequencies, for all f. */
struct cubic {
	vf after, y1, y0, before;
};

static inline struct cubic
ring_cubic(vf f)
{
	const vf half = 0.5f * f, g = 1.0f - f;
	const vf before = -half * g * g, after = -half * f * g, y1 = half * (1.0f + f * (4.0f - 3.0f * f));
	return (struct cubic){after, y1, 1.0f - (before + after + y1), before};
}

static inline vf
ring_weigh(const struct cubic *c, const vf x[3], vf before)
{
	return (c->y0 * x[2] + c->y1 * x[1]) + (c->after * x[0] + c->before * before);
}

/* How a delay moves over a block. The kind says how it is best read. */
struct lag {
	enum { LAG_STILL, LAG_SAME, LAG_LINE, LAG_WILD } kind; /* straight lines: level, the same in all lanes, any */
	vf from, slope;                                        /* frames; and frames a frame */
	const vf *wild;                                        /* LAG_WILD: a delay a frame */
};

static inline vf
lag_at(const struct lag *g, int i)
{
	if (g->kind == LAG_WILD)
		return g->wild[i];
	return g->from + g->slope * (float)(i + 1);
}

/* Whether the n frames of a chunk are in the ring when it is read. */
enum { RING_READ_FIRST, RING_WRITTEN };
enum { RING_STEP = 16, RING_SPAN = 8 };

/* Whole parts and weights of RING_STEP delays v(i) that are the same in all lanes: as many at once as there are lanes. */
struct step_weights {
	float whole[RING_STEP], weight[4][RING_STEP];
};

static inline void
step_weigh(struct step_weights *s, float from, float slope, int frame, float least, float most)
{
	for (int i = 0; i < RING_STEP; i += LANES) {
		float count[LANES];
		for (int l = 0; l < LANES; l++)
			count[l] = (float)(frame + i + l + 1);
		vf v;
		memcpy(&v, count, sizeof v);
		v = clamp(from + slope * v, least, most);
		const vf whole = to_float(to_int(v));
		const struct cubic c = ring_cubic(v - whole);
		memcpy(s->whole + i, &whole, sizeof v);
		memcpy(s->weight[0] + i, &c.after, sizeof v);
		memcpy(s->weight[1] + i, &c.y1, sizeof v);
		memcpy(s->weight[2] + i, &c.y0, sizeof v);
		memcpy(s->weight[3] + i, &c.before, sizeof v);
	}
}

static inline struct cubic
step_cubic(const struct step_weights *s, int i)
{
	return (struct cubic){splat(s->weight[0][i]), splat(s->weight[1][i]), splat(s->weight[2][i]), splat(s->weight[3][i])};
}

/* RING_STEP frames whose delays are the same in all lanes. */
static inline void
ring_same(const struct ring *r, int w, const struct lag *g, int frame, float least, float most, vf *y)
{
	struct step_weights s;
	step_weigh(&s, lane_first(g->from), lane_first(g->slope), frame, least, most);
	const int first = (int)s.whole[0], last = (int)s.whole[RING_STEP - 1], furthest = first > last ? first : last;
	vf x[RING_STEP + RING_SPAN + 4];
	const int from = w - furthest;
	ring_rows_from(r, splat_i(from < 0 ? from + r->size : from), x, RING_STEP + abs(first - last));
	for (int i = 0; i < RING_STEP; i++) {
		const struct cubic c = step_cubic(&s, i);
		const vf *const z = x + i + (furthest - (int)s.whole[i]);
		y[i] = ring_weigh(&c, z, s.whole[i] == 0 ? z[2] : z[3]);
	}
}

/* RING_STEP frames whose delays lie between two whole ones, in each lane: rows are read, and each lane
   chooses between two of them. Later: the lanes that do. */
static inline void
ring_near(const struct ring *r, int w, const struct lag *g, int frame, vf least, vf most, vf furthest, vf *y)
{
	vf x[RING_STEP + 4], z[4];
	const vi from = w - to_int(furthest);
	ring_rows_from(r, from + (lt_i(from, splat_i(0)) & r->size), x, RING_STEP + 1);
	for (int i = 0; i < RING_STEP; i++) {
		const vf at = clampv(lag_at(g, frame + i), least, most), whole = to_float(to_int(at));
		const struct cubic c = ring_cubic(at - whole);
		for (int j = 0; j < 4; j++)
			z[j] = sel_ne(whole, furthest, x[i + j + 1], x[i + j]);
		y[i] = ring_weigh(&c, z, sel_ne(whole, splat(0.0f), z[3], z[2]));
	}
}

/* y[i] is the signal as it was a lag before frame i of n: of the chunk that is to be written next, or of the
   one that was written last; the chunk begins at frame `first` of the block. A lag is kept between n + 1,
   or 0 where the chunk is written (then the newest frame counts as its own successor), and size - BLOCK - 4. */
static inline __attribute__((always_inline)) void
ring_read(const struct ring *r, const struct lag *g, int first, vf *y, int n, int written)
{
	const vf least = splat(written ? 0 : (float)(n + 1)), most = splat((float)(r->size - BLOCK - 4));
	const int w = (written ? r->w - n : r->w) - 2, step = n < RING_STEP ? n : RING_STEP;
	if (g->kind == LAG_STILL) {
		vf x[BLOCK + 4];
		const vf at = clampv(g->from, least, most), whole = to_float(to_int(at));
		const vi from = w - to_int(whole);
		const struct cubic c = ring_cubic(at - whole);
		ring_rows_from(r, from + (lt_i(from, splat_i(0)) & r->size), x, n);
		for (int i = 0; i < n; i++)
			y[i] = ring_weigh(&c, x + i, sel_ne(whole, splat(0.0f), x[i + 3], x[i + 2]));
		return;
	}
	for (int k = 0; k < n; k += step) {
		if (step == RING_STEP && LANES > 1 && g->kind != LAG_WILD) {
			/* a straight line's ends are its extremes */
			const vf a = vfloor(clampv(lag_at(g, first + k), least, most));
			const vf b = vfloor(clampv(lag_at(g, first + k + RING_STEP - 1), least, most));
			if (g->kind == LAG_SAME && fabsf(lane_first(a) - lane_first(b)) <= RING_SPAN) {
				ring_same(r, w + k, g, first + k, lane_first(least), lane_first(most), y + k);
				continue;
			}
			if (LANES > 4 && !any(gt(vabs(a - b), splat(1.0f)))) {
				ring_near(r, w + k, g, first + k, least, most, vmax(a, b), y + k);
				continue;
			}
		}
		for (int i = k; i < k + step; i++) {
			vf z[4];
			const vf at = clampv(lag_at(g, first + i), least, most), whole = to_float(to_int(at));
			const vi from = w + i - to_int(whole);
			const struct cubic c = ring_cubic(at - whole);
			ring_four(r, from + (lt_i(from, splat_i(0)) & r->size), z);
			y[i] = ring_weigh(&c, z, sel_ne(whole, splat(0.0f), z[3], z[2]));
		}
	}
}

/* The largest chunk that may be read at once where no lane's delay is below `least` frames: BLOCK, 16 or 1.
   (A frame to spare: a line's rounding must not bring a delay to where it is clamped.) */
static inline int
ring_chunk(vf least)
{
	return !any(lt(least, splat((float)(BLOCK + 2)))) ? BLOCK : !any(lt(least, splat(18.0f))) ? 16 : 1;
}

/* A lag that goes from *last, the last block's, to `frames` in a straight line; *last becomes that, to the bit. */
static inline struct lag
lag_to(vf *last, vf frames, const struct block *b)
{
	const vf from = b->now == 0 ? frames : *last;
	struct lag g = {LAG_STILL, from, (frames - from) * (1.0f / BLOCK), NULL};
	*last = frames;
	if (any(ne(from, frames)))
		g.kind = any(ne(from, splat(lane_first(from))) | ne(frames, splat(lane_first(frames)))) ? LAG_LINE : LAG_SAME;
	return g;
}

/* A lag for each frame. */
static inline struct lag
lag_wild(const vf frames[BLOCK])
{
	return (struct lag){LAG_WILD, frames[0], splat(0.0f), frames};
}

/* The shortest that it gets, in each lane. */
static inline vf
lag_least(const struct lag *g)
{
	vf least = vmin(g->from, lag_at(g, BLOCK - 1));
	for (int i = 0; g->kind == LAG_WILD && i < BLOCK; i++)
		least = vmin(least, g->wild[i]);
	return least;
}

/* A delay that follows a new one slowly, by e in so many seconds, and arrives: what is left of the way
   is kept by itself, as the last frames of a long delay would be lost to rounding. */
struct follow {
	vf to, rest; /* frames */
};

static inline vf
follow(struct follow *f, vf frames, vf seconds, const struct block *b)
{
	const vf left = lm_exp2((-1.4426950408889634f * BLOCK / b->c->rate) / clamp(seconds, 1e-4f, 100.0f));
	const vf rest = (f->rest + (f->to - frames)) * left;
	f->rest = b->now == 0 ? splat(0.0f) : sel(lt(vabs(rest), splat(1.0f / 128)), splat(0.0f), rest);
	f->to = frames;
	return frames + f->rest;
}

#endif
