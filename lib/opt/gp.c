/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "opt/gp.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/fmath.h"
#include "opt/climb.h"

#define SQRT5 2.23606797749979
static const double LOG_SHORTEST = -4.6, LOG_LONGEST = 5, LOG_LEAST_NOISE = -18, LOG_MOST_NOISE = 0;

/* Two numbers at a time: additions in an order that is ours, not the compiler's. */
typedef double two __attribute__((vector_size(16), aligned(8), may_alias));

static double
dot(const double *a, const double *b, size_t n)
{
	two s = {0, 0}, t = {0, 0};
	size_t i = 0;
	for (; i + 4 <= n; i += 4) {
		s += *(const two *)(a + i) * *(const two *)(b + i);
		t += *(const two *)(a + i + 2) * *(const two *)(b + i + 2);
	}
	s += t;
	double sum = s[0] + s[1];
	for (; i < n; i++)
		sum += a[i] * b[i];
	return sum;
}

int
gp_init(struct gp *g, size_t dims, const bool *choice, size_t max, struct err *err)
{
	const size_t fit = max < GP_MAX_FIT ? max : GP_MAX_FIT;
	*g = (struct gp){.dims = dims, .choice = choice, .max = max};
	g->x = calloc(max * dims + 1, sizeof *g->x);
	g->y = calloc(max + 1, sizeof *g->y);
	g->theta = calloc(dims + 1, sizeof *g->theta);
	g->inverse = calloc(dims + 1, sizeof *g->inverse);
	g->L = calloc(max * max + 1, sizeof *g->L);
	g->alpha = calloc(max + 1, sizeof *g->alpha);
	g->fit = calloc(fit * fit + 3 * fit + 2 * (dims + 1) + climb_work(dims + 1), sizeof *g->fit);
	g->work = calloc((max + 1) * 2 * GP_LANES, sizeof *g->work);
	if (!g->x || !g->y || !g->theta || !g->inverse || !g->L || !g->alpha || !g->fit || !g->work) {
		gp_release(g);
		return err_set(err, "out of memory for a Gaussian process of %zu points", max);
	}
	gp_forget(g);
	return 0;
}

void
gp_release(struct gp *g)
{
	free(g->x);
	free(g->y);
	free(g->theta);
	free(g->inverse);
	free(g->L);
	free(g->alpha);
	free(g->fit);
	free(g->work);
	*g = (struct gp){0};
}

static double
prior_length(size_t dims)
{
	return 0.25 * fm_log((double)(dims ? dims : 1)) - 0.7;
}

void
gp_forget(struct gp *g)
{
	for (size_t d = 0; d < g->dims; d++)
		g->theta[d] = prior_length(g->dims);
	g->theta[g->dims] = -9;
}

void
gp_clear(struct gp *g)
{
	g->n = 0;
}

void
gp_put(struct gp *g, const double *x, double y)
{
	memcpy(g->x + g->n * g->dims, x, g->dims * sizeof *x);
	g->y[g->n++] = y;
}

static double
squared(const struct gp *g, const double *a, const double *b, size_t d)
{
	return g->choice[d] ? a[d] != b[d] : (a[d] - b[d]) * (a[d] - b[d]);
}

/* sqrt(5) times the distance of two points. */
static double
distance(const struct gp *g, const double *a, const double *b)
{
	double s = 0;
	for (size_t d = 0; d < g->dims; d++)
		s += squared(g, a, b, d) * g->inverse[d];
	return SQRT5 * sqrt(s);
}

static double
matern(double a)
{
	return (1 + a + a * a / 3) * fm_exp(-a);
}

static void
lengths(struct gp *g, const double *theta)
{
	for (size_t d = 0; d < g->dims; d++)
		g->inverse[d] = fm_exp(-2 * theta[d]);
	g->noise = fm_exp(theta[g->dims]);
}

/* Row i of the factor from the covariances that stand in it. false: not positive. */
static bool
factor_row(double *L, size_t stride, size_t i)
{
	double *row = L + i * stride;
	for (size_t j = 0; j < i; j++)
		row[j] = (row[j] - dot(row, L + j * stride, j)) / L[j * stride + j];
	const double left = row[i] - dot(row, row, i);
	row[i] = sqrt(left);
	return left > 1e-12;
}

/* x = (L L')^-1 x */
static void
solve(const double *L, size_t stride, size_t n, double *x)
{
	for (size_t i = 0; i < n; i++)
		x[i] = (x[i] - dot(L + i * stride, x, i)) / L[i * stride + i];
	for (size_t i = n; i-- > 0;) {
		x[i] /= L[i * stride + i];
		for (size_t j = 0; j < i; j++)
			x[j] -= L[i * stride + j] * x[i];
	}
}

/* Mean and scale of greatest likelihood, and alpha; ones[n] is scratch. */
static void
levels(struct gp *g, const double *L, size_t stride, size_t n, double *ones)
{
	double sum = 0, weighted = 0;
	for (size_t i = 0; i < n; i++)
		ones[i] = 1;
	solve(L, stride, n, ones);
	for (size_t i = 0; i < n; i++) {
		sum += ones[i];
		weighted += ones[i] * g->y[i];
	}
	g->mean = n ? weighted / sum : 0;
	for (size_t i = 0; i < n; i++)
		g->alpha[i] = g->y[i] - g->mean;
	solve(L, stride, n, g->alpha);
	double scale = 0;
	for (size_t i = 0; i < n; i++)
		scale += (g->y[i] - g->mean) * g->alpha[i];
	g->scale = n ? scale / (double)n : 1;
	if (!(g->scale > 1e-12))
		g->scale = 1e-12; /* all equal */
}

/* The logarithm of the posterior of theta, but for a constant, and its gradient. Uses L as scratch for W: column j of
   L^-1 as row j. */
static double
posterior(void *of, const double *theta, double *gradient)
{
	struct gp *g = of;
	const size_t n = g->n < GP_MAX_FIT ? g->n : GP_MAX_FIT, dims = g->dims;
	double *L = g->fit, *ones = L + n * n, *W = g->L;
	lengths(g, theta);
	for (size_t i = 0; i < n; i++) {
		for (size_t j = 0; j < i; j++)
			L[i * n + j] = matern(distance(g, g->x + i * dims, g->x + j * dims));
		L[i * n + i] = 1 + g->noise;
		if (!factor_row(L, n, i))
			return -INFINITY;
	}
	levels(g, L, n, n, ones);
	double value = -0.5 * (double)n * fm_log(g->scale);
	for (size_t i = 0; i < n; i++)
		value -= fm_log(L[i * n + i]);
	for (size_t j = 0; j < n; j++) {
		double *w = W + j * n;
		for (size_t i = 0; i < j; i++)
			w[i] = 0;
		w[j] = 1 / L[j * n + j];
		for (size_t i = j + 1; i < n; i++)
			w[i] = -dot(L + i * n + j, w + j, i - j) / L[i * n + i];
	}
	memset(gradient, 0, (dims + 1) * sizeof *gradient);
	for (size_t i = 0; i < n; i++) {
		for (size_t j = 0; j < i; j++) {
			const double *a = g->x + i * dims, *b = g->x + j * dims;
			/* (alpha alpha' / s² - K^-1) dK, both halves of it */
			const double by_k = g->alpha[i] * g->alpha[j] / g->scale - dot(W + i * n + i, W + j * n + i, n - i);
			const double r = distance(g, a, b), slope = by_k * 5 / 3 * (1 + r) * fm_exp(-r);
			for (size_t d = 0; d < dims; d++)
				gradient[d] += slope * squared(g, a, b, d) * g->inverse[d];
		}
		gradient[dims] += 0.5 * g->noise * (g->alpha[i] * g->alpha[i] / g->scale - dot(W + i * n + i, W + i * n + i, n - i));
	}
	/* priors: of the lengths exp N(prior_length, 3), of the noise exp N(-12, 16) */
	for (size_t d = 0; d < dims; d++) {
		const double off = theta[d] - prior_length(dims);
		value -= off * off / 6;
		gradient[d] -= off / 3;
	}
	const double off = theta[dims] + 12;
	gradient[dims] -= off / 16;
	return value - off * off / 32;
}

void
gp_fit(struct gp *g, int steps)
{
	const size_t n = g->n < GP_MAX_FIT ? g->n : GP_MAX_FIT, dims = g->dims;
	double *low = g->fit + n * n + 3 * n, *high = low + dims + 1;
	for (size_t d = 0; d < dims; d++) {
		low[d] = LOG_SHORTEST;
		high[d] = LOG_LONGEST;
	}
	low[dims] = LOG_LEAST_NOISE;
	high[dims] = LOG_MOST_NOISE;
	const struct climb c = {.n = dims + 1, .f = posterior, .of = g, .low = low, .high = high, .first_step = 0.5, .steps = steps};
	climb_from(&c, g->theta, high + dims + 1);
}

/* Covariances of point i with those before it, and the row of the factor. */
static bool
border(struct gp *g, size_t i)
{
	double *row = g->L + i * g->max;
	for (size_t j = 0; j < i; j++)
		row[j] = matern(distance(g, g->x + i * g->dims, g->x + j * g->dims));
	row[i] = 1 + g->noise;
	return factor_row(g->L, g->max, i);
}

void
gp_factor(struct gp *g)
{
	lengths(g, g->theta);
	for (size_t i = 0; i < g->n; i++)
		if (!border(g, i)) {
			g->noise *= 10; /* 1 + noise > 1 - epsilon ends this */
			i = (size_t)-1;
		}
	levels(g, g->L, g->max, g->n, g->work);
}

void
gp_believe(struct gp *g, const double *x)
{
	double mean, deviation;
	if (g->n == g->max)
		return;
	gp_at(g, x, 1, &mean, &deviation);
	gp_put(g, x, mean);
	double *row = g->L + (g->n - 1) * g->max;
	if (!border(g, g->n - 1))
		row[g->n - 1] = 1e-6; /* on another point: all but certain anyway */
	g->alpha[g->n - 1] = 0;   /* the expectation stays as it is */
}

void
gp_at(const struct gp *g, const double *x, size_t count, double *mean, double *deviation)
{
	double *v = g->work, expected[GP_LANES] = {0}, known[GP_LANES] = {0};
	for (size_t i = 0; i < g->n; i++)
		for (size_t c = 0; c < GP_LANES; c++) {
			v[i * GP_LANES + c] = c < count ? matern(distance(g, x + c * g->dims, g->x + i * g->dims)) : 0;
			expected[c] += v[i * GP_LANES + c] * g->alpha[i];
		}
	for (size_t i = 0; i < g->n; i++) {
		two s[GP_LANES / 2];
		memcpy(s, v + i * GP_LANES, sizeof s);
		const double *row = g->L + i * g->max;
		for (size_t j = 0; j < i; j++) {
			const two l = {row[j], row[j]};
			const two *const w = (const two *)(v + j * GP_LANES);
			s[0] -= l * w[0];
			s[1] -= l * w[1];
			s[2] -= l * w[2];
			s[3] -= l * w[3];
		}
		for (size_t c = 0; c < GP_LANES; c++) {
			const double z = s[c / 2][c % 2] / row[i];
			v[i * GP_LANES + c] = z;
			known[c] += z * z;
		}
	}
	for (size_t c = 0; c < count; c++) {
		mean[c] = g->mean + expected[c];
		deviation[c] = sqrt(g->scale * fmax(1 - known[c], 1e-12));
	}
}

void
gp_slope(const struct gp *g, const double *x, double *mean, double *deviation, double *dmean, double *ddeviation)
{
	double *k = g->work, *w = k + g->max + 1, expected = 0, known = 0;
	for (size_t i = 0; i < g->n; i++) {
		k[i] = w[i] = matern(distance(g, x, g->x + i * g->dims));
		expected += k[i] * g->alpha[i];
	}
	solve(g->L, g->max, g->n, w);
	for (size_t i = 0; i < g->n; i++)
		known += k[i] * w[i];
	const double variance = fmax(1 - known, 1e-12);
	*mean = g->mean + expected;
	*deviation = sqrt(g->scale * variance);
	memset(dmean, 0, g->dims * sizeof *dmean);
	memset(ddeviation, 0, g->dims * sizeof *ddeviation);
	for (size_t i = 0; i < g->n; i++) {
		const double *at = g->x + i * g->dims, r = distance(g, x, at), slope = -5.0 / 3 * (1 + r) * fm_exp(-r);
		const double by_mean = slope * g->alpha[i], by_known = slope * w[i];
		for (size_t d = 0; d < g->dims; d++) {
			dmean[d] += by_mean * (x[d] - at[d]);
			ddeviation[d] += by_known * (x[d] - at[d]);
		}
	}
	const double root = sqrt(g->scale / variance);
	for (size_t d = 0; d < g->dims; d++) {
		const double scale = g->choice[d] ? 0 : g->inverse[d];
		dmean[d] *= scale;
		ddeviation[d] *= -root * scale; /* d sqrt(1 - k' w) = -k' dw / sqrt, dw = K^-1 dk */
	}
}

double
gp_smooth(const struct gp *g, size_t i)
{
	return g->y[i] - g->noise * g->alpha[i];
}

#define HALF_LOG_2PI 0.9189385332046727

/* t > 0: f of Mills' ratio (1 - Phi(t)) / phi(t) = 1 / (t + f), by its continued fraction (Laplace;
   Abramowitz and Stegun 26.2.14). */
static double
mills_rest(double t)
{
	double f = 0;
	for (int k = 80; k > 0; k--)
		f = k / (t + f);
	return f;
}

double
log_improvement(double mean, double deviation, double best, double *by_mean, double *by_deviation)
{
	const double z = (mean - best) / deviation, log_density = -0.5 * z * z - HALF_LOG_2PI;
	double log_h, big, small; /* h = phi + z Phi; Phi / h and phi / h */
	if (z < -1) {
		const double t = -z, f = mills_rest(t); /* phi - t Phi = phi f / (t + f), nothing cancels */
		log_h = log_density + fm_log(f / (t + f));
		big = 1 / f;
		small = (t + f) / f;
	} else {
		const double density = fm_exp(log_density);
		double below = 1;
		if (z < 3) { /* Abramowitz and Stegun 26.2.11 */
			double term = z, sum = z;
			for (int k = 1; k < 60; k++)
				sum += term *= z * z / (2 * k + 1);
			below = 0.5 + density * sum;
		} else if (z < 38)
			below = 1 - density / (z + mills_rest(z));
		const double h = density + z * below;
		log_h = fm_log(h);
		big = below / h;
		small = density / h;
	}
	if (by_mean)
		*by_mean = big / deviation;
	if (by_deviation)
		*by_deviation = small / deviation;
	return log_h + fm_log(deviation);
}
