/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The parts of evolve: the template that proposals are made from, what is under
   way, and the state that outlives a kill. */
#ifndef EVOLVE_H
#define EVOLVE_H

#include "report.h"
#include "synth/compile.h"
#include "wire/take.h"

/* A take whose open parameters are the search space. */
struct template {
	struct take *take;
	const char *run;
	struct recipe recipe;  /* the same parameters once more, for the id */
	struct param **open;   /* [n], in recipe; what others depend on before them */
	Assay__Param **wire;   /* [n], in take */
	size_t *part;          /* [n] */
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
	struct out *out;  /* [n_out], by number; a part of room */
	struct out *room; /* [max_out] */
	size_t n_out, max_out;
	uint64_t last;    /* number that ever went out */
	struct best *best; /* best first */
	size_t n_best, max_best;
};

/* Numbers ascend. */
int flight_out(struct flight *f, uint64_t number, uint64_t generation, const double *x, struct err *err);
/* Where it is, until the next flight_out; NULL: it is not out. */
const double *flight_at(const struct flight *f, uint64_t number);
void flight_back(struct flight *f, uint64_t number);
int flight_keep(struct flight *f, const struct take *t, size_t most, struct err *err);
/* The same of a packed take, which is f's from here on. */
int flight_keep_message(struct flight *f, double fitness, uint64_t number, uint8_t *message, size_t n, size_t most,
    struct err *err);
int flight_write_best(const struct flight *f, const char *path, struct err *err);
void flight_release(struct flight *f);

/* The state file: it appears whole or not at all, and is locked from state_open to state_release. */
struct state {
	const char *path; /* NULL: there is none */
	char *file, *beside; /* itself, where the path leads; what is being written */
	int lock;
	/* saved with the run */
	uint64_t budget;  /* that the algorithm was made for: what it plans by; 0 unknown */
	double seconds;   /* that the run has taken */
	uint64_t keep;    /* how many are the best */
	struct blob blob; /* between state_open and state_load */
};

/* 1: a run of this fingerprint (lines of text) goes on, to be loaded once its algorithm has been made for its budget;
   0: there was none; -1: it is another's, damaged, or at work. */
int state_open(struct state *s, const char *path, const char *fingerprint, struct err *err);
int state_load(struct state *s, struct flight *f, size_t keep, struct report *r, const struct algo *algo, void *self,
    struct err *err);
int state_save(struct state *s, const char *fingerprint, const struct flight *f, const struct report *r,
    const struct algo *algo, const void *self, struct err *err);
void state_release(struct state *s);

/* The algorithm of a file in C, and what tells its versions apart; NULL with the reason. */
const struct algo *own_algo(const char *path, char version[VERSION_HEX + 1], struct err *err);

#endif
