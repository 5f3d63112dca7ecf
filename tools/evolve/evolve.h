/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The parts of evolve: the template that proposals are made from, what is under
   way, and the state that outlives a kill. */
#ifndef EVOLVE_H
#define EVOLVE_H

#include "report.h"
#include "wire/take.h"

/* A take whose open parameters are the search space. */
struct template {
	struct take *take;
	const char *run;
	struct recipe recipe;  /* the same parameters once more, for the id */
	struct param **open;   /* [n], in recipe */
	Assay__Param **wire;   /* [n], in take */
	size_t n;
	struct dimension *dimension; /* [n] */
	double *start, *x;     /* [n]: where the patch stands; scratch */
	double *starts, *worth; /* [n_starts][n], best first, the patch last: what is known to be good */
	size_t n_starts;
	uint8_t space_id[HASH_SIZE]; /* what the search is over: patch, phrase, ranges */
};

/* Reads a patch from the library, a Lua file or takes. level (may be NULL): the
   sound to be matched; the phrase becomes one note of its length, at its rate.
   run NULL: a name made of patch, algo and seed. */
int template_load(struct template *t, const char *patch, const char *level, const char *run, const char *algo,
    uint64_t seed, struct err *err);
void template_release(struct template *t);

/* Adds the takes of a file, at most 10,000, that have the same open parameters by name, where they stand;
   their fitness counts if they have one. Returns how many fitted. */
int template_known(struct template *t, const char *path, struct err *err);

/* The template as proposal `number` at x: the same take each time, changed in place. */
struct take *template_take(struct template *t, uint64_t number, uint64_t generation, const double *x, struct err *err);

struct out {
	uint64_t number, generation; /* generation 0: the algorithm has none */
	double *x;
};

struct best {
	double fitness;
	uint64_t number;
	uint8_t *message; /* the take, packed */
	size_t n;
};

struct flight {
	uint64_t asked, told, failed;
	size_t n_x;
	struct out *out;
	size_t n_out, max_out;
	struct best *best; /* best first */
	size_t n_best, max_best;
};

int flight_out(struct flight *f, uint64_t number, uint64_t generation, const double *x, struct err *err);
/* Where it was, until the next call that changes f; NULL: it was not out. */
const double *flight_back(struct flight *f, uint64_t number);
int flight_keep(struct flight *f, const struct take *t, size_t most, struct err *err);
int flight_write_best(const struct flight *f, const char *path, struct err *err);
void flight_release(struct flight *f);

/* The state file appears whole or not at all. state_load: 1 loaded, 0 there is
   none yet, -1 it is of another run or damaged. */
int state_save(const char *path, const char *fingerprint, const struct flight *f, const struct report *r,
    const struct algo *algo, const void *self, struct err *err);
int state_load(const char *path, const char *fingerprint, struct flight *f, struct report *r, const struct algo *algo,
    void *self, struct err *err);

#endif
