/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a summary vector says to people: aspects from 0 to 1, and how well words
 * fit. Both are plain transformations of columns of the summary, and are listed
 * in doc/scores.md. None of them hears the level.
 */
#ifndef SCORE_WORDS_H
#define SCORE_WORDS_H

#include "base/err.h"
#include "feature/summary.h"

enum aspect { BRIGHTNESS, WARMTH, PUNCH, ROUGHNESS, NOISINESS, WIDENESS, MOVEMENT, ASPECTS };
extern const char *const aspect_names[ASPECTS];
/* By its name; -1: there is none. */
int aspect_find(const char *name);

void aspects_of(const float summary[SUMMARY_COLUMNS], double out[ASPECTS]);

/* What is known of a sound besides its summary. */
struct said {
	const char *name; /* of its file, its tags; NULL: nothing */
	double bpm;       /* 0: not known */
	int key;          /* of the 24 of feature/key.h; -1: not known */
};

/* Words of a query, looked up; at most WORDS_MAX. */
enum { WORDS_MAX = 16 };
struct words {
	const struct word *word[WORDS_MAX];
	size_t n;
	double bpm;      /* "120 bpm"; 0: not asked for */
	int tonic, mode; /* "in Am": 0 to 11 from C, -1: not asked for; 0 major, 1 minor, -1: either */
};
/* "dark punchy kick in Am, 120 bpm". A word that is not in the vocabulary is an error that lists it. */
int words_parse(struct words *w, const char *text, struct err *err);

/* From 0 to 1: the geometric mean of how well each of the words fits. A word that stands in the name (or
   has a synonym there) fits wholly, by sound alone 0.9 at most. why, if not NULL, becomes
   "dark 0.61, kick in the name". */
double words_judge(const struct words *w, const float summary[SUMMARY_COLUMNS], const struct said *told, char *why,
    size_t n_why);
/* The same of what has a name, or NULL, alone. */
double words_fit(const struct words *w, const float summary[SUMMARY_COLUMNS], const char *name);

#endif
