/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The measures of the papers (score/likeness.h) as terms: how like the nearest
 * golden sound by one of them alone, as 1 / (1 + d / size), where size is what a
 * fair imitation has, times the agreement of the envelopes (sketch_envelope).
 * Several of them forgive by definition that a sound comes late, or think well
 * of silence; the envelope does not. They are yardsticks, and slow: a search is
 * better led by `like`.
 */
#ifndef SCORE_MEASURE_H
#define SCORE_MEASURE_H

#include "score/term.h"

void *measure_term_new(const struct heard *golden, size_t n, struct err *err);
void measure_term_free(void *self);

/* One of LIKENESS_MSS ...; the term's score calls it. */
int measure_term_score(void *self, unsigned which, const struct heard *h, double *value, char *why, size_t n_why,
    struct err *err);

#endif
