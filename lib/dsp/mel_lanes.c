/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "dsp/mel.h"
#include "dsp/rows.h"

enum { SUMS = 8, MANY = 64 };

/* The same eight partial sums, added up in the same order, as in mel_apply: the same bits. */
static inline vf
band(const vf *p, const float *w, size_t n)
{
	vf s[SUMS];
	size_t i = 0;
	for (int j = 0; j < SUMS; j++)
		s[j] = splat(0);
	for (; i + SUMS <= n; i += SUMS)
#pragma GCC unroll 8
		for (int j = 0; j < SUMS; j++)
			s[j] += p[i + j] * w[i + j];
	if (i + SUMS / 2 <= n) {
		for (int j = 0; j < SUMS / 2; j++)
			s[j] += p[i + j] * w[i + j];
		i += SUMS / 2;
	}
	for (int j = 0; j < SUMS / 2; j++)
		s[j] += s[j + SUMS / 2];
	vf sum = (s[0] + s[1]) + (s[2] + s[3]);
	for (; i < n; i++)
		sum += p[i] * w[i];
	return sum;
}

void
LANE_NAME(mel_beside)(const struct mel *m, const float *power, size_t count, float *out)
{
	for (size_t b = 0; b < m->bands; b += MANY) {
		const size_t some = m->bands - b < MANY ? m->bands - b : MANY;
		vf sum[MANY];
		float *row[LANES];
		for (size_t k = b; k < b + some; k++)
			sum[k - b] = band((const vf *)power + m->first[k], m->weights + m->at[k], m->count[k]);
		for (size_t l = 0; l < LANES; l++)
			row[l] = l < count ? out + l * m->bands + b : NULL;
		lanes_to_rows(sum, some, row);
	}
}
