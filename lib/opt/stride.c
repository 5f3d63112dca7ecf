/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "opt/stride.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/fmath.h"

/* Igel and others' rates: how often steps succeed where they are right, what is too often, and how fast that follows. */
static const double RIGHT = 0.18, OFTEN = 0.44, RATE = 1.0 / 12;
static const double SHORTEST = 1e-12, LONGEST = 0.5;

static void
sphere(struct stride *s, double size)
{
	s->now.size = size;
	s->now.success = RIGHT;
	memset(s->path, 0, s->r * sizeof *s->path);
	memset(s->to, 0, s->r * s->r * sizeof *s->to);
	memset(s->back, 0, s->r * s->r * sizeof *s->back);
	for (size_t i = 0; i < s->r; i++)
		s->to[i * s->r + i] = s->back[i * s->r + i] = 1;
}

int
stride_init(struct stride *s, const struct space *space, double size, size_t most, struct err *err)
{
	*s = (struct stride){.space = space};
	for (size_t i = 0; i < space->n; i++)
		s->r += !space_levels(space, i);
	s->r = s->r > most ? 0 : s->r;
	const size_t r = s->r;
	s->real = calloc(r + 1, sizeof *s->real);
	s->path = calloc(r * (2 * r + 4) + 1, sizeof *s->path);
	if (!s->real || !s->path)
		return stride_release(s), err_set(err, "out of memory for %zu dimensions", r);
	s->to = s->path + r;
	s->back = s->to + r * r;
	s->z = s->back + r * r;
	s->y = s->z + r;
	s->sum = s->y + r;
	for (size_t i = 0, k = 0; r && i < space->n; i++)
		if (!space_levels(space, i))
			s->real[k++] = i;
	sphere(s, size);
	return 0;
}

void
stride_release(struct stride *s)
{
	free(s->real);
	free(s->path);
	*s = (struct stride){0};
}

static double
dot(const double *a, const double *b, size_t n)
{
	double sum = 0;
	for (size_t i = 0; i < n; i++)
		sum += a[i] * b[i];
	return sum;
}

void
stride_step(struct stride *s, struct rng *r, const double *from, double *x)
{
	memcpy(x, from, s->space->n * sizeof *x);
	for (size_t i = 0; i < s->r; i++)
		s->z[i] = rng_normal(r);
	for (size_t i = 0; i < s->r; i++)
		if (space_active(s->space, x, s->real[i]))
			x[s->real[i]] = space_fold(x[s->real[i]] + s->now.size * dot(s->to + i * s->r, s->z, s->r));
	space_settle(s->space, x); /* a step may be out of all bounds */
}

void
stride_hear(struct stride *s, bool success, double beside)
{
	const double target = 1 / (5 + sqrt(beside) / 2), grow = 1 / ((1 + (double)s->r / 2) * (1 - target));
	s->now.success += RATE * (success - s->now.success);
	s->now.size *= fm_exp((s->now.success - target) * grow);
	s->now.size = fmin(fmax(s->now.size, SHORTEST), LONGEST);
}

/* to (a + b w w'), and its inverse. */
static void
reshape(struct stride *s, double a, double b, const double *w)
{
	const size_t r = s->r;
	const double back = -b / (a * (a + b * dot(w, w, r)));
	double *sum = s->sum;
	for (size_t i = 0; i < r; i++) {
		double *row = s->to + i * r;
		const double along = b * dot(row, w, r);
		for (size_t k = 0; k < r; k++)
			row[k] = a * row[k] + along * w[k];
	}
	memset(sum, 0, r * sizeof *sum);
	for (size_t i = 0; i < r; i++)
		for (size_t k = 0; k < r; k++)
			sum[k] += w[i] * s->back[i * r + k];
	for (size_t i = 0; i < r; i++)
		for (size_t k = 0; k < r; k++)
			s->back[i * r + k] = s->back[i * r + k] / a + back * w[i] * sum[k];
}

/* A step's mean square stays size² a coordinate, so that nothing runs away. false: the inverse is one no more, it has begun
   anew. w: back y. */
static bool
even(struct stride *s, const double *w)
{
	const size_t r = s->r;
	double off = 0;
	for (size_t i = 0; i < r; i++) {
		const double d = dot(s->to + i * r, w, r) - s->y[i];
		off += d * d;
	}
	const double scale = sqrt(dot(s->to, s->to, r * r) / (double)r);
	if (!(off <= 1e-6 * dot(s->y, s->y, r)) || !(scale > 1e-100) || !(scale < 1e100)) {
		sphere(s, s->now.size);
		return false;
	}
	for (size_t i = 0; i < r * r; i++) {
		s->to[i] /= scale;
		s->back[i] *= scale;
	}
	for (size_t i = 0; i < r; i++)
		s->path[i] /= scale;
	s->now.size = fmin(fmax(s->now.size * scale, SHORTEST), LONGEST);
	return true;
}

void
stride_follow(struct stride *s, const double *from, const double *x, bool away)
{
	const size_t r = s->r;
	const double n = (double)r, cc = 2 / (n + 2);
	const bool often = s->now.success >= OFTEN;
	double *w = s->z, keep, change; /* of the covariance: keep, and change by c w w' */
	for (size_t i = 0; i < r; i++)
		s->y[i] = (x[s->real[i]] - from[s->real[i]]) / s->now.size;
	for (size_t i = 0; !away && i < r; i++)
		s->y[i] = s->path[i] = (1 - cc) * s->path[i] + (often ? 0 : sqrt(cc * (2 - cc)) * s->y[i]);
	for (size_t i = 0; i < r; i++)
		w[i] = dot(s->back + i * r, s->y, r);
	const double square = dot(w, w, r);
	if (!(square > 1e-30) || !(square < 1e30))
		return;
	if (away) {
		const double c = fmin(0.4 / (fm_pow(n, 1.6) + 1), 1 / fmax(2 * square - 1, 1));
		keep = 1 + c;
		change = -c;
	} else {
		const double c = 2 / (n * n + 6);
		keep = 1 - c + (often ? c * cc * (2 - cc) : 0);
		change = c;
	}
	if (even(s, w))
		reshape(s, sqrt(keep), sqrt(keep) * (sqrt(fmax(1 + change * square / keep, 0.1)) - 1) / square, w);
}

void
stride_save(const struct stride *s, struct blob *b)
{
	blob_put(b, &s->now, sizeof s->now);
	blob_put(b, s->path, s->r * (2 * s->r + 1) * sizeof *s->path);
}

void
stride_load(struct stride *s, struct blob *b)
{
	blob_get(b, &s->now, sizeof s->now);
	blob_get(b, s->path, s->r * (2 * s->r + 1) * sizeof *s->path);
}
