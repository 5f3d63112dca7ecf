/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/lanes_double.h"
#include "dsp/lmath.h"
#include "dsp/rows.h"
#include "feature/feat/shape.h"

/* What is summed over all bins. */
struct totals {
	vf power, floored, rise; /* of squares; of squares from 1e-10; of squared rises */
	vf most;                 /* largest square */
	vf mantissa;             /* product of the floored squares = mantissa * 2^exponent */
	vi exponent;
	vf inverse;              /* sum of one over those squares that are above the floor, to some 12 % */
};

/* Lane l has the frame before that of lane l + 1. */
static inline vf
frame_before(vf m, float first)
{
#if LANES == 1
	(void)m;
	return first;
#elif LANES == 4
	return __builtin_shuffle(m, splat(first), (vi){4, 0, 1, 2});
#elif LANES == 8
	return __builtin_shuffle(m, splat(first), (vi){8, 0, 1, 2, 3, 4, 5, 6});
#else
	return __builtin_shuffle(m, splat(first), (vi){16, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14});
#endif
}

static inline float
last_lane(vf m)
{
#if LANES == 1
	return m;
#else
	return m[LANES - 1];
#endif
}

/* A positive number's mantissa, from 1 to 2. Its exponent with 127 added is as_vi(x) >> 23. */
static inline vf
mantissa(vf x)
{
	return as_vf((as_vi(x) & 0x7fffff) | 0x3f800000);
}

/* `wide` bins from p on; `last` gets the magnitudes of the last frame. The logarithm of a product is that of its mantissa and its exponent: one logarithm for
   all bins, of which sixteen mantissas at a time stay in range. */
static inline __attribute__((always_inline)) void
block(const vf *p, const float *before, float *last, size_t wide, vf *sums, size_t apart, struct totals *t)
{
	static const float place[SHAPE_BLOCK] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};

	vf m0 = splat(0), m1 = m0, m2 = m0, power = m0, floored = m0, rise = m0, inverse = m0, product = splat(1);
	for (size_t j = 0; j < wide; j++) {
		const vf q = p[j], m = vsqrt(q), low = vmax(q, splat(1e-10f)), at = m * place[j];
		const vf up = vmax(m - frame_before(m, before[j]), splat(0));
		last[j] = last_lane(m);
		m0 += m;
		m1 += at;
		m2 += at * place[j];
		power += q;
		floored += low;
		inverse += as_vf((0x7ef311c7 - as_vi(q)) & lt(splat(1e-10f), q)); /* the exponent's sign turned round */
		rise += up * up;
		product *= mantissa(low);
		t->exponent += as_vi(low) >> 23;
		t->most = vmax(q, t->most);
	}
	sums[0] = m0;
	sums[apart] = m1;
	sums[2 * apart] = m2;
	t->power += power;
	t->floored += floored;
	t->inverse += inverse;
	t->rise += rise;
	product *= t->mantissa;
	t->exponent += (as_vi(product) >> 23) - 127;
	t->mantissa = mantissa(product);
}

/* Moments of the magnitudes in bins, from the blocks' sums, and where the roll-off is: in which block, and what lies
   below that. Blocks are put together about the centroid, so that nothing cancels. */
struct moments {
	double sum[LANES], mid[LANES], second[LANES], limit[LANES], below[LANES];
	int32_t block[LANES];
};

static inline void
half_moments(const float *sums, size_t blocks, size_t half, struct moments *o)
{
	const float *s = sums + half * WIDE;
	const size_t apart = blocks * LANES;
	vd m = splat_d(0), first = m, second = m, below = m, found = m;
	for (size_t b = 0; b < blocks; b++) {
		const vd m0 = widen(s + b * LANES);
		m += m0;
		first += m0 * (double)(int)(b * SHAPE_BLOCK) + widen(s + b * LANES + apart);
	}
	const vd some = m + 1e-300, mid = first / some, limit = 0.85 * m; /* of silence too the middle is 0 */
	vl going = lt_d(splat_d(0), splat_d(1));
	for (size_t b = 0; b < blocks; b++) {
		const vd m0 = widen(s + b * LANES), d = (double)(int)(b * SHAPE_BLOCK) - mid;
		second += d * d * m0 + 2.0 * d * widen(s + b * LANES + apart) + widen(s + b * LANES + 2 * apart);
		going &= lt_d(below + m0, limit);
		if (b + 1 < blocks) {
			below += keep_d(going, m0);
			found += keep_d(going, splat_d(1));
		}
	}
	second = second / some;
	memcpy(o->sum + half * WIDE, &m, sizeof m);
	memcpy(o->mid + half * WIDE, &mid, sizeof m);
	memcpy(o->second + half * WIDE, &second, sizeof m);
	memcpy(o->limit + half * WIDE, &limit, sizeof m);
	memcpy(o->below + half * WIDE, &below, sizeof m);
	for (size_t l = 0; l < WIDE; l++) {
		double at[WIDE];
		memcpy(at, &found, sizeof at);
		o->block[half * WIDE + l] = (int32_t)at[l];
	}
}

/* The lowest bin at which the sum from below reaches 85 %. */
static inline void
roll_off(const vf *p, size_t bins, const struct moments *o, int32_t *at)
{
	float m[SHAPE_BLOCK][LANES];
	vi row;
	memcpy(&row, o->block, sizeof row);
	row *= SHAPE_BLOCK;
	/* past the last bin the last one is read again, but nobody goes on to it */
	for (int j = 0; j < SHAPE_BLOCK; j++) {
		const vi in = row + j, last = splat_i((int32_t)bins - 1);
		const vf v = vsqrt(gather_rows(p, sel_i(lt_i(in, last), in, last)));
		memcpy(m[j], &v, sizeof v);
	}
	for (size_t h = 0; h < LANES; h += WIDE) {
		vd below = load_d(o->below + h), bin = splat_d(0);
		const vd limit = load_d(o->limit + h);
		double on[WIDE];
		for (int j = 0; j < SHAPE_BLOCK; j++) { /* sums only grow: those under the limit come first */
			below += widen(m[j] + h);
			bin += keep_d(lt_d(below, limit), splat_d(1));
		}
		store_d(on, bin);
		for (size_t l = 0; l < WIDE; l++) {
			const int32_t k = o->block[h + l] * SHAPE_BLOCK + (int32_t)on[l];
			at[h + l] = k < (int32_t)bins ? k : (int32_t)bins - 1;
		}
	}
}

/* Whether the rounding of the transform (some 2e-8 of the largest bin in every bin) adds up to more than 3e-5 of
   the second moment, as it does for pure tones. */
static inline bool
rounding_shows(double most, double sum, double mid, double second, double bins)
{
	const double up = bins - mid;
	return 2e-8 * most * (mid * mid * mid + up * up * up) / 3 > 3e-5 * second * sum;
}

/* Whether the transform's rounding may be more than a ten-thousandth of the geometric mean: the logarithm of a square is
   off by twice what its magnitude is, the mean by the root of their squares' sum. */
static inline vi
mean_drowned(const struct totals *t, size_t bins)
{
	const float off = 2 * 3.5f * STFT_ROUNDING / (1e-4f * (float)bins);
	return lt(splat(1), t->power * t->inverse * (off * off));
}

uint32_t
LANE_NAME(shape_group)(const struct group *g, void *state, float *out)
{
	struct shape *s = state;
	const vf *p = (const vf *)g->power;
	const size_t bins = g->bins, blocks = (bins + SHAPE_BLOCK - 1) / SHAPE_BLOCK;
	struct totals t = {splat(0), splat(0), splat(0), splat(0), splat(1), splat_i(0), splat(0)};
	if (!g->precise && !g->frame[0]) /* what was before the first frame is not known: no flux */
		for (size_t k = 0; k < bins; k++)
			s->before[k] = sqrtf(lane_get(p[k], 0));
	/* frames that come again stand alone */
	float *last = g->precise ? s->ignored : s->before;
	vf *sums = (vf *)s->sums;
	size_t k = 0;
	for (; k + SHAPE_BLOCK <= bins; k += SHAPE_BLOCK)
		block(p + k, s->before + k, last + k, SHAPE_BLOCK, sums++, blocks, &t);
	if (k < bins)
		block(p + k, s->before + k, last + k, bins - k, sums, blocks, &t);

	struct moments o;
	int32_t at[LANES];
	for (size_t h = 0; h < LANES / WIDE; h++)
		half_moments(s->sums, blocks, h, &o);
	roll_off(p, bins, &o, at);
	const float n = (float)bins;
	const vf octaves = (to_float(t.exponent - 127 * (int32_t)bins) + lm_log2(t.mantissa)) / n;
	const vf flatness = lm_exp2(octaves) / (t.floored / n);
	const vf flux = vsqrt(t.rise / vmax(t.power, splat(1e-37f))), most = vsqrt(t.most);
	const vi off = mean_drowned(&t, bins);
	uint32_t again = g->precise ? 0 : g->faint & g->wanted;
	for (int l = 0; l < LANES; l++) {
		if (!(g->wanted >> l & 1))
			continue;
		float *row = out + g->frame[l] * SHAPE_COLUMNS;
		const double second = fmax(0, o.second[l]);
		row[SHAPE_CENTROID] = (float)(o.mid[l] * g->bin_hz);
		row[SHAPE_BANDWIDTH] = (float)(sqrt(second) * g->bin_hz);
		row[SHAPE_ROLLOFF] = (float)((double)at[l] * g->bin_hz);
		if (!(g->precise && g->faint >> l & 1)) /* which is all floor, and is scaled up */
			row[SHAPE_FLATNESS] = lane_get(flatness, l);
		if (g->precise)
			continue;
		row[SHAPE_FLUX] = lane_get(flux, l);
		if (((const int32_t *)&off)[l]
		    || (o.sum[l] > 0 && rounding_shows(lane_get(most, l), o.sum[l], o.mid[l], second, (double)bins)))
			again |= 1u << l;
	}
	return again;
}
