/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "opt/gp.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/fmath.h"
#include "opt/climb.h"

static const double LOG_SHORTEST = -4.6, LOG_LONGEST = 5, LOG_LEAST_NOISE = -18, LOG_MOST_NOISE = 0,
                    LOG_LITTLE_NOISE = -9, LOG_MUCH_NOISE = -2;

/* The part of the covariance that is of single coordinates, where any is. */
static const double APART = 0.9, WORTH_IT = 4; /* how much likelier, as a logarithm, it has to be */
enum { MOST_APART = 200 }; /* coordinates; beyond, as many divisions take too long */

static size_t
padded(size_t n)
{
	return (n + GP_LANES - 1) / GP_LANES * GP_LANES;
}

static double
prior_length(size_t dims)
{
	return 0.5 * fm_log((double)(dims ? dims : 1)) - 0.7;
}

/* The lengths that the prior has. */
static void
begin(struct gp *g)
{
	for (size_t d = 0; d < g->dims; d++)
		g->theta[d] = g->theta_other[d] = prior_length(g->dims);
	g->theta[g->dims] = g->theta_other[g->dims] = LOG_LITTLE_NOISE;
	g->apart = false;
	g->factored = 0;
}

int
gp_init(struct gp *g, size_t dims, const bool *choice, size_t max, struct err *err)
{
	const size_t fit = padded(max < GP_MAX_FIT ? max : GP_MAX_FIT), stride = padded(max);
	*g = (struct gp){.dims = dims, .choice = choice, .max = max, .stride = stride, .cover = ISA_PICK(gp_cover),
	    .gather = ISA_PICK(gp_gather), .dot = ISA_PICK(gp_dot), .take = ISA_PICK(gp_take), .forward = ISA_PICK(gp_forward),
	    .back = ISA_PICK(gp_back), .corner = ISA_PICK(gp_corner)};
	g->x = calloc(max * dims + 1, sizeof *g->x);
	g->y = calloc(max + 1, sizeof *g->y);
	g->theta = calloc(2 * (dims + 1), sizeof *g->theta);
	g->inverse = calloc((stride + 1) * dims + 1, sizeof *g->inverse);
	g->L = calloc(stride * stride + 1, sizeof *g->L);
	g->alpha = calloc(max + 1, sizeof *g->alpha);
	g->fit = calloc(2 * fit * fit + 3 * fit + fit * dims + 3 * (dims + 1) + climb_work(dims + 1), sizeof *g->fit);
	g->work = calloc(stride * 2 * GP_LANES + 1, sizeof *g->work);
	if (!g->x || !g->y || !g->theta || !g->inverse || !g->L || !g->alpha || !g->fit || !g->work) {
		gp_release(g);
		return err_set(err, "out of memory for a Gaussian process of %zu points", max);
	}
	g->theta_other = g->theta + dims + 1;
	g->points = (struct gp_points){dims, stride, choice, g->inverse, g->inverse + dims, 0};
	begin(g);
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

void
gp_keep(struct gp *g, size_t n)
{
	g->n = n < g->n ? n : g->n;
	g->factored = g->factored < g->n ? g->factored : g->n;
}

void
gp_put(struct gp *g, const double *x, double y)
{
	double *const across = g->inverse + g->dims;
	memcpy(g->x + g->n * g->dims, x, g->dims * sizeof *x);
	for (size_t d = 0; d < g->dims; d++)
		across[d * g->stride + g->n] = x[d];
	g->y[g->n++] = y;
}

static void
lengths(struct gp *g, const double *theta)
{
	for (size_t d = 0; d < g->dims; d++)
		g->inverse[d] = fm_exp(-2 * theta[d]);
	g->noise = fm_exp(theta[g->dims]);
}

/* Rows from..to of the factor, at most GP_LANES, from the covariances that stand in them; v[to][GP_LANES] is
   scratch. The same bits, however many rows are made at a time. false: not positive. */
static bool
factor_rows(const struct gp *g, double *L, size_t stride, size_t from, size_t to, double *v)
{
	double corner[GP_LANES][GP_LANES] = {0}; /* [column][row], of those from `from` on */
	const size_t count = to - from;
	memset(v, 0, from * GP_LANES * sizeof *v);
	for (size_t c = 0; c < count; c++) {
		for (size_t j = 0; j < from; j++)
			v[j * GP_LANES + c] = L[(from + c) * stride + j];
		for (size_t b = 0; b <= c; b++)
			corner[b][c] = L[(from + c) * stride + from + b];
	}
	g->forward(L, stride, from, v);
	g->corner(v, from, corner[0]);
	for (size_t c = 0; c < count; c++) {
		double *const row = L + (from + c) * stride;
		for (size_t j = 0; j < from; j++)
			row[j] = v[j * GP_LANES + c];
		for (size_t b = 0; b <= c; b++) {
			double left = corner[b][c];
			for (size_t k = 0; k < b; k++)
				left -= row[from + k] * L[(from + b) * stride + from + k];
			if (b == c && !(left > 1e-12))
				return false;
			row[from + b] = b == c ? sqrt(left) : left / L[(from + b) * stride + from + b];
		}
	}
	return true;
}

/* x = (L L')^-1 x */
static void
solve(const struct gp *g, const double *L, size_t stride, size_t n, double *x)
{
	for (size_t i = 0; i < n; i++)
		x[i] = (x[i] - g->dot(L + i * stride, x, i)) / L[i * stride + i];
	for (size_t i = n; i-- > 0;) {
		x[i] /= L[i * stride + i];
		g->take(x, x[i], L + i * stride, i);
	}
}

/* Mean and scale of greatest likelihood, and alpha, of y[n]; ones[n] is scratch. */
static void
levels(struct gp *g, const double *L, size_t stride, size_t n, const double *y, double *alpha, double *ones)
{
	double sum = 0, weighted = 0, scale = 0;
	for (size_t i = 0; i < n; i++)
		ones[i] = 1;
	solve(g, L, stride, n, ones);
	for (size_t i = 0; i < n; i++) {
		sum += ones[i];
		weighted += ones[i] * y[i];
	}
	g->mean = n ? weighted / sum : 0;
	for (size_t i = 0; i < n; i++)
		alpha[i] = y[i] - g->mean;
	solve(g, L, stride, n, alpha);
	for (size_t i = 0; i < n; i++)
		scale += (y[i] - g->mean) * alpha[i];
	g->scale = n ? scale / (double)n : 1;
	if (!(g->scale > 1e-12))
		g->scale = 1e-12; /* all equal */
}

/* What is fitted: the points that were chosen, and room. */
struct fitting {
	struct gp *g;
	size_t n, stride;
	struct gp_points points;
	double *L, *slopes, *row, *alpha, *y; /* [n][stride] twice, [stride] */
	double *inverse;                      /* [n][stride]: of K, its lower half */
	const size_t *which;
};

/* The logarithm of the posterior of theta, but for a constant, and its gradient. */
static double
posterior(void *of, const double *theta, double *gradient)
{
	const struct fitting *f = of;
	struct gp *g = f->g;
	const size_t n = f->n, dims = g->dims, s = f->stride;
	double *const L = f->L, *const v = g->work;
	lengths(g, theta);
	for (size_t i = 0; i < n; i++) {
		const double *x = g->x + (f->which ? f->which[i] : i) * dims;
		g->cover(&f->points, i, x, L + i * s, f->slopes + i * s);
		L[i * s + i] = 1 + g->noise;
	}
	for (size_t i = 0; i < n; i += GP_LANES)
		if (!factor_rows(g, L, s, i, i + GP_LANES < n ? i + GP_LANES : n, v))
			return -INFINITY;
	levels(g, L, s, n, f->y, f->alpha, f->row);
	double value = -0.5 * (double)n * fm_log(g->scale);
	for (size_t i = 0; i < n; i++)
		value -= fm_log(L[i * s + i]);
	for (size_t j = 0; j < n; j += GP_LANES) { /* so many columns; what is above them follows from those before */
		memset(v, 0, (n - j) * GP_LANES * sizeof *v);
		for (size_t c = 0; c < GP_LANES && j + c < n; c++)
			v[c * GP_LANES + c] = 1;
		g->forward(L + j * s + j, s, n - j, v);
		g->back(L + j * s + j, s, n - j, v);
		for (size_t i = j; i < n; i++)
			memcpy(f->inverse + i * s + j, v + (i - j) * GP_LANES, GP_LANES * sizeof *v);
	}
	memset(gradient, 0, (dims + 1) * sizeof *gradient);
	for (size_t i = 0; i < n; i++) {
		/* (alpha alpha' / s² - K^-1) dK, both halves of it */
		const double a = f->alpha[i] / g->scale;
		for (size_t j = 0; j < i; j++)
			f->row[j] = a * f->alpha[j] - f->inverse[i * s + j];
		g->gather(&f->points, i, g->x + (f->which ? f->which[i] : i) * dims, f->row, f->slopes + i * s, true, gradient);
		gradient[dims] += 0.5 * g->noise * (a * f->alpha[i] - f->inverse[i * s + i]);
	}
	/* priors: of the lengths exp N(prior_length, 1), of the noise exp N(-12, 16) */
	for (size_t d = 0; d < dims; d++) {
		const double off = theta[d] - prior_length(dims);
		value -= off * off / 2;
		gradient[d] = gradient[d] * g->inverse[d] - off;
	}
	const double off = theta[dims] + 12;
	gradient[dims] -= off / 16;
	return value - off * off / 32;
}

void
gp_fit(struct gp *g, const size_t *which, size_t count, unsigned from)
{
	const size_t most = g->max < GP_MAX_FIT ? g->max : GP_MAX_FIT, dims = g->dims, n = count < most ? count : most, s = padded(most);
	struct fitting f = {.g = g, .n = n, .stride = s, .which = which, .inverse = g->L};
	f.L = g->fit;
	f.slopes = f.L + s * s;
	f.row = f.slopes + s * s;
	f.alpha = f.row + s;
	f.y = f.alpha + s;
	double *const across = f.y + s, *const low = across + s * dims, *const high = low + dims + 1;
	for (size_t i = 0; i < n; i++) {
		const size_t at = which ? which[i] : i;
		f.y[i] = g->y[at];
		for (size_t d = 0; d < dims; d++)
			across[d * s + i] = g->x[at * dims + d];
	}
	f.points = (struct gp_points){dims, s, g->choice, g->inverse, across, g->apart ? APART : 0};
	for (size_t d = 0; d < dims; d++) {
		low[d] = LOG_SHORTEST;
		high[d] = LOG_LONGEST;
	}
	low[dims] = LOG_LEAST_NOISE;
	high[dims] = LOG_MOST_NOISE;
	const struct climb c = {.n = dims + 1, .f = posterior, .of = &f, .low = low, .high = high, .first_step = 0.5,
	    .steps = 40, .enough = 1e-6};
	double *const other = high + dims + 1, *const work = other + dims + 1;
	double best = climb_from(&c, g->theta, work);
	for (int k = 0; k < 2; k++) {
		if (!(from & (k ? GP_LITTLE_NOISE : GP_MUCH_NOISE)))
			continue;
		for (size_t d = 0; d < dims; d++)
			other[d] = prior_length(dims);
		other[dims] = k ? LOG_LITTLE_NOISE : LOG_MUCH_NOISE;
		const double value = climb_from(&c, other, work);
		if (value > best) {
			best = value;
			memcpy(g->theta, other, (dims + 1) * sizeof *other);
		}
	}
	if (from & GP_OTHER && dims > 1 && dims <= MOST_APART) {
		f.points.apart = g->apart ? 0 : APART;
		const double value = climb_from(&c, g->theta_other, work);
		if (value > best + (g->apart ? -WORTH_IT : WORTH_IT)) {
			memcpy(other, g->theta, (dims + 1) * sizeof *other);
			memcpy(g->theta, g->theta_other, (dims + 1) * sizeof *other);
			memcpy(g->theta_other, other, (dims + 1) * sizeof *other);
			g->apart = !g->apart;
		}
	}
	g->factored = 0;
}

/* Rows from..to of the factor, anew. */
static bool
border(struct gp *g, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++) {
		double *const row = g->L + i * g->stride;
		g->cover(&g->points, i, g->x + i * g->dims, row, NULL);
		row[i] = 1 + g->noise;
	}
	return factor_rows(g, g->L, g->stride, from, to, g->work);
}

void
gp_factor(struct gp *g)
{
	if (!g->factored) {
		lengths(g, g->theta);
		g->points.apart = g->apart ? APART : 0;
	}
	while (g->factored < g->n) {
		const size_t to = g->factored + GP_LANES < g->n ? g->factored + GP_LANES : g->n;
		const bool fine = border(g, g->factored, to);
		if (!fine)
			g->noise *= 10; /* 1 + noise > 1 - epsilon ends this */
		g->factored = fine ? to : 0;
	}
	levels(g, g->L, g->stride, g->n, g->y, g->alpha, g->work);
}

void
gp_believe(struct gp *g, const double *x)
{
	double mean, deviation;
	if (g->n == g->max)
		return;
	gp_at(g, x, 1, &mean, &deviation);
	gp_put(g, x, mean);
	double *row = g->L + (g->n - 1) * g->stride;
	if (!border(g, g->n - 1, g->n))
		row[g->n - 1] = 1e-6; /* on another point: all but certain anyway */
	g->alpha[g->n - 1] = 0;   /* the expectation stays as it is */
}

void
gp_at(const struct gp *g, const double *x, size_t count, double *mean, double *deviation)
{
	double *const v = g->work, *const k = v + g->stride * GP_LANES;
	double known[GP_LANES] = {0};
	memset(v, 0, g->n * GP_LANES * sizeof *v);
	for (size_t c = 0; c < count; c++) {
		g->cover(&g->points, g->n, x + c * g->dims, k, NULL);
		mean[c] = g->mean + g->dot(k, g->alpha, g->n);
		for (size_t i = 0; i < g->n; i++)
			v[i * GP_LANES + c] = k[i];
	}
	g->forward(g->L, g->stride, g->n, v);
	for (size_t i = 0; i < g->n; i++)
		for (size_t c = 0; c < GP_LANES; c++)
			known[c] += v[i * GP_LANES + c] * v[i * GP_LANES + c];
	for (size_t c = 0; c < count; c++)
		deviation[c] = sqrt(g->scale * fmax(1 - known[c], 1e-12));
}

void
gp_slope(const struct gp *g, const double *x, double *mean, double *deviation, double *dmean, double *ddeviation)
{
	double *const k = g->work, *const slope = k + g->stride, *const w = slope + g->stride, *const by = w + g->stride;
	g->cover(&g->points, g->n, x, k, slope);
	memcpy(w, k, g->n * sizeof *w);
	solve(g, g->L, g->stride, g->n, w);
	const double variance = fmax(1 - g->dot(k, w, g->n), 1e-12);
	*mean = g->mean + g->dot(k, g->alpha, g->n);
	*deviation = sqrt(g->scale * variance);
	memset(dmean, 0, g->dims * sizeof *dmean);
	memset(ddeviation, 0, g->dims * sizeof *ddeviation);
	for (size_t i = 0; i < g->n; i++)
		by[i] = -g->alpha[i];
	g->gather(&g->points, g->n, x, by, slope, false, dmean);
	g->gather(&g->points, g->n, x, w, slope, false, ddeviation);
	const double root = sqrt(g->scale / variance);
	for (size_t d = 0; d < g->dims; d++) {
		dmean[d] *= g->inverse[d];
		ddeviation[d] *= root * g->inverse[d]; /* d sqrt(1 - k' w) = -k' dw / sqrt, dw = K^-1 dk */
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
