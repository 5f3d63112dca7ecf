/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The strongest and the weakest bins of a band, in each lane for itself and without branches: sixteen bins at
 * a time are sorted by a network (Batcher 1968) and merged with the strongest and the weakest so far.
 */
#include "dsp/lmath.h"
#include "dsp/rows.h"
#include "feature/feat/contrast.h"

enum { SORTED = CONTRAST_SORTED };

/* Swaps two numbers so that the larger comes first. */
static inline void
order(vf *a, vf *b)
{
	const vf high = vmax(*a, *b);
	*b = vmin(*a, *b);
	*a = high;
}

#define NETWORK(X)                                                                                                \
	X(0, 1) X(2, 3) X(4, 5) X(6, 7) X(8, 9) X(10, 11) X(12, 13) X(14, 15) X(0, 2) X(1, 3) X(4, 6) X(5, 7) X(8, 10)  \
	X(9, 11) X(12, 14) X(13, 15) X(1, 2) X(5, 6) X(9, 10) X(13, 14) X(0, 4) X(1, 5) X(2, 6) X(3, 7) X(8, 12)        \
	X(9, 13) X(10, 14) X(11, 15) X(2, 4) X(3, 5) X(10, 12) X(11, 13) X(1, 2) X(3, 4) X(5, 6) X(9, 10) X(11, 12)     \
	X(13, 14) X(0, 8) X(1, 9) X(2, 10) X(3, 11) X(4, 12) X(5, 13) X(6, 14) X(7, 15) X(4, 8) X(5, 9) X(6, 10)        \
	X(7, 11) X(2, 4) X(3, 5) X(6, 8) X(7, 9) X(10, 12) X(11, 13) X(1, 2) X(3, 4) X(5, 6) X(7, 8) X(9, 10)           \
	X(11, 12) X(13, 14)

/* Falling. */
static inline __attribute__((always_inline)) void
sort(vf *v)
{
#define X(i, j) order(&v[i], &v[j]);
	NETWORK(X)
#undef X
}

/* What falls and then rises, or the other way round, is made to fall. */
static inline __attribute__((always_inline)) void
sort_bitonic(vf *v)
{
#define TWO(i, d) order(&v[i], &v[i + d]);
#define FOUR(i)   TWO(i, 2) TWO(i + 1, 2) TWO(i, 1) TWO(i + 2, 1)
#define EIGHT(i)  TWO(i, 4) TWO(i + 1, 4) TWO(i + 2, 4) TWO(i + 3, 4) FOUR(i) FOUR(i + 4)
	TWO(0, 8) TWO(1, 8) TWO(2, 8) TWO(3, 8) TWO(4, 8) TWO(5, 8) TWO(6, 8) TWO(7, 8)
	EIGHT(0)
	EIGHT(8)
#undef TWO
#undef FOUR
#undef EIGHT
}

/* Of most[blocks][SORTED], which falls, and v, which does too, the largest stay in most. */
static inline void
merge_largest(vf *most, size_t blocks, const vf *v)
{
	vf come[SORTED], stay[SORTED];
	memcpy(come, v, sizeof come);
	for (size_t b = 0; b < blocks; b++, most += SORTED) {
#pragma GCC unroll 16
		for (int i = 0; i < SORTED; i++)
			stay[i] = vmax(most[i], come[SORTED - 1 - i]);
		if (b + 1 < blocks) {
			vf go[SORTED];
#pragma GCC unroll 16
			for (int i = 0; i < SORTED; i++)
				go[i] = vmin(most[i], come[SORTED - 1 - i]);
			sort_bitonic(go);
			memcpy(come, go, sizeof come);
		}
		sort_bitonic(stay);
		memcpy(most, stay, sizeof stay);
	}
}

/* Of least[blocks][SORTED], whose blocks rise though each falls, and v, which falls, the smallest stay. */
static inline void
merge_smallest(vf *least, size_t blocks, const vf *v)
{
	vf come[SORTED], stay[SORTED];
	memcpy(come, v, sizeof come);
	for (size_t b = 0; b < blocks; b++, least += SORTED) {
#pragma GCC unroll 16
		for (int i = 0; i < SORTED; i++)
			stay[i] = vmin(least[SORTED - 1 - i], come[i]);
		if (b + 1 < blocks) {
			vf go[SORTED];
#pragma GCC unroll 16
			for (int i = 0; i < SORTED; i++)
				go[i] = vmax(least[SORTED - 1 - i], come[i]);
			sort_bitonic(go);
			memcpy(come, go, sizeof come);
		}
		sort_bitonic(stay);
		memcpy(least, stay, sizeof stay);
	}
}

/* v[SORTED] from p[wide], filled up with `rest`. */
static inline void
take(const vf *p, size_t wide, float rest, vf *v)
{
	for (size_t i = 0; i < SORTED; i++)
		v[i] = i < wide ? p[i] : splat(rest);
	sort(v);
}

/* The magnitudes of the strongest and the weakest bins of a band on average; raises `top` to the strongest power. */
static void
extremes(const vf *p, const struct contrast_band *band, vf *room, vf *strong, vf *weak, vf *top)
{
	const size_t n = band->end - band->first, blocks = (band->count + SORTED - 1) / SORTED;
	vf *most = room, *least = room + blocks * SORTED, v[SORTED];
	*strong = *weak = splat(0);
	if (!band->count)
		return;
	p += band->first;
	for (size_t i = 0; i < blocks * SORTED; i++) {
		most[i] = splat(-1);
		least[i] = splat(INFINITY);
	}
	size_t i = 0;
	for (; i + SORTED <= n; i += SORTED) {
#pragma GCC unroll 16
		for (int k = 0; k < SORTED; k++)
			v[k] = p[i + (size_t)k];
		sort(v);
		merge_largest(most, blocks, v);
		merge_smallest(least, blocks, v);
	}
	if (i < n) {
		take(p + i, n - i, -1, v);
		merge_largest(most, blocks, v);
		take(p + i, n - i, INFINITY, v);
		merge_smallest(least, blocks, v);
	}
	for (i = 0; i < band->count; i++) {
		*strong += vsqrt(most[i]);
		*weak += vsqrt(least[i / SORTED * SORTED + SORTED - 1 - i % SORTED]);
	}
	*strong /= (float)band->count;
	*weak /= (float)band->count;
	*top = vmax(most[0], *top);
}

static inline vf
decibels(vf x)
{
	return lm_log2(vmax(x, splat(1e-10f))) * 3.010299956639812f;
}

/* A valley that lies near what the transform rounds to, some 2e-8 of the largest bin, must be heard in double. */
uint32_t
LANE_NAME(contrast_group)(const struct group *g, void *state, float *out)
{
	struct contrast *s = state;
	vf found[2 * CONTRAST_BANDS], top = splat(0), least = splat(INFINITY);
	(void)out; /* run makes it of what is found */
	for (size_t b = 0; b < CONTRAST_BANDS; b++) {
		vf strong, weak;
		extremes((const vf *)g->power, &s->band[b], (vf *)s->extremes, &strong, &weak, &top);
		found[b] = decibels(strong);
		found[CONTRAST_BANDS + b] = decibels(weak);
		least = s->band[b].count ? vmin(weak, least) : least;
	}
	float *row[LANES];
	group_rows(g, s->found, 2 * CONTRAST_BANDS, row);
	lanes_to_rows(found, 2 * CONTRAST_BANDS, row);
	if (g->precise)
		return 0;
	const vi drowned = lt(least, vsqrt(top) * 4e-5f);
	uint32_t again = 0;
	for (int l = 0; l < LANES; l++)
		again |= (uint32_t)(((const int32_t *)&drowned)[l] != 0) << l;
	return again & g->wanted;
}
