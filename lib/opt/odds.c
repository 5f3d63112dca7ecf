/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "opt/odds.h"

void
odds_init(struct odds *o, size_t n, double floor)
{
	*o = (struct odds){.n = n, .least = floor / (double)n};
	for (size_t i = 0; i < n; i++)
		o->p[i] = 1 / (double)n;
}

size_t
odds_pick(const struct odds *o, struct rng *r)
{
	double u = rng_uniform(r);
	for (size_t i = 0; i + 1 < o->n; i++)
		if ((u -= o->p[i]) < 0)
			return i;
	return o->n - 1;
}

void
odds_hear(struct odds *o, size_t way, double credit)
{
	if (way >= o->n)
		return;
	o->used[way] += 1;
	o->credit[way] += credit;
}

void
odds_learn(struct odds *o, double keep)
{
	double sum = 0, rate[ODDS_MAX];
	for (size_t i = 0; i < o->n; i++)
		sum += rate[i] = (o->credit[i] + 0.02) / (o->used[i] + 1); /* what has hardly been tried is not written off */
	for (size_t i = 0; i < o->n; i++) {
		o->p[i] = o->least + (1 - (double)o->n * o->least) * rate[i] / sum;
		o->used[i] *= keep;
		o->credit[i] *= keep;
	}
}
