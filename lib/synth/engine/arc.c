/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "synth/engine/arc.h"

float
arc_at(const struct arc *a, double beat)
{
	size_t lo = 0, hi = a->n; /* points before lo are not after beat, points from hi on are */
	while (lo < hi) {
		const size_t mid = lo + (hi - lo) / 2;
		if (a->beats[mid] <= beat)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (lo == 0 || lo == a->n)
		return a->values[lo ? lo - 1 : 0];
	const double x = (beat - a->beats[lo - 1]) / (a->beats[lo] - a->beats[lo - 1]);
	return (float)(a->values[lo - 1] + x * ((double)a->values[lo] - a->values[lo - 1]));
}
