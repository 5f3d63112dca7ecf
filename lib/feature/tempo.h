/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The tempo of a loop. A loop is played round and round, so its onset envelope
 * is periodic, and its length is a whole number of beats, most often a power of
 * two: each number of beats that gives a tempo people play at is weighed by how
 * usual it is and by how well the envelope repeats after one beat, two and four.
 */
#ifndef FEATURE_TEMPO_H
#define FEATURE_TEMPO_H

#include "feature/onsets.h"

struct tempo {
	double bpm, beats; /* beats: the loop's length */
	double confidence; /* 0 to 1 */
	int whole;         /* whether beats is taken to be a whole number: it is a loop */
};

/* n samples at the envelope's rate. `stated` is the tempo that its name gives, 0 for none: it is believed
   where the sound does not speak against it. */
int tempo_find(const struct envelope *e, size_t n, double stated, struct tempo *t, struct err *err);

/* Seconds from the start to the first beat, less than a beat; 0 where there is no tempo. */
double tempo_phase(const struct envelope *e, const struct tempo *t);

#endif
