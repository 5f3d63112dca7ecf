/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wire/axes.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/eigen.h"
#include "feature/summary.h"
#include "wire/measure.h"

enum { D = SUMMARY_COLUMNS, FEW = 100 };

/* Standard deviations beyond which a hundredth of a normal distribution lies. */
static const double WIDE = 2.326;

struct axes {
	double mean[D], axis[AXES][D], min[AXES], max[AXES], share[AXES];
};

struct rows {
	float (*x)[D];
	size_t n, room;
};

static int
read_rows(const char *path, struct rows *rows, struct err *err)
{
	struct reader *in = reader_open(path, err);
	struct take *t;
	int got = in ? 0 : -1;
	while (in && rows->n < AXES_MAX_TAKES && (got = take_read(in, &t, err)) > 0) {
		const float *s = *t->m->error ? NULL : take_summary(t);
		bool good = s != NULL;
		for (size_t k = 0; good && k < D; k++)
			good = isfinite(s[k]);
		if (good && rows->n == rows->room) {
			rows->room = 2 * rows->room + 256;
			void *x = realloc(rows->x, rows->room * sizeof *rows->x);
			if (x)
				rows->x = x;
			else
				got = err_set(err, "out of memory for %zu summaries", rows->room);
		}
		if (good && got > 0)
			memcpy(rows->x[rows->n++], s, sizeof *rows->x);
		take_free(t);
		if (got < 0)
			break;
	}
	reader_free(in);
	if (got >= 0 && rows->n < 3)
		return err_set(err, "'%s' has %zu takes with a summary; axes need three: put 'assay features' before", path, rows->n);
	return got < 0 ? -1 : 0;
}

static int
rising(const void *pa, const void *pb)
{
	const double a = *(const double *)pa, b = *(const double *)pb;
	return (a > b) - (a < b);
}

/* The components by their part of the variance, and what the rows span there. */
static int
components(struct axes *a, const struct rows *rows, struct err *err)
{
	double *cov = calloc((size_t)D * D, sizeof *cov), *at = malloc(rows->n * sizeof *at), value[D], work[D], all = 0;
	int status = cov && at ? 0 : err_set(err, "out of memory");
	for (size_t i = 0; status == 0 && i < rows->n; i++)
		for (int k = 0; k < D; k++)
			a->mean[k] += rows->x[i][k] / (double)rows->n;
	for (size_t i = 0; status == 0 && i < rows->n; i++)
		for (int k = 0; k < D; k++)
			for (int j = 0; j <= k; j++)
				cov[k * D + j] += (rows->x[i][k] - a->mean[k]) * (rows->x[i][j] - a->mean[j]);
	for (int k = 0; status == 0 && k < D; k++)
		all += cov[k * D + k];
	if (status == 0 && eigen_symmetric(D, cov, value, cov, work) < 0)
		status = err_set(err, "the summaries are too large");
	for (size_t c = 0; status == 0 && c < AXES; c++) {
		int most = 0;
		for (int k = 1; k < D; k++)
			if (value[k] > value[most])
				most = k;
		a->share[c] = all > 0 ? value[most] / all : 0;
		value[most] = -INFINITY;
		double sign = 0;
		for (int k = 0; k < D; k++)
			sign += cov[k * D + most];
		for (int k = 0; k < D; k++)
			a->axis[c][k] = sign < 0 ? -cov[k * D + most] : cov[k * D + most];
		for (size_t i = 0; i < rows->n; i++)
			at[i] = axes_at(a, c, rows->x[i]);
		qsort(at, rows->n, sizeof *at, rising);
		a->min[c] = at[rows->n / 100];
		a->max[c] = at[rows->n - 1 - rows->n / 100];
		double sum = 0; /* of squares about the mean, which is 0 here */
		for (size_t i = 0; i < rows->n; i++)
			sum += at[i] * at[i];
		const double reach = WIDE * sqrt(sum / (double)(rows->n - 1));
		if (rows->n < FEW) {
			a->min[c] = fmin(a->min[c], -reach);
			a->max[c] = fmax(a->max[c], reach);
		}
	}
	free(cov);
	free(at);
	return status;
}

struct axes *
axes_learn(const char *takes, struct err *err)
{
	struct axes *a = calloc(1, sizeof *a);
	struct rows rows = {0};
	int status = a ? read_rows(takes, &rows, err) : err_set(err, "out of memory");
	if (status == 0)
		status = components(a, &rows, err);
	free(rows.x);
	if (status == 0)
		return a;
	axes_free(a);
	return NULL;
}

void
axes_free(struct axes *a)
{
	free(a);
}

double
axes_at(const struct axes *a, size_t k, const float *summary)
{
	double sum = 0;
	for (int i = 0; i < D; i++)
		sum += (summary[i] - a->mean[i]) * a->axis[k][i];
	return sum;
}

void
axes_range(const struct axes *a, size_t k, double *min, double *max)
{
	*min = a->min[k];
	*max = a->max[k];
}

double
axes_share(const struct axes *a, size_t k)
{
	return a->share[k];
}

void
axes_id(const struct axes *a, uint8_t id[HASH_SIZE])
{
	struct hash h;
	hash_init(&h);
	for (size_t c = 0; c < AXES; c++)
		for (int k = 0; k < D; k++) {
			hash_double(&h, a->mean[k]);
			hash_double(&h, a->axis[c][k]);
		}
	hash_final(&h, id);
}
