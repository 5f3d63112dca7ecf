/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Where exactly a sound begins that is known to begin about here: in which bands
 * the sound grows is looked at first, then when they do, in windows of 6 ms, so
 * that what rings on in other bands does not matter; at last the wave itself.
 */
#ifndef FEATURE_RISE_H
#define FEATURE_RISE_H

#include <stddef.h>

#include "base/err.h"

struct rise;

struct rise *rise_new(double rate, struct err *err);
void rise_free(struct rise *r);

/* The sample of x[n] near `about` where the sound begins. 0, or -1 out of memory. */
int rise_find(struct rise *r, const float *x, size_t n, size_t about, size_t *at);

#endif
