/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Sobol's sequence, scrambled: fills the space more evenly than chance at any
 * number of points, best at powers of two. Nothing is learnt.
 */
#include <stdlib.h>

#include "opt/algo.h"
#include "opt/sample.h"

struct fill {
	struct space space;
	struct sobol sobol;
	uint64_t asked;
};

static void
fill_free(void *self)
{
	struct fill *s = self;
	if (!s)
		return;
	space_release(&s->space);
	sobol_release(&s->sobol);
	free(s);
}

static void *
create(const struct space *space, const struct algo_settings *set, struct err *err)
{
	struct fill *s = calloc(1, sizeof *s);
	if (!s)
		return err_set(err, "out of memory"), NULL;
	if (space_copy(&s->space, space, err) < 0 || sobol_init(&s->sobol, space->n, set->seed, err) < 0)
		return fill_free(s), NULL;
	return s;
}

static bool
ask(void *self, uint64_t *number, double *x)
{
	struct fill *s = self;
	sobol_point(&s->sobol, (uint32_t)s->asked, x);
	space_settle(&s->space, x);
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
	const struct fill *s = self;
	blob_put(b, &s->asked, sizeof s->asked);
}

static int
load(void *self, struct blob *b, struct err *err)
{
	struct fill *s = self;
	blob_get(b, &s->asked, sizeof s->asked);
	return blob_done(b, err);
}

const struct algo algo_sobol = {
    .name = "sobol",
    .help = "Sobol's sequence with nested scrambling: evenly, at any budget",
    .create = create,
    .ask = ask,
    .tell = tell,
    .save = save,
    .load = load,
    .free = fill_free,
};
