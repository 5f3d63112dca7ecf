/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "dsp/lmath.h"
#include "dsp/rows.h"
#include "feature/feat/logmel.h"

uint32_t
LANE_NAME(logmel_group)(const struct group *g, void *state, float *out)
{
	struct logmel *s = state;
	const struct mel *m = s->bank;
	const vf *power = (const vf *)g->power;
	vf *band = (vf *)s->band, *db = band + m->bands, top = splat(s->top);
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
	return 0;
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
