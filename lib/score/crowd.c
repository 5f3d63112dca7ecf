/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "score/crowd.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/fmath.h"

enum { SWEEPS = 30, PAIRED = 1024 }; /* PAIRED: members the kernel looks at, evenly chosen */

struct crowd {
	size_t d, n;     /* columns; members kept whitened */
	double *mean;    /* [d] */
	double *whiten;  /* [d][d], rows are axes */
	double *member;  /* [n][d] */
	double gamma;    /* of the kernel: 1 / (2 width²) */
	double within;   /* mean kernel of two members, each with itself too */
	double apart;    /* the same without itself */
	double usual_frechet, usual_kernel;
};

/* Eigenvalues into the diagonal of a[d][d], eigenvectors into the rows of v (Jacobi's
   cyclic rotations). */
static void
eigen(double *a, double *v, size_t d)
{
	memset(v, 0, d * d * sizeof *v);
	for (size_t i = 0; i < d; i++)
		v[i * d + i] = 1;
	for (int sweep = 0; sweep < SWEEPS; sweep++) {
		double off = 0, all = 0;
		for (size_t i = 0; i < d; i++)
			for (size_t j = 0; j < d; j++) {
				all += a[i * d + j] * a[i * d + j];
				off += i == j ? 0 : a[i * d + j] * a[i * d + j];
			}
		if (off <= 1e-26 * all)
			return;
		for (size_t p = 0; p + 1 < d; p++)
			for (size_t q = p + 1; q < d; q++) {
				const double apq = a[p * d + q];
				if (fabs(apq) < 1e-300)
					continue;
				const double theta = (a[q * d + q] - a[p * d + p]) / (2 * apq);
				const double t = (theta < 0 ? -1 : 1) / (fabs(theta) + sqrt(theta * theta + 1));
				const double c = 1 / sqrt(t * t + 1), s = t * c;
				for (size_t k = 0; k < d; k++) {
					const double x = a[k * d + p], y = a[k * d + q];
					a[k * d + p] = c * x - s * y;
					a[k * d + q] = s * x + c * y;
				}
				for (size_t k = 0; k < d; k++) {
					const double x = a[p * d + k], y = a[q * d + k];
					a[p * d + k] = c * x - s * y;
					a[q * d + k] = s * x + c * y;
				}
				for (size_t k = 0; k < d; k++) {
					const double x = v[p * d + k], y = v[q * d + k];
					v[p * d + k] = c * x - s * y;
					v[q * d + k] = s * x + c * y;
				}
			}
	}
}

/* Mean [d] and covariance [d][d] of rows[n][d]. */
static void
moments(const double *rows, size_t n, size_t d, double *mean, double *cov)
{
	memset(mean, 0, d * sizeof *mean);
	memset(cov, 0, d * d * sizeof *cov);
	for (size_t r = 0; r < n; r++)
		for (size_t i = 0; i < d; i++)
			mean[i] += rows[r * d + i] / (double)n;
	for (size_t r = 0; r < n; r++)
		for (size_t i = 0; i < d; i++)
			for (size_t j = 0; j <= i; j++)
				cov[i * d + j] += (rows[r * d + i] - mean[i]) * (rows[r * d + j] - mean[j]) / (double)(n - 1);
	for (size_t i = 0; i < d; i++)
		for (size_t j = i + 1; j < d; j++)
			cov[i * d + j] = cov[j * d + i];
}

static void
whiten(const struct crowd *c, const float *x, double *out)
{
	for (size_t i = 0; i < c->d; i++) {
		out[i] = 0;
		for (size_t j = 0; j < c->d; j++)
			out[i] += c->whiten[i * c->d + j] * (x[j] - c->mean[j]);
	}
}

static double
squared(const double *a, const double *b, size_t d)
{
	double sum = 0;
	for (size_t i = 0; i < d; i++)
		sum += (a[i] - b[i]) * (a[i] - b[i]);
	return sum;
}

static int
compare(const void *a, const void *b)
{
	const double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

static double
median(double *v, size_t n)
{
	qsort(v, n, sizeof *v, compare);
	return n % 2 ? v[n / 2] : (v[n / 2 - 1] + v[n / 2]) / 2;
}

static double
length(const double *w, size_t d)
{
	double sum = 0;
	for (size_t i = 0; i < d; i++)
		sum += w[i] * w[i];
	return sqrt(sum);
}

/* Squared MMD of one whitened vector; of a member, `but` is itself, which is left out. */
static double
kernel_of(const struct crowd *c, const double *w, size_t but)
{
	double sum = 0;
	for (size_t r = 0; r < c->n; r++)
		sum += r == but ? 0 : fm_exp(-c->gamma * squared(w, c->member + r * c->d, c->d));
	return 1 - 2 * sum / (double)(c->n - (but < c->n)) + c->within;
}

/* The kernel's width, and what is usual among the members. v: room for n (n - 1) / 2. */
static void
habits(struct crowd *c, double *v)
{
	size_t pairs = 0;
	for (size_t r = 0; r < c->n; r++)
		for (size_t q = 0; q < r; q++)
			v[pairs++] = squared(c->member + r * c->d, c->member + q * c->d, c->d);
	const double width = median(v, pairs);
	c->gamma = width > 1e-12 ? 1 / (2 * width) : 1;
	c->apart = 0;
	for (size_t i = 0; i < pairs; i++)
		c->apart += fm_exp(-c->gamma * v[i]) / (double)pairs;
	c->within = (c->apart * (double)(c->n - 1) + 1) / (double)c->n;
	for (size_t r = 0; r < c->n; r++)
		v[r] = length(c->member + r * c->d, c->d);
	c->usual_frechet = fmax(median(v, c->n), 1e-6);
	for (size_t r = 0; r < c->n; r++)
		v[r] = kernel_of(c, c->member + r * c->d, r);
	c->usual_kernel = fmax(median(v, c->n), 1e-6);
}

void
crowd_free(struct crowd *c)
{
	if (!c)
		return;
	free(c->mean);
	free(c->whiten);
	free(c->member);
	free(c);
}

struct crowd *
crowd_new(const float *rows, size_t n, size_t columns, struct err *err)
{
	if (n < 2 || !columns || columns > CROWD_MAX_COLUMNS)
		return err_set(err, "%zu vectors of %zu columns are no distribution; it takes two of at most %d", n, columns,
		    CROWD_MAX_COLUMNS), NULL;
	for (size_t i = 0; i < n * columns; i++)
		if (!isfinite(rows[i]))
			return err_set(err, "column %zu of vector %zu is not finite", i % columns, i / columns), NULL;
	struct crowd *c = calloc(1, sizeof *c);
	if (!c)
		return err_set(err, "out of memory"), NULL;
	const size_t d = c->d = columns, kept = n < PAIRED ? n : PAIRED, pairs = kept * (kept - 1) / 2;
	c->mean = malloc(d * sizeof *c->mean);
	c->whiten = malloc(d * d * sizeof *c->whiten);
	c->member = malloc(kept * d * sizeof *c->member);
	double *all = malloc(n * d * sizeof *all), *cov = malloc(d * d * sizeof *cov);
	double *v = malloc((pairs > kept ? pairs : kept) * sizeof *v);
	if (!c->mean || !c->whiten || !c->member || !all || !cov || !v) {
		err_set(err, "out of memory");
		crowd_free(c);
		c = NULL;
	} else {
		for (size_t i = 0; i < n * d; i++)
			all[i] = rows[i];
		moments(all, n, d, c->mean, cov);
		double trace = 0;
		for (size_t i = 0; i < d; i++)
			trace += cov[i * d + i] / (double)d;
		for (size_t i = 0; i < d * d; i++)
			cov[i] = ((double)n * cov[i] + (i % (d + 1) ? 0 : (double)d * fmax(trace, 1e-6))) / (double)(n + d);
		eigen(cov, c->whiten, d);
		for (size_t i = 0; i < d; i++)
			for (size_t j = 0; j < d; j++)
				c->whiten[i * d + j] /= sqrt(fmax(cov[i * d + i], 1e-12));
		c->n = kept;
		for (size_t r = 0; r < kept; r++)
			whiten(c, rows + r * n / kept * d, c->member + r * d);
		habits(c, v);
	}
	free(all);
	free(cov);
	free(v);
	return c;
}

void
crowd_whiten(const struct crowd *c, const float *x, double *out)
{
	whiten(c, x, out);
}

double
crowd_frechet_one(const struct crowd *c, const float *x)
{
	double w[CROWD_MAX_COLUMNS];
	whiten(c, x, w);
	return length(w, c->d) / c->usual_frechet;
}

double
crowd_kernel_one(const struct crowd *c, const float *x)
{
	double w[CROWD_MAX_COLUMNS];
	whiten(c, x, w);
	return fmax(kernel_of(c, w, c->n), 0) / c->usual_kernel;
}

/* b becomes a^½ b a^½; a and t are lost. */
static void
between(double *a, double *b, double *t, double *root, size_t d)
{
	eigen(a, t, d);
	memset(root, 0, d * d * sizeof *root);
	for (size_t k = 0; k < d; k++)
		for (size_t i = 0; i < d; i++)
			for (size_t j = 0; j < d; j++)
				root[i * d + j] += sqrt(fmax(a[k * d + k], 0)) * t[k * d + i] * t[k * d + j];
	memset(t, 0, d * d * sizeof *t);
	for (size_t i = 0; i < d; i++)
		for (size_t k = 0; k < d; k++)
			for (size_t j = 0; j < d; j++)
				t[i * d + j] += root[i * d + k] * b[k * d + j];
	memset(b, 0, d * d * sizeof *b);
	for (size_t i = 0; i < d; i++)
		for (size_t k = 0; k < d; k++)
			for (size_t j = 0; j < d; j++)
				b[i * d + j] += t[i * d + k] * root[k * d + j];
}

int
crowd_distance(const struct crowd *c, const float *rows, size_t n, double *frechet, double *kernel)
{
	const size_t d = c->d, square = d * d;
	double *x = malloc(n * d * sizeof *x), *m = malloc((4 * square + 2 * d) * sizeof *m);
	if (!x || !m)
		return free(x), free(m), -1;
	double *a = m, *b = m + square, *t = b + square, *root = t + square, *mean = root + square;
	for (size_t r = 0; r < n; r++)
		whiten(c, rows + r * d, x + r * d);
	moments(c->member, c->n, d, mean, a);
	moments(x, n, d, mean + d, b);
	*frechet = squared(mean, mean + d, d);
	for (size_t i = 0; i < d; i++)
		*frechet += a[i * d + i] + b[i * d + i];
	between(a, b, t, root, d);
	eigen(b, t, d);
	for (size_t i = 0; i < d; i++)
		*frechet -= 2 * sqrt(fmax(b[i * d + i], 0));
	double own = 0, cross = 0;
	for (size_t r = 0; r < n; r++) {
		for (size_t q = 0; q < r; q++)
			own += fm_exp(-c->gamma * squared(x + r * d, x + q * d, d));
		for (size_t q = 0; q < c->n; q++)
			cross += fm_exp(-c->gamma * squared(x + r * d, c->member + q * d, d));
	}
	*kernel = c->apart + own * 2 / ((double)n * (double)(n - 1)) - 2 * cross / ((double)n * (double)c->n);
	free(x);
	free(m);
	return 0;
}
