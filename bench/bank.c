/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The bank: takes a second into SQLite (and into the PostgreSQL that
 * ASSAY_BENCH_PG names, if it does), and the ten nearest of 100,000 summaries.
 * A take of a search is eight rows: itself, its origin, fitness, three scores, a
 * summary, a sound. Wall time, as the peers were measured.
 */
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "bank/bank.h"
#include "base/rng.h"
#include "bench.h"

enum { TAKES = 10000, ROWS = 8, VECTORS = 100000, DIM = 64 };

static double
now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Sounds of four samples stand for recipes: the engine is not what is measured here. */
static struct take *
make(uint64_t seed, uint64_t i)
{
	struct err err;
	struct take *t = take_new();
	struct rng r = {seed + i, 0};
	float x[4];
	for (int k = 0; k < 4; k++)
		x[k] = (float)rng_uniform(&r);
	take_set_audio(t, x, 44100, 1, 4, NULL, &err);
	take_identify(t, &err);
	take_origin(t)->run = (char *)"bench";
	t->m->origin->index = i;
	for (int k = 0; k < 3; k++)
		take_set_score(t, (const char *[]){"like", "novel", "valid"}[k], rng_uniform(&r), 1, NULL, &err);
	t->m->fitness = rng_uniform(&r);
	Assay__Tensor *s = take_add_tensor(t, "summary", 1, 1, DIM, &err);
	for (int k = 0; k < DIM; k++)
		s->data[k] = (float)rng_normal(&r);
	return t;
}

/* Rows a second with `batch` takes a transaction; 0 if there is no such bank. */
static double
rate(const char *where, size_t batch, size_t takes, uint64_t seed)
{
	struct err err;
	struct bank *b = bank_open(where, DB_CREATE, &err);
	if (!b) {
		fprintf(stderr, "bench: %s\n", err.text);
		return 0;
	}
	struct take **t = malloc(takes * sizeof *t);
	for (size_t i = 0; i < takes; i++)
		t[i] = make(seed, i);
	struct bank_added added = {0};
	const double began = now();
	for (size_t i = 0; i < takes; i += batch)
		if (bank_add(b, t + i, takes - i < batch ? takes - i : batch, false, &added, &err) < 0) {
			fprintf(stderr, "bench: %s\n", err.text);
			break;
		}
	const double took = now() - began;
	for (size_t i = 0; i < takes; i++)
		take_free(t[i]);
	free(t);
	bank_close(b);
	return (double)added.takes * (ROWS + 1) / took; /* a kept sound is one more */
}

static void
near(void)
{
	float *rows = malloc((size_t)VECTORS * DIM * sizeof *rows), x[DIM], distance[10];
	size_t index[10];
	struct rng r = {1, 0};
	for (size_t i = 0; i < (size_t)VECTORS * DIM; i++)
		rows[i] = (float)rng_uniform(&r);
	for (size_t i = 0; i < DIM; i++)
		x[i] = (float)rng_uniform(&r);
	double best = 1;
	for (int k = 0; k < 15; k++) {
		const double began = now();
		near_scan(rows, VECTORS, DIM, x, 10, index, distance);
		best = fmin(best, now() - began);
	}
	bench_say("ten nearest of 100 k vectors of 64", best * 1e3, "ms", "flat float32 in C", 0.9);
	free(rows);
}

int
main(int argc, char **argv)
{
	char dir[] = "/tmp/bench.XXXXXX", path[64], command[64];
	if (!mkdtemp(dir))
		return 1;
	snprintf(path, sizeof path, "%s/bank.db", dir);
	const uint64_t seed = (uint64_t)time(NULL) << 24; /* a server's bank may hold the last bench's takes */
	bench_begin(argc, argv, "the bank");
	bench_say("SQLite, one take a transaction", rate(path, 1, 1000, seed), "rows/s", "one INSERT, NORMAL", 16800);
	bench_say("SQLite, 1000 takes a transaction", rate(path, 1000, TAKES, seed + (1 << 20)), "rows/s", "batches of 1,000", 57000);
	const char *pg = getenv("ASSAY_BENCH_PG");
	if (pg && *pg) {
		bench_say("PostgreSQL, one take a transaction", rate(pg, 1, 200, seed), "rows/s", "one INSERT", 297);
		bench_say("PostgreSQL, 1000 takes a transaction", rate(pg, 1000, TAKES, seed + (1 << 20)), "rows/s",
		    "pipeline, batches of 1,000", 41000);
	}
	near();
	snprintf(command, sizeof command, "rm -rf %s", dir);
	return system(command) != 0;
}
