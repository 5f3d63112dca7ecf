/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "synth/engine/pool.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/cores.h"

struct pool {
	int n_threads; /* the caller's is number 0 */
	pthread_t threads[POOL_MAX];

	/* The work at hand. */
	void (*work)(void *user, size_t item, int thread);
	void *user;
	size_t n;
	atomic_size_t next;

	pthread_mutex_t lock;
	pthread_cond_t go, idle;
	unsigned round; /* counts calls of pool_run: a new number is the sign to start */
	int busy;
	bool quit;
};

struct seat {
	struct pool *pool;
	int thread;
};

static void
take_items(struct pool *p, int thread)
{
	for (size_t i; (i = atomic_fetch_add(&p->next, 1)) < p->n;)
		p->work(p->user, i, thread);
}

static void *
thread_main(void *arg)
{
	const struct seat seat = *(struct seat *)arg;
	struct pool *p = seat.pool;
	unsigned seen = 0;
	free(arg);
	pthread_mutex_lock(&p->lock);
	for (;;) {
		while (p->round == seen && !p->quit)
			pthread_cond_wait(&p->go, &p->lock);
		if (p->quit)
			break;
		seen = p->round;
		pthread_mutex_unlock(&p->lock);
		take_items(p, seat.thread);
		pthread_mutex_lock(&p->lock);
		if (--p->busy == 0)
			pthread_cond_signal(&p->idle);
	}
	pthread_mutex_unlock(&p->lock);
	return NULL;
}

void
pool_run(struct pool *p, size_t n, void (*work)(void *user, size_t item, int thread), void *user)
{
	pthread_mutex_lock(&p->lock);
	p->work = work;
	p->user = user;
	p->n = n;
	atomic_store(&p->next, 0);
	p->round++;
	p->busy = p->n_threads - 1;
	pthread_cond_broadcast(&p->go);
	pthread_mutex_unlock(&p->lock);
	take_items(p, 0);
	pthread_mutex_lock(&p->lock);
	while (p->busy)
		pthread_cond_wait(&p->idle, &p->lock);
	pthread_mutex_unlock(&p->lock);
}

struct pool *
pool_new(int threads, struct err *err)
{
	struct pool *p = calloc(1, sizeof *p);
	if (!p)
		return err_set(err, "out of memory"), NULL;
	if (threads <= 0)
		threads = cores_threads();
	threads = threads < 1 ? 1 : threads > POOL_MAX ? POOL_MAX : threads;
	pthread_mutex_init(&p->lock, NULL);
	pthread_cond_init(&p->go, NULL);
	pthread_cond_init(&p->idle, NULL);
	for (p->n_threads = 1; p->n_threads < threads; p->n_threads++) {
		struct seat *seat = malloc(sizeof *seat);
		if (seat)
			*seat = (struct seat){p, p->n_threads};
		if (!seat || pthread_create(&p->threads[p->n_threads], NULL, thread_main, seat)) {
			free(seat);
			err_set(err, "cannot start thread %d of %d", p->n_threads + 1, threads);
			return pool_free(p), NULL;
		}
	}
	return p;
}

void
pool_free(struct pool *p)
{
	if (!p)
		return;
	pthread_mutex_lock(&p->lock);
	p->quit = true;
	pthread_cond_broadcast(&p->go);
	pthread_mutex_unlock(&p->lock);
	for (int i = 1; i < p->n_threads; i++)
		pthread_join(p->threads[i], NULL);
	pthread_cond_destroy(&p->idle);
	pthread_cond_destroy(&p->go);
	pthread_mutex_destroy(&p->lock);
	free(p);
}

int
pool_threads(const struct pool *p)
{
	return p->n_threads;
}
