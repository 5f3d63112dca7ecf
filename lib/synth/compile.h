/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Modules that are compiled while the program is installed: the machine's C
 * compiler, with the flags of the Makefile that make bytes the same, and the
 * headers that came with the program, installed or in the source.
 */
#ifndef SYNTH_COMPILE_H
#define SYNTH_COMPILE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/run.h"
#include "synth/registry.h"

enum { PLACE = 4096 }; /* bytes of a path */

extern const char *const compile_isas[REGISTRY_ISAS]; /* "scalar" ... */

/* Where the headers are; NULL with the reason. */
const char *compile_headers(char path[PLACE], struct err *err);

/* A folder for what comes between; compile_clean removes it with all that is in it. */
int compile_folder(char path[PLACE], struct err *err);
void compile_clean(const char *folder);

/* Compiles source into object. isa -1: of no instruction set, without warnings. What the compiler says is
   added to said (which may be NULL: then it is an error's first line alone). */
int compile_object(const char *source, int isa, const char *object, char **said, struct err *err);

/* Links objects (NULL at the end) into a library that is whole: nothing in it may be missing. bare: it
   stands on libm alone, with nothing that could reach the system. */
int compile_library(const char *const *objects, bool bare, const char *library, char **said, struct err *err);

/* Writes a file whole. */
int compile_write(const char *path, const char *text, size_t n, struct err *err);

/* A whole file of at most `most` bytes, with a 0 behind it, which the caller frees. */
char *compile_read(const char *path, size_t most, size_t *n, struct err *err);

/* The first 12 digits of the hash of a text: what tells versions apart. */
enum { VERSION_HEX = 12 };
void compile_version(const char *text, size_t n, char hex[VERSION_HEX + 1]);

/* Whether a name can be a word of C and of Lua, of at most 40 letters. */
bool compile_is_word(const char *name, size_t n);

/* Checks what a descriptor says before anything relies on it. */
int compile_check(const struct module *m, struct err *err);

#endif
