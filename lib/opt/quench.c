/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "opt/quench.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { OWN_ROWS = 9, ROWS = OWN_ROWS + QUENCH_LINE + 2 * QUENCH_PAIRS, PATIENT = 3 /* rounds without a gain */ };
#define LEAST  1e-12 /* distance of a probe */
#define ENOUGH 1e-10 /* of all that was gained */
static const double parts[QUENCH_LINE] = {1, 0.3, 0.06, 3}; /* of the way */

int
quench_init(struct quench *q, const struct space *space, struct err *err)
{
	const size_t n = space->n;
	*q = (struct quench){.space = *space, .size = ROWS * n + 1};
	q->at = calloc(n + 1, sizeof *q->at);
	q->memory = calloc(q->size, sizeof *q->memory);
	if (!q->at || !q->memory)
		return quench_release(q), err_set(err, "out of memory for %zu dimensions", n);
	double **const row[] = {&q->x, &q->h, &q->slope, &q->curve, &q->was, &q->was_slope, &q->up, &q->down, &q->way, &q->line};
	for (size_t i = 0; i < sizeof row / sizeof *row; i++)
		*row[i] = q->memory + i * n;
	q->move = q->line + QUENCH_LINE * n;
	q->turn = q->move + QUENCH_PAIRS * n;
	return 0;
}

void
quench_release(struct quench *q)
{
	free(q->at);
	free(q->memory);
	*q = (struct quench){0};
}

/* Which coordinates move, as x is. */
static void
list(struct quench *q)
{
	q->now.m = 0;
	for (size_t i = 0; i < q->space.n; i++)
		if (!space_category(&q->space, i) && space_levels(&q->space, i) != 1 && space_active(&q->space, q->x, i))
			q->at[q->now.m++] = i;
}

static void
next_round(struct quench *q, bool along)
{
	q->now.along = along;
	q->now.round++;
	q->now.asked = q->now.told = q->now.heard = 0;
	for (size_t j = 0; !along && j < q->now.m; j++)
		q->up[j] = q->down[j] = NAN;
	for (size_t j = 0; along && j < QUENCH_LINE; j++)
		q->now.gained[j] = NAN;
}

void
quench_begin(struct quench *q, const double *x, double f, const double *width)
{
	memcpy(q->x, x, q->space.n * sizeof *x);
	list(q);
	for (size_t j = 0; j < q->now.m; j++)
		q->h[j] = fmin(fmax(width[q->at[j]], 1e-4), 0.1);
	q->now.f = q->now.begun = f;
	q->now.pairs = q->now.failed = q->now.seen = 0;
	q->now.on = q->now.m > 0 && isfinite(f);
	next_round(q, false);
}

/* The nearest that coordinate j can be. */
static double
settle(const struct quench *q, size_t j, double x)
{
	const uint32_t levels = space_levels(&q->space, q->at[j]);
	x = fmin(fmax(x, 0), 1);
	return levels ? level_at(level_of(x, levels), levels) : x;
}

/* Where the probe of a slot is, of its coordinate: a whole number goes one level at least. */
static double
probe(const struct quench *q, size_t slot)
{
	const size_t j = slot / 2;
	const uint32_t levels = space_levels(&q->space, q->at[j]);
	const double far = levels ? fmax(q->h[j], 1.0 / levels) : q->h[j];
	return settle(q, j, q->x[q->at[j]] + (slot % 2 ? -far : far));
}

static size_t
slots(const struct quench *q)
{
	return q->now.along ? QUENCH_LINE : 2 * q->now.m;
}

bool
quench_ask(struct quench *q, double *x, double *round, double *slot)
{
	if (!q->now.on || q->now.asked == slots(q))
		return false;
	const size_t k = q->now.asked++;
	memcpy(x, q->x, q->space.n * sizeof *x);
	if (!q->now.along)
		x[q->at[k / 2]] = probe(q, k);
	for (size_t j = 0; q->now.along && j < q->now.m; j++)
		x[q->at[j]] = q->line[k * q->now.m + j];
	space_settle(&q->space, x);
	*round = (double)q->now.round;
	*slot = (double)k;
	return true;
}

static double
dot(size_t n, const double *a, const double *b)
{
	double sum = 0;
	for (size_t i = 0; i < n; i++)
		sum += a[i] * b[i];
	return sum;
}

/* Slope and curvature at x of the parabola through it and its two probes; a probe that is missing, or has no room,
   leaves the other one's slope. */
static void
parabolas(struct quench *q)
{
	for (size_t j = 0; j < q->now.m; j++) {
		const double x = q->x[q->at[j]], a = probe(q, 2 * j) - x, b = x - probe(q, 2 * j + 1);
		const double up = a > 0 ? (q->up[j] - q->now.f) / a : NAN, down = b > 0 ? (q->now.f - q->down[j]) / b : NAN;
		const bool both = isfinite(up) && isfinite(down);
		q->curve[j] = both ? 2 * (up - down) / (a + b) : 0;
		q->slope[j] = both ? (up * b + down * a) / (a + b) : isfinite(up) ? up : isfinite(down) ? down : 0;
		if ((a <= 0 && q->slope[j] > 0) || (b <= 0 && q->slope[j] < 0))
			q->slope[j] = q->curve[j] = 0; /* held by a wall */
	}
}

/* Newton's step of a coordinate alone, four probes at most: what the inverse Hessian begins with. */
static double
alone(const struct quench *q, size_t j)
{
	const double least = fabs(q->slope[j]) / (4 * fabs(probe(q, 2 * j) - probe(q, 2 * j + 1)) / 2);
	const double c = q->curve[j] < 0 ? fmax(-q->curve[j], least) : 2 * least;
	return c > 0 ? 1 / c : 0;
}

/* The step since the last slopes were taken, kept where the slope has fallen along it. */
static void
remember(struct quench *q)
{
	const size_t m = q->now.m, k = q->now.pairs % QUENCH_PAIRS;
	double *s = q->move + k * m, *y = q->turn + k * m;
	for (size_t j = 0; j < m; j++) {
		s[j] = q->x[q->at[j]] - q->was[j];
		y[j] = q->was_slope[j] - q->slope[j];
	}
	const double along = dot(m, s, y);
	if (along > 1e-10 * sqrt(dot(m, s, s) * dot(m, y, y))) {
		q->now.rho[k] = 1 / along;
		q->now.pairs++;
	}
}

/* The two loops; way: the direction. */
static void
direction(struct quench *q)
{
	const size_t m = q->now.m, have = q->now.pairs < QUENCH_PAIRS ? q->now.pairs : QUENCH_PAIRS;
	double alpha[QUENCH_PAIRS];
	memcpy(q->way, q->slope, m * sizeof *q->way);
	for (size_t i = 0; i < have; i++) {
		const size_t k = (q->now.pairs - 1 - i) % QUENCH_PAIRS;
		alpha[k] = q->now.rho[k] * dot(m, q->move + k * m, q->way);
		for (size_t j = 0; j < m; j++)
			q->way[j] -= alpha[k] * q->turn[k * m + j];
	}
	for (size_t j = 0; j < m; j++)
		q->way[j] *= alone(q, j);
	for (size_t i = have; i-- > 0;) {
		const size_t k = (q->now.pairs - 1 - i) % QUENCH_PAIRS;
		const double beta = q->now.rho[k] * dot(m, q->turn + k * m, q->way);
		for (size_t j = 0; j < m; j++)
			q->way[j] += (alpha[k] - beta) * q->move[k * m + j];
	}
	double far = 0;
	for (size_t j = 0; j < m; j++)
		far = fmax(far, fabs(q->way[j]));
	for (size_t j = 0; j < m && far > 0.25; j++)
		q->way[j] *= 0.25 / far;
}

static void
look_along(struct quench *q)
{
	const size_t m = q->now.m;
	parabolas(q);
	if (q->now.seen)
		remember(q);
	q->now.seen = 1;
	direction(q);
	for (size_t j = 0; j < m; j++) {
		const double x = q->was[j] = q->x[q->at[j]], own = x + alone(q, j) * q->slope[j];
		q->was_slope[j] = q->slope[j];
		for (size_t k = 0; k < QUENCH_LINE; k++) {
			const double to = k == 2 && q->now.pairs ? own : x + parts[k] * q->way[j];
			q->line[k * m + j] = settle(q, j, to);
		}
	}
}

/* To the best that was heard, be it a probe. */
static void
go(struct quench *q)
{
	const size_t m = q->now.m;
	double best = q->now.f;
	size_t of = SIZE_MAX, line = SIZE_MAX;
	for (size_t k = 0; k < QUENCH_LINE; k++)
		if (q->now.gained[k] > best) {
			best = q->now.gained[k];
			line = k;
		}
	for (size_t k = 0; k < 2 * m; k++)
		if ((k % 2 ? q->down : q->up)[k / 2] > best) {
			best = (k % 2 ? q->down : q->up)[k / 2];
			of = k;
		}
	const double gain = best - q->now.f;
	if (of != SIZE_MAX)
		q->x[q->at[of / 2]] = probe(q, of);
	double widest = 0;
	for (size_t j = 0; j < m; j++) {
		if (of == SIZE_MAX && line != SIZE_MAX)
			q->x[q->at[j]] = q->line[line * m + j];
		const double moved = fabs(q->x[q->at[j]] - q->was[j]);
		q->h[j] = fmax(gain > 0 ? fmin(fmax(moved / 2, q->h[j] / 5), 2 * q->h[j]) : q->h[j] / 5, LEAST);
		widest = fmax(widest, q->h[j]);
	}
	q->now.f = best;
	if (gain > 0)
		q->now.failed = 0;
	else {
		q->now.failed++;
		q->now.pairs = 0;
	}
	q->now.on = q->now.failed < PATIENT && widest > 2 * LEAST && !(gain > 0 && gain < ENOUGH * (best - q->now.begun));
}

static void
end_round(struct quench *q)
{
	if (!q->now.along)
		look_along(q);
	else
		go(q);
	next_round(q, !q->now.along);
}

void
quench_tell(struct quench *q, double round, double slot, double f)
{
	const size_t k = (size_t)slot;
	if (!q->now.on || round != (double)q->now.round || k >= slots(q))
		return;
	if (q->now.along)
		q->now.gained[k] = f;
	else
		(k % 2 ? q->down : q->up)[k / 2] = f;
	if (++q->now.told == slots(q))
		end_round(q);
}

void
quench_wait(struct quench *q, uint64_t heard, uint64_t patience)
{
	if (!q->now.on || q->now.asked < slots(q))
		return;
	q->now.heard += heard;
	if (q->now.heard > patience)
		end_round(q);
}

void
quench_save(const struct quench *q, struct blob *b)
{
	blob_put(b, &q->now, sizeof q->now);
	blob_put(b, q->memory, q->size * sizeof *q->memory);
}

void
quench_load(struct quench *q, struct blob *b)
{
	blob_get(b, &q->now, sizeof q->now);
	blob_get(b, q->memory, q->size * sizeof *q->memory);
	list(q);
	b->bad = b->bad || q->now.asked > slots(q);
}
