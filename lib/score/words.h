/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a summary vector says to people: aspects from 0 to 1, and how well words
 * fit. Both are plain transformations of columns of the summary, and are listed
 * in doc/scores.md.
 */
#ifndef SCORE_WORDS_H
#define SCORE_WORDS_H

#include "base/err.h"
#include "feature/summary.h"

enum aspect { BRIGHTNESS, WARMTH, PUNCH, NOISINESS, WIDENESS, MOVEMENT, ASPECTS };
extern const char *const aspect_names[ASPECTS];

void aspects_of(const float summary[SUMMARY_COLUMNS], double out[ASPECTS]);

/* Words of a query, looked up; at most WORDS_MAX. */
enum { WORDS_MAX = 16 };
struct words {
	const struct word *word[WORDS_MAX];
	size_t n;
};
/* "dark punchy kick". A word that is not in the vocabulary is an error that lists it. */
int words_parse(struct words *w, const char *text, struct err *err);

/* From 0 to 1: the mean of how well each of the words fits. A word that stands in the name (or
   has a synonym there) fits wholly, by sound alone 0.9 at most; name may be NULL. */
double words_fit(const struct words *w, const float summary[SUMMARY_COLUMNS], const char *name);

#endif
