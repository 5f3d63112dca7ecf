/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "synth/open.h"

#include <math.h>

#include "base/fmath.h"
#include "synth/arc.h"

static double
unit(double u)
{
	return u > 0 ? (u < 1 ? u : 1) : 0;
}

/* Rounding must not carry a value out of its range. */
static float
within(const struct param *p, double x)
{
	const float f = (float)x;
	return f < p->min ? p->min : f > p->max ? p->max : f;
}

static double
choices(const struct param *p)
{
	return floor((double)p->max) - ceil((double)p->min) + 1;
}

float
open_value(const struct param *p, double u)
{
	const double min = p->min, max = p->max;
	u = unit(u);
	switch (p->scale) {
	case SCALE_LOG: return within(p, min * fm_exp2(u * fm_log2(max / min)));
	case SCALE_CHOICE: return within(p, fmin(ceil(min) + floor(u * choices(p)), floor(max)));
	default: return within(p, min + u * (max - min));
	}
}

double
open_unit(const struct param *p, float value)
{
	const double min = p->min, max = p->max, x = value;
	if (!(max > min))
		return 0.5;
	switch (p->scale) {
	case SCALE_LOG: return unit(fm_log2(fmax(x, min) / min) / fm_log2(max / min));
	case SCALE_CHOICE: return unit((x - ceil(min) + 0.5) / choices(p));
	default: return unit((x - min) / (max - min));
	}
}

size_t
open_params(const struct recipe *r, struct param **out, size_t max)
{
	size_t n = 0;
	for (size_t i = 0; i < r->n_parts; i++)
		for (size_t k = 0; k < r->parts[i].patch.n_params; k++)
			if (r->parts[i].patch.params[k].open && arc_leaves_open(r, (uint32_t)i, (uint32_t)k) && n++ < max)
				out[n - 1] = &r->parts[i].patch.params[k];
	return n;
}
