/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Modules of the user's own, in C. They stand in the folders of a path:
 *
 *     NAME.c                  the source, which its author edits
 *     NAME.so                 a link to the version that a patch means by NAME
 *     versions/NAME@HASH.c    each source that was built, by the hash of its text,
 *     versions/NAME@HASH.so   and what came out
 *
 * A recipe names the version, so a moment of last month sounds as it did.
 */
#ifndef SYNTH_USER_H
#define SYNTH_USER_H

#include "synth/compile.h"
#include "synth/registry.h"

enum { USER_FOLDERS = 16, USER_SOURCE = 1 << 20 }; /* bytes that a source may have */

/* The folders: $ASSAY_MODULES (parted by colons) if it is set, then $XDG_DATA_HOME/assay/modules. What
   is built goes into the first. */
struct user_path {
	char folder[USER_FOLDERS][PLACE];
	size_t n;
};
void user_path(struct user_path *p);

/* Why no module can be called so; 0 if one can. */
int user_name_check(const char *name, size_t n, struct err *err);

/* Compiles a source for every instruction set, tries it in a process of its own, and makes it the one
   that its name means. Its name is that of the file, without ".c". said: what the compiler said, also of
   what it built; the caller frees it. */
struct user_built {
	char name[GUEST_NAME]; /* NAME@HASH */
	char library[PLACE];
	bool anew;             /* false: this version had been built already */
};
int user_build(const char *source, struct user_built *made, char **said, struct err *err);
/* The same for a version that is kept, NAME@HASH; what its name means stays. */
int user_rebuild(const char *folder, const char *version, char **said, struct err *err);

/* All that is found, name by name: calls each() with what is known of it. */
struct user_found {
	const char *name, *folder;
	const char *version;  /* HASH that the name means; NULL: it is not built */
	bool source;          /* NAME.c stands there */
	bool changed;         /* and is not what was built */
	size_t versions;      /* kept */
	const char *wrong;    /* why it cannot be used; NULL: it can */
};
void user_each(void (*each)(const struct user_found *found, void *user), void *user);

/* Calls each() with every version that is kept as source, NAME@HASH. */
void user_versions(void (*each)(const char *folder, const char *version, void *user), void *user);

/* Opens a library and checks what is in it, which is to be version, NAME@HASH. It stays open. */
int user_open(const char *library, const char *version, struct module_set *made, struct err *err);

extern const struct module_source source_user;

#endif
