/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "opt/restarts.h"

#include <math.h>
#include <string.h>

#include "base/fmath.h"

enum { MOST = 1024 /* a population that does not grow further */ };

void
restarts_begin(struct restarts *r, uint64_t asked)
{
	memset(r->now.best, 0, sizeof r->now.best);
	r->now.begun = asked;
}

bool
restarts_settled(struct restarts *r, uint64_t generation, size_t lambda, double best)
{
	r->now.best[generation % RESTARTS_HISTORY] = best;
	const double patience = 10 + ceil(r->patience / (double)lambda);
	const uint64_t span = patience < RESTARTS_HISTORY ? (uint64_t)patience : RESTARTS_HISTORY;
	if (generation < span)
		return false;
	double lo = INFINITY, hi = -INFINITY;
	for (uint64_t g = 0; g < span; g++) {
		const double b = r->now.best[(generation - g) % RESTARTS_HISTORY];
		lo = fmin(lo, b);
		hi = fmax(hi, b);
	}
	return lo == hi || hi - lo < r->tolerance * fabs(hi);
}

size_t
restarts_next(struct restarts *r, struct rng *rng, size_t lambda, uint64_t asked)
{
	r->now.spent[r->now.small] += asked - r->now.begun;
	r->now.count++;
	r->now.small = r->kind == RESTARTS_BIPOP && r->now.count > 1 && r->now.spent[1] < r->now.spent[0];
	if (r->now.small) {
		const double u = rng_uniform(rng), most = 0.5 * (double)r->now.large / (double)r->first;
		return (size_t)((double)r->first * fm_pow(fmax(1, most), u * u));
	}
	if (r->kind == RESTARTS_NONE)
		return lambda;
	if (r->now.large < MOST)
		r->now.large = (uint64_t)((double)r->now.large * r->growth);
	return r->now.large;
}
