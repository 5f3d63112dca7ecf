/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Equation numbers are the tutorial's. */
#include "opt/cma.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/fmath.h"
#include "base/isa.h"
#include "opt/cma_dd.h"
#include "opt/cma_vkd.h"

int
cma_init(struct cma *c, size_t n, size_t lambda, enum cma_model model, struct err *err)
{
	const size_t stride = (n + CMA_LANES - 1) / CMA_LANES * CMA_LANES;
	*c = (struct cma){.n = n, .lambda = lambda < 4 ? 4 : lambda, .model = model, .stride = stride, .pace = 1,
	    .combine = ISA_PICK(cma_combine), .squares = ISA_PICK(cma_squares), .dots = ISA_PICK(cma_dots)};
	const size_t matrix = (model == CMA_FULL ? n : 1) * stride, rows = (c->lambda + 1) * stride;
	const size_t before = model == CMA_VKD ? (vkd_most(n) + 1) * stride : 0, work = 4 * stride + 2 * (c->lambda + 1);
	c->numbers = 4 * stride + 2 * matrix + (model == CMA_VKD ? vkd_numbers(c) : model == CMA_FULL ? dd_numbers(c) : 0);
	c->weight = calloc(c->lambda + 1, sizeof *c->weight);
	c->mean = calloc(c->numbers + before + rows + work + (model == CMA_VKD ? vkd_scratch(c) : 0), sizeof *c->mean);
	if (!c->weight || !c->mean) {
		cma_release(c);
		return err_set(err, "out of memory for a covariance of %zu parameters", n);
	}
	c->pc = c->mean + stride;
	c->ps = c->pc + stride;
	c->scale = c->ps + stride;
	c->C = c->scale + stride;
	c->U = c->C + matrix;
	c->rows = c->mean + c->numbers + before;
	c->work = c->rows + rows;
	c->vkd = c->work + work;
	ziggurat_init(&c->ziggurat);
	if (n)
		cma_rates(c);
	return 0;
}

void
cma_decode(struct cma *c)
{
	c->scales = c->model == CMA_FULL;
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
	memset(c->mean, 0, c->numbers * sizeof *c->mean);
	memset(&c->now, 0, sizeof c->now);
	c->now.sigma = sigma;
	c->now.fade = 1;
	for (size_t i = 0; i < c->n; i++) {
		const size_t at = c->model == CMA_FULL ? i * c->stride + i : i;
		c->mean[i] = mean[i];
		c->C[at] = c->U[at] = c->scale[i] = 1;
	}
	if (c->model == CMA_FULL)
		dd_begin(c);
	if (c->model == CMA_VKD) {
		vkd_begin(c);
		cma_rates(c);
	}
}

/* C's factor is at most 1 / LAZY of what it can learn behind C. */
enum { LAZY = 10 };

/* The width of a panel of columns: what is left of U's diagonal within it is multiplied by zero. */
enum { PANEL = 4 * CMA_LANES };

void
cma_sample(struct cma *c, struct rng *r, double *y)
{
	const size_t n = c->n;
	double *z = c->work, *v = c->work + c->stride;
	ziggurat_fill(&c->ziggurat, r, z, n);
	if (c->model == CMA_FULL)
		for (size_t a = 0; a < c->stride; a += PANEL) {
			const size_t columns = c->stride - a < PANEL ? c->stride - a : PANEL;
			memset(v + a, 0, columns * sizeof *v);
			c->combine(v + a, 1, columns, z, c->U + a, a + columns < n ? a + columns : n, c->stride);
		}
	else if (c->model == CMA_VKD)
		vkd_colour(c, v = z);
	else
		for (size_t i = 0; i < n; i++)
			v[i] = c->U[i] * z[i];
	for (size_t i = 0; i < n; i++)
		y[i] = c->mean[i] + c->now.sigma * c->scale[i] * v[i];
}

double
cma_whiten(struct cma *c, const double *y, double *z)
{
	const size_t n = c->n;
	double norm = 0, *less = c->work + 3 * c->stride;
	memcpy(z, y, c->stride * sizeof *z);
	if (c->model == CMA_VKD)
		vkd_whiten(c, z);
	for (size_t a = 0; c->model == CMA_FULL && a < n; a += CMA_LANES) {
		c->combine(z + a, 1, CMA_LANES, less, c->U + a, a, c->stride);
		for (size_t k = a; k < n && k < a + CMA_LANES; k++) {
			const double *row = c->U + k * c->stride;
			z[k] /= row[k];
			less[k] = -z[k];
			for (size_t i = k + 1; i < a + CMA_LANES; i++)
				z[i] -= row[i] * z[k];
		}
	}
	for (size_t k = 0; k < n; k++) {
		if (c->model == CMA_SEPARABLE)
			z[k] /= c->U[k];
		norm += z[k] * z[k];
	}
	return norm;
}

/* C = U'U, row by row, when C has changed enough to matter (lazy: O(n²) a proposal). false: C is no longer sane. */
static bool
factor(struct cma *c)
{
	const size_t n = c->n, stride = c->stride;
	double least = INFINITY, most = 0, *less = c->work;
	if (c->model == CMA_SEPARABLE)
		for (size_t i = 0; i < n; i++) {
			least = fmin(least, c->C[i]);
			most = fmax(most, c->C[i]);
			c->U[i] = sqrt(c->C[i]);
		}
	else if ((double)(c->now.generation - c->now.last_factor) < 1 / ((c->c1 + c->cmu) * (double)n * LAZY))
		return true;
	const bool apart = c->scales && dd_normalise(c);
	for (size_t k = 0; c->model == CMA_FULL && k < n; k++) {
		const size_t a = k / CMA_LANES * CMA_LANES;
		double *row = c->U + k * stride;
		for (size_t i = 0; i < k; i++)
			less[i] = -c->U[i * stride + k];
		memcpy(row + a, c->C + k * stride + a, (stride - a) * sizeof *row);
		c->combine(row + a, 1, stride - a, less, c->U + a, k, stride);
		least = fmin(least, row[k]);
		most = fmax(most, row[k]);
		if (!(row[k] > 0))
			return false;
		const double f = 1 / sqrt(row[k]);
		for (size_t i = a; i < n; i++)
			row[i] = i < k ? 0 : row[i] * f;
	}
	if (apart)
		dd_condition(c);
	c->now.last_factor = c->now.generation;
	return least > 0 && most < 1e14 * least;
}

/* Steps in units of sigma and scale, for the sums over rows. share[k]: weight of the better half where
   coordinate k did not matter; returns whether there is any. */
static bool
gather(struct cma *c, const double *const *y, double *share)
{
	const size_t n = c->n;
	bool some = false;
	double *inverse = c->work;
	for (size_t k = 0; k < n; k++)
		inverse[k] = 1 / (c->now.sigma * c->scale[k]);
	memset(share, 0, n * sizeof *share);
	for (size_t i = 0; i < c->lambda; i++) {
		double *d = c->rows + i * c->stride;
		for (size_t k = 0; k < n; k++) {
			d[k] = (y[i][k] - c->mean[k]) * inverse[k];
			if (!isnan(d[k]))
				continue;
			d[k] = 0;
			some = true;
			if (i < c->mu)
				share[k] += c->weight[i];
		}
	}
	return some;
}

/* What did not matter is to stay as it is: back[k] is the variance that the update takes from it. */
static void
quiet_variance(struct cma *c, const double *const *y, const double *share, const double *coef, double *back)
{
	double lost = 0;
	for (size_t k = 0; k < c->n; k++) {
		double part = c->c1 * share[k];
		for (size_t i = 0; i < c->lambda; i++)
			if (isnan(y[i][k]))
				part += coef[i];
		back[k] = fmax(0, part) * c->C[c->model == CMA_FULL ? k * c->stride + k : k];
		lost += share[k] / (double)c->n;
	}
	c->now.quiet += (1 - (1 - c->cs) * (1 - c->cs)) * (lost - c->now.quiet);
}

/* How many of a sample's coordinates matter. */
static double
active(const double *y, size_t n)
{
	double count = 0;
	for (size_t k = 0; k < n; k++)
		count += !isnan(y[k]);
	return count;
}

/* The step of what did not matter stays, too. */
static void
quiet_step(struct cma *c, const double *const *y, double change)
{
	for (size_t k = 0; k < c->n; k++) {
		double part = 0;
		for (size_t i = 0; i < c->mu; i++)
			if (isnan(y[i][k]))
				part += c->weight[i];
		if (part > 0)
			c->scale[k] *= fm_exp(-part * change);
	}
}

bool
cma_learn(struct cma *c, const double *const *y)
{
	const size_t n = c->n, stride = c->stride, lambda = c->lambda;
	double *step = c->work + stride, *z = step + stride, *coef = c->work + 4 * stride; /* step: <y>_w */
	double *share = c->rows + lambda * stride; /* until pc takes its place */
	c->now.generation++;
	const bool quiet = gather(c, y, share);

	/* (38), (39): where the better half went */
	memset(step, 0, stride * sizeof *step);
	c->combine(step, 1, stride, c->weight, c->rows, c->mu, stride);

	/* (40), (41): the path of the step size */
	cma_whiten(c, step, z);
	const double f = sqrt(c->cs * (2 - c->cs) * c->mueff);
	double norm = 0, sum = 0;
	for (size_t i = 0; i < n; i++) {
		c->ps[i] = (1 - c->cs) * c->ps[i] + f * z[i];
		norm += c->ps[i] * c->ps[i];
	}
	norm = sqrt(norm / fmax(1 - c->now.quiet, 0.01));
	c->now.fade *= (1 - c->cs) * (1 - c->cs);
	const bool hs = norm < (1.4 + 2 / ((double)n + 1)) * c->chi * sqrt(1 - c->now.fade);

	/* (42): the path of the covariance */
	const double g = hs ? sqrt(c->cc * (2 - c->cc) * c->mueff) : 0;
	for (size_t i = 0; i < n; i++)
		c->pc[i] = (1 - c->cc) * c->pc[i] + g * step[i];

	/* (46), (47): covariance; negative weights are scaled so that it stays positive definite */
	for (size_t i = 0; i < lambda; i++) {
		sum += c->weight[i];
		coef[i] = c->cmu * c->weight[i];
		if (coef[i] < 0)
			coef[i] *= (quiet ? active(y[i], n) : (double)n) / fmax(cma_whiten(c, c->rows + i * stride, z), 1e-30);
	}
	coef[lambda] = c->c1;
	const double keep = 1 + (hs ? 0 : c->c1 * c->cc * (2 - c->cc)) - c->c1 - c->cmu * sum;
	const bool give_back = quiet || c->now.quiet > 0;
	if (give_back)
		quiet_variance(c, y, share, coef, z);
	memcpy(c->rows + lambda * stride, c->pc, stride * sizeof *c->pc);
	bool sane = true;
	if (c->model == CMA_VKD)
		sane = vkd_learn(c, keep, coef, give_back ? z : NULL);
	else if (c->model == CMA_SEPARABLE)
		c->squares(c->C, keep, stride, coef, c->rows, lambda + 1, stride);
	else
		for (size_t i = 0; i < n; i++) {
			const size_t a = i / CMA_LANES * CMA_LANES;
			double *part = coef + lambda + 1;
			for (size_t p = 0; p <= lambda; p++)
				part[p] = coef[p] * c->rows[p * stride + i];
			c->combine(c->C + i * stride + a, keep, stride - a, part, c->rows + a, lambda + 1, stride);
		}
	for (size_t i = 0; give_back && c->model != CMA_VKD && i < n; i++)
		c->C[c->model == CMA_FULL ? i * stride + i : i] += z[i];
	for (size_t i = 0; i < n; i++)
		c->mean[i] += c->now.sigma * c->scale[i] * step[i];
	if (c->scales)
		dd_learn(c, coef, sum, g, step, quiet ? y : NULL);
	const double change = fmin(1, c->cs / c->damps * (norm / c->chi - 1));
	c->now.sigma *= fm_exp(change);
	if (quiet)
		quiet_step(c, y, change);
	if (c->model != CMA_VKD)
		return factor(c);
	if (sane)
		vkd_select(c);
	return sane;
}

void
cma_reflect(struct cma *c, size_t i, double mean)
{
	c->mean[i] = mean;
	c->pc[i] = -c->pc[i];
	c->ps[i] = -c->ps[i]; /* row i of U turns with column i */
	if (c->model == CMA_VKD)
		vkd_reflect(c, i);
	for (size_t k = 0; c->model == CMA_FULL && k < c->n; k++) {
		const size_t at = k < i ? k * c->stride + i : i * c->stride + k;
		if (k == i)
			continue;
		c->C[at] = -c->C[at];
		c->U[at] = -c->U[at];
	}
}

double
cma_deviation(const struct cma *c, size_t i)
{
	return c->now.sigma * c->scale[i] * sqrt(c->C[c->model == CMA_FULL ? i * c->stride + i : i]);
}

double
cma_spread(const struct cma *c)
{
	double widest = 0;
	for (size_t i = 0; i < c->n; i++) {
		const double v = c->C[c->model == CMA_FULL ? i * c->stride + i : i];
		widest = fmax(widest, v * c->scale[i] * c->scale[i]);
	}
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
	if (c->model == CMA_VKD) {
		if (c->now.vectors > vkd_most(c->n)) {
			b->bad = true;
			c->now.vectors = 0;
		}
		cma_rates(c);
	}
}
