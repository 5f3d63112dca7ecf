/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a sound is worth. A term is one file in lib/score/term/ that ends in
 *
 *     const struct term term_NAME = {...};
 *
 * and gives a number from 0 to 1, higher is better; fitness is the weighted sum.
 */
#ifndef SCORE_TERM_H
#define SCORE_TERM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct hearing; /* what terms compute of a sound and share: score/hearing.h */

/* A sound as terms see it. Pointers belong to the caller. They last one call, those
   of golden sounds as long as the terms that were made with them. */
struct heard {
	const float *samples; /* interleaved, finite; NULL for a term's remember */
	uint32_t rate, channels;
	uint64_t frames;
	const float *summary; /* the summary vector of features, or NULL */
	size_t n_summary;
	uint32_t generation; /* of the search that proposed it; 0: none */
	const uint8_t *id;   /* 32 bytes, or NULL */
	const char *name;    /* for words: "loop_amen.flac" */
	struct hearing *hearing; /* where there are samples */
};

struct term {
	const char *name; /* "like" */
	const char *help; /* one line: what it measures and in which unit */
	bool summary;     /* reads heard.summary */
	bool golden;      /* can do nothing without golden sounds */
	/* golden: the loops or the level that sounds are held against (may be none
	   where the term needs none), which stay the caller's and must outlive the term.
	   NULL with a reason on failure. */
	void *(*create)(const struct heard *golden, size_t n_golden, struct err *err);
	/* What takes the time and depends on the sound alone, left in its hearing for score; NULL: nothing does. Threads
	   may prepare several sounds at once, while none is scored. */
	int (*prepare)(const void *self, const struct heard *h, struct err *err);
	/* The score of one sound; may remember it (novel does). Words into why (why
	   may be NULL). 0, or -1 with the reason. */
	int (*score)(void *self, const struct heard *h, double *value, char *why, size_t n_why, struct err *err);
	/* Takes note of a sound heard earlier, without a score; NULL: has no memory. */
	int (*remember)(void *self, const struct heard *h, struct err *err);
	void (*free)(void *self);
};

/* All terms, by name, NULL at the end: made from the directory. */
extern const struct term *const terms[];
const struct term *term_find(const char *name);

#endif
