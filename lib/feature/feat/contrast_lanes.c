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

/* The magnitudes of the strongest and the weakest bins of a band on average. */
static void
extremes(const vf *p, const struct contrast_band *band, vf *room, vf *strong, vf *weak)
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
}

static inline vf
decibels(vf x)
{
	return lm_log2(vmax(x, splat(1e-10f))) * 3.010299956639812f;
}

/* Whether the transform's rounding may be more than a ten-thousandth of a band's contrast, or of half a dB: a valley's
   magnitude is then off by so much that 10 log10 of it is. Nothing under the decibels' floor counts. */
static inline vi
drowned(vf strong, vf weak, vf contrast, vf total, size_t count)
{
	const float off = 6 * STFT_ROUNDING * 4.34294482f / 1e-4f;
	const vf needed = weak * vmax(contrast, splat(0.5f));
	return lt(needed * needed, total * (off * off / (float)count)) & lt(splat(1e-10f), strong);
}

uint32_t
LANE_NAME(contrast_group)(const struct group *g, void *state, float *out)
{
	struct contrast *s = state;
	vf found[2 * CONTRAST_BANDS];
	const vf total = ((const vf *)g->power)[g->bins];
	vi doubtful = splat_i(0);
	(void)out; /* run makes it of what is found */
	for (size_t b = 0; b < CONTRAST_BANDS; b++) {
		vf strong, weak;
		extremes((const vf *)g->power, &s->band[b], (vf *)s->extremes, &strong, &weak);
		found[b] = decibels(strong);
		found[CONTRAST_BANDS + b] = decibels(weak);
		if (s->band[b].count)
			doubtful |= drowned(strong, weak, found[b] - found[CONTRAST_BANDS + b], total, s->band[b].count);
	}
	float *row[LANES];
	group_rows(g, s->found, 2 * CONTRAST_BANDS, row);
	lanes_to_rows(found, 2 * CONTRAST_BANDS, row);
	if (g->precise)
		return 0;
	uint32_t again = 0;
	for (int l = 0; l < LANES; l++)
		again |= (uint32_t)(((const int32_t *)&doubtful)[l] != 0) << l;
	return again & g->wanted;
}
