/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The front program in four files: assay.c runs tools, tools.c finds them,
   doctor.c and completion.c are its own two. */
#ifndef ASSAY_H
#define ASSAY_H

#include <stdbool.h>
#include <stddef.h>

struct tool {
	char *name;    /* "render" */
	char *path;
	char *summary; /* or NULL */
	char *table;   /* what --options prints, or NULL */
};

struct tools {
	struct tool *item; /* by name */
	size_t n;
};

/* The folder this program stands in; where its data is: the source tree or PREFIX/share/assay. */
const char *own_folder(void);
/* A file or folder of assay's data ("patches", "tools/render/render.1"), NULL if
   it is in none of the places. Static memory. */
const char *own_data(const char *in_source, const char *installed);

/* Path of assay-NAME beside this program or on PATH, NULL if there is none. The caller frees. */
char *tool_path(const char *name);

/* The tools beside this program, each asked for its options; with the whole PATH,
   those found elsewhere too, by name alone. */
struct tools tools_find(bool whole_path);
void tools_free(struct tools *t);

/* Walks a table: the fields of an option's line (name with dashes, letter with
   its dash or blank, value, choices, default, help). at starts at NULL. */
const char *tool_option(const char *at, char *line, size_t size, char *field[6]);
/* The verbs of a table, "" if it has none. */
void tool_verbs(const struct tool *t, char *text, size_t size);

int doctor(int argc, char **argv);
int completion(int argc, char **argv);

#endif
