/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "feature/gathering.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { FEWEST = 8 }; /* of fewer none can be said to stand out */

static int
by_size(const void *a, const void *b)
{
	const double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

static double
distance(const float *a, const float *b)
{
	double sum = 0;
	for (int i = 0; i < SUMMARY_COLUMNS; i++) {
		const double d = (double)a[i] - b[i];
		sum += d * d;
	}
	return sqrt(sum);
}

static void
pair(struct gathered *m, ptrdiff_t i, ptrdiff_t j)
{
	const double d = distance(m[i].summary, m[j].summary);
	if (m[i].nearest < 0 || d < m[i].distance) {
		m[i].nearest = j;
		m[i].distance = d;
	}
	if (m[j].nearest < 0 || d < m[j].distance) {
		m[j].nearest = i;
		m[j].distance = d;
	}
}

/* Marks what is further out than the middle by three median deviations (scaled to a normal spread). */
static void
mark_outliers(struct gathered *m, size_t n, double *d)
{
	size_t count = 0;
	for (size_t i = 0; i < n; i++)
		if (m[i].same < 0 && m[i].nearest >= 0)
			d[count++] = m[i].distance;
	if (count < FEWEST)
		return;
	qsort(d, count, sizeof *d, by_size);
	const double middle = d[count / 2];
	for (size_t i = 0; i < count; i++)
		d[i] = fabs(d[i] - middle);
	qsort(d, count, sizeof *d, by_size);
	const double far = middle + 3 * 1.4826 * fmax(d[count / 2], 0.05 * middle);
	for (size_t i = 0; i < n; i++)
		m[i].outlier = m[i].same < 0 && m[i].nearest >= 0 && m[i].distance > far;
}

int
gathering_judge(struct gathered *m, size_t n, struct err *err)
{
	double *d = malloc((n ? n : 1) * sizeof *d);
	if (!d)
		return err_set(err, "out of memory");
	for (size_t i = 0; i < n; i++) {
		m[i].same = m[i].nearest = -1;
		m[i].distance = 0;
		m[i].twin = m[i].outlier = 0;
		for (size_t j = 0; j < i && m[i].same < 0; j++)
			if (m[j].same < 0 && !memcmp(m[i].id, m[j].id, HASH_SIZE))
				m[i].same = (ptrdiff_t)j;
		for (size_t j = 0; j < i && m[i].same < 0; j++)
			if (m[j].same < 0)
				pair(m, (ptrdiff_t)i, (ptrdiff_t)j);
	}
	for (size_t i = 0; i < n; i++)
		m[i].twin = m[i].nearest >= 0 && m[i].distance < GATHERING_NEAR;
	mark_outliers(m, n, d);
	free(d);
	return 0;
}
