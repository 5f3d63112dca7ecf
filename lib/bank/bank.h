/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The bank: every take that was ever made, in SQLite or PostgreSQL. Takes are
 * content-addressed (a take added twice is one row), nothing is ever changed or
 * deleted, and a transaction holds all of a batch or none of it. Tables and
 * views: doc/bank.md.
 */
#ifndef BANK_BANK_H
#define BANK_BANK_H

#include "bank/db.h"
#include "wire/take.h"

/* Digits of an id that people are shown. */
enum { BANK_DIGITS = 12 };

struct bank;

/* where: a file, postgresql://..., or NULL for $ASSAY_BANK, else
   $XDG_DATA_HOME/assay/bank.db, whose folder DB_CREATE makes. */
struct bank *bank_open(const char *where, enum db_mode mode, struct err *err);
void bank_close(struct bank *b); /* NULL is legal */

/* For statements of one's own; see db.h. */
struct db *bank_db(struct bank *b);

/* --- writing ---------------------------------------------------------------------- */

/* What of a batch was not known before. */
struct bank_added {
	uint64_t takes, scores;
	uint64_t lacking; /* takes stored without a sound that they play: it was nowhere to be found */
};

/* Stores n takes in one transaction: all of them, or (-1) none. A take that can
   be stored nowhere (its id is not that of its recipe, it has neither patch nor
   sound) is failed with take_fail and left out. Samples are kept where a take
   has no recipe or has a tag or is inexact, and with all_audio wherever there are any. */
int bank_add(struct bank *b, struct take *const *t, size_t n, bool all_audio, struct bank_added *added,
    struct err *err);

/* Events about takes that are there. They outlive a power cut. */
int bank_tag(struct bank *b, const uint8_t id[HASH_SIZE], const char *tag, bool given, struct err *err);
int bank_vote(struct bank *b, const uint8_t id[HASH_SIZE], bool yes, struct err *err);

/* Keeps the sound of a take that is there. */
int bank_keep_audio(struct bank *b, const uint8_t id[HASH_SIZE], const float *samples, uint32_t rate,
    uint32_t channels, uint64_t frames, struct err *err);

struct bank_run {
	const char *name, *command, *settings, *seed; /* NULL: none */
	const uint8_t *level;                         /* id of the loop that is to be mastered, or NULL */
	int status;                                   /* at its end */
};
int bank_run_begin(struct bank *b, const struct bank_run *r, struct err *err);
int bank_run_end(struct bank *b, const struct bank_run *r, struct err *err);

/* --- reading ---------------------------------------------------------------------- */

/* A list of ids that grows; free(list.id). */
struct bank_ids {
	uint8_t (*id)[HASH_SIZE];
	float *distance; /* from what they were held against, or NULL */
	size_t n;
};

/* The one take whose id begins so (at least four digits). Where several do, the
   reason lists them. */
int bank_resolve(struct bank *b, const char *digits, uint8_t id[HASH_SIZE], struct err *err);

struct bank_filter {
	const char *tag, *run, *algo; /* NULL: any; a '%' in run stands for any text */
	const double *min_fitness;    /* NULL: any */
	bool best;                    /* highest fitness first (in the run, if there is one); else newest first */
	uint64_t limit;               /* 0: none */
};
int bank_find(struct bank *b, const struct bank_filter *f, struct bank_ids *ids, struct err *err);

/* Of ids (all takes, if ids is NULL) the `limit` nearest to a summary vector,
   nearest first, with Euclidean distances. */
int bank_near(struct bank *b, const char *name, const float *x, size_t n, const struct bank_ids *among,
    uint64_t limit, struct bank_ids *ids, struct err *err);

/* The take as it was first stored, with what was learnt since: summaries, tags,
   the scores of its last run, and its samples where they are kept; the sounds that its patches
   play are put back into the folder of sounds where they are missing. 1; 0: none; -1. */
int bank_recall(struct bank *b, const uint8_t id[HASH_SIZE], struct take **t, struct err *err);

/* The hashes of its sound, as many as were reported (more than one is an alarm). */
int bank_sounds(struct bank *b, const uint8_t id[HASH_SIZE], uint8_t (*hash)[HASH_SIZE], size_t max,
    struct err *err);

/* --- helpers ----------------------------------------------------------------------- */

/* Text as a column takes it: valid UTF-8, at most max bytes; what is not becomes
   U+FFFD. Returns to. */
const char *bank_text(const char *from, char *to, size_t max);

/* The k nearest of n rows of dim floats to x, by Euclidean distance. Writes indexes
   and distances, nearest first; returns how many. */
size_t near_scan(const float *rows, size_t n, size_t dim, const float *x, size_t k, size_t *index, float *distance);

#endif
