/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A real-coded genetic algorithm, (mu + lambda): parents by tournaments of two, crossed over by BLX, uniform or simulated
 * binary crossover or not at all, then mutated by steps of many sizes or polynomially, in some coordinates (breed.h, and
 * vary.h, which has the operators and their papers). Which crossover, which mutation, the step and how many coordinates
 * are chosen anew for each child, with odds that follow what has worked lately (odds.h): credit is by how much a
 * child is better than its parent, as a part of the population's spread, so that tiny
 * gains do not pay until everything is near. A part of the children, fixed, goes to anywhere in one coordinate: what
 * leads out of a valley pays rarely, and would be given up too early.
 *
 * A tenth of all, and more as it pays, are strides from the best instead (stride.h: all real coordinates at once, by
 * a normal distribution that is learnt): what is smooth has valleys that go with no coordinate. Where there are
 * choices a stride that gained takes the place of where it came from, so that the best one's choices do not crowd out
 * the others before their values are found.
 *
 * The first generation is a Latin hypercube (McKay, Beckman, Conover 1979), or a
 * cloud around the start where a step size is given.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "opt/breed.h"
#include "opt/sample.h"
#include "opt/stride.h"

enum { POPULATION, SIGMA, CROSSOVER, MUTATION, ETA, RATE, JUMPS, CHILDREN, STRIDES };
static const char *const crossovers[] = {"none", "blend", "uniform", "sbx", "auto", NULL};
static const enum crossover kinds[] = {CROSS_NONE, CROSS_BLEND, CROSS_UNIFORM, CROSS_SBX};
static const char *const strides[] = {"none", "auto", NULL};
enum { CROSS_AUTO = CROSS_KINDS, USUAL = 30, USUAL_CHILDREN = 12, LEAST = 2 };
enum { MAX_REALS = 60 }; /* beyond, strides cost more on many peaks than they gain */
static const double FLOOR = 0.2, KEEP = 0.9; /* of odds.h */
static const struct knob knobs[] = {
    [POPULATION] = {"population", "parents, and takes in a generation; 0: 30, and 12", 0, 0, 100000, NULL},
    [SIGMA] = {"sigma", "how far from the start to begin, as a part of each range; 0: anywhere", 0, 0, 1, NULL},
    [CROSSOVER] = {"crossover", "how parents are crossed over; auto: as works best", CROSS_AUTO, 0, CROSS_AUTO, crossovers},
    [MUTATION] = {"mutation", "how children mutate; auto: as works best", BREED_MUTATIONS, 0, BREED_MUTATIONS, breed_mutations},
    [ETA] = {"eta", "of sbx and polynomial: how near to what they begin with", 20, 1, 200, NULL},
    [RATE] = {"rate", "how many parameters mutate on average; 0: as many as works best", 0, 0, 1000, NULL},
    [JUMPS] = {"jumps", "part of the children that goes to anywhere in one parameter", 0.25, 0, 1, NULL},
    [CHILDREN] = {"children", "takes in a generation where that is not the population; 0: as that says", 0, 0, 100000, NULL},
    [STRIDES] = {"strides", "steps of the best in all parameters at once", 1, 0, 1, strides},
    {0},
};

/* Behind a child's coordinates and how it was bred: its parent's fitness, NaN if it had none, and the number of what it
   strode from, 0 if it was bred. */
enum { PARENT = BREED_WAYS, FROM, TAGS };
enum { BRED, STRODE, SOURCES };

struct ga {
	struct space space;
	size_t n, size, brood;
	struct rng rng;
	struct batch batch;
	struct breed breed;
	struct stride stride;
	struct odds sources;
	bool choices;    /* there are coordinates that are not real */
	double *elite;   /* [size][n], best first */
	double *fitness, *number; /* [size] */
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
	breed_release(&g->breed);
	stride_release(&g->stride);
	space_release(&g->space);
	free(g->elite);
	free(g->fitness);
	free(g->number);
	free(g->x);
	free(g->cube);
	free(g);
}

static void *
create(const struct space *space, const struct algo_settings *s, struct err *err)
{
	struct ga *g = calloc(1, sizeof *g);
	if (!g)
		return err_set(err, "out of memory"), NULL;
	const size_t n = space->n;
	g->n = n;
	g->size = s->knobs[POPULATION] > 0 ? (size_t)fmax(LEAST, s->knobs[POPULATION]) : USUAL;
	g->brood = s->knobs[CHILDREN] > 0 ? (size_t)s->knobs[CHILDREN] : s->knobs[POPULATION] > 0 ? g->size : USUAL_CHILDREN;
	g->rng.seed = s->seed;
	g->elite = calloc(g->size * n + 1, sizeof *g->elite);
	g->cube = calloc(g->size * n + 1, sizeof *g->cube);
	g->fitness = calloc(g->size, sizeof *g->fitness);
	g->number = calloc(g->size, sizeof *g->number);
	g->x = calloc(n + TAGS, sizeof *g->x);
	if (!g->elite || !g->cube || !g->fitness || !g->number || !g->x) {
		err_set(err, "out of memory for a population of %zu", g->size);
		return ga_free(g), NULL;
	}
	if (batch_init(&g->batch, n + TAGS, g->brood, s, err) < 0 || space_copy(&g->space, space, err) < 0
	    || breed_init(&g->breed, &g->space, &g->rng, kinds, CROSS_KINDS, err) < 0
	    || stride_init(&g->stride, &g->space, s->knobs[SIGMA] > 0 ? s->knobs[SIGMA] : 0.15, MAX_REALS, err) < 0)
		return ga_free(g), NULL;
	g->breed.vary.good = g->elite;
	g->breed.vary.eta = s->knobs[ETA];
	g->breed.crossover = (size_t)s->knobs[CROSSOVER];
	g->breed.mutation = (size_t)s->knobs[MUTATION];
	g->breed.rate = s->knobs[RATE];
	g->breed.jumps = s->knobs[JUMPS];
	g->choices = g->stride.r < n;
	odds_init(&g->sources, g->stride.r && s->knobs[STRIDES] > 0 ? SOURCES : BRED + 1, FLOOR);
	first_points(&g->rng, space, s, s->knobs[SIGMA], g->size, g->cube);
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
	const size_t a = parent(g), b = parent(g);
	double *tag = x + g->n;
	g->breed.vary.n_good = g->n_elite;
	breed_child(&g->breed, g->elite + a * g->n, g->elite + b * g->n, x);
	tag[PARENT] = g->fitness[tag[BREED_CROSS] == CROSS_NONE || a < b ? a : b];
}

static bool
ask(void *self, uint64_t *number, double *x)
{
	struct ga *g = self;
	if (!batch_may_ask(&g->batch))
		return false;
	breed_none(&g->breed, g->x);
	g->x[g->n + PARENT] = NAN;
	g->x[g->n + FROM] = 0;
	if (g->batch.asked < g->size || !g->n_elite)
		memcpy(g->x, g->cube + g->batch.asked % g->size * g->n, g->n * sizeof *g->x);
	else if (g->n && odds_pick(&g->sources, &g->rng) == BRED)
		breed(g, g->x);
	else {
		stride_step(&g->stride, &g->rng, g->elite, g->x);
		g->x[g->n + PARENT] = g->fitness[0];
		g->x[g->n + FROM] = g->number[0];
	}
	*number = batch_ask(&g->batch, g->x);
	memcpy(x, g->x, g->n * sizeof *x);
	return true;
}

static void
take_out(struct ga *g, size_t at)
{
	const size_t below = g->n_elite - at - 1;
	memmove(g->elite + at * g->n, g->elite + (at + 1) * g->n, below * g->n * sizeof *g->elite);
	memmove(g->fitness + at, g->fitness + at + 1, below * sizeof *g->fitness);
	memmove(g->number + at, g->number + at + 1, below * sizeof *g->number);
	g->n_elite--;
}

/* Puts a point in its place among the elite; at equal fitness the older stays ahead. */
static void
insert(struct ga *g, const struct point *p)
{
	const double from = p->x[g->n + FROM];
	if (g->choices && from > 0) {
		if (!(p->fitness > p->x[g->n + PARENT]))
			return;
		for (size_t i = 0; i < g->n_elite; i++)
			if (g->number[i] == from)
				take_out(g, i);
	}
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
	memmove(g->number + at + 1, g->number + at, below * sizeof *g->number);
	memcpy(g->elite + at * g->n, p->x, g->n * sizeof *p->x);
	g->fitness[at] = p->fitness;
	g->number[at] = (double)p->number;
}

/* 0 to 1; all that is infinite counts as much as can be. */
static double
credit(double child, double parent, double spread)
{
	if (!(child > parent))
		return 0;
	return isfinite(child) && isfinite(parent) && spread > 0 && isfinite(spread) ? fmin(1, (child - parent) / spread) : 1;
}

/* Strides that came back, best first. */
static void
learn_strides(struct ga *g)
{
	bool first = true;
	double beside = 0;
	for (size_t i = 0; i < g->brood; i++)
		beside += g->batch.told[i].x[g->n + FROM] > 0;
	for (size_t i = 0; i < g->brood; i++) {
		const struct point *p = &g->batch.told[i];
		const double from = p->x[g->n + FROM], was = p->x[g->n + PARENT];
		if (!(from > 0) || !g->n_elite)
			continue;
		stride_hear(&g->stride, p->fitness > was, beside);
		if (g->number[0] != from) /* steady: the best has become another */
			continue;
		if (first && p->fitness > was)
			stride_follow(&g->stride, g->elite, p->x, false);
		else if (p->fitness < g->fitness[g->n_elite - 1])
			stride_follow(&g->stride, g->elite, p->x, true);
		first = false;
	}
}

static void
tell(void *self, const struct told *told)
{
	struct ga *g = self;
	if (!batch_tell(&g->batch, told))
		return;
	batch_sort(&g->batch);
	learn_strides(g);
	const double spread = g->n_elite == g->size ? g->fitness[0] - g->fitness[g->size - 1] : 0;
	for (size_t i = 0; i < g->brood; i++) {
		const struct point *p = &g->batch.told[i];
		const double was = p->x[g->n + PARENT], gained = credit(p->fitness, was, spread);
		if (!isnan(was))
			odds_hear(&g->sources, p->x[g->n + FROM] > 0 ? STRODE : BRED, gained);
		breed_hear(&g->breed, p->x, gained);
		insert(g, p);
	}
	odds_learn(&g->sources, KEEP);
	breed_learn(&g->breed);
	batch_clear(&g->batch);
}

static void
save(const void *self, struct blob *b)
{
	const struct ga *g = self;
	const uint64_t n_elite = g->n_elite;
	blob_put(b, &g->rng, sizeof g->rng);
	batch_save(&g->batch, b);
	breed_save(&g->breed, b);
	stride_save(&g->stride, b);
	blob_put(b, &g->sources, sizeof g->sources);
	blob_put(b, &n_elite, sizeof n_elite);
	blob_put(b, g->elite, g->n_elite * g->n * sizeof *g->elite);
	blob_put(b, g->fitness, g->n_elite * sizeof *g->fitness);
	blob_put(b, g->number, g->n_elite * sizeof *g->number);
}

static int
load(void *self, struct blob *b, struct err *err)
{
	struct ga *g = self;
	uint64_t n_elite;
	blob_get(b, &g->rng, sizeof g->rng);
	batch_load(&g->batch, b);
	batch_settle(&g->batch, &g->space);
	breed_load(&g->breed, &g->batch, b);
	stride_load(&g->stride, b);
	const size_t sources = g->sources.n;
	blob_get(b, &g->sources, sizeof g->sources);
	blob_get(b, &n_elite, sizeof n_elite);
	if (b->bad || n_elite > g->size || g->sources.n != sources)
		return err_set(err, "the saved state is cut short");
	g->n_elite = n_elite;
	blob_get(b, g->elite, g->n_elite * g->n * sizeof *g->elite);
	space_settle_all(&g->space, g->elite, g->n_elite);
	blob_get(b, g->fitness, g->n_elite * sizeof *g->fitness);
	blob_get(b, g->number, g->n_elite * sizeof *g->number);
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
	const size_t cross = breed_top(&g->breed, BREED_CROSS), mutate = breed_top(&g->breed, BREED_MUTATE);
	snprintf(text, n, "strides %.2f, crossover %s %.2f, mutation %s %.2f",
	    g->sources.n > STRODE ? g->sources.p[STRODE] : 0, crossovers[cross], g->breed.odds[BREED_CROSS].p[cross],
	    breed_mutations[mutate], g->breed.odds[BREED_MUTATE].p[mutate]);
}

const struct algo algo_ga = {
    .name = "ga",
    .help = "genetic algorithm, (mu + lambda): BLX, uniform and SBX crossover, polynomial and other mutation, learnt strides, as works best",
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
