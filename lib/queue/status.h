/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A Status (proto/letter.proto) as it came over the wire, and as text: JSON and
 * Prometheus. What it holds may be steered by strangers, so unpacking is bounded, names
 * lose their control characters, and numbers that are not finite become 0.
 */
#ifndef QUEUE_STATUS_H
#define QUEUE_STATUS_H

#include <stdio.h>

#include "base/arena.h"
#include "base/err.h"
#include "letter.pb-c.h"

struct status {
	Assay__Status *m; /* in the arena */
	struct arena arena;
};

struct status *status_unpack(const uint8_t *p, size_t n, struct err *err);
void status_free(struct status *s);

/* One object with the schema's field names, no field left out, and a newline. Integers over 2^53
   are strings, as jq and JavaScript cannot hold them. */
void status_json(FILE *f, const struct status *s);

/* The text format 0.0.4 of Prometheus. */
void status_prometheus(FILE *f, const struct status *s);

#endif
