/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Random search: every proposal is uniform in the cube and a function of the
 * seed and its number. What every other algorithm has to beat.
 */
#include "base/rng.h"
#include "opt/algo.h"

#include <stdlib.h>

struct random {
	struct space space;
	struct rng rng;
	uint64_t asked;
};

static void *
create(const struct space *space, const struct algo_settings *s, struct err *err)
{
	struct random *r = malloc(sizeof *r);
	if (!r)
		return err_set(err, "out of memory"), NULL;
	*r = (struct random){.rng = {.seed = s->seed}};
	if (space_copy(&r->space, space, err) < 0)
		return free(r), NULL;
	return r;
}

static bool
ask(void *self, uint64_t *number, double *x)
{
	struct random *r = self;
	for (size_t i = 0; i < r->space.n; i++)
		x[i] = rng_uniform(&r->rng);
	space_settle(&r->space, x);
	*number = ++r->asked;
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
	const struct random *r = self;
	blob_put(b, &r->rng, sizeof r->rng);
	blob_put(b, &r->asked, sizeof r->asked);
}

static int
load(void *self, struct blob *b, struct err *err)
{
	struct random *r = self;
	blob_get(b, &r->rng, sizeof r->rng);
	blob_get(b, &r->asked, sizeof r->asked);
	return blob_done(b, err);
}

static void
random_free(void *self)
{
	struct random *r = self;
	if (r)
		space_release(&r->space);
	free(r);
}

const struct algo algo_random = {
    .name = "random",
    .help = "uniform random search",
    .create = create,
    .ask = ask,
    .tell = tell,
    .save = save,
    .load = load,
    .free = random_free,
};
