/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "opt/trials.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "opt/sample.h"

/* Takes note of a result; where there is no room the worst of the older three quarters goes: a search that begins
   anew elsewhere is worse than what is known for a while. */
static void
hear(struct trials *t, const double *x, double fitness)
{
	const double y = isnan(fitness) || fitness == -INFINITY ? -INFINITY : fmin(fmax(fitness, -1e100), 1e100);
	size_t at = t->now.kept;
	if (at == t->max_kept) {
		size_t worst = 0;
		for (size_t i = 1; i < at - at / 4; i++)
			if (t->y[i] < t->y[worst])
				worst = i;
		at--;
		memmove(t->x + worst * t->n, t->x + (worst + 1) * t->n, (at - worst) * t->n * sizeof *t->x);
		memmove(t->y + worst, t->y + worst + 1, (at - worst) * sizeof *t->y);
		memmove(t->when + worst, t->when + worst + 1, (at - worst) * sizeof *t->when);
	}
	memcpy(t->x + at * t->n, x, t->n * sizeof *x);
	t->y[at] = y;
	t->when[at] = t->now.heard++;
	t->now.kept = at + 1;
}

int
trials_init(struct trials *t, const struct space *space, const struct algo_settings *s, size_t first, size_t size, size_t kept,
    struct err *err)
{
	const size_t n = space->n;
	*t = (struct trials){.n = n, .max_plan = first > size ? first : size, .max_kept = kept, .now.rng.seed = s->seed};
	t->x = calloc(kept * n + 1, sizeof *t->x);
	t->y = calloc(kept, sizeof *t->y);
	t->when = calloc(kept, sizeof *t->when);
	t->plan = calloc((t->max_plan + 1) * n + 1, sizeof *t->plan);
	if (!t->x || !t->y || !t->when || !t->plan) {
		trials_release(t);
		return err_set(err, "out of memory for %zu results of %zu coordinates", kept, n);
	}
	if (batch_init(&t->batch, n, size, s, err) < 0 || space_copy(&t->space, space, err) < 0) {
		trials_release(t);
		return -1;
	}
	size_t known = 0, unknown = 0, surplus;
	double *const x = t->plan + t->max_plan * n;
	for (size_t i = 0; i < s->n_starts; i++)
		known += s->worth && !isnan(s->worth[i]);
	unknown = s->n_starts - known < first ? s->n_starts - known : first;
	surplus = known > kept ? known - kept : 0;
	for (size_t i = s->n_starts; i-- > 0;) /* the best last: as if found one after another */
		if (s->worth && !isnan(s->worth[i]) && (!surplus || !surplus--)) {
			memcpy(x, s->starts + i * n, n * sizeof *x);
			space_settle(space, x);
			hear(t, x, s->worth[i]);
		}
	trials_spread(t, unknown + known >= first ? unknown : first - known);
	for (size_t i = 0, k = 0; i < s->n_starts && k < unknown; i++)
		if (!s->worth || isnan(s->worth[i])) {
			memcpy(t->plan + k * n, s->starts + i * n, n * sizeof *t->plan);
			space_settle(space, t->plan + k++ * n);
		}
	return 0;
}

void
trials_release(struct trials *t)
{
	batch_release(&t->batch);
	space_release(&t->space);
	free(t->x);
	free(t->y);
	free(t->when);
	free(t->plan);
	*t = (struct trials){0};
}

void
trials_spread(struct trials *t, size_t count)
{
	count = count < t->max_plan ? count : t->max_plan;
	latin_hypercube(&t->now.rng, t->n, count, t->plan);
	for (size_t i = 0; i < count; i++)
		space_settle(&t->space, t->plan + i * t->n);
	trials_planned(t, count);
}

void
trials_planned(struct trials *t, size_t count)
{
	t->now.planned = count;
	t->now.given = 0;
}

bool
trials_ask(struct trials *t, void (*plan)(void *of), void *of, uint64_t *number, double *x)
{
	if (!batch_may_ask(&t->batch))
		return false;
	if (t->now.given == t->now.planned)
		plan(of);
	memcpy(x, t->plan + t->now.given++ * t->n, t->n * sizeof *x);
	*number = batch_ask(&t->batch, x);
	return true;
}

size_t
trials_tell(struct trials *t, const struct told *told)
{
	const size_t before = t->batch.n_told;
	batch_tell(&t->batch, told);
	if (t->batch.n_told == before || (!t->batch.steady && t->batch.n_told < t->batch.size))
		return 0;
	const size_t results = t->batch.n_told;
	batch_in_order(&t->batch);
	for (size_t i = 0; i < results; i++)
		hear(t, t->batch.told[i].x, t->batch.told[i].fitness);
	batch_clear(&t->batch);
	return results;
}

size_t
trials_out(const struct trials *t)
{
	return t->batch.n_out > TRIALS_MAX_OUT ? t->batch.n_out - TRIALS_MAX_OUT : 0;
}

void
trials_save(const struct trials *t, struct blob *b)
{
	blob_put(b, &t->now, sizeof t->now);
	batch_save(&t->batch, b);
	blob_put(b, t->plan, t->now.planned * t->n * sizeof *t->plan);
	blob_put(b, t->x, t->now.kept * t->n * sizeof *t->x);
	blob_put(b, t->y, t->now.kept * sizeof *t->y);
	blob_put(b, t->when, t->now.kept * sizeof *t->when);
}

void
trials_load(struct trials *t, struct blob *b)
{
	blob_get(b, &t->now, sizeof t->now);
	batch_load(&t->batch, b);
	batch_settle(&t->batch, &t->space);
	b->bad |= t->now.planned > t->max_plan || t->now.given > t->now.planned || t->now.kept > t->max_kept;
	if (b->bad) {
		t->now.planned = t->now.given = t->now.kept = 0;
		return;
	}
	blob_get(b, t->plan, t->now.planned * t->n * sizeof *t->plan);
	blob_get(b, t->x, t->now.kept * t->n * sizeof *t->x);
	blob_get(b, t->y, t->now.kept * sizeof *t->y);
	blob_get(b, t->when, t->now.kept * sizeof *t->when);
	space_settle_all(&t->space, t->plan, t->now.planned);
	space_settle_all(&t->space, t->x, t->now.kept);
}

