/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * MAP-Elites (Mouret and Clune, arXiv 1504.04909): an elite of each cell of the
 * measures, and children of elites. A child is an elite moved a little, and along
 * the line to another one, since elites of one problem resemble each other (Vassiliades
 * and Mouret, "Discovering the elite hypervolume by leveraging interspecies correlation",
 * GECCO 2018):
 *
 *   x = a + iso N(0, I) + line N(0, 1) (b - a)
 *
 * A choice is a's, or b's as often as the line goes half way to b, or now and then any.
 *
 * Memory: that of the archive (opt/archive.h), and 16 (n + measures) bytes a child of a generation.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "opt/archive.h"
#include "opt/batch.h"
#include "opt/ziggurat.h"

enum { BATCH, FIRST, ISO, LINE };
static const struct knob knobs[] = {
    [BATCH] = {"batch", "children of one generation", 64, 1, 100000, NULL},
    [FIRST] = {"first", "points by chance before there are children; 0: children of what it begins with", 128, 0, 1000000, NULL},
    [ISO] = {"iso", "how far a child is from its parent, as a part of each range", 0.02, 0, 1, NULL},
    [LINE] = {"line", "how far it is moved along the line to another elite, as a part of that", 0.2, 0, 2, NULL},
    {0},
};

struct mapelites {
	struct space space;
	struct archive archive;
	struct batch batch;
	double iso, line;
	double *starts; /* [n_starts][n] */
	size_t n_starts;
	uint64_t first;
	struct rng rng;
	struct ziggurat ziggurat;
	double *y, *z; /* scratch */
};

static void
mapelites_free(void *self)
{
	struct mapelites *s = self;
	if (!s)
		return;
	space_release(&s->space);
	archive_release(&s->archive);
	batch_release(&s->batch);
	free(s->starts);
	free(s);
}

static void *
create(const struct space *space, const struct algo_settings *set, struct err *err)
{
	struct mapelites *s = calloc(1, sizeof *s);
	const size_t n = space->n;
	if (!s)
		return err_set(err, "out of memory"), NULL;
	s->rng.seed = set->seed;
	ziggurat_init(&s->ziggurat);
	s->iso = set->knobs[ISO];
	s->line = set->knobs[LINE];
	s->first = (uint64_t)set->knobs[FIRST];
	s->n_starts = set->n_starts;
	s->starts = calloc((set->n_starts + 2) * n + 1, sizeof *s->starts);
	if (!s->starts)
		return err_set(err, "out of memory"), mapelites_free(s), NULL;
	s->y = s->starts + set->n_starts * n;
	s->z = s->y + n;
	for (size_t i = 0; i < set->n_starts; i++) {
		memcpy(s->starts + i * n, set->starts + i * n, n * sizeof *s->starts);
		space_settle(space, s->starts + i * n);
	}
	if (space_copy(&s->space, space, err) < 0
	    || archive_init(&s->archive, set->measures, set->n_measures, n, 1, 0, err) < 0
	    || batch_init(&s->batch, n, (size_t)set->knobs[BATCH], set, err) < 0)
		return mapelites_free(s), NULL;
	return s;
}

/* Any; before there is one, what it begins with. */
static const double *
elite(struct mapelites *s)
{
	if (s->archive.filled)
		return archive_x(&s->archive, rng_below(&s->rng, s->archive.filled));
	return s->starts + rng_below(&s->rng, s->n_starts) * s->space.n;
}

static void
child(struct mapelites *s, double *y)
{
	struct rng *r = &s->rng;
	const size_t n = s->space.n;
	const double *a = elite(s), *b = elite(s);
	const double along = s->line * rng_normal(r);
	const struct space *at = &s->space;
	ziggurat_fill(&s->ziggurat, r, s->z, n);
	for (size_t k = 0; k < n; k++) {
		const uint32_t levels = space_levels(at, k);
		if (space_category(at, k)) {
			y[k] = rng_uniform(r) < fmin(fabs(along), 0.5) ? b[k] : a[k];
			if (rng_uniform(r) < 0.5 / (double)n)
				y[k] = level_at((uint32_t)rng_below(r, levels), levels);
			continue;
		}
		/* what does not matter in both of them is no line; an integer goes a level on as often as a real would get there */
		const bool line = !at->dimension || (space_active(at, a, k) && space_active(at, b, k));
		y[k] = a[k] + s->iso * s->z[k] + (line ? along * (b[k] - a[k]) : 0);
		y[k] = space_fold(levels ? y[k] + (rng_uniform(r) - 0.5) / levels : y[k]);
	}
	space_settle(&s->space, y);
}

static bool
ask(void *self, uint64_t *number, double *x)
{
	struct mapelites *s = self;
	if (!batch_may_ask(&s->batch))
		return false;
	const uint64_t i = s->batch.asked;
	if (i < s->n_starts)
		memcpy(s->y, s->starts + i * s->space.n, s->space.n * sizeof *s->y);
	else if (i < s->first + s->n_starts || (!s->archive.filled && (s->first || !s->n_starts))) {
		for (size_t k = 0; k < s->space.n; k++)
			s->y[k] = rng_uniform(&s->rng);
		space_settle(&s->space, s->y);
	} else
		child(s, s->y);
	*number = batch_ask(&s->batch, s->y);
	memcpy(x, s->y, s->space.n * sizeof *x);
	return true;
}

static void
tell(void *self, const struct told *told)
{
	struct mapelites *s = self;
	if (!batch_tell(&s->batch, told))
		return;
	batch_in_order(&s->batch);
	for (size_t i = 0; i < s->batch.n_told; i++)
		archive_tell(&s->archive, &s->batch.told[i], NULL);
	batch_clear(&s->batch);
}

static void
save(const void *self, struct blob *b)
{
	const struct mapelites *s = self;
	blob_put(b, &s->rng, sizeof s->rng);
	archive_save(&s->archive, b);
	batch_save(&s->batch, b);
}

static int
load(void *self, struct blob *b, struct err *err)
{
	struct mapelites *s = self;
	blob_get(b, &s->rng, sizeof s->rng);
	archive_load(&s->archive, b);
	batch_load(&s->batch, b);
	return b->bad ? err_set(err, "the saved state is cut short, or of other measures") : 0;
}

static uint64_t
generation(const void *self)
{
	const struct mapelites *s = self;
	return s->batch.generation;
}

static void
words(const void *self, char *text, size_t n)
{
	const struct mapelites *s = self;
	snprintf(text, n, "%zu of %zu cells", s->archive.filled, s->archive.cells);
}

static bool
fault(const void *self, struct err *err)
{
	const struct mapelites *s = self;
	return archive_fault(&s->archive, err);
}

const struct algo algo_mapelites = {
    .name = "mapelites",
    .help = "an elite in each cell of the measures, bred from elites (iso+line)",
    .knobs = knobs,
    .needs = ALGO_MEASURES,
    .create = create,
    .ask = ask,
    .tell = tell,
    .save = save,
    .load = load,
    .free = mapelites_free,
    .generation = generation,
    .words = words,
    .fault = fault,
};
