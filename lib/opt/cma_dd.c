/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "opt/cma_dd.h"

#include <math.h>
#include <string.h>

#include "opt/cma.h"

enum { EVERY = 4 /* generations: how far coordinates hang together changes slowly */ };

struct parts {
	double *path;                   /* [stride] */
	double *most, *least;           /* [stride]: near the eigenvectors of C's ends */
};

static struct parts
parts(const struct cma *c)
{
	double *at = c->U + c->n * c->stride;
	return (struct parts){at, at + c->stride, at + 2 * c->stride};
}

size_t
dd_numbers(const struct cma *c)
{
	return 3 * c->stride;
}

void
dd_begin(struct cma *c)
{
	const struct parts p = parts(c);
	c->now.together = 1;
	for (size_t i = 0; i < c->n; i++) {
		p.most[i] = 1 / sqrt((double)c->n);
		p.least[i] = i % 2 ? -p.most[i] : p.most[i];
	}
}

/* e^x for |x| up to 1, within 2 in a thousand; its inverse is that of -x. */
static double
near_exp(double x)
{
	const double even = 12 + x * x, odd = 6 * x;
	return (even + odd) / (even - odd);
}

void
dd_learn(struct cma *c, const double *coef, double sum, double g, const double *step, const double *const *y)
{
	const struct parts p = parts(c);
	const size_t n = c->n;
	/* 0.7 of the rates of a diagonal alone, see cma_rates.c: faster, ackley of 10 and schwefel12 take longer */
	const double faster = 0.7 * ((double)n + 1.5) / 3;
	const double c1 = fmin(0.5, 0.5 * c->c1 * faster), cmu = fmin(1 - c1, 1.4 * c->cmu * faster);
	const double few = cmu / c->cmu, slow = 0.5 / c->now.together;
	double *square = c->work;
	memset(square, 0, c->stride * sizeof *square);
	c->squares(square, 0, c->stride, coef, c->rows, c->lambda, c->stride);
	for (size_t i = 0; i < n; i++) {
		const double inverse = 1 / c->C[i * c->stride + i];
		p.path[i] = (1 - c->cc) * p.path[i] + g * step[i];
		double d = few * square[i] * inverse - cmu * sum;
		if (g > 0)
			d += c1 * (p.path[i] * p.path[i] * inverse - 1);
		for (size_t k = 0; y && k < c->lambda; k++) /* where it did not matter it is to stay */
			if (isnan(y[k][i]))
				d += few * coef[k] + (g > 0 && k < c->mu ? c1 * c->weight[k] : 0);
		const double f = near_exp(fmin(fmax(slow * d, -1), 1)), back = 1 / f;
		c->scale[i] *= f;
		p.path[i] *= back;
		c->pc[i] *= back;
	}
}

bool
dd_normalise(struct cma *c)
{
	if (c->now.generation % EVERY)
		return false;
	const struct parts p = parts(c);
	const size_t n = c->n, stride = c->stride;
	double *f = c->work;
	for (size_t i = 0; i < n; i++) {
		const double root = sqrt(c->C[i * stride + i]);
		f[i] = 1 / root;
		c->scale[i] *= root;
		p.path[i] *= f[i];
		c->pc[i] *= f[i];
	}
	for (size_t i = 0; i < n; i++)
		for (size_t k = i; k < n; k++)
			c->C[i * stride + k] *= f[i] * f[k];
	return true;
}

static double
normalise(double *v, size_t n)
{
	double size = 0;
	for (size_t i = 0; i < n; i++)
		size += v[i] * v[i];
	size = sqrt(size);
	for (size_t i = 0; i < n; i++)
		v[i] /= size;
	return size;
}

/* One turn of the power method from where the last one ended: C moves little in a generation. */
void
dd_condition(struct cma *c)
{
	const struct parts p = parts(c);
	const size_t n = c->n, stride = c->stride;
	double *t = c->work;
	c->dots(t, p.most, c->U, n, stride);
	memset(p.most, 0, stride * sizeof *p.most);
	c->combine(p.most, 0, stride, t, c->U, n, stride);
	const double most = normalise(p.most, n);

	cma_whiten(c, p.least, t);
	memset(p.least, 0, stride * sizeof *p.least);
	for (size_t i = n; i-- > 0;) { /* what is before i is 0 still */
		const size_t a = i / CMA_LANES * CMA_LANES;
		double s;
		c->dots(&s, p.least + a, c->U + i * stride + a, 1, stride - a);
		p.least[i] = (t[i] - s) / c->U[i * stride + i];
	}
	const double least = normalise(p.least, n);
	c->now.together = fmax(1, sqrt(most * least) - 1);
}
