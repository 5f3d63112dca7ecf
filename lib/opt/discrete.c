/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "opt/discrete.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/fmath.h"

/* P(a standard normal is under x), within 1e-7 (Abramowitz and Stegun 26.2.17). */
static double
normal_under(double x)
{
	const double a = fabs(x), t = 1 / (1 + 0.2316419 * a);
	const double tail = 0.3989422804014327 * fm_exp(-0.5 * a * a) * t
	    * (0.319381530 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
	return x > 0 ? 1 - tail : tail;
}

/* The x that a standard normal exceeds with probability p, 0 < p <= 0.5, within 5e-4 (26.2.23); above 0.5: 0. */
static double
normal_beyond(double p)
{
	if (p >= 0.5)
		return 0;
	const double t = sqrt(-2 * fm_log(p));
	return t - (2.515517 + t * (0.802853 + t * 0.010328)) / (1 + t * (1.432788 + t * (0.189269 + t * 0.001308)));
}

void
discrete_margin(struct cma *c, size_t i, uint32_t levels, double alpha)
{
	if (levels < 2)
		return;
	const double least = 0.5 / levels, dev = cma_deviation(c, i);
	double *m = &c->mean[i];
	*m = fmin(fmax(*m, least), 1 - least);
	const uint32_t k = level_of(*m, levels);
	const double low = (double)k / levels, high = (k + 1.0) / levels;
	if (k == 0 || k == levels - 1) {
		const double edge = k == 0 ? high : low, far = normal_beyond(alpha) * dev;
		if (fabs(*m - edge) > far)
			*m = k == 0 ? edge - far : edge + far;
		return;
	}
	const double under = normal_under((low - *m) / dev), over = normal_under((*m - high) / dev);
	if (under >= alpha / 2 && over >= alpha / 2)
		return;
	const double u = fmax(under, alpha / 2), o = fmax(over, alpha / 2), within = fmax(0, 1 - under - over);
	const double f = (1 - u - o - within) / (u + o + within - 1.5 * alpha);
	const double qu = normal_beyond(u + f * (u - alpha / 2)), qo = normal_beyond(o + f * (o - alpha / 2));
	*m = (low * qo + high * qu) / (qu + qo);
	c->scale[i] *= (high - low) / ((qu + qo) * dev);
}

int
categories_init(struct categories *c, const struct kinds *kinds, struct err *err)
{
	/* CatCMA's is .73, with which fewer runs find the one best of mixed(40,8,4); settings of a choice's own need it */
	*c = (struct categories){.n = kinds->n - kinds->ordered, .sure = kinds->conditional ? 0.73 : 0.82};
	c->levels = calloc(c->n + 1, sizeof *c->levels);
	for (size_t j = 0; c->levels && j < c->n; j++)
		c->total += c->levels[j] = kinds_levels(kinds, kinds->ordered + j);
	c->p = calloc(3 * c->total + 1, sizeof *c->p);
	if (!c->levels || !c->p) {
		err_set(err, "out of memory for %zu levels", c->total);
		categories_release(c);
		return -1;
	}
	c->path = c->p + c->total;
	c->gradient = c->path + c->total;
	categories_begin(c);
	return 0;
}

void
categories_release(struct categories *c)
{
	free(c->levels);
	free(c->p);
	*c = (struct categories){0};
}

void
categories_begin(struct categories *c)
{
	c->now.delta = 1.25;
	c->now.gamma = 0;
	memset(c->path, 0, c->total * sizeof *c->path);
	double *p = c->p;
	for (size_t j = 0; j < c->n; p += c->levels[j++])
		for (uint32_t k = 0; k < c->levels[j]; k++)
			p[k] = 1.0 / c->levels[j];
}

void
categories_favour(struct categories *c, const double *level, double weight)
{
	double *p = c->p;
	for (size_t j = 0; j < c->n; p += c->levels[j++]) {
		if (isnan(level[j]))
			continue;
		for (uint32_t k = 0; k < c->levels[j]; k++)
			p[k] = (1 - weight) * p[k] + (k == (uint32_t)level[j] ? weight : 0);
	}
}

void
categories_sample(const struct categories *c, struct rng *r, double *level)
{
	const double *p = c->p;
	for (size_t j = 0; j < c->n; p += c->levels[j++]) {
		double u = rng_uniform(r);
		uint32_t k = 0;
		while (k + 1 < c->levels[j] && u >= p[k])
			u -= p[k++];
		level[j] = k;
	}
}

/* None under the margin, all together 1. */
static void
keep_margin(double *p, uint32_t levels, double least)
{
	double sum = 0, spare = 0;
	for (uint32_t k = 0; k < levels; k++) {
		p[k] = fmax(p[k], least);
		sum += p[k];
		spare += p[k] - least;
	}
	for (uint32_t k = 0; k < levels && spare > 0; k++)
		p[k] += (1 - sum) / spare * (p[k] - least);
}

void
categories_learn(struct categories *c, const double *const *rows, size_t from, const double *weight, size_t mu)
{
	double *p = c->p, *g = c->gradient, size = 0, along = 0, freedom = 0;
	memset(g, 0, c->total * sizeof *g);
	for (size_t j = 0; j < c->n; j++) {
		for (size_t i = 0; i < mu; i++) {
			const double level = rows[i][from + j];
			for (uint32_t k = 0; !isnan(level) && k < c->levels[j]; k++)
				g[k] += weight[i] * ((k == (uint32_t)level) - p[k]);
		}
		for (uint32_t k = 0; k < c->levels[j]; k++)
			size += g[k] * g[k] / p[k];
		freedom += c->levels[j] - 1;
		p += c->levels[j];
		g += c->levels[j];
	}
	if (!(size > 0))
		return;
	const double beta = fmin(0.9, c->now.delta / sqrt(freedom)), step = c->now.delta / sqrt(size);
	for (size_t k = 0; k < c->total; k++) {
		c->path[k] = (1 - beta) * c->path[k] + sqrt(beta * (2 - beta) / c->p[k] / size) * c->gradient[k];
		along += c->path[k] * c->path[k];
		c->p[k] += step * c->gradient[k];
	}
	c->now.gamma = (1 - beta) * (1 - beta) * c->now.gamma + beta * (2 - beta);
	c->now.delta = fmin(fmax(c->now.delta * fm_exp(beta * (along / 1.5 - c->now.gamma)), 0.01), 2);
	p = c->p;
	for (size_t j = 0; j < c->n; p += c->levels[j++])
		if (c->levels[j] > 1)
			keep_margin(p, c->levels[j], (1 - fm_pow(c->sure, 1.0 / (double)c->n)) / (c->levels[j] - 1));
}

void
categories_save(const struct categories *c, struct blob *b)
{
	blob_put(b, &c->now, sizeof c->now);
	blob_put(b, c->p, 2 * c->total * sizeof *c->p);
}

void
categories_load(struct categories *c, struct blob *b)
{
	blob_get(b, &c->now, sizeof c->now);
	blob_get(b, c->p, 2 * c->total * sizeof *c->p);
}
