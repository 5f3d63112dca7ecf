/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A real-coded genetic algorithm, (mu + lambda) with mu = lambda = population:
 * parents by tournaments of two; half of the children are crossed over, by BLX-alpha
 * (Eshelman and Schaffer 1993, alpha 0.3) or coordinate by coordinate. Few coordinates mutate, by
 * steps that need no schedule: over several octaves, as far as two others are apart, or to
 * anywhere, so that another basin can be reached. Choices are inherited
 * whole and mutate to any other choice. The first generation is a Latin
 * hypercube (McKay, Beckman, Conover 1979), or a cloud around the start where a
 * step size is given.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/fmath.h"
#include "base/rng.h"
#include "opt/algo.h"
#include "opt/batch.h"
#include "opt/sample.h"

enum { POPULATION, SIGMA };
static const struct knob knobs[] = {
    [POPULATION] = {"population", "takes in a generation", 30, 2, 100000, NULL},
    [SIGMA] = {"sigma", "how far from the start to begin, as a part of each range; 0: anywhere", 0, 0, 1, NULL},
    {0},
};

struct ga {
	struct space space;
	size_t n, size;
	struct rng rng;
	struct batch batch;
	double *elite;   /* [size][n], best first */
	double *fitness; /* [size] */
	size_t n_elite;
	double *x;       /* scratch: [n] */
	double *cube;    /* the first generation: [size][n] */
};

static void
ga_free(void *self)
{
	struct ga *g = self;
	if (!g)
		return;
	batch_release(&g->batch);
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
	g->elite = calloc(g->size * n + 1, sizeof *g->elite);
	g->cube = calloc(g->size * n + 1, sizeof *g->cube);
	g->fitness = calloc(g->size, sizeof *g->fitness);
	g->x = calloc(n + 1, sizeof *g->x);
	if (!g->elite || !g->cube || !g->fitness || !g->x) {
		err_set(err, "out of memory for a population of %zu", g->size);
		return ga_free(g), NULL;
	}
	if (batch_init(&g->batch, n, g->size, s, err) < 0 || space_copy(&g->space, space, err) < 0)
		return ga_free(g), NULL;
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

static const double *
parent(struct ga *g)
{
	const size_t a = rng_below(&g->rng, g->n_elite), b = rng_below(&g->rng, g->n_elite);
	return g->elite + (a < b ? a : b) * g->n;
}

static void
breed(struct ga *g, double *x)
{
	const double *a = parent(g), *b = parent(g);
	const bool cross = rng_uniform(&g->rng) < 0.5, blend = rng_uniform(&g->rng) < 0.5;
	/* about two coordinates mutate, and at least one where there is no crossover */
	const double rate = fmin(1, 2.0 / (double)g->n);
	const size_t surely = rng_below(&g->rng, g->n);
	const double step = fm_exp2(-1.5 - 7.5 * rng_uniform(&g->rng));
	const double *c = g->elite + rng_below(&g->rng, g->n_elite) * g->n, *d = g->elite + rng_below(&g->rng, g->n_elite) * g->n;
	const bool apart = rng_uniform(&g->rng) < 0.3;
	for (size_t i = 0; i < g->n; i++) {
		const bool mutate = rng_uniform(&g->rng) < rate || (i == surely && !cross);
		const uint32_t levels = space_levels(&g->space, i);
		if (levels) {
			x[i] = cross && rng_uniform(&g->rng) < 0.5 ? b[i] : a[i];
			if (mutate)
				x[i] = level_at((uint32_t)rng_below(&g->rng, levels), levels);
			continue;
		}
		x[i] = a[i];
		if (cross && blend)
			x[i] += (b[i] - a[i]) * (1.6 * rng_uniform(&g->rng) - 0.3);
		else if (cross && rng_uniform(&g->rng) < 0.5)
			x[i] = b[i];
		if (mutate)
			x[i] = rng_uniform(&g->rng) < 0.15 ? rng_uniform(&g->rng) : x[i] + (apart ? c[i] - d[i] : step) * rng_normal(&g->rng);
		x[i] = space_fold(x[i]);
	}
}

static bool
ask(void *self, uint64_t *number, double *x)
{
	struct ga *g = self;
	if (!batch_may_ask(&g->batch))
		return false;
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

static void
tell(void *self, const struct told *told)
{
	struct ga *g = self;
	if (!batch_tell(&g->batch, told))
		return;
	batch_sort(&g->batch);
	for (size_t i = 0; i < g->size; i++)
		insert(g, &g->batch.told[i]);
	batch_clear(&g->batch);
}

static void
save(const void *self, struct blob *b)
{
	const struct ga *g = self;
	const uint64_t n_elite = g->n_elite;
	blob_put(b, &g->rng, sizeof g->rng);
	batch_save(&g->batch, b);
	blob_put(b, &n_elite, sizeof n_elite);
	blob_put(b, g->elite, g->n_elite * g->n * sizeof *g->elite);
	blob_put(b, g->fitness, g->n_elite * sizeof *g->fitness);
}

static int
load(void *self, struct blob *b, struct err *err)
{
	struct ga *g = self;
	uint64_t n_elite;
	blob_get(b, &g->rng, sizeof g->rng);
	batch_load(&g->batch, b);
	blob_get(b, &n_elite, sizeof n_elite);
	if (b->bad || n_elite > g->size)
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

const struct algo algo_ga = {
    .name = "ga",
    .help = "genetic algorithm, (mu + lambda), BLX crossover, scale-free mutation",
    .knobs = knobs,
    .create = create,
    .ask = ask,
    .tell = tell,
    .save = save,
    .load = load,
    .free = ga_free,
    .generation = generation,
};
