/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Where sounds begin. The envelope is a spectral flux over mel bands, fine in
 * time (ONSETS_HOP samples at 44.1 kHz, about 3 ms); onsets are its peaks, moved
 * back to where the energy starts to rise.
 */
#ifndef FEATURE_ONSETS_H
#define FEATURE_ONSETS_H

#include <stddef.h>

#include "base/err.h"

/* How strongly the sound changes at each moment: value t stands for sample t * hop. */
struct envelope {
	float *v; /* owned; the largest is 1, or all are 0 */
	size_t n, hop;
	double rate; /* of the samples */
};

int envelope_init(struct envelope *e, const float *x, size_t n, double rate, struct err *err);
void envelope_release(struct envelope *e);

struct onset {
	size_t at; /* sample */
	float strength; /* 0 to 1 */
};

/* Onsets of x[n] by its envelope, in order and no two closer than `gap` seconds. *list is
   malloc'ed, the caller's; NULL on failure. */
int onsets_find(const float *x, size_t n, const struct envelope *e, double gap, struct onset **list, size_t *count,
    struct err *err);

/* One channel out of several: their mean, or the first where the others cancel it. */
float *onsets_mono(const float *x, size_t channels, size_t frames);

#endif
