/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "opt/surrogate.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/fmath.h"

int
surrogate_init(struct surrogate *s, const struct space *space, size_t points, size_t kept, struct err *err)
{
	const size_t n = space->n;
	*s = (struct surrogate){.space = space, .n = n};
	s->choice = calloc(n + 1, sizeof *s->choice);
	s->result = calloc(2 * points, sizeof *s->result);
	s->when = calloc(points, sizeof *s->when);
	s->warped = calloc(kept, sizeof *s->warped);
	s->order = calloc(kept, sizeof *s->order);
	s->block = calloc((GP_LANES + 2) * n + 1, sizeof *s->block);
	if (!s->choice || !s->result || !s->when || !s->warped || !s->order || !s->block) {
		surrogate_release(s);
		return err_set(err, "out of memory for %zu coordinates", n);
	}
	s->nearest = s->result + points;
	s->slope = s->block + GP_LANES * n;
	for (size_t i = 0; i < n; i++)
		s->choice[i] = space_category(space, i);
	if (gp_init(&s->gp, n, s->choice, points, err) < 0) {
		surrogate_release(s);
		return -1;
	}
	return 0;
}

void
surrogate_release(struct surrogate *s)
{
	gp_release(&s->gp);
	free(s->choice);
	free(s->result);
	free(s->when);
	free(s->warped);
	free(s->order);
	free(s->block);
	*s = (struct surrogate){0};
}

/* As the process sees it. */
static void
neutral(const struct surrogate *s, const double *x, double *to)
{
	for (size_t i = 0; i < s->n; i++)
		to[i] = space_active(s->space, x, i) ? x[i] : s->choice[i] ? -1 : 0.5;
}

static int
least_first(const void *va, const void *vb)
{
	const struct rank *a = va, *b = vb;
	if (a->by != b->by)
		return a->by < b->by ? -1 : 1;
	return a->at < b->at ? -1 : a->at > b->at;
}

/* Fitness of zero mean and unit deviation, its lower half by its logarithm. */
static void
warp(struct surrogate *s, const double *fitness, size_t n)
{
	size_t finite = 0;
	for (size_t i = 0; i < n; i++)
		if (fitness[i] > -INFINITY)
			s->order[finite++] = (struct rank){-fitness[i], i};
	qsort(s->order, finite, sizeof *s->order, least_first);
	const double best = finite ? -s->order[0].by : 0, middle = finite ? -s->order[finite / 2].by : 0,
	    worst = finite ? -s->order[finite - 1].by : 0, unit = best - middle;
	double mean = 0, variance = 0;
	for (size_t i = 0; i < n; i++) {
		const double y = fitness[i] > -INFINITY ? fitness[i] : worst;
		s->warped[i] = unit <= 0 ? 0 : y >= middle ? (y - middle) / unit : -fm_log(1 + (middle - y) / unit);
		mean += s->warped[i] / (double)n;
	}
	for (size_t i = 0; i < n; i++)
		variance += (s->warped[i] - mean) * (s->warped[i] - mean) / (double)n;
	const double scale = variance > 0 ? 1 / sqrt(variance) : 1;
	for (size_t i = 0; i < n; i++)
		s->warped[i] = (s->warped[i] - mean) * scale;
}

/* The results x[count] in the order of their distance from a place, by the lengths as they are. */
static void
by_distance(struct surrogate *s, const double *const x, size_t count, const double *from)
{
	const size_t n = s->n;
	for (size_t i = 0; i < count; i++) {
		double far = 0;
		for (size_t d = 0; d < n; d++) {
			const double off = x[i * n + d] - from[d];
			far += (s->choice[d] ? off != 0 : off * off) * s->slope[d];
		}
		s->order[i] = (struct rank){far, i};
	}
	qsort(s->order, count, sizeof *s->order, least_first);
}

/* Makes the process one of these results, keeping the rows that stay. */
static void
gather(struct surrogate *s, const struct trials *t, size_t room, const double *centre)
{
	const bool all = t->now.kept <= room;
	struct gp *g = &s->gp;
	const size_t before = s->used;
	s->used = all ? t->now.kept : room;
	if (!all)
		by_distance(s, t->x, t->now.kept, centre);
	size_t same = 0;
	for (size_t i = 0; i < s->used; i++) {
		s->result[i] = all ? i : s->order[i].at;
		if (same == i && i < before && s->when[i] == t->when[s->result[i]])
			same++;
		s->when[i] = t->when[s->result[i]];
	}
	gp_keep(g, same);
	for (size_t i = same; i < s->used; i++) {
		neutral(s, t->x + s->result[i] * s->n, s->block);
		gp_put(g, s->block, 0);
	}
	for (size_t i = 0; i < s->used; i++)
		g->y[i] = s->warped[s->result[i]];
}

/* Lengths and noise anew, if enough is. */
static void
fit(struct surrogate *s, uint64_t heard, const double *centre)
{
	const uint64_t last = s->fitted;
	if (last && heard >= last && heard < last + 1 + last / 25)
		return;
	const bool all = s->used <= GP_MAX_FIT;
	if (!all) {
		by_distance(s, s->gp.x, s->used, centre);
		for (size_t i = 0; i < GP_MAX_FIT; i++)
			s->nearest[i] = s->order[i].at;
	}
	static const unsigned turns[3] = {GP_MUCH_NOISE, GP_LITTLE_NOISE, GP_OTHER};
	gp_fit(&s->gp, all ? NULL : s->nearest, s->used,
	    heard < 50 ? GP_MUCH_NOISE | GP_LITTLE_NOISE | GP_OTHER : turns[s->fits % 3]);
	s->fits++;
	s->fitted = heard;
}

size_t
surrogate_learn(struct surrogate *s, const struct trials *t, const double *centre, uint64_t since)
{
	struct gp *g = &s->gp;
	const size_t margin = TRIALS_MAX_OUT < g->max / 2 ? TRIALS_MAX_OUT : g->max / 2;
	warp(s, t->y, t->now.kept);
	double *const place = s->block + s->n;
	for (size_t d = 0; d < s->n; d++)
		s->slope[d] = fm_exp(-2 * g->theta[d]);
	neutral(s, centre, place);
	gather(s, t, g->max - margin, place);
	fit(s, t->now.heard, place);
	gp_factor(g);
	size_t best = 0;
	s->incumbent = -INFINITY;
	for (size_t i = 0; i < s->used; i++)
		if (s->when[i] >= since && gp_smooth(g, i) > s->incumbent) {
			s->incumbent = gp_smooth(g, i);
			best = s->result[i];
		}
	for (size_t i = trials_out(t); i < t->batch.n_out; i++)
		surrogate_believe(s, t->batch.out[i].x);
	return best;
}

void
surrogate_believe(struct surrogate *s, const double *x)
{
	neutral(s, x, s->block);
	gp_believe(&s->gp, s->block);
}

bool
surrogate_knows(const struct surrogate *s, const double *x)
{
	neutral(s, x, s->block);
	for (size_t i = 0; i < s->gp.n; i++)
		if (!memcmp(s->block, s->gp.x + i * s->n, s->n * sizeof *x))
			return true;
	return false;
}

void
surrogate_improvement(const struct surrogate *s, const double *x, size_t count, double *value)
{
	double mean[GP_LANES], deviation[GP_LANES];
	for (size_t i = 0; i < count; i++)
		neutral(s, x + i * s->n, s->block + i * s->n);
	gp_at(&s->gp, s->block, count, mean, deviation);
	for (size_t i = 0; i < count; i++)
		value[i] = log_improvement(mean[i], deviation[i], s->incumbent, NULL, NULL);
}

double
surrogate_slope(const struct surrogate *s, const double *x, double *gradient)
{
	double mean, deviation, by_mean, by_deviation;
	neutral(s, x, s->block);
	gp_slope(&s->gp, s->block, &mean, &deviation, s->slope, s->slope + s->n);
	const double value = log_improvement(mean, deviation, s->incumbent, &by_mean, &by_deviation);
	for (size_t d = 0; d < s->n; d++)
		gradient[d] = space_levels(s->space, d) || !space_active(s->space, x, d)
		                  ? 0
		                  : by_mean * s->slope[d] + by_deviation * s->slope[s->n + d];
	return value;
}

void
surrogate_save(const struct surrogate *s, struct blob *b)
{
	blob_put(b, &s->fitted, sizeof s->fitted);
	blob_put(b, &s->fits, sizeof s->fits);
	blob_put(b, &s->gp.apart, sizeof s->gp.apart);
	blob_put(b, s->gp.theta, 2 * (s->n + 1) * sizeof *s->gp.theta);
}

void
surrogate_load(struct surrogate *s, struct blob *b)
{
	blob_get(b, &s->fitted, sizeof s->fitted);
	blob_get(b, &s->fits, sizeof s->fits);
	blob_get(b, &s->gp.apart, sizeof s->gp.apart);
	blob_get(b, s->gp.theta, 2 * (s->n + 1) * sizeof *s->gp.theta);
	gp_keep(&s->gp, 0);
	s->used = 0;
}
