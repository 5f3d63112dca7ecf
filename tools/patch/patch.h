/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The parts of assay patch. */
#ifndef TOOLS_PATCH_H
#define TOOLS_PATCH_H

#include <stdbool.h>

#include "base/cli.h"
#include "synth/patch.h"

/* list.c: tables for people and, with json, one object a line. */
enum { LIST_GROUPS = 7 };
extern const char *const list_groups[LIST_GROUPS];
int list_modules(bool json);
int list_ports(const char *module, bool json, struct err *err);
void list_reference(void); /* reference.c: all modules as a manual page */
int list_params(const struct recipe *r, bool json, struct err *err);

/* edit.c: what --set, --pin and --open say. Names are params of any part, or
   PART.NAME, and may be patterns for fnmatch(3). */
int edit_set(struct recipe *r, const struct cli_list *set, struct err *err);
int edit_pin(struct recipe *r, const struct cli_list *pin, struct err *err);
int edit_open(struct recipe *r, const struct cli_list *open, struct err *err);

#endif
