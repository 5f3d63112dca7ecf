/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "opt/breed.h"

#include <string.h>

static const double counts[] = {1, 2, 0}; /* of coordinates that mutate */
static const double FLOOR = 0.4, KEEP = 0.9; /* of odds.h */
const char *const breed_mutations[] = {"steps", "polynomial", "auto", NULL};

int
breed_init(struct breed *b, const struct space *space, struct rng *rng, const enum crossover *kinds, size_t n_kinds,
    struct err *err)
{
	const size_t n_ways[BREED_WAYS] = {n_kinds, BREED_MUTATIONS, sizeof counts / sizeof *counts, VARY_SCALES};
	b->kinds = kinds;
	b->crossover = n_kinds;
	b->mutation = BREED_MUTATIONS;
	for (int w = 0; w < BREED_WAYS; w++)
		odds_init(&b->odds[w], n_ways[w], FLOOR);
	return vary_init(&b->vary, space, rng, err);
}

void
breed_release(struct breed *b)
{
	vary_release(&b->vary);
}

void
breed_none(const struct breed *b, double *x)
{
	for (int w = 0; w < BREED_WAYS; w++)
		x[b->vary.space->n + w] = -1;
}

void
breed_child(struct breed *b, const double *first, const double *second, double *x)
{
	const size_t n = b->vary.space->n;
	size_t way[BREED_WAYS];
	for (int w = 0; w < BREED_WAYS; w++)
		way[w] = odds_pick(&b->odds[w], b->vary.rng);
	if (b->crossover < b->odds[BREED_CROSS].n)
		way[BREED_CROSS] = b->crossover;
	if (b->mutation < BREED_MUTATIONS)
		way[BREED_MUTATE] = b->mutation;
	breed_none(b, x);
	vary_cross(&b->vary, b->kinds[way[BREED_CROSS]], first, second, x);
	if (b->jumps > 0 && rng_uniform(b->vary.rng) < b->jumps) {
		vary_mutate(&b->vary, MUTATE_ANYWHERE, 0, 0, true, x);
		return;
	}
	const double count = b->rate > 0 ? b->rate : counts[way[BREED_COUNT]];
	const bool same = !memcmp(x, first, n * sizeof *x) || !memcmp(x, second, n * sizeof *x);
	vary_mutate(&b->vary, (enum mutation)way[BREED_MUTATE], way[BREED_SCALE], count, same, x);
	x[n + BREED_CROSS] = (double)way[BREED_CROSS];
	x[n + BREED_COUNT] = (double)way[BREED_COUNT];
	if (count > 0 || same)
		x[n + BREED_MUTATE] = (double)way[BREED_MUTATE];
	if ((count > 0 || same) && way[BREED_MUTATE] == MUTATE_STEPS)
		x[n + BREED_SCALE] = (double)way[BREED_SCALE];
}

void
breed_hear(struct breed *b, const double *x, double credit)
{
	const double *tag = x + b->vary.space->n;
	for (int w = 0; w < BREED_WAYS; w++)
		if (tag[w] >= 0)
			odds_hear(&b->odds[w], (size_t)tag[w], credit);
}

void
breed_learn(struct breed *b)
{
	for (int w = 0; w < BREED_WAYS; w++)
		odds_learn(&b->odds[w], KEEP);
}

size_t
breed_top(const struct breed *b, int kind)
{
	const struct odds *o = &b->odds[kind];
	size_t top = 0;
	for (size_t i = 1; i < o->n; i++)
		top = o->p[i] > o->p[top] ? i : top;
	return top;
}

void
breed_save(const struct breed *b, struct blob *blob)
{
	blob_put(blob, b->odds, sizeof b->odds);
}

void
breed_load(struct breed *b, const struct batch *batch, struct blob *blob)
{
	struct odds odds[BREED_WAYS];
	blob_get(blob, odds, sizeof odds);
	for (int w = 0; w < BREED_WAYS && !blob->bad; w++) {
		blob->bad = odds[w].n != b->odds[w].n;
		for (size_t i = 0; i < batch->n_out + batch->n_told; i++) {
			const struct point *p = i < batch->n_out ? &batch->out[i] : &batch->told[i - batch->n_out];
			blob->bad |= !(p->x[b->vary.space->n + (size_t)w] < (double)odds[w].n);
		}
	}
	if (!blob->bad)
		memcpy(b->odds, odds, sizeof odds);
}
