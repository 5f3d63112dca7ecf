/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Differential evolution that sets itself: L-SHADE (Tanabe and Fukunaga, "Improving
 * the search performance of SHADE using linear population size reduction", CEC 2014).
 *
 *   v = x + F (x_pbest - x) + F (x_r1 - x_r2)      current-to-pbest/1, r2 from an archive too
 *   u = v where a coordinate crosses over (CR), else x; u replaces x if it is no worse
 *
 * F and CR are drawn about what has worked lately, the better it worked the more it
 * counts. Where the budget is known the population shrinks in a straight line to
 * four. A choice crosses over from pbest or r1, or to any. When all are
 * in one place the population begins again, but for the best.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/fmath.h"
#include "opt/batch.h"
#include "opt/sample.h"

enum { POPULATION, SIGMA, ARCHIVE, BEST };
static const struct knob knobs[] = {
    [POPULATION] = {"population", "in the beginning; 0: by the budget, at most 18 n", 0, 0, 100000, NULL},
    [SIGMA] = {"sigma", "how far from the start to begin, as a part of each range; 0: anywhere", 0, 0, 1, NULL},
    [ARCHIVE] = {"archive", "places that were left, for each of the population", 2.6, 0, 10, NULL},
    [BEST] = {"best", "part of the population that counts as the best", 0.11, 0.01, 1, NULL},
    {0},
};

enum { LEAST = 4, HISTORY = 6, USUAL = 100 };
enum { TARGET, F, CR, TAGS }; /* what goes with a proposal, behind its coordinates; F is 0 of a first point */

struct de {
	struct space space;
	size_t n, first, archive_room; /* first: the population in the beginning */
	double best;
	uint64_t budget;
	double *x, *fitness;  /* [first][n], the population */
	double *gone;         /* [archive_room][n] */
	double *y, *cube;     /* scratch: [n + TAGS]; first points [first][n] */
	size_t *rank;         /* the population, best first */
	struct {              /* saved, with x to gone and the cube */
		struct rng rng;
		size_t size, filled, n_gone, next, cubed, turn; /* size of the population now; how many have a value; the next target */
		double f[HISTORY], cr[HISTORY];
		uint64_t told;
	} now;
	struct batch batch;
};

static void
de_free(void *self)
{
	struct de *s = self;
	if (!s)
		return;
	batch_release(&s->batch);
	space_release(&s->space);
	free(s->x);
	free(s->fitness);
	free(s->gone);
	free(s->y);
	free(s->cube);
	free(s->rank);
	free(s);
}

/* First points: a hypercube, or a cloud about the start. */
static void
scatter(struct de *s, const double *start, double sigma)
{
	latin_hypercube(&s->now.rng, s->n, s->first, s->cube);
	for (size_t i = 0; i < s->first; i++) {
		double *x = s->cube + i * s->n;
		for (size_t k = 0; start && sigma > 0 && k < s->n; k++)
			x[k] = space_levels(&s->space, k) ? start[k] : space_fold(start[k] + sigma * rng_normal(&s->now.rng));
		space_settle(&s->space, x);
	}
	s->now.cubed = 0;
}

static void *
create(const struct space *space, const struct algo_settings *set, struct err *err)
{
	struct de *s = calloc(1, sizeof *s);
	if (!s)
		return err_set(err, "out of memory"), NULL;
	const size_t n = s->n = space->n;
	const double by_budget = set->budget ? fmax(20, (double)set->budget / 60) : USUAL;
	s->first = set->knobs[POPULATION] > 0 ? (size_t)set->knobs[POPULATION] : (size_t)fmin(18 * (double)n, by_budget);
	s->first = s->first < LEAST ? LEAST : s->first;
	s->archive_room = (size_t)(set->knobs[ARCHIVE] * (double)s->first);
	s->best = set->knobs[BEST];
	s->budget = set->budget;
	s->x = calloc(s->first * n + 1, sizeof *s->x);
	s->fitness = calloc(s->first, sizeof *s->fitness);
	s->gone = calloc(s->archive_room * n + 1, sizeof *s->gone);
	s->y = calloc(n + TAGS, sizeof *s->y);
	s->cube = calloc(s->first * n + 1, sizeof *s->cube);
	s->rank = calloc(s->first, sizeof *s->rank);
	if (!s->x || !s->fitness || !s->gone || !s->y || !s->cube || !s->rank) {
		err_set(err, "out of memory for a population of %zu", s->first);
		return de_free(s), NULL;
	}
	if (space_copy(&s->space, space, err) < 0 || batch_init(&s->batch, n + TAGS, s->first, set, err) < 0)
		return de_free(s), NULL;
	s->now.rng.seed = set->seed;
	s->now.size = s->first;
	for (int i = 0; i < HISTORY; i++)
		s->now.f[i] = s->now.cr[i] = 0.5;
	scatter(s, set->n_starts ? set->starts : NULL, set->knobs[SIGMA]);
	const size_t known = set->n_starts < s->first ? set->n_starts : s->first;
	for (size_t i = 0; i < known; i++) {
		memcpy(s->cube + i * n, set->starts + i * n, n * sizeof *s->cube);
		space_settle(&s->space, s->cube + i * n);
	}
	return s;
}

static bool
better(const struct de *s, size_t a, size_t b)
{
	return s->fitness[a] > s->fitness[b] || (s->fitness[a] == s->fitness[b] && a < b);
}

static void
rank(struct de *s)
{
	/* nearly sorted from one generation to the next: insertion */
	for (size_t i = 0; i < s->now.filled; i++)
		s->rank[i] = i;
	for (size_t i = 1; i < s->now.filled; i++) {
		const size_t r = s->rank[i];
		size_t at = i;
		for (; at > 0 && better(s, r, s->rank[at - 1]); at--)
			s->rank[at] = s->rank[at - 1];
		s->rank[at] = r;
	}
}

/* Cauchy about m, in (0, 1]. */
static double
draw_f(struct rng *r, double m)
{
	for (int i = 0; i < 100; i++) {
		const double angle = 3.141592653589793 * (rng_uniform(r) - 0.5);
		const double f = m + 0.1 * fm_sin(angle) / fm_cos(angle);
		if (f > 0)
			return fmin(f, 1);
	}
	return 0.5;
}

static void
cross(struct de *s, double *y)
{
	struct rng *r = &s->now.rng;
	const size_t n = s->n, size = s->now.filled, i = s->now.next++ % size;
	const size_t slot = rng_below(r, HISTORY), top = (size_t)fmax(2, s->best * (double)size + 0.5);
	const double f = draw_f(r, s->now.f[slot]);
	const double cr = s->now.cr[slot] < 0 ? 0 : fmin(fmax(s->now.cr[slot] + 0.1 * rng_normal(r), 0), 1);
	const double *x = s->x + i * n, *best = s->x + s->rank[rng_below(r, top < size ? top : size)] * n;
	size_t r1 = i, r2 = i;
	for (int k = 0; k < 50 && r1 == i; k++)
		r1 = rng_below(r, size);
	for (int k = 0; k < 50 && (r2 == i || r2 == r1); k++)
		r2 = rng_below(r, size + s->now.n_gone);
	const double *a = s->x + r1 * n, *b = r2 < size ? s->x + r2 * n : s->gone + (r2 - size) * n;
	const size_t surely = n ? rng_below(r, n) : 0;
	for (size_t k = 0; k < n; k++) {
		const uint32_t levels = space_levels(&s->space, k);
		y[k] = x[k];
		if (k != surely && rng_uniform(r) >= cr)
			continue;
		if (space_category(&s->space, k)) {
			const double u = rng_uniform(r) * (2 + 2.0 / (double)n);
			y[k] = u < 1 ? best[k] : u < 2 ? a[k] : level_at((uint32_t)rng_below(r, levels), levels);
			continue;
		}
		y[k] = x[k] + f * (best[k] - x[k]) + f * (a[k] - b[k]);
		if (y[k] < 0) /* half way to the wall */
			y[k] = x[k] / 2;
		else if (y[k] > 1)
			y[k] = (x[k] + 1) / 2;
		else if (levels && level_of(y[k], levels) == level_of(x[k], levels) && rng_uniform(r) < 1.0 / (double)n)
			y[k] = rng_uniform(r);
	}
	space_settle(&s->space, y);
	y[n + TARGET] = (double)i;
	y[n + F] = f;
	y[n + CR] = cr;
}

static bool
ask(void *self, uint64_t *number, double *x)
{
	struct de *s = self;
	if (!batch_may_ask(&s->batch))
		return false;
	double *y = s->y;
	if (s->now.cubed < s->now.size) {
		memcpy(y, s->cube + s->now.cubed++ * s->n, s->n * sizeof *y);
		memset(y + s->n, 0, TAGS * sizeof *y);
	} else if (s->now.filled < 2) { /* steady, and nothing is known yet */
		for (size_t k = 0; k < s->n; k++)
			y[k] = rng_uniform(&s->now.rng);
		space_settle(&s->space, y);
		memset(y + s->n, 0, TAGS * sizeof *y);
	} else
		cross(s, y);
	*number = batch_ask(&s->batch, y);
	memcpy(x, y, s->n * sizeof *x);
	return true;
}

static void
put(struct de *s, size_t i, const struct point *p)
{
	memcpy(s->x + i * s->n, p->x, s->n * sizeof *s->x);
	s->fitness[i] = p->fitness;
}

/* What a target was goes into the archive, in the place of any when that is full. */
static void
leave(struct de *s, const double *x)
{
	if (!s->archive_room)
		return;
	size_t at = s->now.n_gone;
	if (at >= s->archive_room)
		at = rng_below(&s->now.rng, s->archive_room);
	else
		s->now.n_gone++;
	memcpy(s->gone + at * s->n, x, s->n * sizeof *x);
}

/* Weighted Lehmer means of what worked. */
static void
remember(struct de *s, const double sum[5], bool zero)
{
	if (!(sum[0] > 0))
		return;
	const size_t k = s->now.turn++ % HISTORY;
	s->now.f[k] = sum[2] / sum[1];
	s->now.cr[k] = s->now.cr[k] < 0 || zero ? -1 : sum[4] / fmax(sum[3], 1e-300);
}

static void
shrink(struct de *s)
{
	if (!s->budget)
		return;
	const double part = fmin((double)s->now.told / (double)s->budget, 1);
	size_t to = (size_t)((double)s->first + (LEAST - (double)s->first) * part + 0.5);
	to = to < LEAST ? LEAST : to;
	if (to >= s->now.size)
		return;
	/* the worst go; the rest keep their order */
	rank(s);
	for (size_t keep = to; keep < s->now.filled; keep++)
		s->fitness[s->rank[keep]] = NAN;
	size_t n = 0;
	for (size_t i = 0; i < s->now.filled; i++) {
		if (isnan(s->fitness[i]))
			continue;
		memmove(s->x + n * s->n, s->x + i * s->n, s->n * sizeof *s->x);
		s->fitness[n++] = s->fitness[i];
	}
	s->now.filled = n;
	s->now.size = s->batch.size = to;
	s->archive_room = s->archive_room < 4 * to ? s->archive_room : 4 * to;
	s->now.n_gone = s->now.n_gone < s->archive_room ? s->now.n_gone : s->archive_room;
	s->now.next = 0;
}

/* All but the best begin again when they are all in one place. */
static void
revive(struct de *s)
{
	if (s->now.filled < s->now.size || !s->n)
		return;
	for (size_t k = 0; k < s->n; k++) {
		double lo = 1, hi = 0;
		for (size_t i = 0; i < s->now.filled; i++) {
			lo = fmin(lo, s->x[i * s->n + k]);
			hi = fmax(hi, s->x[i * s->n + k]);
		}
		if (hi - lo > 1e-9)
			return;
	}
	memmove(s->x, s->x + s->rank[0] * s->n, s->n * sizeof *s->x);
	s->fitness[0] = s->fitness[s->rank[0]];
	s->now.filled = 1;
	s->now.n_gone = 0;
	for (int i = 0; i < HISTORY; i++)
		s->now.f[i] = s->now.cr[i] = 0.5;
	scatter(s, NULL, 0);
	s->now.cubed = 1;
}

static void
learn(struct de *s)
{
	/* sums of w, w F, w F², w CR, w CR²; w is what was gained, relative to the most */
	double sum[5] = {0}, most = 0;
	bool zero = true;
	batch_in_order(&s->batch);
	for (int pass = 0; pass < 2; pass++)
		for (size_t i = 0; i < s->batch.n_told; i++) {
			const struct point *p = &s->batch.told[i];
			const double f = p->x[s->n + F], cr = p->x[s->n + CR];
			if (!(f > 0)) {
				if (pass && s->now.filled < s->now.size)
					put(s, s->now.filled++, p);
				continue;
			}
			const size_t t = (size_t)p->x[s->n + TARGET] % s->now.filled;
			/* gains are bounded: fitness may be infinite */
			const double gain = fmin(p->fitness - s->fitness[t], 1e300);
			if (!pass)
				most = fmax(most, gain);
			else if (p->fitness >= s->fitness[t]) {
				if (gain > 0 && most > 0) {
					const double w = gain / most;
					const double v[5] = {w, w * f, w * f * f, w * cr, w * cr * cr};
					for (int k = 0; k < 5; k++)
						sum[k] += v[k];
					zero &= cr <= 0;
					leave(s, s->x + t * s->n);
				}
				put(s, t, p);
			}
		}
	s->now.told += s->batch.n_told;
	remember(s, sum, zero);
	shrink(s);
	rank(s);
	revive(s);
}

static void
tell(void *self, const struct told *told)
{
	struct de *s = self;
	if (!batch_tell(&s->batch, told))
		return;
	learn(s);
	batch_clear(&s->batch);
}

static void
save(const void *self, struct blob *b)
{
	const struct de *s = self;
	const uint64_t room = s->archive_room;
	blob_put(b, &s->now, sizeof s->now);
	blob_put(b, &room, sizeof room);
	blob_put(b, s->x, s->now.filled * s->n * sizeof *s->x);
	blob_put(b, s->fitness, s->now.filled * sizeof *s->fitness);
	blob_put(b, s->gone, s->now.n_gone * s->n * sizeof *s->gone);
	blob_put(b, s->cube, s->now.size * s->n * sizeof *s->cube);
	batch_save(&s->batch, b);
}

static int
load(void *self, struct blob *b, struct err *err)
{
	struct de *s = self;
	uint64_t room;
	blob_get(b, &s->now, sizeof s->now);
	blob_get(b, &room, sizeof room);
	if (b->bad || s->now.size > s->first || s->now.filled > s->now.size || room > s->archive_room || s->now.n_gone > room)
		return err_set(err, "the saved state is cut short, or of another budget");
	s->archive_room = room;
	blob_get(b, s->x, s->now.filled * s->n * sizeof *s->x);
	blob_get(b, s->fitness, s->now.filled * sizeof *s->fitness);
	blob_get(b, s->gone, s->now.n_gone * s->n * sizeof *s->gone);
	blob_get(b, s->cube, s->now.size * s->n * sizeof *s->cube);
	s->batch.size = s->now.size;
	batch_load(&s->batch, b);
	rank(s);
	return blob_done(b, err);
}

static uint64_t
generation(const void *self)
{
	const struct de *s = self;
	return s->batch.generation;
}

const struct algo algo_de = {
    .name = "de",
    .help = "differential evolution, L-SHADE: sets itself, shrinks with the budget",
    .knobs = knobs,
    .create = create,
    .ask = ask,
    .tell = tell,
    .save = save,
    .load = load,
    .free = de_free,
    .generation = generation,
};
