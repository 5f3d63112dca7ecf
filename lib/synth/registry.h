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

enum { REGISTRY_ISAS = 4, REGISTRY_GUESTS = 1024, GUEST_NAME = 512 };

/* One module, compiled for each instruction set: scalar, sse, avx2, avx512. */
struct module_set {
	const struct module *isa[REGISTRY_ISAS];
};

/* Where modules come from that are not built in. */
struct module_source {
	/* Of their names, "lv2:", which makes lv2{"TEXT", ...} a word of the patch language; "" takes
	   whatever no other source does, and words that a patch uses and nobody has defined. */
	const char *prefix;
	/* The name that stands in a recipe for what a patch calls TEXT. Files are looked for in folders[]
	   (the patch's own, the library; NULL ends it). 0; 1: there is no such thing; -1: there is, and what is
	   wrong with it. NULL: the name is prefix and text. */
	int (*named)(const char *text, const char *const *folders, char name[GUEST_NAME], struct err *err);
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

/* What a patch means by word{"text"}; word "" is a word of its own, text. 0, -1 with the reason, or 1:
   there is no such thing (or no such source). */
int registry_guest(const char *word, const char *text, const char *const *folders, size_t *index, struct err *err);

#endif
