/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Choosing. An algorithm is one file in lib/opt/algo/ that ends in
 *
 *     const struct algo algo_NAME = {...};
 *
 * It proposes points of the unit cube (ask) and hears what they were worth
 * (tell), higher is better. Results may come in any order, late, or never.
 * Everything random comes from the seed, so the same tells give the same asks.
 */
#ifndef OPT_ALGO_H
#define OPT_ALGO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* Coordinate i is continuous in [0, 1] where levels[i] is 0; otherwise it stands
   for one of levels[i] choices: choice k is (k + 0.5) / levels[i]. */
struct space {
	size_t n;
	const uint32_t *levels;
};

struct algo_settings {
	uint64_t seed;
	int population;  /* 0: the algorithm's own choice for this space */
	double sigma;    /* how far from start to begin, in units of the cube; 0: the algorithm's own choice */
	const double *start; /* where to begin: n coordinates; NULL: the middle */
	bool steady;     /* never wait: propose from what has been heard so far (--async) */
};

/* Saved state: bytes that grow. The format is the algorithm's own. */
struct blob {
	uint8_t *data;
	size_t n, size, at; /* at: how far it has been read back */
	bool bad;           /* out of memory, or read past the end */
};
void blob_put(struct blob *b, const void *p, size_t n);
void blob_get(struct blob *b, void *p, size_t n);
void blob_free(struct blob *b);

struct algo {
	const char *name;
	const char *help; /* one line with the source */
	void *(*create)(const struct space *space, const struct algo_settings *s, struct err *err);
	/* Writes one proposal: n coordinates and its number, which counts from 1 in
	   the order of asking. false: it has to be told more first (never with steady). */
	bool (*ask)(void *self, uint64_t *number, double *x);
	/* Fitness of a proposal; NaN counts as the worst. Numbers that were never
	   asked or have been told are ignored. */
	void (*tell)(void *self, uint64_t number, double fitness);
	/* Everything that later asks depend on. load is called on a freshly created
	   self of the same space and settings. */
	void (*save)(const void *self, struct blob *b);
	int (*load)(void *self, struct blob *b, struct err *err);
	void (*free)(void *self);
	/* Of the next proposal, from 1; NULL where the algorithm has no generations. */
	uint64_t (*generation)(const void *self);
};

/* All algorithms, by name, NULL at the end: made from the directory. */
extern const struct algo *const algos[];
const struct algo *algo_find(const char *name);

#endif
