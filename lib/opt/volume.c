/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "opt/volume.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST = 8 };

struct slicer {
	double *layer[MOST + 1]; /* [count][MOST]: points of so many objectives, from the corner */
	double steps;
};

/* Highest of the last objective first, then of the others from the last on. */
static int
last_first(const void *pa, const void *pb)
{
	const double *a = pa, *b = pb;
	for (size_t k = MOST; k-- > 0;)
		if (a[k] != b[k])
			return a[k] < b[k] ? 1 : -1;
	return 0;
}

/* Highest second objective first: what then rises in the first adds its strip. */
static double
area(double *p, size_t n)
{
	double sum = 0, reach = 0;
	qsort(p, n, MOST * sizeof *p, last_first);
	for (size_t i = 0; i < n; i++)
		if (p[i * MOST] > reach) {
			sum += (p[i * MOST] - reach) * p[i * MOST + 1];
			reach = p[i * MOST];
		}
	return sum;
}

static int
covers(const double *a, const double *b, size_t m)
{
	for (size_t k = 0; k < m; k++)
		if (a[k] < b[k])
			return 0;
	return 1;
}

/* Puts p into the set unless it is covered; takes out what it covers. */
static size_t
put(double *set, size_t n, const double *p, size_t m)
{
	size_t stay = 0;
	for (size_t i = 0; i < n; i++) /* nothing is taken out before p is known to stay: both cannot be */
		if (covers(set + i * MOST, p, m))
			return n;
	for (size_t i = 0; i < n; i++)
		if (!covers(p, set + i * MOST, m))
			memmove(set + stay++ * MOST, set + i * MOST, MOST * sizeof *p);
	memcpy(set + stay * MOST, p, MOST * sizeof *p);
	return stay + 1;
}

/* Of layer[m][0..n): a point's own part, beside those that are higher in the last objective, is as high as it and
   as wide as it reaches beyond them in the others. */
static double
measure(struct slicer *s, size_t n, size_t m)
{
	double *p = s->layer[m], sum = 0;
	s->steps += (double)n;
	if (s->steps > VOLUME_STEPS)
		return NAN;
	if (m == 1) {
		for (size_t i = 0; i < n; i++)
			sum = fmax(sum, p[i * MOST]);
		return sum;
	}
	if (m == 2)
		return area(p, n);
	qsort(p, n, MOST * sizeof *p, last_first);
	for (size_t i = 0; i < n && s->steps <= VOLUME_STEPS; i++) {
		double whole = 1, cut[MOST] = {0};
		size_t limited = 0;
		for (size_t k = 0; k + 1 < m; k++)
			whole *= p[i * MOST + k];
		for (size_t j = 0; j < i; j++) {
			for (size_t k = 0; k + 1 < m; k++)
				cut[k] = fmin(p[i * MOST + k], p[j * MOST + k]);
			if (m == 3) /* area() sees to what is covered */
				memcpy(s->layer[2] + limited++ * MOST, cut, sizeof cut);
			else
				limited = put(s->layer[m - 1], limited, cut, m - 1);
			s->steps += m == 3 ? 1 : (double)limited;
		}
		sum += p[i * MOST + m - 1] * (whole - (limited ? measure(s, limited, m - 1) : 0));
	}
	return s->steps > VOLUME_STEPS ? NAN : sum;
}

double
volume(const double *f, size_t count, size_t m, const double *worst, struct err *err)
{
	struct slicer s = {{0}, 0};
	double sum = 0;
	if (m < 1 || m > MOST)
		return err_set(err, "a volume has 1 to %d objectives, not %zu", MOST, m), NAN;
	double *memory = calloc((count + 1) * MOST * m, sizeof *memory);
	if (!memory)
		return err_set(err, "out of memory for %zu points", count), NAN;
	for (size_t k = 1; k <= m; k++)
		s.layer[k] = memory + (k - 1) * (count + 1) * MOST;
	size_t n = 0;
	for (size_t i = 0; i < count; i++) {
		double p[MOST] = {0};
		size_t over = 0;
		for (size_t k = 0; k < m; k++) {
			p[k] = f[i * m + k] - worst[k];
			over += p[k] > 0; /* NaN is not */
		}
		if (over == m) {
			memcpy(s.layer[m] + n * MOST, p, sizeof p);
			n++;
		}
	}
	sum = n ? measure(&s, n, m) : 0;
	free(memory);
	if (isnan(sum))
		err_set(err, "the volume of %zu points of %zu objectives takes too long", n, m);
	return sum;
}
