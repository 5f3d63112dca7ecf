/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Finding installed data: patches, schemas. In order: $ASSAY_PATCHES for what
 * lies under patches/, the folder share/assay beside the program's bin/ where it
 * is installed, and the root of the source where it is built.
 */
#ifndef BASE_SHARE_H
#define BASE_SHARE_H

#include <stddef.h>

/* The path of "patches/kick.lua" or "patches", in path; NULL if it is nowhere. */
const char *share_find(const char *name, char *path, size_t room);

/* A patch as a person names it: "-", a path (it has a '/' or a '.') as it is, or "pluck" from the
   library. NULL if the library has none. */
const char *share_patch(const char *name, char *path, size_t room);

/* A folder of the user's own: share_home("XDG_DATA_HOME", ".local/share", "assay/modules", ...) is
   $XDG_DATA_HOME/assay/modules, or ~/.local/share/assay/modules. It need not exist. NULL: there is no home. */
const char *share_home(const char *variable, const char *fallback, const char *name, char *path, size_t room);

#endif
