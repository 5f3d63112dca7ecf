/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Reals and integers are sampled, integers by rounding; a choice of a sample is that of
 * the elite its emitter began at, mutated now and then to any other, and the fittest sample of a
 * generation hands its choices on.
 */
#include "opt/emitter.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "opt/cma.h"

struct emitter {
	struct cma cma;
	double *choice; /* [n]: where it stands in the categories; of the others nothing */
};

struct sample {
	size_t i; /* in the batch */
	int status;   /* what the archive made of it */
	double value; /* and how much better it is */
};

/* The step size of emitters whose parents are those that enter the archive, few and ever others, follows them more
   slowly than that of a search for one optimum: better on four of four projections to 100 times 100 cells. */
static const double SLOW = 1.5;

struct emitters {
	struct space space;
	struct emitter_settings set;
	struct emitter *e; /* [set.emitters] */
	struct archive archive;
	struct batch batch; /* points: unfolded coordinates, folded ones, the emitter */
	struct rng rng;
	uint64_t turn, restarts; /* of the emitter that samples next */
	double *start, *y;
	struct sample *judged, *sample; /* [set.emitters * set.batch], as they were asked; [set.batch] of one emitter */
	const double **ranked;  /* [set.batch] */
};

void
emitters_free(void *self)
{
	struct emitters *s = self;
	if (!s)
		return;
	for (size_t i = 0; s->e && i < s->set.emitters; i++) {
		cma_release(&s->e[i].cma);
		free(s->e[i].choice);
	}
	free(s->e);
	archive_release(&s->archive);
	batch_release(&s->batch);
	space_release(&s->space);
	free(s->start);
	free(s->judged);
	free(s->sample);
	free(s->ranked);
	free(s);
}

static void
begin(struct emitters *s, struct emitter *e, const double *at)
{
	cma_begin(&e->cma, at, s->set.sigma);
	memcpy(e->choice, at, s->space.n * sizeof *at);
}

struct emitters *
emitters_new(const struct space *space, const struct algo_settings *set, const struct emitter_settings *settings, struct err *err)
{
	struct emitters *s = calloc(1, sizeof *s);
	const size_t n = space->n, size = settings->emitters * settings->batch;
	if (!s)
		return err_set(err, "out of memory"), NULL;
	if (n > 2000)
		return err_set(err, "%zu open parameters are too many for a full covariance matrix (2000)", n), free(s), NULL;
	s->set = *settings;
	s->rng.seed = set->seed;
	s->e = calloc(settings->emitters, sizeof *s->e);
	s->start = calloc(3 * n + 1, sizeof *s->start);
	s->y = s->start ? s->start + n : NULL;
	s->judged = calloc(size, sizeof *s->judged);
	s->sample = calloc(settings->batch, sizeof *s->sample);
	s->ranked = calloc(settings->batch, sizeof *s->ranked);
	if (!s->e || !s->start || !s->judged || !s->sample || !s->ranked)
		return err_set(err, "out of memory for %zu emitters", settings->emitters), emitters_free(s), NULL;
	if (space_copy(&s->space, space, err) < 0
	    || archive_init(&s->archive, set->measures, set->n_measures, n, settings->rate, settings->floor, err) < 0
	    || batch_init(&s->batch, 2 * n + 1, size, set, err) < 0)
		return emitters_free(s), NULL;
	for (size_t i = 0; i < settings->emitters; i++) {
		struct emitter *e = &s->e[i];
		const double *at = set->n_starts ? set->starts + i % set->n_starts * n : NULL;
		e->choice = calloc(n + 1, sizeof *e->choice);
		if (!e->choice || cma_init(&e->cma, n, settings->batch, CMA_FULL, err) < 0)
			return err_set(err, "out of memory for %zu emitters", settings->emitters), emitters_free(s), NULL;
		for (size_t k = 0; k < n; k++)
			s->start[k] = at ? at[k] : 0.5;
		begin(s, e, s->start);
	}
	return s;
}

bool
emitters_ask(void *self, uint64_t *number, double *x)
{
	struct emitters *s = self;
	const size_t n = s->space.n;
	if (!batch_may_ask(&s->batch))
		return false;
	const size_t turn = s->turn++ % s->set.emitters;
	struct emitter *e = &s->e[turn];
	cma_sample(&e->cma, &s->rng, s->y);
	double *to = s->y + n;
	for (size_t k = 0; k < n; k++) {
		const uint32_t levels = space_levels(&s->space, k);
		to[k] = space_fold(s->y[k]);
		if (space_category(&s->space, k)) {
			to[k] = e->choice[k];
			if (rng_uniform(&s->rng) < 1.0 / (double)n)
				to[k] = level_at((uint32_t)rng_below(&s->rng, levels), levels);
		}
	}
	space_settle(&s->space, to);
	for (size_t k = 0; s->space.dimension && k < n; k++) /* nothing is learnt of choices, and of what does not matter */
		if (space_category(&s->space, k) || !space_active(&s->space, to, k))
			s->y[k] = NAN;
	to[n] = (double)turn;
	*number = batch_ask(&s->batch, s->y);
	memcpy(x, to, n * sizeof *x);
	return true;
}

static int
best_first(const void *pa, const void *pb)
{
	const struct sample *a = pa, *b = pb;
	if (a->status != b->status)
		return b->status - a->status;
	if (a->value != b->value)
		return a->value < b->value ? 1 : -1;
	return a->i < b->i ? -1 : a->i > b->i;
}

static double
bounded(double x)
{
	return isnan(x) ? -1e300 : fmin(fmax(x, -1e300), 1e300);
}

/* One emitter learns from its samples of this generation; a steady run may have brought it few or none. */
static void
lead(struct emitters *s, struct emitter *e, size_t count)
{
	size_t entered = 0;
	qsort(s->sample, count, sizeof *s->sample, best_first);
	const struct point *told = s->batch.told;
	for (size_t i = 0; i < count; i++)
		entered += s->sample[i].status > 0 || (!s->set.fill_first && s->sample[i].value > 0);
	bool sane = count == s->set.batch;
	if (count)
		memcpy(e->choice, told[s->sample[0].i].x + s->space.n, s->space.n * sizeof *e->choice);
	if (sane && !(s->set.fill_first && !entered)) {
		for (size_t i = 0; i < count; i++)
			s->ranked[i] = told[s->sample[i].i].x;
		if (s->set.fill_first) {
			cma_parents(&e->cma, entered);
			e->cma.damps *= SLOW;
		}
		sane = cma_learn(&e->cma, s->ranked);
		/* between mirrors one apart, a spread much over a half explores nothing new */
		e->cma.now.sigma *= fmin(1, 0.7 / fmax(cma_spread(&e->cma), 1e-150));
	}
	const bool stuck = s->set.fill_first ? !entered && count : !(cma_spread(&e->cma) > 1e-9);
	if ((stuck || (!sane && count == s->set.batch)) && s->archive.filled) {
		begin(s, e, archive_x(&s->archive, rng_below(&s->rng, s->archive.filled)));
		s->restarts++;
	}
}

static void
learn(struct emitters *s)
{
	const size_t n = s->space.n;
	batch_in_order(&s->batch);
	for (size_t i = 0; i < s->batch.n_told; i++) {
		const struct point *p = &s->batch.told[i];
		const struct told told = {p->number, p->fitness, p->measures, NULL};
		struct sample *of = &s->judged[i];
		if (s->set.fill_first)
			of->status = archive_judge(&s->archive, &told, &of->value);
		else /* the better only counts where the first of a cell has raised its threshold */
			archive_add(&s->archive, &told, p->x + n, &of->value, NULL);
		of->value = isfinite(p->fitness) || p->fitness > 0 ? bounded(of->value) : -1e300;
	}
	for (size_t i = 0; s->set.fill_first && i < s->batch.n_told; i++) {
		const struct point *p = &s->batch.told[i];
		archive_add(&s->archive, &(struct told){p->number, p->fitness, p->measures, NULL}, p->x + n, NULL, NULL);
	}
	for (size_t k = 0; k < s->set.emitters; k++) {
		size_t count = 0;
		for (size_t i = 0; i < s->batch.n_told && count < s->set.batch; i++)
			if ((size_t)s->batch.told[i].x[2 * n] == k)
				s->sample[count++] = (struct sample){i, s->judged[i].status, s->judged[i].value};
		lead(s, &s->e[k], count);
	}
}

void
emitters_tell(void *self, const struct told *told)
{
	struct emitters *s = self;
	if (!batch_tell(&s->batch, told))
		return;
	learn(s);
	batch_clear(&s->batch);
}

void
emitters_save(const void *self, struct blob *b)
{
	const struct emitters *s = self;
	blob_put(b, &s->rng, sizeof s->rng);
	blob_put(b, &s->turn, sizeof s->turn);
	blob_put(b, &s->restarts, sizeof s->restarts);
	for (size_t i = 0; i < s->set.emitters; i++) {
		cma_save(&s->e[i].cma, b);
		blob_put(b, s->e[i].choice, s->space.n * sizeof *s->e[i].choice);
	}
	archive_save(&s->archive, b);
	batch_save(&s->batch, b);
}

int
emitters_load(void *self, struct blob *b, struct err *err)
{
	struct emitters *s = self;
	blob_get(b, &s->rng, sizeof s->rng);
	blob_get(b, &s->turn, sizeof s->turn);
	blob_get(b, &s->restarts, sizeof s->restarts);
	for (size_t i = 0; i < s->set.emitters; i++) {
		cma_load(&s->e[i].cma, b);
		blob_get(b, s->e[i].choice, s->space.n * sizeof *s->e[i].choice);
	}
	archive_load(&s->archive, b);
	batch_load(&s->batch, b);
	return b->bad ? err_set(err, "the saved state is cut short, or of other measures") : 0;
}

uint64_t
emitters_generation(const void *self)
{
	const struct emitters *s = self;
	return s->batch.generation;
}

void
emitters_words(const void *self, char *text, size_t n)
{
	const struct emitters *s = self;
	snprintf(text, n, "%zu of %zu cells, %llu restarts", s->archive.filled, s->archive.cells, (unsigned long long)s->restarts);
}

bool
emitters_fault(const void *self, struct err *err)
{
	const struct emitters *s = self;
	return archive_fault(&s->archive, err);
}
