/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How fast a distribution learns, and what each of its samples weighs. Equation numbers are the tutorial's (cma.h). */
#include "opt/cma.h"

#include <math.h>

#include "base/fmath.h"
#include "opt/cma_vkd.h"

size_t
cma_usual_lambda(size_t n)
{
	return 4 + (size_t)(3 * fm_log((double)(n ? n : 1)) + 1e-9);
}

/* (49) to (58). parents 0: half of lambda, and the other half counts against. */
static void
set_strategy(struct cma *c, size_t parents)
{
	const double n = (double)c->n, lambda = (double)c->lambda;
	double sum = 0, sum2 = 0, neg = 0, neg2 = 0;
	c->mu = parents ? parents : c->lambda / 2;
	const double middle = parents ? (double)parents + 0.5 : (lambda + 1) / 2;
	for (size_t i = 0; i < c->lambda; i++) {
		const double w = parents && i >= parents ? 0 : fm_log(middle) - fm_log((double)i + 1);
		c->weight[i] = w;
		if (i < c->mu) {
			sum += w;
			sum2 += w * w;
		} else {
			neg += w;
			neg2 += w * w;
		}
	}
	c->mueff = sum * sum / sum2;
	const double mueff_neg = neg2 > 0 ? neg * neg / neg2 : 0;
	c->cc = (4 + c->mueff / n) / (n + 4 + 2 * c->mueff / n);
	c->cs = (c->mueff + 2) / (n + c->mueff + 3);
	/* c1 twice, cmu 1.3 times and damping 0.85 times the tutorial's: fewer evaluations on every one of the
	   benchmark's functions of one optimum */
	c->c1 = c->pace * fmin(0.5, 4 / ((n + 1.3) * (n + 1.3) + c->mueff));
	c->cmu = c->pace * fmin(1 - c->c1, 2.6 * (0.25 + c->mueff + 1 / c->mueff - 2) / ((n + 2) * (n + 2) + c->mueff));
	if (c->model != CMA_FULL) { /* fewer numbers are learnt faster */
		c->c1 = fmin(0.5, 0.5 * c->c1 * (n + 1.5) / 3);
		c->cmu = fmin(1 - c->c1, 1.4 * c->cmu * (n + 1.5) / 3);
	}
	if (c->model == CMA_VKD)
		vkd_rates(c);
	c->damps = 0.85 * (1 + 2 * fmax(0, sqrt((c->mueff - 1) / (n + 1)) - 1) + c->cs);
	if (c->hurry) {
		c->cs = sqrt(c->mueff + 2) / (sqrt(n) + sqrt(c->mueff + 3));
		c->damps = 0.3 * (1 + 2 * fmax(0, sqrt((c->mueff - 1) / (n + 1)) - 1) + c->cs);
	}
	c->chi = sqrt(n) * (1 - 1 / (4 * n) + 1 / (21 * n * n));
	const double a = fmin(1 + c->c1 / c->cmu,
	    fmin(1 + 2 * mueff_neg / (c->mueff + 2), (1 - c->c1 - c->cmu) / (n * c->cmu)));
	for (size_t i = 0; i < c->lambda; i++)
		c->weight[i] = i < c->mu ? c->weight[i] / sum : neg < 0 ? a * c->weight[i] / -neg : 0;
}

/* The step size's path forgets over sqrt(n) generations rather than n, and turns into steps three times as fast. */
void
cma_hurry(struct cma *c)
{
	c->hurry = true;
	set_strategy(c, 0);
}

void
cma_pace(struct cma *c, double pace)
{
	c->pace = pace;
	set_strategy(c, 0);
}

void
cma_rates(struct cma *c)
{
	set_strategy(c, 0);
}

void
cma_parents(struct cma *c, size_t parents)
{
	set_strategy(c, parents < c->lambda ? parents : c->lambda);
}
