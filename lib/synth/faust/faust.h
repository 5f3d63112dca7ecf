/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Faust programs as modules. What a patch names is a file, NAME.dsp; what a recipe
 * names is faust:NAME@HASH, where HASH is of the program with all that it
 * imports. That text is kept, so that the recipe can be rendered again:
 *
 *     $XDG_DATA_HOME/assay/faust/NAME@HASH.dsp     the program, whole
 *     $XDG_CACHE_HOME/assay/faust/NAME@HASH.N.so   compiled for FAUST_ABI N; made again when it is missing
 */
#ifndef SYNTH_FAUST_H
#define SYNTH_FAUST_H

#include "synth/compile.h"
#include "synth/faust/program.h"
#include "synth/registry.h"

enum { FAUST_CHANNELS = 16, FAUST_CONTROLS = 400, FAUST_SOURCE = 8 << 20 };

enum control_kind { CONTROL_KNOB, CONTROL_WHOLE, CONTROL_CHOICE, CONTROL_PITCH, CONTROL_GATE };

/* What feeds a zone. Inputs of the module: sounds first, then one for each control. */
struct faust_control {
	size_t zone; /* floats from the instance's first */
	enum control_kind kind;
	float min, max;
	float *values; /* CONTROL_CHOICE: of each choice */
};

/* module.guest */
struct faust_guest {
	const struct faust_program *program;
	struct faust_control *controls;
	size_t n_controls, gate; /* gate: which control; n_controls: there is none */
};

/* The program that a file is, whole, put in the store: its name after "faust:". 1: it was not there before. */
int faust_expand(const char *file, char name[GUEST_NAME], struct err *err);
void faust_forget(const char *name); /* takes it out again */
/* The library of a program in the store, compiled if need be. */
int faust_library(const char *name, char path[PLACE], struct err *err);
/* A folder of the two above. */
const char *faust_folder(bool cache, char path[PLACE], struct err *err);

/* What a program says of itself as ports of a module, which lives as long as the program. */
int faust_ports(const char *name, const struct faust_program *p, struct module *m, struct err *err);

/* Makes an instance; false: the rate is one too many. Any thread. */
bool faust_begin(const struct faust_guest *g, void *instance, float rate);

extern const struct module_source source_faust;

#endif
