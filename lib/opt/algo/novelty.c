/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Novelty search with local competition (Lehman and Stanley, "Evolving a diversity of virtual creatures
 * through novelty search and local competition", GECCO 2011). Of a point with its measures m in [0, 1]^M,
 * among the k nearest of the population, of an archive of the past, and of what others have found,
 *
 *   novelty      the mean of their distances
 *   competition  how many of them it is better than
 *
 * and who survives is who is not dominated in both (Deb's fronts; in a front the more novel). The
 * archive takes some of each generation by chance (Gomes, Mariano and Christensen, "Devising effective
 * novelty search algorithms", GECCO 2015). Both numbers are made anew for everybody in each
 * generation: what was novel once does not stay so.
 *
 * Memory: 32 + 8 (n + M) bytes a point of two generations, about 100 + 8 M one of the archive, which ends
 * at `most`, and as much one of what others found.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/nearest.h"
#include "base/rng.h"
#include "opt/batch.h"

enum { MAX_NEAR = 64, ROOM = 1024 };

enum { POPULATION, NEAR, ARCHIVE, MOST, CROSS, RATE, REACH };
static const struct knob knobs[] = {
    [POPULATION] = {"population", "points of one generation", 64, 2, 100000, NULL},
    [NEAR] = {"near", "neighbours that novelty and competition are measured by", 15, 1, MAX_NEAR, NULL},
    [ARCHIVE] = {"archive", "part of a generation that is archived", 0.1, 0, 1, NULL},
    [MOST] = {"most", "where the archive ends", 200000, 0, 10000000, NULL},
    [CROSS] = {"cross", "part of the children that have two parents", 0.5, 0, 1, NULL},
    [RATE] = {"rate", "part of a child's coordinates that are moved; at least one is", 0.3, 0, 1, NULL},
    [REACH] = {"reach", "how far, as a part of each range", 0.1, 1e-6, 1, NULL},
    {0},
};

struct member {
	double fitness, novelty;
	double *x;  /* n coordinates, then the measures */
	uint32_t beaten, front;
	uint64_t place; /* in the pool: of equals the earlier comes first */
};

struct novelty {
	struct space space;
	struct batch batch;
	struct rng rng;
	size_t size, n_measures, near, n_starts;
	struct measure measures[ALGO_MAX_MEASURES];
	double archived, cross, rate, reach;
	double *starts, *y, *memory;
	struct member *pool; /* [2 size]: parents, best first, then children */
	size_t parents;
	uint32_t *last; /* [2 size], scratch */
	struct nearest *past;
	size_t most, room;
	double *worth; /* [rows of past] */
	struct nearest *others; /* NULL: there are none; not saved */
	double *others_worth;
	bool lost;     /* there was no memory for what it was told */
};

static void
novelty_free(void *self)
{
	struct novelty *s = self;
	if (!s)
		return;
	space_release(&s->space);
	batch_release(&s->batch);
	nearest_free(s->past);
	nearest_free(s->others);
	free(s->others_worth);
	free(s->starts);
	free(s->memory);
	free(s->pool);
	free(s->last);
	free(s->worth);
	free(s);
}

/* Measures as parts of their ranges. */
static double
part_of(const struct measure *by, double x)
{
	return fmin(fmax((x - by->min) / (by->max - by->min), 0), 1);
}

static int
hear_others(struct novelty *s, const struct algo_settings *set, struct err *err)
{
	if (!set->n_others)
		return 0;
	if (!(s->others = nearest_new(s->n_measures, set->n_others, err)))
		return -1;
	if (!(s->others_worth = malloc(set->n_others * sizeof *s->others_worth)))
		return err_set(err, "out of memory");
	for (size_t i = 0; i < set->n_others; i++) {
		float row[ALGO_MAX_MEASURES];
		for (size_t k = 0; k < s->n_measures; k++)
			row[k] = (float)part_of(&s->measures[k], set->others[i * s->n_measures + k]);
		s->others_worth[i] = set->others_worth[i];
		if (nearest_add(s->others, row, 0, err) < 0)
			return -1;
	}
	return 0;
}

static void *
create(const struct space *space, const struct algo_settings *set, struct err *err)
{
	struct novelty *s = calloc(1, sizeof *s);
	const size_t n = space->n;
	if (!s)
		return err_set(err, "out of memory"), NULL;
	s->rng.seed = set->seed;
	s->size = (size_t)set->knobs[POPULATION];
	s->near = (size_t)set->knobs[NEAR];
	s->archived = set->knobs[ARCHIVE];
	s->most = (size_t)set->knobs[MOST];
	s->cross = set->knobs[CROSS];
	s->rate = set->knobs[RATE];
	s->reach = set->knobs[REACH];
	s->n_measures = set->n_measures;
	s->n_starts = set->n_starts;
	memcpy(s->measures, set->measures, set->n_measures * sizeof *s->measures);
	s->starts = calloc((set->n_starts + 1) * n + 1, sizeof *s->starts);
	s->pool = calloc(2 * s->size, sizeof *s->pool);
	s->last = calloc(2 * s->size, sizeof *s->last);
	s->memory = calloc(2 * s->size * (n + s->n_measures) + 1, sizeof *s->memory);
	if (!(s->past = nearest_new(s->n_measures, s->most + 1, err)))
		return novelty_free(s), NULL;
	if (!s->starts || !s->pool || !s->last || !s->memory)
		return err_set(err, "out of memory for %zu points", s->size), novelty_free(s), NULL;
	s->y = s->starts + set->n_starts * n;
	for (size_t i = 0; i < 2 * s->size; i++)
		s->pool[i].x = s->memory + i * (n + s->n_measures);
	for (size_t i = 0; i < set->n_starts; i++) {
		memcpy(s->starts + i * n, set->starts + i * n, n * sizeof *s->starts);
		space_settle(space, s->starts + i * n);
	}
	if (space_copy(&s->space, space, err) < 0 || batch_init(&s->batch, n, s->size, set, err) < 0 || hear_others(s, set, err) < 0)
		return novelty_free(s), NULL;
	return s;
}

/* --- children ------------------------------------------------------------------------------------- */

/* Parents stand best first: of two, the one that stands before. */
static const double *
parent(struct novelty *s)
{
	const uint64_t a = rng_below(&s->rng, s->parents), b = rng_below(&s->rng, s->parents);
	return s->pool[a < b ? a : b].x;
}

/* A coordinate that matters at x; one can only be unlucky so often. */
static size_t
any_active(struct novelty *s, const double *x)
{
	size_t k = rng_below(&s->rng, s->space.n);
	for (int tries = 0; tries < 16 && !space_active(&s->space, x, k); tries++)
		k = rng_below(&s->rng, s->space.n);
	return k;
}

static void
child(struct novelty *s, double *y)
{
	struct rng *r = &s->rng;
	const size_t n = s->space.n;
	const double *a = parent(s), *b = parent(s);
	const size_t sure = any_active(s, a);
	const bool both = rng_uniform(r) < s->cross;
	for (size_t k = 0; k < n; k++) {
		const uint32_t levels = space_levels(&s->space, k);
		y[k] = both && rng_uniform(r) < 0.5 ? b[k] : a[k];
		const double chance = rng_uniform(r);
		if (space_category(&s->space, k)) {
			if (chance < 1.0 / (double)n || k == sure)
				y[k] = level_at((uint32_t)rng_below(r, levels), levels);
		} else if (chance < s->rate || k == sure) /* of an integer one level at least is in reach */
			y[k] = space_fold(y[k] + fmax(s->reach, levels ? 0.7 / levels : 0) * rng_normal(r));
	}
	space_settle(&s->space, y);
}

static bool
ask(void *self, uint64_t *number, double *x)
{
	struct novelty *s = self;
	if (!batch_may_ask(&s->batch))
		return false;
	const uint64_t i = s->batch.asked;
	if (i < s->n_starts)
		memcpy(s->y, s->starts + i * s->space.n, s->space.n * sizeof *s->y);
	else if (s->parents)
		child(s, s->y);
	else {
		for (size_t k = 0; k < s->space.n; k++)
			s->y[k] = rng_uniform(&s->rng);
		space_settle(&s->space, s->y);
	}
	*number = batch_ask(&s->batch, s->y);
	memcpy(x, s->y, s->space.n * sizeof *x);
	return true;
}

/* --- who is novel ------------------------------------------------------------------------------------ */

static void
row_of(const struct novelty *s, const struct member *m, float *row)
{
	for (size_t i = 0; i < s->n_measures; i++)
		row[i] = (float)m->x[s->space.n + i];
}

/* Some of the neighbours of one, nearest first. */
struct list {
	struct near near[MAX_NEAR + 1];
	size_t n, at;
	const double *worth; /* of them all, by index; NULL: they are in the pool */
};

static void
look(struct list *l, struct nearest *among, const float *row, size_t k, const double *worth)
{
	l->n = among ? nearest_find(among, row, k, 0, l->near) : 0;
	l->at = 0;
	l->worth = worth;
}

/* Its neighbours among the pool, without itself, the past and what others found: of equally near ones in this order. */
static void
judge(struct novelty *s, struct nearest *now, size_t i)
{
	struct list list[3];
	float row[ALGO_MAX_MEASURES];
	struct member *m = &s->pool[i];
	row_of(s, m, row);
	look(&list[0], now, row, s->near + 1, NULL);
	look(&list[1], s->past, row, s->near, s->worth);
	look(&list[2], s->others, row, s->near, s->others_worth);
	double sum = 0;
	size_t count = 0;
	for (m->beaten = 0; count < s->near;) {
		struct list *next = NULL;
		for (struct list *l = list; l < list + 3; l++)
			if (l->at < l->n && (!next || l->near[l->at].distance < next->near[next->at].distance))
				next = l;
		if (!next)
			break;
		const struct near *it = &next->near[next->at++];
		if (!next->worth && it->index == i)
			continue;
		sum += it->distance;
		m->beaten += m->fitness > (next->worth ? next->worth[it->index] : s->pool[it->index].fitness);
		count++;
	}
	m->novelty = count ? sum / (double)count : 0;
}

static int
novel_first(const void *pa, const void *pb)
{
	const struct member *a = pa, *b = pb;
	if (a->novelty != b->novelty)
		return a->novelty < b->novelty ? 1 : -1;
	if (a->beaten != b->beaten)
		return a->beaten < b->beaten ? 1 : -1;
	return a->place < b->place ? -1 : a->place > b->place;
}

static int
front_first(const void *pa, const void *pb)
{
	const struct member *a = pa, *b = pb;
	if (a->front != b->front)
		return a->front < b->front ? -1 : 1;
	return novel_first(pa, pb);
}

/* The pool comes by novelty: a point is dominated by a front where a point before it has beaten as many or more,
   unless they are equal in both. That front's highest is its last to be raised. */
static void
fronts(struct novelty *s, size_t n)
{
	uint32_t *last = s->last, count = 0;
	for (size_t i = 0; i < n; i++) {
		struct member *m = &s->pool[i];
		m->front = 0;
		while (m->front < count) {
			const struct member *top = &s->pool[last[m->front]];
			if (top->beaten < m->beaten || (top->beaten == m->beaten && top->novelty == m->novelty))
				break;
			m->front++;
		}
		count += m->front == count;
		last[m->front] = (uint32_t)i;
	}
}

static int
remember(struct novelty *s, const struct member *m)
{
	const size_t n = nearest_rows(s->past);
	float row[ALGO_MAX_MEASURES];
	if (n >= s->most)
		return 0;
	if (n == s->room) {
		double *worth = realloc(s->worth, (2 * s->room + ROOM) * sizeof *worth);
		if (!worth)
			return -1;
		s->worth = worth;
		s->room = 2 * s->room + ROOM;
	}
	s->worth[n] = m->fitness;
	row_of(s, m, row);
	return nearest_add(s->past, row, 0, NULL);
}

/* The children that can be measured join the parents. */
static size_t
gather(struct novelty *s)
{
	const size_t n = s->space.n;
	size_t count = s->parents;
	batch_in_order(&s->batch);
	for (size_t i = 0; i < s->batch.n_told; i++) {
		const struct point *p = &s->batch.told[i];
		bool good = p->fitness > -INFINITY;
		for (size_t k = 0; good && k < s->n_measures; k++)
			good = isfinite(p->measures[k]);
		if (!good)
			continue;
		struct member *m = &s->pool[count++];
		m->fitness = p->fitness;
		memcpy(m->x, p->x, n * sizeof *m->x);
		for (size_t k = 0; k < s->n_measures; k++)
			m->x[n + k] = part_of(&s->measures[k], p->measures[k]);
	}
	return count;
}

static void
learn(struct novelty *s)
{
	const size_t count = gather(s);
	struct nearest *now = nearest_new(s->n_measures, 2 * s->size, NULL);
	bool whole = now != NULL;
	for (size_t i = 0; i < count; i++) {
		float row[ALGO_MAX_MEASURES];
		row_of(s, &s->pool[i], row);
		s->pool[i].place = i;
		whole = whole && nearest_add(now, row, 0, NULL) == 0;
	}
	for (size_t i = 0; whole && i < count; i++)
		judge(s, now, i);
	nearest_free(now);
	for (size_t i = s->parents; whole && i < count; i++)
		if (rng_uniform(&s->rng) < s->archived)
			whole = remember(s, &s->pool[i]) == 0;
	if (!whole) {
		s->lost = true;
		return;
	}
	if (count) {
		qsort(s->pool, count, sizeof *s->pool, novel_first);
		fronts(s, count);
		qsort(s->pool, count, sizeof *s->pool, front_first);
	}
	s->parents = count < s->size ? count : s->size;
}

static void
tell(void *self, const struct told *told)
{
	struct novelty *s = self;
	if (!batch_tell(&s->batch, told))
		return;
	learn(s);
	batch_clear(&s->batch);
}

/* --- what is kept ---------------------------------------------------------------------------------- */

static void
save(const void *self, struct blob *b)
{
	const struct novelty *s = self;
	const uint64_t n[2] = {s->parents, nearest_rows(s->past)};
	blob_put(b, &s->rng, sizeof s->rng);
	blob_put(b, n, sizeof n);
	for (size_t i = 0; i < s->parents; i++) {
		const struct member *m = &s->pool[i];
		blob_put(b, &m->fitness, sizeof m->fitness);
		blob_put(b, &m->novelty, sizeof m->novelty);
		blob_put(b, m->x, (s->space.n + s->n_measures) * sizeof *m->x);
	}
	for (uint32_t i = 0; i < n[1]; i++)
		blob_put(b, nearest_row(s->past, i), s->n_measures * sizeof(float));
	blob_put(b, s->worth, n[1] * sizeof *s->worth);
	batch_save(&s->batch, b);
}

static int
load(void *self, struct blob *b, struct err *err)
{
	struct novelty *s = self;
	uint64_t n[2];
	float row[ALGO_MAX_MEASURES];
	blob_get(b, &s->rng, sizeof s->rng);
	blob_get(b, n, sizeof n);
	if (b->bad || n[0] > s->size || n[1] > s->most || n[1] > (b->n - b->at) / (s->n_measures * sizeof *row))
		return err_set(err, "the saved state is cut short, or of another size");
	for (s->parents = 0; s->parents < n[0]; s->parents++) {
		struct member *m = &s->pool[s->parents];
		blob_get(b, &m->fitness, sizeof m->fitness);
		blob_get(b, &m->novelty, sizeof m->novelty);
		blob_get(b, m->x, (s->space.n + s->n_measures) * sizeof *m->x);
	}
	for (uint64_t i = 0; i < n[1]; i++) {
		blob_get(b, row, s->n_measures * sizeof *row);
		if (b->bad || nearest_add(s->past, row, 0, err) < 0)
			return err_set(err, "the saved archive of novelty cannot be read");
	}
	s->room = n[1] + 1;
	s->worth = malloc(s->room * sizeof *s->worth);
	if (!s->worth)
		return err_set(err, "out of memory");
	blob_get(b, s->worth, n[1] * sizeof *s->worth);
	batch_load(&s->batch, b);
	return blob_done(b, err);
}

static uint64_t
generation(const void *self)
{
	const struct novelty *s = self;
	return s->batch.generation;
}

static void
words(const void *self, char *text, size_t n)
{
	const struct novelty *s = self;
	double sum = 0;
	for (size_t i = 0; i < s->parents; i++)
		sum += s->pool[i].novelty;
	snprintf(text, n, "%zu archived, novelty %.3g", nearest_rows(s->past), s->parents ? sum / (double)s->parents : 0);
}

static bool
fault(const void *self, struct err *err)
{
	const struct novelty *s = self;
	if (s->lost)
		err_set(err, "out of memory beside %zu archived points", nearest_rows(s->past));
	return s->lost;
}

const struct algo algo_novelty = {
    .name = "novelty",
    .help = "novelty search with local competition: what is unlike all before, and better than what is like it",
    .knobs = knobs,
    .needs = ALGO_MEASURES | ALGO_OTHERS,
    .create = create,
    .ask = ask,
    .tell = tell,
    .save = save,
    .load = load,
    .free = novelty_free,
    .generation = generation,
    .words = words,
    .fault = fault,
};
