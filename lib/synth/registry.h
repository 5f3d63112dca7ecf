/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * All modules there are: those that are built in, and those that came from
 * elsewhere while the program runs (a module of the user's own, an LV2 plug-in,
 * a Faust program). An index means the same module in every instruction set.
 */
#ifndef SYNTH_REGISTRY_H
#define SYNTH_REGISTRY_H

#include "base/err.h"
#include "base/isa.h"
#include "synth/port.h"

enum { REGISTRY_ISAS = 4, REGISTRY_GUESTS = 1024 };

/* One module, compiled for each instruction set: scalar, sse, avx2, avx512. */
struct module_set {
	const struct module *isa[REGISTRY_ISAS];
};

/* Where modules come from that are not built in. */
struct module_source {
	const char *prefix; /* of their names, "lv2:"; "" takes whatever no other source does */
	/* Makes the module of this name, and what it points at, which lives as long as the program.
	   Asked once a name; what is made must be called by that name. -1: there is none, and why. */
	int (*load)(const char *name, struct module_set *made, struct err *err);
	/* Calls each() with the names of all that could be loaded. May be slow. */
	void (*list)(void (*each)(const char *name, void *user), void *user);
};

/* All sources, NULL at the end: written in registry.c. */
extern const struct module_source *const module_sources[];

/* Modules known so far. Those that are built in come first, in the order of their names. */
size_t registry_count(void);
size_t registry_built_in(void);
const struct module *registry_at(enum isa isa, size_t index);

/* By name, loaded from its source if need be: index, or -1 with the reason. Any thread may ask. */
int registry_find(const char *name, size_t *index, struct err *err);

#endif
