/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Runs another program, a compiler say, to its end, and keeps what it said. */
#ifndef BASE_RUN_H
#define BASE_RUN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

enum { RUN_ARGS = 64, RUN_SAID = 65536 };

/* A command that grows word by word; words are the caller's and outlive it. */
struct command {
	const char *word[RUN_ARGS + 1];
	size_t n;
};

void command_add(struct command *c, const char *word);
/* The words of a text, parted by blanks; room holds them. */
void command_add_words(struct command *c, const char *text, char *room);

struct run_result {
	int status;     /* of exit; 128 and the signal's number if one ended it */
	char *said;     /* standard output and error, cut after RUN_SAID bytes; the caller frees it */
	size_t n;
};

/* Its standard input is empty. It may use `seconds` of processor time and 2 GiB of memory. 0, whatever
   its status; -1 if it could not be started (errno ENOENT: there is no such program). */
int run_program(const struct command *c, unsigned seconds, struct run_result *r, struct err *err);

/* What a program said, as an error: its first line that speaks of one, or its first. */
int run_failed(const struct run_result *r, const char *what, struct err *err);

#endif
