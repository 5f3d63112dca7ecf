/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The covariance that CMA's update would give, (keep + sum of w b b') in the frame of D with the old
 * vectors among the b, is brought back to k vectors: its k largest eigenpairs stay, what is left of the trace
 * is spread evenly, and D takes the variances' ratio. The eigenpairs are those within the span of the rows b,
 * which is exact; of a large population, within the span of the old vectors, the path and the best.
 */
#include "opt/cma_vkd.h"

#include <math.h>
#include <string.h>

#include "base/eigen.h"
#include "base/fmath.h"
#include "opt/cma.h"

enum { MOST = 40 /* vectors */, BASIS = 96 /* rows that eigenvectors are made of */ };

/* More vectors where those that are reach this far beyond one; and those that do not go. */
#define REACH 30.0

size_t
vkd_most(size_t n)
{
	return n < 2 ? 0 : n - 1 < MOST ? n - 1 : MOST;
}

static size_t
basis(const struct cma *c)
{
	const size_t rows = vkd_most(c->n) + 1 + c->lambda;
	return rows < BASIS ? rows : BASIS;
}

size_t
vkd_numbers(const struct cma *c)
{
	const size_t most = vkd_most(c->n);
	return (most + 2) * c->stride + 3 * most;
}

/* Before the steps, old vectors and path; then the sums of products, the rows in the basis, and its matrix. */
size_t
vkd_scratch(const struct cma *c)
{
	const size_t rows = vkd_most(c->n) + 1 + c->lambda, q = basis(c);
	return (vkd_most(c->n) + 1) * c->stride + 2 * q * rows + q * q + 4 * q + 2 * rows + 2 * c->stride;
}

struct parts {
	double *V, *S;                  /* [most][stride]; [most] */
	double *variance, *drift;       /* [stride]: the last logarithm of variances, and how they change */
	double *reach, *reach_drift;    /* [most]: the same of 1 + S */
};

static struct parts
parts(const struct cma *c)
{
	const size_t most = vkd_most(c->n);
	struct parts p = {.V = c->U + c->stride};
	p.variance = p.V + most * c->stride;
	p.drift = p.variance + c->stride;
	p.S = p.drift + c->stride;
	p.reach = p.S + most;
	p.reach_drift = p.reach + most;
	return p;
}

void
vkd_rates(struct cma *c)
{
	const double n = (double)c->n, k = (double)c->now.vectors, free = n * (k + 1);
	if (c->now.vectors == 0)
		return;
	c->c1 = 2 / (free + n + 2 * (k + 2) + c->mueff);
	c->cmu = fmin(1 - c->c1, 2 * (c->mueff - 2 + 1 / c->mueff) / (free + 4 * (k + 2) + c->mueff));
	c->cc = sqrt(c->c1);
}

void
vkd_begin(struct cma *c)
{
	c->now.vectors = c->now.since = 0;
	c->now.last_sigma = fm_log(c->now.sigma);
}

void
vkd_reflect(struct cma *c, size_t i)
{
	double *v = parts(c).V + i;
	for (size_t j = 0; j < c->now.vectors; j++)
		v[j * c->stride] = -v[j * c->stride];
}

/* v = (I + V'S V)^1/2 v, or back. */
static void
stretch(struct cma *c, double *v, bool back)
{
	const struct parts p = parts(c);
	const size_t k = c->now.vectors;
	double along[MOST];
	if (!k)
		return;
	c->dots(along, v, p.V, k, c->stride);
	for (size_t j = 0; j < k; j++)
		along[j] *= (back ? 1 / sqrt(1 + p.S[j]) : sqrt(1 + p.S[j])) - 1;
	c->combine(v, 1, c->stride, along, p.V, k, c->stride);
}

void
vkd_colour(struct cma *c, double *v)
{
	memset(v + c->n, 0, (c->stride - c->n) * sizeof *v);
	stretch(c, v, false);
	for (size_t i = 0; i < c->n; i++)
		v[i] *= c->U[i];
}

void
vkd_whiten(struct cma *c, double *v)
{
	for (size_t i = 0; i < c->n; i++)
		v[i] /= c->U[i];
	stretch(c, v, true);
}

/* The new vectors and S; what is left of the trace, for each of the other directions, is added to *rest. */
static bool
project(struct cma *c, double *rows, const double *w, size_t m, double *scratch, double *rest)
{
	const struct parts p = parts(c);
	const size_t k = c->now.vectors, q = m < basis(c) ? m : basis(c), n = c->n;
	double *G = scratch, *t = G + q * m, *T = t + q * m, *d = T + q * q, *work = d + q, *y = work + q;
	size_t kept[BASIS], r = 0;
	double trace = 0;
	for (size_t i = 0; i < q; i++)
		c->dots(G + i * m + i, rows + i * c->stride, rows + i * c->stride, m - i, c->stride);

	/* each row's coordinates in the orthonormal basis of the first q: Cholesky's, of the sums of products */
	for (size_t i = 0; i < m; i++) {
		double *ti = t + i * q, size;
		if (i < q)
			size = G[i * m + i];
		else
			c->dots(&size, rows + i * c->stride, rows + i * c->stride, 1, c->stride);
		double left = size;
		memset(ti, 0, q * sizeof *ti);
		for (size_t a = 0; a < r; a++) {
			const double *ta = t + kept[a] * q;
			double s = G[kept[a] * m + i];
			for (size_t b = 0; b < a; b++)
				s -= ti[b] * ta[b];
			ti[a] = s / ta[a];
			left -= ti[a] * ti[a];
		}
		if (i < q && left > 1e-9 * size && left > 0) {
			ti[r] = sqrt(left);
			kept[r++] = i;
		}
		trace += w[i] * size;
	}
	memset(T, 0, r * r * sizeof *T);
	for (size_t i = 0; i < m; i++)
		for (size_t a = 0; a < r; a++) {
			const double f = w[i] * t[i * q + a];
			for (size_t b = 0; b <= a; b++)
				T[a * r + b] += f * t[i * q + b];
		}
	if (r && eigen_symmetric(r, T, d, T, work) < 0)
		return false;

	double value[MOST];
	size_t found = 0;
	for (; found < k && found < r; found++) {
		size_t top = 0;
		for (size_t a = 1; a < r; a++)
			if (d[a] > d[top])
				top = a;
		if (!(d[top] > 0))
			break;
		value[found] = d[top];
		trace -= d[top];
		d[top] = -INFINITY;
		/* from the basis back to rows */
		memset(y, 0, q * sizeof *y);
		for (size_t a = r; a-- > 0;) {
			double s = T[a * r + top];
			for (size_t b = a + 1; b < r; b++)
				s -= t[kept[b] * q + a] * y[kept[b]];
			y[kept[a]] = s / t[kept[a] * q + a];
		}
		c->combine(p.V + found * c->stride, 0, c->stride, y, rows, q, c->stride);
	}
	const double gamma = trace / (double)(n - k);
	*rest += gamma;
	for (size_t j = 0; j < k; j++) {
		p.S[j] = j < found ? (value[j] - gamma) / *rest : 0;
		if (!(p.S[j] > 0)) {
			p.S[j] = 0;
			memset(p.V + j * c->stride, 0, c->stride * sizeof *p.V);
		}
	}
	return *rest > 0;
}

bool
vkd_learn(struct cma *c, double keep, const double *coef, const double *more)
{
	const struct parts p = parts(c);
	const size_t k = c->now.vectors, n = c->n, stride = c->stride, m = k + 1 + c->lambda;
	double *rows = c->rows - (k + 1) * stride, *D = c->U;
	double *ratio = c->vkd, *extent = ratio + stride, *w = extent + stride, *scratch = w + m;
	/* old vectors, path, samples; in the frame of D */
	memcpy(rows + k * stride, c->rows + c->lambda * stride, stride * sizeof *rows);
	for (size_t i = k; i < m; i++)
		for (size_t a = 0; a < n; a++)
			rows[i * stride + a] /= D[a];
	if (k)
		memcpy(rows, p.V, k * stride * sizeof *rows);
	for (size_t j = 0; j < k; j++)
		w[j] = keep * p.S[j];
	w[k] = coef[c->lambda];
	memcpy(w + k + 1, coef, c->lambda * sizeof *w);

	for (size_t a = 0; a < stride; a++)
		ratio[a] = extent[a] = 1;
	c->squares(ratio, keep, stride, w, rows, m, stride);
	double rest = keep;
	if (k && !project(c, rows, w, m, scratch, &rest))
		return false;
	if (k)
		c->squares(extent, 1, stride, p.S, p.V, k, stride);
	double volume = 0, least = INFINITY, most = 0;
	for (size_t a = 0; a < n; a++) {
		const double variance = ratio[a] * D[a] * D[a] + (more ? more[a] : 0);
		if (!(variance > 0) || !isfinite(variance))
			return false;
		D[a] = sqrt(variance / extent[a]);
		volume += fm_log(D[a]);
	}
	for (size_t j = 0; j < k; j++)
		volume += 0.5 * fm_log(1 + p.S[j]);
	/* its volume stays one: how far steps go is sigma's alone */
	const double g = fm_exp(-volume / (double)n);
	for (size_t a = 0; a < n; a++) {
		D[a] *= g;
		c->pc[a] *= g;
		c->C[a] = D[a] * D[a] * extent[a];
		least = fmin(least, D[a]);
		most = fmax(most, D[a]);
	}
	return least > 0 && most < 1e7 * least && (k == 0 || p.S[0] < 1e14);
}

static double
follow(double *mean, double rate, double change)
{
	return *mean += rate * (change - *mean);
}

void
vkd_select(struct cma *c)
{
	const struct parts p = parts(c);
	const size_t k = c->now.vectors, n = c->n, limit = vkd_most(n);
	const double slow = 1 / (double)n, wait = (double)n, rate = c->c1 + c->cmu;
	const double sigma = fm_log(c->now.sigma), pace = 0.5 * fmin(1, (double)c->lambda / (double)n) / 3;
	bool more = k < limit, settled = fabs(follow(&c->now.sigma_drift, pace, sigma - c->now.last_sigma)) < 0.1 * pace;
	c->now.last_sigma = sigma;
	c->now.since++;
	for (size_t a = 0; a < n; a++) {
		const double v = fm_log(c->C[a]);
		settled &= fabs(follow(&p.drift[a], slow, v - p.variance[a])) < 0.3 * rate;
		p.variance[a] = v;
	}
	size_t left = 0;
	for (size_t j = 0; j < k; j++) {
		const double v = fm_log(1 + p.S[j]);
		const bool fades = follow(&p.reach_drift[j], slow, v - p.reach[j]) < 0;
		p.reach[j] = v;
		more &= 1 + p.S[j] > REACH;
		left += !(1 + p.S[j] < REACH && fades);
	}
	const double since = (double)c->now.since;
	if (since > wait && more && settled) {
		const size_t wanted = (size_t)(1.414 * (double)k + 0.9999);
		c->now.vectors = wanted <= k ? k + 1 : wanted < limit ? wanted : limit;
		c->now.since = 0;
	} else if (since > (double)k * wait && left < k) {
		size_t to = 0;
		for (size_t j = 0; j < k; j++) {
			if (1 + p.S[j] < REACH && p.reach_drift[j] < 0)
				continue;
			memmove(p.V + to * c->stride, p.V + j * c->stride, c->stride * sizeof *p.V);
			p.S[to] = p.S[j];
			p.reach[to] = p.reach[j];
			p.reach_drift[to++] = p.reach_drift[j];
		}
		c->now.vectors = to;
	}
	for (size_t j = c->now.vectors < k ? c->now.vectors : k; j < limit; j++) {
		memset(p.V + j * c->stride, 0, c->stride * sizeof *p.V);
		p.S[j] = p.reach[j] = p.reach_drift[j] = 0;
	}
	if (c->now.vectors != k)
		cma_rates(c);
}
