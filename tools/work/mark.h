/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The mark by which a take is known again when it comes out of a pipeline, in whatever order: a field
 * behind its last (number 1000, fixed64), which stages carry through because they
 * carry what they do not know. Messages may be joined, so it is appended to the bytes, and
 * cut out of what comes back: what remains is what the pipeline would have written without it.
 */
#ifndef WORK_MARK_H
#define WORK_MARK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { MARK_SIZE = 10 };

void mark_write(uint64_t mark, uint8_t out[MARK_SIZE]);

/* Where the last mark of a message begins, and its value. 1; 0: it has none; -1: it is no message. */
int mark_find(const uint8_t *msg, size_t n, size_t *at, uint64_t *mark);

/* Equal for takes whose patches are the same but for the values of their parameters, which render puts side by
   side. 0 for what has no patch. */
uint64_t graph_of(const uint8_t *msg, size_t n);

#endif
