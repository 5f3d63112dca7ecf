/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A few threads that share out numbered pieces of work. */
#ifndef SYNTH_ENGINE_POOL_H
#define SYNTH_ENGINE_POOL_H

#include <stddef.h>

#include "base/err.h"

enum { POOL_MAX = 256 };

struct pool;

/* threads 0: $ASSAY_THREADS or one a core. The caller of pool_run is one of them. */
struct pool *pool_new(int threads, struct err *err);
void pool_free(struct pool *p);
int pool_threads(const struct pool *p);

/* Calls work(user, item, thread) once for every item from 0 to n-1, thread being
   0 to pool_threads()-1, and returns when all are done. */
void pool_run(struct pool *p, size_t n, void (*work)(void *user, size_t item, int thread), void *user);

#endif
