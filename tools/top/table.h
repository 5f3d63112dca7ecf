/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A Status as a table for people. */
#ifndef TOOLS_TOP_TABLE_H
#define TOOLS_TOP_TABLE_H

#include <stdbool.h>
#include <stdio.h>

#include "queue/status.h"

struct table {
	const char *where; /* the queue's address */
	const char *note;  /* what is wrong now, or NULL */
	int width, height; /* of the window; 0: as it comes */
	bool paint;
	const char *end;   /* of a line: "\n" */
};

/* s NULL: nothing has been heard yet. */
void table_print(FILE *f, const struct table *t, const struct status *s);

#endif
