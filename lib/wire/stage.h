/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The life of a tool that reads takes and writes takes: open, loop, close.
 *
 *     struct stage s;
 *     if (stage_open(&s, in, out, "rendered") < 0) return EXIT_FAILED;
 *     while ((t = stage_next(&s))) {
 *             if (work(t, &err) < 0) take_fail(t, "%s", err.text);
 *             stage_emit(&s, t);
 *     }
 *     return stage_close(&s);
 *
 * Takes that come in with an error go out as they are; stage_next hands them
 * over too, look at m->error (stage_skip does it in one call). What is written
 * is flushed before the stage waits for more, so one take alone is not held
 * back. The closing line is "412 of 415 takes, 3 failed"; the exit status is
 * failed if the stream was broken, a write failed, --strict met a bad take, or
 * not one take was good.
 */
#ifndef WIRE_STAGE_H
#define WIRE_STAGE_H

#include "base/cli.h"
#include "base/talk.h"
#include "wire/take.h"

struct stage {
	struct reader *in;
	struct writer *out; /* NULL for a sink */
	const char *verb;   /* "rendered": what has happened to a take that is done */
	uint64_t taken, failed;
	bool strict;
	bool broken;     /* the stream in or out; what was read before can still be written */
	bool unwritable; /* the stream out */
	struct progress progress;
};

/* For the option table of every stage: STAGE_OPTIONS(&where) as its first lines. */
struct stage_where {
	const char *in, *out;
	bool strict;
};
#define STAGE_OPTIONS(w)                                                                             \
	{'i', "in", CLI_STRING, &(w)->in, "WHERE", .help = "read takes from a file, - or an endpoint"},     \
	{'o', "out", CLI_STRING, &(w)->out, "WHERE", .help = "write takes to a file, - or an endpoint"},    \
	{0, "strict", CLI_FLAG, &(w)->strict, .help = "stop at the first take that fails"}

/* out NULL in w: a sink. Catches interrupts. Says what is wrong and returns -1. */
int stage_open(struct stage *s, const struct stage_where *w, const char *verb);

/* The next take, owned by the caller until stage_emit; NULL at the end, on a
   broken stream, on an interrupt, or after a failure under --strict. */
struct take *stage_next(struct stage *s);

/* Whether stage_next would answer without waiting: for stages that gather. */
bool stage_ready(struct stage *s);

/* Emits and returns true if the take came in with an error. */
bool stage_skip(struct stage *s, struct take *t);

/* Writes the take (a sink only counts it), frees it, says why if it failed. */
void stage_emit(struct stage *s, struct take *t);

/* Says the closing line and returns the exit status. */
int stage_close(struct stage *s);

#endif
