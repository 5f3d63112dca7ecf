/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One float32 array [take, channel, frame, feature] in NumPy's format 1.0. Takes
 * differ in channels and frames, and the header, which comes first, wants the
 * largest: so blocks are kept in a temporary file until the end, and what a take
 * has not is NaN.
 */
#ifndef FEATURES_NPY_H
#define FEATURES_NPY_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct npy;

/* columns is the length of the last axis. */
struct npy *npy_new(const char *path, size_t columns, struct err *err);

/* Adds [channels][frames][columns]; data may be NULL where there are none. What goes wrong
   is told by npy_finish. */
void npy_add(struct npy *n, const float *data, uint32_t channels, uint32_t frames);

/* Writes the file, whole or not at all, and frees. */
int npy_finish(struct npy *n, struct err *err);

#endif
