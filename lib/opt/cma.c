/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Equation numbers are the tutorial's. */
#include "opt/cma.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/eigen.h"
#include "base/fmath.h"

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
	c->cs = (c->mueff + 2) / (n + c->mueff + 5);
	c->c1 = 2 / ((n + 1.3) * (n + 1.3) + c->mueff);
	c->cmu = fmin(1 - c->c1, 2 * (0.25 + c->mueff + 1 / c->mueff - 2) / ((n + 2) * (n + 2) + c->mueff));
	if (c->model == CMA_SEPARABLE) { /* fewer numbers are learnt faster */
		c->c1 = fmin(0.5, c->c1 * (n + 1.5) / 3);
		c->cmu = fmin(1 - c->c1, c->cmu * (n + 1.5) / 3);
	}
	c->damps = 1 + 2 * fmax(0, sqrt((c->mueff - 1) / (n + 1)) - 1) + c->cs;
	c->chi = sqrt(n) * (1 - 1 / (4 * n) + 1 / (21 * n * n));
	const double a = fmin(1 + c->c1 / c->cmu,
	    fmin(1 + 2 * mueff_neg / (c->mueff + 2), (1 - c->c1 - c->cmu) / (n * c->cmu)));
	for (size_t i = 0; i < c->lambda; i++)
		c->weight[i] = i < c->mu ? c->weight[i] / sum : neg < 0 ? a * c->weight[i] / -neg : 0;
}

int
cma_init(struct cma *c, size_t n, size_t lambda, enum cma_model model, struct err *err)
{
	*c = (struct cma){.n = n, .lambda = lambda < 4 ? 4 : lambda, .model = model};
	const size_t square = model == CMA_FULL ? n * n : 0, diagonal = model == CMA_FULL ? 0 : n;
	c->numbers = 4 * n + diagonal + 3 * square;
	c->weight = calloc(c->lambda, sizeof *c->weight);
	c->mean = calloc(c->numbers + 4 * n + 1, sizeof *c->mean);
	if (!c->weight || !c->mean) {
		cma_release(c);
		return err_set(err, "out of memory for a covariance of %zu parameters", n);
	}
	c->pc = c->mean + n;
	c->ps = c->mean + 2 * n;
	c->D = c->mean + 3 * n;
	c->C = c->mean + 4 * n;
	c->B = c->C + square;
	c->T = c->B + square;
	c->work = c->mean + c->numbers;
	if (n)
		set_strategy(c, 0);
	return 0;
}

void
cma_parents(struct cma *c, size_t parents)
{
	set_strategy(c, parents < c->lambda ? parents : c->lambda);
}

void
cma_release(struct cma *c)
{
	free(c->weight);
	free(c->mean);
	*c = (struct cma){0};
}

void
cma_begin(struct cma *c, const double *mean, double sigma)
{
	const size_t n = c->n;
	memset(c->mean, 0, c->numbers * sizeof *c->mean);
	c->now.sigma = sigma;
	c->now.generation = c->now.last_eigen = 0;
	for (size_t i = 0; i < n; i++) {
		c->mean[i] = mean[i];
		c->D[i] = 1;
		if (c->model == CMA_SEPARABLE)
			c->C[i] = 1;
		else
			c->C[i * n + i] = c->B[i * n + i] = c->T[i * n + i] = 1;
	}
}

/* to = M v, M's columns standing as rows: no sum across, so it runs in lanes. */
static void
combine(size_t n, const double *rows, const double *v, double *to)
{
	memset(to, 0, n * sizeof *to);
	for (size_t k = 0; k < n; k++)
		for (size_t i = 0; i < n; i++)
			to[i] += rows[k * n + i] * v[k];
}

void
cma_sample(struct cma *c, struct rng *r, double *y)
{
	const size_t n = c->n;
	double *z = c->work, *v = c->work + n;
	for (size_t i = 0; i < n; i++)
		z[i] = c->D[i] * rng_normal(r);
	if (c->model == CMA_FULL) {
		combine(n, c->T, z, v);
		z = v;
	}
	for (size_t i = 0; i < n; i++)
		y[i] = c->mean[i] + c->now.sigma * z[i];
}

/* z = D^-1 B' y; returns |z|² = y' C^-1 y. */
static double
whiten(const struct cma *c, const double *y, double *z)
{
	double norm = 0;
	if (c->model == CMA_FULL)
		combine(c->n, c->B, y, z);
	else
		memcpy(z, y, c->n * sizeof *z);
	for (size_t k = 0; k < c->n; k++) {
		z[k] /= c->D[k];
		norm += z[k] * z[k];
	}
	return norm;
}

/* C += w y y': on the lower triangle, or the diagonal. */
static void
rank_one(struct cma *c, double w, const double *y)
{
	for (size_t i = 0; c->model == CMA_SEPARABLE && i < c->n; i++)
		c->C[i] += w * y[i] * y[i];
	for (size_t i = 0; c->model == CMA_FULL && i < c->n; i++) {
		const double f = w * y[i];
		for (size_t k = 0; k <= i; k++)
			c->C[i * c->n + k] += f * y[k];
	}
}

/* Decomposes C when it has changed enough to matter (lazy: O(n²) a proposal). false: C is no longer sane. */
static bool
decompose(struct cma *c)
{
	const size_t n = c->n;
	double least = INFINITY, most = 0;
	if (c->model == CMA_FULL) {
		if ((double)(c->now.generation - c->now.last_eigen) < 1 / ((c->c1 + c->cmu) * (double)n * 10))
			return true;
		c->now.last_eigen = c->now.generation;
		for (size_t i = 0; i < n; i++)
			for (size_t k = 0; k < i; k++)
				c->C[k * n + i] = c->C[i * n + k];
		if (eigen_symmetric(n, c->C, c->D, c->B, c->work) < 0)
			return false;
		for (size_t i = 0; i < n; i++)
			for (size_t k = 0; k < n; k++)
				c->T[k * n + i] = c->B[i * n + k];
	} else
		memcpy(c->D, c->C, n * sizeof *c->D);
	for (size_t i = 0; i < n; i++) {
		least = fmin(least, c->D[i]);
		most = fmax(most, c->D[i]);
		c->D[i] = sqrt(c->D[i]);
	}
	return least > 0 && most < 1e14 * least;
}

bool
cma_learn(struct cma *c, const double *const *y)
{
	const size_t n = c->n;
	double *step = c->work, *z = c->work + n, *d = c->work + 2 * n; /* step: <y>_w */
	c->now.generation++;

	/* (38), (39): where the better half went */
	memset(step, 0, n * sizeof *step);
	for (size_t i = 0; i < c->mu; i++)
		for (size_t k = 0; k < n; k++)
			step[k] += c->weight[i] * (y[i][k] - c->mean[k]) / c->now.sigma;

	/* (40), (41): the path of the step size */
	whiten(c, step, z);
	const double f = sqrt(c->cs * (2 - c->cs) * c->mueff);
	if (c->model == CMA_FULL) {
		combine(n, c->T, z, d);
		z = d;
	}
	double norm = 0;
	for (size_t i = 0; i < n; i++) {
		c->ps[i] = (1 - c->cs) * c->ps[i] + f * z[i];
		norm += c->ps[i] * c->ps[i];
	}
	norm = sqrt(norm);
	const double settled = sqrt(1 - fm_pow(1 - c->cs, 2.0 * (double)c->now.generation));
	const bool hs = norm / settled < (1.4 + 2 / ((double)n + 1)) * c->chi;

	/* (42): the path of the covariance */
	const double g = hs ? sqrt(c->cc * (2 - c->cc) * c->mueff) : 0;
	for (size_t i = 0; i < n; i++)
		c->pc[i] = (1 - c->cc) * c->pc[i] + g * step[i];

	/* (46), (47): covariance; negative weights are scaled so that it stays positive definite */
	double sum = 0;
	for (size_t i = 0; i < c->lambda; i++)
		sum += c->weight[i];
	const double keep = 1 + (hs ? 0 : c->c1 * c->cc * (2 - c->cc)) - c->c1 - c->cmu * sum;
	for (size_t i = 0; c->model == CMA_SEPARABLE && i < n; i++)
		c->C[i] *= keep;
	for (size_t i = 0; c->model == CMA_FULL && i < n; i++)
		for (size_t k = 0; k <= i; k++)
			c->C[i * n + k] *= keep;
	rank_one(c, c->c1, c->pc);
	z = c->work + n;
	d = c->work + 2 * n;
	for (size_t i = 0; i < c->lambda; i++) {
		double w = c->weight[i];
		for (size_t k = 0; k < n; k++)
			d[k] = (y[i][k] - c->mean[k]) / c->now.sigma;
		if (w < 0)
			w *= (double)n / fmax(whiten(c, d, z), 1e-30);
		rank_one(c, c->cmu * w, d);
	}
	for (size_t i = 0; i < n; i++)
		c->mean[i] += c->now.sigma * step[i];
	c->now.sigma *= fm_exp(fmin(1, c->cs / c->damps * (norm / c->chi - 1)));
	return decompose(c);
}

double
cma_spread(const struct cma *c)
{
	double widest = 0;
	for (size_t i = 0; i < c->n; i++)
		widest = fmax(widest, c->C[c->model == CMA_FULL ? i * c->n + i : i]);
	return c->now.sigma * sqrt(widest);
}

void
cma_save(const struct cma *c, struct blob *b)
{
	blob_put(b, &c->now, sizeof c->now);
	blob_put(b, c->mean, c->numbers * sizeof *c->mean);
}

void
cma_load(struct cma *c, struct blob *b)
{
	blob_get(b, &c->now, sizeof c->now);
	blob_get(b, c->mean, c->numbers * sizeof *c->mean);
}
