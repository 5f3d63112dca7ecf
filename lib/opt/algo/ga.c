/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A real-coded genetic algorithm, (mu + lambda) with mu = lambda = population:
 * parents by tournaments of two, crossed over by BLX, uniform or simulated binary crossover or
 * not at all, then mutated by steps of many sizes or polynomially, in some coordinates (vary.h
 * has the operators and their papers). Which crossover, which mutation, the step and how many coordinates
 * are chosen anew for each child, with odds that follow what has worked lately (odds.h): credit is by how much a
 * child is better than its parent, as a part of the population's spread, so that tiny
 * gains do not pay until everything is near. A part of the children, fixed, goes to anywhere in one coordinate: what
 * leads out of a valley pays rarely, and would be given up too early.
 *
 * The first generation is a Latin hypercube (McKay, Beckman, Conover 1979), or a
 * cloud around the start where a step size is given.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "opt/algo.h"
#include "opt/batch.h"
#include "opt/odds.h"
#include "opt/sample.h"
#include "opt/vary.h"

enum { POPULATION, SIGMA, CROSSOVER, MUTATION, ETA, RATE, JUMPS };
static const char *const crossovers[] = {"none", "blend", "uniform", "sbx", "auto", NULL};
static const char *const mutations[] = {"steps", "polynomial", "auto", NULL};
enum { CROSS_AUTO = CROSS_KINDS, MUTATE_AUTO = 2 };
static const struct knob knobs[] = {
    [POPULATION] = {"population", "takes in a generation", 30, 2, 100000, NULL},
    [SIGMA] = {"sigma", "how far from the start to begin, as a part of each range; 0: anywhere", 0, 0, 1, NULL},
    [CROSSOVER] = {"crossover", "how parents are crossed over; auto: as works best", CROSS_AUTO, 0, CROSS_AUTO, crossovers},
    [MUTATION] = {"mutation", "how children mutate; auto: as works best", MUTATE_AUTO, 0, MUTATE_AUTO, mutations},
    [ETA] = {"eta", "of sbx and polynomial: how near to what they begin with", 20, 1, 200, NULL},
    [RATE] = {"rate", "how many parameters mutate on average; 0: as many as works best", 0, 0, 1000, NULL},
    [JUMPS] = {"jumps", "part of the children that goes to anywhere in one parameter", 0.25, 0, 1, NULL},
    {0},
};

/* What a child has behind its coordinates: how it was made, -1 where that had no part in it, and its parent's fitness. */
enum { CROSS, MUTATE, COUNT, SCALE, WAYS, PARENT = WAYS, TAGS };
static const double counts[] = {1, 2, 0}; /* of coordinates that mutate */
static const size_t n_ways[WAYS] = {CROSS_KINDS, MUTATE_AUTO, sizeof counts / sizeof *counts, VARY_SCALES};
static const double FLOOR = 0.4, KEEP = 0.9; /* of odds.h */

struct ga {
	struct space space;
	size_t n, size;
	double knobs[JUMPS + 1];
	struct rng rng;
	struct batch batch;
	struct vary vary;
	struct odds odds[WAYS];
	double *elite;   /* [size][n], best first */
	double *fitness; /* [size] */
	size_t n_elite;
	double *x;       /* scratch: [n + TAGS] */
	double *cube;    /* the first generation: [size][n] */
};

static void
ga_free(void *self)
{
	struct ga *g = self;
	if (!g)
		return;
	batch_release(&g->batch);
	vary_release(&g->vary);
	space_release(&g->space);
	free(g->elite);
	free(g->fitness);
	free(g->x);
	free(g->cube);
	free(g);
}

/* Keeps the choices, and moves the rest by sigma. */
static void
cloud(struct ga *g, const double *start, double sigma)
{
	for (size_t i = 0; i < g->size; i++)
		for (size_t k = 0; k < g->n; k++)
			g->cube[i * g->n + k] = space_levels(&g->space, k) ? start[k] : space_fold(start[k] + sigma * rng_normal(&g->rng));
}

static void *
create(const struct space *space, const struct algo_settings *s, struct err *err)
{
	struct ga *g = calloc(1, sizeof *g);
	if (!g)
		return err_set(err, "out of memory"), NULL;
	const size_t n = space->n;
	g->n = n;
	g->size = (size_t)s->knobs[POPULATION];
	g->rng.seed = s->seed;
	memcpy(g->knobs, s->knobs, sizeof g->knobs);
	g->elite = calloc(g->size * n + 1, sizeof *g->elite);
	g->cube = calloc(g->size * n + 1, sizeof *g->cube);
	g->fitness = calloc(g->size, sizeof *g->fitness);
	g->x = calloc(n + TAGS, sizeof *g->x);
	if (!g->elite || !g->cube || !g->fitness || !g->x) {
		err_set(err, "out of memory for a population of %zu", g->size);
		return ga_free(g), NULL;
	}
	if (batch_init(&g->batch, n + TAGS, g->size, s, err) < 0 || space_copy(&g->space, space, err) < 0
	    || vary_init(&g->vary, &g->space, &g->rng, err) < 0)
		return ga_free(g), NULL;
	g->vary.good = g->elite;
	g->vary.eta = g->knobs[ETA];
	for (int w = 0; w < WAYS; w++)
		odds_init(&g->odds[w], n_ways[w], FLOOR);
	if (s->n_starts && s->knobs[SIGMA] > 0)
		cloud(g, s->starts, s->knobs[SIGMA]);
	else
		latin_hypercube(&g->rng, n, g->size, g->cube);
	const size_t known = s->n_starts < g->size ? s->n_starts : g->size;
	if (known)
		memcpy(g->cube, s->starts, known * n * sizeof *g->cube);
	for (size_t i = 0; i < g->size; i++)
		space_settle(space, g->cube + i * n);
	return g;
}

static size_t
parent(struct ga *g)
{
	const size_t a = rng_below(&g->rng, g->n_elite), b = rng_below(&g->rng, g->n_elite);
	return a < b ? a : b;
}

static void
breed(struct ga *g, double *x)
{
	const size_t a = parent(g), b = parent(g), bytes = g->n * sizeof *x;
	const double *xa = g->elite + a * g->n, *xb = g->elite + b * g->n;
	double *tag = x + g->n;
	size_t way[WAYS];
	for (int w = 0; w < WAYS; w++)
		way[w] = odds_pick(&g->odds[w], &g->rng);
	if (g->knobs[CROSSOVER] < CROSS_AUTO)
		way[CROSS] = (size_t)g->knobs[CROSSOVER];
	if (g->knobs[MUTATION] < MUTATE_AUTO)
		way[MUTATE] = (size_t)g->knobs[MUTATION];
	g->vary.n_good = g->n_elite;
	vary_cross(&g->vary, (enum crossover)way[CROSS], xa, xb, x);
	if (rng_uniform(&g->rng) < g->knobs[JUMPS]) {
		vary_mutate(&g->vary, MUTATE_ANYWHERE, 0, 0, true, x);
		for (int w = 0; w < WAYS; w++)
			tag[w] = -1;
		return;
	}
	const double count = g->knobs[RATE] > 0 ? g->knobs[RATE] : counts[way[COUNT]];
	const bool same = !memcmp(x, xa, bytes) || !memcmp(x, xb, bytes);
	vary_mutate(&g->vary, (enum mutation)way[MUTATE], way[SCALE], count, same, x);
	for (int w = 0; w < WAYS; w++)
		tag[w] = (double)way[w];
	const bool mutated = count > 0 || same;
	tag[MUTATE] = mutated ? tag[MUTATE] : -1;
	tag[SCALE] = mutated && way[MUTATE] == MUTATE_STEPS ? tag[SCALE] : -1;
	tag[PARENT] = g->fitness[way[CROSS] == CROSS_NONE || a < b ? a : b];
}

static bool
ask(void *self, uint64_t *number, double *x)
{
	struct ga *g = self;
	if (!batch_may_ask(&g->batch))
		return false;
	for (int w = 0; w < WAYS; w++)
		g->x[g->n + w] = -1;
	if (g->batch.asked < g->size || !g->n_elite)
		memcpy(g->x, g->cube + g->batch.asked % g->size * g->n, g->n * sizeof *g->x);
	else if (g->n)
		breed(g, g->x);
	*number = batch_ask(&g->batch, g->x);
	memcpy(x, g->x, g->n * sizeof *x);
	return true;
}

/* Puts a point in its place among the elite; at equal fitness the older stays ahead. */
static void
insert(struct ga *g, const struct point *p)
{
	size_t at = g->n_elite;
	while (at > 0 && g->fitness[at - 1] < p->fitness)
		at--;
	if (at == g->size)
		return;
	if (g->n_elite < g->size)
		g->n_elite++;
	const size_t below = g->n_elite - at - 1;
	memmove(g->elite + (at + 1) * g->n, g->elite + at * g->n, below * g->n * sizeof *g->elite);
	memmove(g->fitness + at + 1, g->fitness + at, below * sizeof *g->fitness);
	memcpy(g->elite + at * g->n, p->x, g->n * sizeof *p->x);
	g->fitness[at] = p->fitness;
}

/* 0 to 1; all that is infinite counts as much as can be. */
static double
credit(double child, double parent, double spread)
{
	if (!(child > parent))
		return 0;
	return isfinite(child) && isfinite(parent) && spread > 0 && isfinite(spread) ? fmin(1, (child - parent) / spread) : 1;
}

static void
tell(void *self, const struct told *told)
{
	struct ga *g = self;
	if (!batch_tell(&g->batch, told))
		return;
	batch_sort(&g->batch);
	const double spread = g->n_elite == g->size ? g->fitness[0] - g->fitness[g->size - 1] : 0;
	for (size_t i = 0; i < g->size; i++) {
		const struct point *p = &g->batch.told[i];
		const double *tag = p->x + g->n;
		for (int w = 0; w < WAYS; w++)
			if (tag[w] >= 0)
				odds_hear(&g->odds[w], (size_t)tag[w], credit(p->fitness, tag[PARENT], spread));
		insert(g, p);
	}
	for (int w = 0; w < WAYS; w++)
		odds_learn(&g->odds[w], KEEP);
	batch_clear(&g->batch);
}

static void
save(const void *self, struct blob *b)
{
	const struct ga *g = self;
	const uint64_t n_elite = g->n_elite;
	blob_put(b, &g->rng, sizeof g->rng);
	blob_put(b, g->odds, sizeof g->odds);
	batch_save(&g->batch, b);
	blob_put(b, &n_elite, sizeof n_elite);
	blob_put(b, g->elite, g->n_elite * g->n * sizeof *g->elite);
	blob_put(b, g->fitness, g->n_elite * sizeof *g->fitness);
}

/* What a damaged state must not lead to: ways that there are not. */
static bool
sane(const struct ga *g, size_t n_elite)
{
	bool good = n_elite <= g->size;
	for (int w = 0; w < WAYS; w++)
		good &= g->odds[w].n == n_ways[w];
	for (size_t i = 0; i < g->batch.n_out + g->batch.n_told; i++) {
		const struct point *p = i < g->batch.n_out ? &g->batch.out[i] : &g->batch.told[i - g->batch.n_out];
		for (int w = 0; w < WAYS; w++)
			good &= p->x[g->n + w] < (double)n_ways[w];
	}
	return good;
}

static int
load(void *self, struct blob *b, struct err *err)
{
	struct ga *g = self;
	uint64_t n_elite;
	blob_get(b, &g->rng, sizeof g->rng);
	blob_get(b, g->odds, sizeof g->odds);
	batch_load(&g->batch, b);
	blob_get(b, &n_elite, sizeof n_elite);
	if (b->bad || !sane(g, n_elite))
		return err_set(err, "the saved state is cut short");
	g->n_elite = n_elite;
	blob_get(b, g->elite, g->n_elite * g->n * sizeof *g->elite);
	blob_get(b, g->fitness, g->n_elite * sizeof *g->fitness);
	return blob_done(b, err);
}

static uint64_t
generation(const void *self)
{
	const struct ga *s = self;
	return s->batch.generation;
}

/* The ways that have worked best lately. */
static void
words(const void *self, char *text, size_t n)
{
	const struct ga *g = self;
	size_t top[WAYS] = {0};
	for (int w = 0; w < WAYS; w++)
		for (size_t i = 1; i < n_ways[w]; i++)
			top[w] = g->odds[w].p[i] > g->odds[w].p[top[w]] ? i : top[w];
	snprintf(text, n, "crossover %s %.2f, mutation %s %.2f", crossovers[top[CROSS]], g->odds[CROSS].p[top[CROSS]],
	    mutations[top[MUTATE]], g->odds[MUTATE].p[top[MUTATE]]);
}

const struct algo algo_ga = {
    .name = "ga",
    .help = "genetic algorithm, (mu + lambda): BLX, uniform and SBX crossover, polynomial and other mutation, as works best",
    .knobs = knobs,
    .create = create,
    .ask = ask,
    .tell = tell,
    .save = save,
    .load = load,
    .free = ga_free,
    .generation = generation,
    .words = words,
};
