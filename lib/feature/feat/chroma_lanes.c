/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "dsp/rows.h"
#include "feature/feat/chroma.h"

/* Four sums side by side: an addition need not wait for the last. */
static inline void
add(const vf *p, const struct chroma_run *run, vf *sum)
{
	const float *w = run->weight;
	size_t i = 0;
	for (p += run->first; i + 4 <= run->count; i += 4)
		for (size_t k = 0; k < 4; k++)
			sum[k] += p[i + k] * w[i + k];
	for (; i < run->count; i++)
		sum[0] += p[i] * w[i];
}

uint32_t
LANE_NAME(chroma_group)(const struct group *g, void *state, float *out)
{
	const struct chroma *s = state;
	const vf *p = (const vf *)g->power;
	vf class[CHROMA_CLASSES], most = splat(0);
	for (size_t c = 0, r = 0; c < CHROMA_CLASSES; c++) {
		vf sum[4] = {splat(0), splat(0), splat(0), splat(0)};
		for (; r < s->end[c]; r++)
			add(p, &s->run[r], sum);
		class[c] = (sum[0] + sum[1]) + (sum[2] + sum[3]);
		most = vmax(class[c], most);
	}
	const vi sounds = lt(splat(1.17549435e-38f), most);
	for (size_t c = 0; c < CHROMA_CLASSES; c++)
		class[c] = sel(sounds, class[c] / most, splat(0));
	float *row[LANES];
	group_rows(g, out, CHROMA_CLASSES, row);
	lanes_to_rows(class, CHROMA_CLASSES, row);
	return 0;
}
