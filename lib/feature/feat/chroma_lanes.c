/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "dsp/rows.h"
#include "feature/feat/chroma.h"

/* Four sums side by side: an addition need not wait for the last. */
static inline vf
sum(const vf *p, const float *w, size_t n)
{
	vf s[4] = {splat(0), splat(0), splat(0), splat(0)};
	size_t i = 0;
	for (; i + 4 <= n; i += 4) {
		s[0] += p[i] * w[i];
		s[1] += p[i + 1] * w[i + 1];
		s[2] += p[i + 2] * w[i + 2];
		s[3] += p[i + 3] * w[i + 3];
	}
	for (; i < n; i++)
		s[0] += p[i] * w[i];
	return (s[0] + s[1]) + (s[2] + s[3]);
}

uint32_t
LANE_NAME(chroma_group)(const struct group *g, void *state, float *out)
{
	const struct chroma *s = state;
	const vf *p = (const vf *)g->power;
	vf class[CHROMA_CLASSES], most = splat(0);
	for (size_t c = 0; c < CHROMA_CLASSES; c++)
		class[c] = splat(0);
	for (const struct chroma_run *r = s->run; r < s->run + s->runs; r++)
		class[r->class] += sum(p + r->first, r->weight, r->count);
	for (size_t c = 0; c < CHROMA_CLASSES; c++)
		most = vmax(class[c], most);
	const vi sounds = lt(splat(1.17549435e-38f), most);
	for (size_t c = 0; c < CHROMA_CLASSES; c++)
		class[c] = sel(sounds, class[c] / most, splat(0));
	float *row[LANES];
	group_rows(g, out, CHROMA_CLASSES, row);
	lanes_to_rows(class, CHROMA_CLASSES, row);
	return g->precise ? 0 : g->faint & g->wanted;
}
