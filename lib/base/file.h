/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Files that appear whole under their name, or not at all: written beside it and
 * renamed. What is no plain file (a device, a FIFO, "-" for standard output) is
 * written straight; the file behind a symbolic link is what is replaced.
 *
 *     struct file f;
 *     if (file_create(&f, path, err) < 0) return -1;
 *     const bool good = fwrite(p, 1, n, f.stream) == n;
 *     return file_finish(&f, good, err);
 */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include <stdbool.h>
#include <stdio.h>

#include "base/err.h"

struct file {
	FILE *stream;
	const char *path; /* the caller's, until file_finish */
	char *to, *temp;  /* temp NULL: written straight */
};

int file_create(struct file *f, const char *path, struct err *err);

/* Closes. 0 if it was good and all of it has arrived; else -1, nothing is left
   behind, and err says why (errno where good is false). */
int file_finish(struct file *f, bool good, struct err *err);

/* mkdir -p; folders that are made are their owner's alone. -1 with errno. */
int folder_make(const char *path);

#endif
