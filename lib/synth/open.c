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

/* Choices or steps; 0: none. A share of a step too little is rounding. */
static double
levels(const struct param *p)
{
	const double min = p->min, max = p->max;
	if (p->scale == SCALE_CHOICE)
		return floor(max) - ceil(min) + 1;
	return p->scale == SCALE_LINEAR && p->step > 0 ? floor((max - min) / (double)p->step + 1e-4) + 1 : 0;
}

uint32_t
open_levels(const struct param *p)
{
	const double n = levels(p);
	return n >= 1 && n <= OPEN_STEPS ? (uint32_t)n : 0;
}

float
open_value(const struct param *p, double u)
{
	const double min = p->min, max = p->max, n = levels(p);
	u = unit(u);
	switch (p->scale) {
	case SCALE_LOG: return within(p, min * fm_exp2(u * fm_log2(max / min)));
	case SCALE_CHOICE: return within(p, fmin(ceil(min) + floor(u * n), floor(max)));
	default: return within(p, min + (n ? fmin(floor(u * n), n - 1) * (double)p->step : u * (max - min)));
	}
}

double
open_unit(const struct param *p, float value)
{
	const double min = p->min, max = p->max, x = value, n = levels(p);
	if (!(max > min))
		return 0.5;
	switch (p->scale) {
	case SCALE_LOG: return unit(fm_log2(fmax(x, min) / min) / fm_log2(max / min));
	case SCALE_CHOICE: return unit((x - ceil(min) + 0.5) / n);
	default: return n ? (fmin(fmax(floor((x - min) / (double)p->step + 0.5), 0), n - 1) + 0.5) / n : unit((x - min) / (max - min));
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
