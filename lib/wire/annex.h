/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A process of its own for guests (lib/synth/port.h: MODULE_GUEST): takes go in,
 * the same takes with sound come back. It is `assay render --guests-here`, started
 * when first needed, kept, and started again when it has died. What a guest does
 * to it (a crash, a hang, memory without end) fails the guilty take and no other.
 */
#ifndef WIRE_ANNEX_H
#define WIRE_ANNEX_H

#include "base/isa.h"
#include "wire/take.h"

struct annex;

struct annex_settings {
	enum isa isa;
	int threads;     /* 0: one a core */
	double patience; /* seconds without progress, after which it is taken to hang; 0: $ASSAY_GUEST_PATIENCE or 10 */
	uint64_t memory; /* bytes; 0: $ASSAY_GUEST_MEMORY (in MiB) or 2 GiB */
	bool talks;      /* what guests print on stderr is let through */
};

/* Starts nothing yet. */
struct annex *annex_new(const struct annex_settings *set, struct err *err);
void annex_free(struct annex *a);

/* What came back: a take with its sound or its error, the caller's; or NULL, and err says why. */
struct annex_answer {
	struct take *take;
	struct err err;
};

/* Renders the recipes of n takes. 0, or -1 where nothing could be done (out of memory). */
int annex_render(struct annex *a, struct take *const *t, size_t n, struct annex_answer *answer, struct err *err);

/* In that process, before any guest is loaded: no display, nothing that is printed gets into the stream,
   and the one who watches is told what is going on. */
void annex_inside(void);

#endif
