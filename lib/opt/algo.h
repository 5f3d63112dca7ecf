/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Choosing. An algorithm is one file in lib/opt/algo/ that ends in
 *
 *     const struct algo algo_NAME = {...};
 *
 * It proposes points of a space (ask) and hears what they were worth (tell),
 * higher is better. Results may come in any order, late, or never. Everything
 * random comes from the seed, so the same tells give the same asks.
 */
#ifndef OPT_ALGO_H
#define OPT_ALGO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "opt/space.h"

struct algo;

enum {
	ALGO_MAX_KNOBS = 24,
	ALGO_MAX_MEASURES = 10,
	ALGO_MAX_OBJECTIVES = 8,
	ALGO_MAX_OUT = 16384, /* proposals that may be out at a time, where it is steady */
};

/* A setting of one algorithm: `evolve --set NAME=VALUE`. */
struct knob {
	const char *name, *help;
	double standard, min, max; /* standard: what it is when it is not set */
	const char *const *choices; /* names of 0, 1, ..., NULL at the end; or NULL: a number */
};

/* A property of the result, not of the proposal: what quality-diversity keeps apart, and
   novelty is measured in. */
struct measure {
	const char *name;
	double min, max; /* results beyond are taken to the nearest end */
	uint32_t cells;  /* of a grid over it */
};

struct algo_settings {
	uint64_t seed;
	bool steady;          /* never wait: propose from what has been heard so far (--async) */
	uint64_t budget;      /* proposals that will be asked for, for schedules; 0: unknown */
	const double *starts; /* [n_starts][n]: points known to be good, best first; the first is where to begin */
	const double *worth;  /* [n_starts]: their fitness, NaN unknown; or NULL: all unknown */
	size_t n_starts;
	const struct measure *measures; /* [n_measures], which every tell has then */
	size_t n_measures, n_objectives;
	/* Results of other searches in the same measures, for algorithms that look for what nobody has found; they
	   may be others when a saved run goes on. */
	const double *others;       /* [n_others][n_measures] */
	const double *others_worth; /* [n_others] */
	size_t n_others;
	double knobs[ALGO_MAX_KNOBS]; /* values by place in algo.knobs; algo_defaults fills them */
};

/* What a proposal was worth. */
struct told {
	uint64_t number;
	double fitness;           /* NaN: it failed, which counts as the worst */
	const double *measures;   /* [n_measures], or NULL if it failed */
	const double *objectives; /* [n_objectives], higher is better, or NULL if it failed */
};

/* Saved state: bytes that grow. The format is the algorithm's own. */
struct blob {
	uint8_t *data;
	size_t n, size, at; /* at: how far it has been read back */
	bool bad;           /* out of memory, or read past the end */
};
void blob_put(struct blob *b, const void *p, size_t n);
void blob_get(struct blob *b, void *p, size_t n);
int blob_done(const struct blob *b, struct err *err); /* 0, or -1 if there was less than was read */
void blob_free(struct blob *b);

struct algo {
	const char *name;
	const char *help; /* one line with the source */
	const struct knob *knobs; /* a nameless one at the end; or NULL */
	unsigned needs; /* ALGO_... */
	/* What is in the settings is the caller's and lasts for this call; so is the space. */
	void *(*create)(const struct space *space, const struct algo_settings *s, struct err *err);
	/* Writes one proposal: n coordinates and its number, which counts from 1 in
	   the order of asking. false: it has to be told more first (with steady: only where
	   ALGO_MAX_OUT are out). */
	bool (*ask)(void *self, uint64_t *number, double *x);
	/* Numbers that were never asked or have been told are ignored. */
	void (*tell)(void *self, const struct told *told);
	/* Everything that later asks depend on. load is called on a freshly created
	   self of the same space and settings. */
	void (*save)(const void *self, struct blob *b);
	int (*load)(void *self, struct blob *b, struct err *err);
	void (*free)(void *self); /* NULL is fine */
	/* Of the next proposal, from 1; NULL where the algorithm has no generations. */
	uint64_t (*generation)(const void *self);
	/* Where it stands, in a few words ("restart 2, sigma 0.013"); may be NULL. */
	void (*words)(const void *self, char *text, size_t n);
	/* Whether it could not take in what it was told (out of memory), with the reason: it cannot go on, and is
	   not to be saved. NULL: that never happens. */
	bool (*fault)(const void *self, struct err *err);
};

enum {
	ALGO_MEASURES = 1, /* can do nothing without measures */
	ALGO_OTHERS = 2,   /* minds the others of its settings */
};

/* All algorithms, by name, NULL at the end: made from the directory. */
extern const struct algo *const algos[];
const struct algo *algo_find(const char *name);

/* NULL: it has none of that name. */
const struct knob *algo_knob(const struct algo *a, const char *name);

/* Settings of `a` as they are when nothing is said, and "NAME=VALUE,..." put into them. */
void algo_defaults(const struct algo *a, struct algo_settings *s);
int algo_set(const struct algo *a, const char *text, struct algo_settings *s, struct err *err);

#endif
