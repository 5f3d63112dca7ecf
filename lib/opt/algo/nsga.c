/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Several objectives at once: NSGA-II (Deb, Pratap, Agarwal, Meyarivan 2002). Of parents and
 * children together the next population is the fronts in their order, the last that
 * does not fit thinned out by crowding, renewed as points leave (front.h); beyond three
 * objectives by reference directions (NSGA-III: Deb and Jain 2014; niche.h). Parents are chosen by
 * tournaments of two, by front and then by how much room they have. Each child's crossover, simulated binary or
 * uniform, is chosen with odds that follow what survived lately (odds.h), and it mutates polynomially. Fewer children than
 * parents are faster on smooth fronts (as Durillo and others 2009 found of one at a time), and lose more of those whose
 * parts want different choices. Without objectives the fitness is the one objective.
 *
 * Memory: a population and its children, 8 (n + objectives) bytes each; a generation takes
 * population log^2 population steps to sort with two or three objectives, population^2 at worst with more.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "opt/breed.h"
#include "opt/front.h"
#include "opt/sample.h"

enum { POPULATION, CHILDREN, SIGMA, CROSSOVER, MUTATION, ETA, RATE, NICHES };
static const char *const crossovers[] = {"uniform", "sbx", "auto", NULL};
static const enum crossover kinds[] = {CROSS_UNIFORM, CROSS_SBX};
enum { CROSS_AUTO = sizeof kinds / sizeof *kinds, CROWDED = 3 };
static const struct knob knobs[] = {
    [POPULATION] = {"population", "takes in a generation", 100, 2, 100000, NULL},
    [CHILDREN] = {"children", "takes between two selections; 0: as many as the population", 0, 0, 100000, NULL},
    [SIGMA] = {"sigma", "how far from the start to begin, as a part of each range; 0: anywhere", 0, 0, 1, NULL},
    [CROSSOVER] = {"crossover", "how parents are crossed over; auto: as works best", CROSS_AUTO, 0, CROSS_AUTO, crossovers},
    [MUTATION] = {"mutation", "how children mutate; auto: as works best", MUTATE_POLYNOMIAL, 0, BREED_MUTATIONS, breed_mutations},
    [ETA] = {"eta", "of sbx and polynomial: how near to what they begin with", 15, 1, 200, NULL},
    [RATE] = {"rate", "how many parameters mutate on average; 0: as many as works best", 1, 0, 1000, NULL},
    [NICHES] = {"niches", "from so many objectives on reference directions instead of crowding", CROWDED + 1, 1, 99, NULL},
    {0},
};

struct nsga {
	struct space space;
	size_t n, m, size, brood;
	struct rng rng;
	struct batch batch;
	struct breed breed;
	struct niches niches;  /* where there are enough objectives */
	struct selection chosen;
	size_t n_good, n_front; /* of the population: how many there are, and in its first front */
	double *good, *f;      /* [size][n], [size][m], better fronts first */
	double *all_x, *all_f; /* [size + brood][n], [size + brood][m]: with the children */
	bool *lives;           /* [size + brood]: who of all is among the next population */
	double *x;             /* scratch: [n + BREED_WAYS] */
	double *cube;          /* the first generation: [size][n] */
};

static void
nsga_free(void *self)
{
	struct nsga *g = self;
	if (!g)
		return;
	batch_release(&g->batch);
	breed_release(&g->breed);
	space_release(&g->space);
	niches_release(&g->niches);
	free(g->chosen.order);
	free(g->chosen.rank);
	free(g->chosen.apart);
	free(g->good);
	free(g->f);
	free(g->all_x);
	free(g->all_f);
	free(g->lives);
	free(g->x);
	free(g->cube);
	free(g);
}

static bool
allocate(struct nsga *g)
{
	const size_t n = g->n, m = g->m, size = g->size, all = size + g->brood;
	g->good = calloc(size * n + 1, sizeof *g->good);
	g->f = calloc(size * m, sizeof *g->f);
	g->all_x = calloc(all * n + 1, sizeof *g->all_x);
	g->all_f = calloc(all * m, sizeof *g->all_f);
	g->cube = calloc(size * n + 1, sizeof *g->cube);
	g->x = calloc(n + BREED_WAYS, sizeof *g->x);
	g->lives = calloc(all, sizeof *g->lives);
	g->chosen.order = calloc(all, sizeof *g->chosen.order);
	g->chosen.rank = calloc(all, sizeof *g->chosen.rank);
	g->chosen.apart = calloc(all, sizeof *g->chosen.apart);
	return g->good && g->f && g->all_x && g->all_f && g->cube && g->x && g->lives && g->chosen.order && g->chosen.rank && g->chosen.apart;
}

static void *
create(const struct space *space, const struct algo_settings *s, struct err *err)
{
	struct nsga *g = calloc(1, sizeof *g);
	if (!g)
		return err_set(err, "out of memory"), NULL;
	const size_t n = g->n = space->n;
	g->m = s->n_objectives ? s->n_objectives : 1;
	g->size = (size_t)s->knobs[POPULATION];
	g->brood = s->knobs[CHILDREN] > 0 ? (size_t)s->knobs[CHILDREN] : g->size;
	g->rng.seed = s->seed;
	if (!allocate(g)) {
		err_set(err, "out of memory for a population of %zu", g->size);
		return nsga_free(g), NULL;
	}
	if (batch_init(&g->batch, n + BREED_WAYS, g->brood, s, err) < 0 || space_copy(&g->space, space, err) < 0
	    || breed_init(&g->breed, &g->space, &g->rng, kinds, CROSS_AUTO, err) < 0
	    || (g->m >= s->knobs[NICHES] && niches_init(&g->niches, g->m, g->size, err) < 0))
		return nsga_free(g), NULL;
	g->breed.vary.good = g->good;
	g->breed.vary.eta = s->knobs[ETA];
	g->breed.crossover = (size_t)s->knobs[CROSSOVER];
	g->breed.mutation = (size_t)s->knobs[MUTATION];
	g->breed.rate = s->knobs[RATE];
	first_points(&g->rng, space, s, s->knobs[SIGMA], g->size, g->cube);
	return g;
}

static const double *
parent(struct nsga *g)
{
	const size_t a = rng_below(&g->rng, g->n_good), b = rng_below(&g->rng, g->n_good);
	return g->good + (a < b ? a : b) * g->n;
}

static bool
ask(void *self, uint64_t *number, double *x)
{
	struct nsga *g = self;
	if (!batch_may_ask(&g->batch))
		return false;
	breed_none(&g->breed, g->x);
	if (g->batch.asked < g->size || !g->n_good)
		memcpy(g->x, g->cube + g->batch.asked % g->size * g->n, g->n * sizeof *g->x);
	else if (g->n) {
		const double *a = parent(g), *b = parent(g);
		g->breed.vary.n_good = g->n_good;
		breed_child(&g->breed, a, b, g->x);
	}
	*number = batch_ask(&g->batch, g->x);
	memcpy(x, g->x, g->n * sizeof *x);
	return true;
}

/* Out of memory the population stays as it is. */
static void
survive(struct nsga *g)
{
	const size_t n = g->n, m = g->m, before = g->n_good, count = before + g->brood;
	struct err err;
	memcpy(g->all_x, g->good, before * n * sizeof *g->good);
	memcpy(g->all_f, g->f, before * m * sizeof *g->f);
	for (size_t i = 0; i < g->brood; i++) {
		const struct point *p = &g->batch.told[i];
		memcpy(g->all_x + (before + i) * n, p->x, n * sizeof *p->x);
		memcpy(g->all_f + (before + i) * m, g->batch.n_objectives ? p->objectives : &p->fitness, m * sizeof *p->x);
	}
	if (front_select(g->all_f, count, m, g->size, g->niches.n ? &g->niches : NULL, &g->rng, &g->chosen, &err) < 0)
		return;
	g->n_good = count < g->size ? count : g->size;
	g->n_front = 0;
	memset(g->lives, 0, count * sizeof *g->lives);
	for (size_t i = 0; i < g->n_good; i++) {
		const size_t from = g->chosen.order[i];
		memcpy(g->good + i * n, g->all_x + from * n, n * sizeof *g->good);
		memcpy(g->f + i * m, g->all_f + from * m, m * sizeof *g->f);
		g->n_front += g->chosen.rank[from] == 0;
		g->lives[from] = true;
	}
	for (size_t i = 0; i < g->brood; i++)
		breed_hear(&g->breed, g->batch.told[i].x, g->lives[before + i]);
	breed_learn(&g->breed);
}

static void
tell(void *self, const struct told *told)
{
	struct nsga *g = self;
	if (!batch_tell(&g->batch, told))
		return;
	batch_in_order(&g->batch);
	survive(g);
	batch_clear(&g->batch);
}

static void
save(const void *self, struct blob *b)
{
	const struct nsga *g = self;
	const uint64_t n[2] = {g->n_good, g->n_front};
	blob_put(b, &g->rng, sizeof g->rng);
	batch_save(&g->batch, b);
	breed_save(&g->breed, b);
	blob_put(b, n, sizeof n);
	blob_put(b, g->good, g->n_good * g->n * sizeof *g->good);
	blob_put(b, g->f, g->n_good * g->m * sizeof *g->f);
}

static int
load(void *self, struct blob *b, struct err *err)
{
	struct nsga *g = self;
	uint64_t n[2];
	blob_get(b, &g->rng, sizeof g->rng);
	batch_load(&g->batch, b);
	batch_settle(&g->batch, &g->space);
	breed_load(&g->breed, &g->batch, b);
	blob_get(b, n, sizeof n);
	if (b->bad || n[0] > g->size || n[1] > n[0])
		return err_set(err, "the saved state is cut short");
	g->n_good = n[0];
	g->n_front = n[1];
	blob_get(b, g->good, g->n_good * g->n * sizeof *g->good);
	blob_get(b, g->f, g->n_good * g->m * sizeof *g->f);
	return blob_done(b, err);
}

static uint64_t
generation(const void *self)
{
	const struct nsga *g = self;
	return g->batch.generation;
}

static void
words(const void *self, char *text, size_t n)
{
	const struct nsga *g = self;
	snprintf(text, n, "%zu of %zu undominated", g->n_front, g->n_good);
}

const struct algo algo_nsga = {
    .name = "nsga",
    .help = "several objectives: NSGA-II, beyond three of them NSGA-III; crossover and mutation as works best",
    .knobs = knobs,
    .create = create,
    .ask = ask,
    .tell = tell,
    .save = save,
    .load = load,
    .free = nsga_free,
    .generation = generation,
    .words = words,
};
