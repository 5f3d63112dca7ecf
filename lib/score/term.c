/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "score/term.h"

#include <string.h>

const struct term *
term_find(const char *name)
{
	for (const struct term *const *t = terms; *t; t++)
		if (!strcmp((*t)->name, name))
			return *t;
	return NULL;
}
