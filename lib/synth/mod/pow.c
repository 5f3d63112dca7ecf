/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * a^b: exact powers of two where a is 2, otherwise by log2 and exp2, from 2^-126
 * to 2^127. 0^b is 0 (1 for b = 0). A negative a has a real power for whole b
 * alone; for others the result is 0.
 */
#include "synth/mod/maths.h"

static inline vf
power(vf a, vf b)
{
	const vf size = lm_pow(vmax(vabs(a), splat(0x1p-126f)), b);
	const vf zero = splat(0.0f), one = splat(1.0f);
	const vf near = clamp(b, -1e9f, 1e9f), whole = vfloor(near), half = whole * 0.5f;
	const vi odd = ne(half, vfloor(half));
	const vf below = sel(eq(near, whole), sel(odd, -size, size), zero);
	const vf y = sel(gt(a, zero), size, sel(lt(a, zero), below, zero));
	return sel(eq(b, zero), one, y);
}

MATHS_2(pow, 1, 1, "a to the power of b", power(a, b),
    "pow{abs{sine{}}, 1 + 8 * decay{decay = 1}} * adsr{} * 0.7 >> voices()");
