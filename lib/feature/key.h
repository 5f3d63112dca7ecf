/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The key of a sound: which of the 24 major and minor keys its pitch classes
 * are most like, and how far it is tuned from A = 440 Hz.
 */
#ifndef FEATURE_KEY_H
#define FEATURE_KEY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

enum { KEYS = 24, KEY_NONE = -1 };

struct key {
	int key;           /* 0 to 11: C to B major; 12 to 23: C to B minor; KEY_NONE: nothing has a pitch */
	double confidence; /* 0 to 1 */
	double tuning;     /* cents above A = 440 Hz, -50 to 50 */
	double chroma[12]; /* C to B, the largest being 1 */
	double fit[KEYS];  /* how well each key fits, -1 to 1: correlations with its profile, how usual its triads are */
};

/* Believes a name that states a key (stated.h) where it fits nearly as well as the best. A tonic alone stands
   for both of its keys. Whether it did, or nothing was stated. */
bool key_believe(struct key *k, int tonic, int mode);

/* n samples of one channel. */
int key_find(const float *x, size_t n, double rate, struct key *k, struct err *err);

/* "F# minor"; "" for KEY_NONE. Its twelve tonics are C C# D Eb E F F# G Ab A Bb B. */
const char *key_name(int key);

#endif
