/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The words that words_parse knows, and what they wish for. */
#ifndef SCORE_VOCABULARY_H
#define SCORE_VOCABULARY_H

#include <stddef.h>

#include "score/words.h"

/* What words speak of: the aspects, and what the summary measures, in its units (doc/features.md). */
enum {
	LENGTH = ASPECTS, /* log2 s, without the silence that follows */
	ATTACK, DECAY,    /* log2 ms */
	SUSTAIN, WHEN,    /* parts; of the temporal centroid */
	CENTRE,           /* log2 Hz */
	SUB, BOTTOM, PRESENCE, AIR, /* dB of all; below 60 Hz, 150 Hz, 2 to 5 kHz, above */
	TONAL,            /* 0.29 to 1 */
	VALLEYS,          /* 0 to 1 */
	CREST,            /* dB */
	QUANTITIES
};

/* A word fits wholly from `from` to `to`, and by a quarter where it is `slack` beyond. */
struct wish {
	int of;
	double from, to, slack;
};
enum { WISHES = 8, FAR = 100 };

struct word {
	const char *name;
	const char *synonyms; /* one blank between, and around */
	size_t n;
	struct wish wish[WISHES];
};

extern const struct word vocabulary[];
extern const size_t vocabulary_size;

#endif
