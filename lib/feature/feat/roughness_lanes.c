/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "dsp/rows.h"
#include "feature/feat/roughness.h"

void
LANE_NAME(rough_bands)(const struct rough *r, float (*band)[ROUGH_BANDS])
{
	const struct mel *m = r->bank;
	const vf *power = (const vf *)r->power;
	vf e[ROUGH_BANDS];
	float *row[LANES];
	for (size_t b = 0; b < ROUGH_BANDS; b++) {
		const vf *p = power + m->first[b];
		const float *w = r->weights + m->at[b];
		vf even = splat(0), odd = splat(0);
		size_t i = 0;
		for (; i + 2 <= m->count[b]; i += 2) {
			even += p[i] * w[i];
			odd += p[i + 1] * w[i + 1];
		}
		if (i < m->count[b])
			even += p[i] * w[i];
		e[b] = vsqrt(even + odd);
	}
	for (int l = 0; l < LANES; l++)
		row[l] = band[l];
	lanes_to_rows(e, ROUGH_BANDS, row);
}

static inline void
add_to(float *sum, vf v)
{
	store(sum, load(sum) + v);
}

/* A lane a band. */
void
LANE_NAME(rough_take)(struct rough *r, const float e[ROUGH_BANDS], struct rough_sums *s)
{
	float next[ROUGH_BANDS + 1];
	next[ROUGH_BANDS] = 0;
	for (size_t b = 0; b < ROUGH_BANDS; b += LANES) {
		const vf now = load(e + b), y1 = load(r->y1 + b);
		const vf h = r->b * (now - load(r->x2 + b)) - r->a1 * y1 - r->a2 * load(r->y2 + b);
		memcpy(r->x2 + b, r->x1 + b, sizeof h);
		memcpy(r->x1 + b, &now, sizeof h);
		memcpy(r->y2 + b, &y1, sizeof h);
		memcpy(r->y1 + b, &h, sizeof h);
		memcpy(next + b, &h, sizeof h);
		add_to(s->e + b, now);
		add_to(s->h + b, h);
		add_to(s->hh + b, h * h);
	}
	for (size_t b = 0; b < ROUGH_BANDS; b += LANES)
		add_to(s->cross + b, load(next + b) * load(next + b + 1));
	s->n++;
}
