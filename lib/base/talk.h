/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Talk on stderr, for tools: "assay render: cannot open 'x': reason". A person
 * at a terminal gets colour (unless NO_COLOR) and a progress line; a log gets
 * finished lines. Exit codes are the same for all tools.
 */
#ifndef BASE_TALK_H
#define BASE_TALK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

enum { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2, EXIT_INTERRUPTED = 130 };

/* Set by -q (down to 0: errors only) and -v (up); 1 is usual. */
extern int talk_level;
/* Set by --plain: no progress line even on a terminal. */
extern bool talk_plain;

/* Name of the tool for the messages, kept by reference. cli_parse sets it. */
void talk_name(const char *tool);

void talk_error(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void talk_warning(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void talk_info(const char *fmt, ...) __attribute__((format(printf, 1, 2)));    /* level 1 */
void talk_verbose(const char *fmt, ...) __attribute__((format(printf, 1, 2))); /* level 2 */

/* Only tools die: prints the error and exits; an interrupt was the cause of whatever came after it. */
_Noreturn void die(int status, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Progress: a line that rewrites itself on a terminal with rate and time to go,
   and a finished line every tenth of the way with --plain. total 0: unknown. */
struct progress {
	const char *what; /* "takes" */
	uint64_t total, done;
	double began, shown;
	int tenth;
};
void progress_begin(struct progress *p, const char *what, uint64_t total);
void progress_at(struct progress *p, uint64_t done, const char *note); /* note may be NULL */
void progress_end(struct progress *p);

/* Catches SIGINT and SIGTERM: the first asks for a clean stop, the second ends
   the process at once. A SIGTERM that was ignored stays ignored: whoever started us ends us otherwise. Ignores SIGPIPE and SIGXFSZ, so that a closed pipe and a
   file over its limit are write errors. */
void interrupt_catch(void);
bool interrupted(void);
/* Becomes readable with the first interrupt: to wait for beside what is read, so
   that one that comes just before the wait ends it too. -1: nothing is caught. */
int interrupt_fd(void);

/* Seconds on a monotonic clock; for talk only, never for what reaches a take. */
double talk_clock(void);

#endif
