/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A little HTTP for Prometheus and Kubernetes (libmicrohttpd), in a thread of its own that
 * sees nothing but the last text it was given: /metrics, and /healthz, which fails
 * when the queue's loop has stood still for 10 s.
 */
#ifndef TOOLS_QUEUE_METRICS_H
#define TOOLS_QUEUE_METRICS_H

#include <stddef.h>

#include "base/err.h"

struct metrics;

/* Listens on "ADDRESS:PORT", "[::1]:PORT" or "PORT" (of the loopback). */
struct metrics *metrics_open(const char *where, struct err *err);
void metrics_close(struct metrics *m);

/* What /metrics answers from now on; takes over the (malloced) text. */
void metrics_show(struct metrics *m, char *text, size_t n);

/* Where it listens, the port told if 0 was asked for. */
const char *metrics_where(const struct metrics *m);

#endif
