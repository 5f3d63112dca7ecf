/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Latin hypercubes, one after another (McKay, Beckman, Conover 1979): each of the
 * slices of every coordinate is taken once. One hypercube is the whole budget, as
 * far as that is known and no larger than MOST.
 */
#include <stdlib.h>

#include "opt/algo.h"
#include "opt/sample.h"

enum { USUAL = 256, MOST = 65536, MOST_NUMBERS = 1 << 24 };

enum { SIZE };
static const struct knob knobs[] = {
    [SIZE] = {"size", "points of a hypercube; 0: as many as the budget", 0, 0, MOST, NULL},
    {0},
};

struct lhs {
	struct space space;
	size_t size;
	uint64_t seed, asked;
	double *x; /* [size][n]: the hypercube under way */
};

static void
lhs_free(void *self)
{
	struct lhs *s = self;
	if (!s)
		return;
	space_release(&s->space);
	free(s->x);
	free(s);
}

/* The nth hypercube, a function of the seed. */
static void
begin(struct lhs *s, uint64_t nth)
{
	struct rng r = {.seed = rng_at(s->seed, nth)};
	latin_hypercube(&r, s->space.n, s->size, s->x);
	for (size_t i = 0; i < s->size; i++)
		space_settle(&s->space, s->x + i * s->space.n);
}

static void *
create(const struct space *space, const struct algo_settings *set, struct err *err)
{
	struct lhs *s = calloc(1, sizeof *s);
	if (!s)
		return err_set(err, "out of memory"), NULL;
	const uint64_t wanted = set->knobs[SIZE] > 0 ? (uint64_t)set->knobs[SIZE] : set->budget ? set->budget : USUAL;
	const uint64_t room = MOST_NUMBERS / (space->n ? space->n : 1), most = room < MOST ? room : MOST;
	s->size = wanted < most ? wanted : most;
	s->seed = set->seed;
	s->x = calloc(s->size * space->n + 1, sizeof *s->x);
	if (!s->x) {
		err_set(err, "out of memory for a hypercube of %zu points", s->size);
		return lhs_free(s), NULL;
	}
	if (space_copy(&s->space, space, err) < 0)
		return lhs_free(s), NULL;
	begin(s, 0);
	return s;
}

static bool
ask(void *self, uint64_t *number, double *x)
{
	struct lhs *s = self;
	const size_t i = s->asked % s->size;
	if (!i && s->asked)
		begin(s, s->asked / s->size);
	for (size_t k = 0; k < s->space.n; k++)
		x[k] = s->x[i * s->space.n + k];
	*number = ++s->asked;
	return true;
}

static void
tell(void *self, const struct told *told)
{
	(void)self;
	(void)told;
}

static void
save(const void *self, struct blob *b)
{
	const struct lhs *s = self;
	const uint64_t size = s->size;
	blob_put(b, &size, sizeof size);
	blob_put(b, &s->asked, sizeof s->asked);
}

/* A run that goes on with a larger budget keeps its hypercube. */
static int
load(void *self, struct blob *b, struct err *err)
{
	struct lhs *s = self;
	uint64_t size;
	blob_get(b, &size, sizeof size);
	blob_get(b, &s->asked, sizeof s->asked);
	if (b->bad || !size || size > MOST)
		return err_set(err, "the saved state is cut short");
	if (size != s->size) {
		double *x = calloc(size * s->space.n + 1, sizeof *x);
		if (!x)
			return err_set(err, "out of memory for a hypercube of %llu points", (unsigned long long)size);
		free(s->x);
		s->x = x;
		s->size = size;
	}
	begin(s, s->asked ? (s->asked - 1) / s->size : 0); /* the next begins with the ask after the last */
	return 0;
}

const struct algo algo_lhs = {
    .name = "lhs",
    .help = "Latin hypercubes: each slice of each range once",
    .knobs = knobs,
    .create = create,
    .ask = ask,
    .tell = tell,
    .save = save,
    .load = load,
    .free = lhs_free,
};
