/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A search with many workers, in a time of its own: what a take costs varies (log-normal about 1,
 * sigma 0.5), one in a hundred takes twenty times as long, one in a hundred fails after five. A worker
 * that is free has the next proposal, if there is one; results come back in the order in which they are done.
 */
#ifndef BENCH_OPTIMISE_WORKERS_H
#define BENCH_OPTIMISE_WORKERS_H

#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "opt/algo.h"
#include "optimise_functions.h"

struct workers {
	const struct algo *algo;
	const char *set;
	function *f;
	size_t n, workers;
	bool steady;
	double goal;
	uint64_t most; /* evaluations */
	/* what came of it */
	double best, time, busy; /* time: 1 is what a usual take costs; busy: part of the workers' time */
	uint64_t used;
};

struct job {
	double end, value;
	uint64_t number;
};

/* A heap, the first to end on top. */
static inline void
job_push(struct job *heap, size_t *n, struct job j)
{
	size_t i = (*n)++;
	for (; i > 0 && heap[(i - 1) / 2].end > j.end; i = (i - 1) / 2)
		heap[i] = heap[(i - 1) / 2];
	heap[i] = j;
}

static inline struct job
job_pop(struct job *heap, size_t *n)
{
	const struct job first = heap[0], last = heap[--*n];
	size_t i = 0;
	for (size_t k; (k = 2 * i + 1) < *n; i = k) {
		k += k + 1 < *n && heap[k + 1].end < heap[k].end;
		if (heap[k].end >= last.end)
			break;
		heap[i] = heap[k];
	}
	heap[i] = last;
	return first;
}

/* 0, or -1 if the algorithm could not be made, or waits with nothing under way. */
static inline int
workers_run(struct workers *w, uint64_t seed, struct err *err)
{
	struct algo_settings s = {.seed = seed, .steady = w->steady, .budget = w->most};
	const struct space space = {w->n, NULL};
	struct job *heap = malloc(w->workers * sizeof *heap);
	double *x = malloc(w->n * sizeof *x), sum = 0;
	struct rng r = {seed, 77};
	size_t out = 0;
	uint64_t asked = 0;
	int status = -1;
	algo_defaults(w->algo, &s);
	void *self = heap && x && algo_set(w->algo, w->set, &s, err) == 0 ? w->algo->create(&space, &s, err) : NULL;
	w->best = INFINITY;
	w->time = 0;
	w->used = 0;
	while (self && w->best > w->goal && w->used < w->most) {
		struct job j;
		while (out < w->workers && asked < w->most && w->algo->ask(self, &j.number, x)) {
			const double luck = rng_uniform(&r);
			const double cost = luck < 0.01 ? 5 : (luck > 0.99 ? 20 : 1) * fm_exp(0.5 * rng_normal(&r));
			j.value = luck < 0.01 ? NAN : w->f(x, w->n);
			j.end = w->time + cost;
			sum += cost;
			asked++;
			job_push(heap, &out, j);
		}
		if (!out)
			break;
		j = job_pop(heap, &out);
		w->time = j.end;
		w->best = fmin(w->best, j.value);
		w->used++;
		w->algo->tell(self, &(struct told){.number = j.number, .fitness = -j.value});
	}
	if (self && (w->best <= w->goal || w->used == w->most))
		status = 0;
	else if (self)
		err_set(err, "%s waits with nothing under way", w->algo->name);
	for (size_t i = 0; i < out; i++) /* what is still to come */
		sum -= heap[i].end - w->time;
	w->busy = sum / (w->time * (double)w->workers);
	w->algo->free(self);
	free(heap);
	free(x);
	return status;
}

#endif
