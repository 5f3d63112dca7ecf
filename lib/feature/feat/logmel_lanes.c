/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "dsp/lmath.h"
#include "dsp/rows.h"
#include "feature/feat/logmel.h"

/* Lanes in which the transform's rounding may be more than a ten-thousandth of a band's decibels, or of 2.4. A band's
   weights sum to one over the bins' distance; a triangle of n averages some 3 n / 4. */
static inline uint32_t
drowned(const struct group *g, const struct mel *m, const vf *band, const vf *db, vf top)
{
	const float off = 12 * STFT_ROUNDING * 8.6858896f / 1e-4f;
	const vf total = ((const vf *)g->power)[g->bins] * (off * off / (float)g->bin_hz), least = vmax(top - 80, splat(-99.9f));
	vi doubtful = splat_i(0);
	for (size_t b = 0; b < m->bands; b++) {
		const float n = m->count[b] > 1 ? 0.75f * (float)m->count[b] : 1;
		doubtful |= lt(band[b] * vmax(db[b] * db[b], splat(5.8f)) * n, total) & lt(least, db[b]);
	}
	uint32_t again = 0;
	for (int l = 0; l < LANES; l++)
		again |= (uint32_t)(((const int32_t *)&doubtful)[l] != 0) << l;
	return again & g->wanted;
}

uint32_t
LANE_NAME(logmel_group)(const struct group *g, void *state, float *out)
{
	struct logmel *s = state;
	const struct mel *m = s->bank;
	const vf *power = (const vf *)g->power;
	vf *band = (vf *)s->band, *db = band + m->bands, top = splat(-100);
	for (size_t b = 0; b < m->bands; b++) {
		const vf *p = power + m->first[b];
		const float *w = m->weights + m->at[b];
		vf u = splat(0), v = splat(0);
		size_t i = 0;
		for (; i + 2 <= m->count[b]; i += 2) {
			u += p[i] * w[i];
			v += p[i + 1] * w[i + 1];
		}
		if (i < m->count[b])
			u += p[i] * w[i];
		band[b] = u + v;
		db[b] = lm_log2(vmax(band[b], splat(1e-10f))) * 3.010299956639812f;
		top = vmax(db[b], top);
	}
	float *row[LANES];
	group_rows(g, s->power, m->bands, row);
	lanes_to_rows(band, m->bands, row);
	group_rows(g, out, m->bands, row);
	lanes_to_rows(db, m->bands, row);
	for (int l = 0; l < LANES; l++)
		s->top = lane_get(top, l) > s->top ? lane_get(top, l) : s->top;
	return g->precise ? 0 : drowned(g, m, band, db, top);
}

void
LANE_NAME(logmel_floor)(float *x, size_t n, float least)
{
	size_t i = 0;
	for (; i + LANES <= n; i += LANES)
		store(x + i, vmax(load(x + i), splat(least)));
	for (; i < n; i++)
		x[i] = x[i] > least ? x[i] : least;
}
