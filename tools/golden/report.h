/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The set at a glance: its loops, what is there twice or like no other, what it covers. */
#ifndef GOLDEN_REPORT_H
#define GOLDEN_REPORT_H

#include <stdbool.h>

#include "wire/take.h"

struct report;

struct report *report_new(void);
void report_free(struct report *r);

/* Remembers a take with loop and summary: not its sound. */
int report_add(struct report *r, const struct take *t, struct err *err);

/* Prints to standard output: text, or one JSON object. */
int report_print(struct report *r, bool json, struct err *err);

#endif
