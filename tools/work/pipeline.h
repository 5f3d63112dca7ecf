/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A pipeline as the user wrote it, 'render | features', and a run of it as processes of which each can be
 * asked how it ended. It is split at its pipes; each stage is a child of its own, run by sh, so that quotes,
 * variables and redirections mean what they always do. A stage named like a tool of assay is that tool. What
 * is more than a pipe (;, &&, &) is one stage.
 */
#ifndef WORK_PIPELINE_H
#define WORK_PIPELINE_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/confine.h"
#include "base/err.h"

enum { STAGES = 32, STAGE_LINE = 1024, STAGE_NAME = 64 };

struct pipeline {
	size_t n;
	struct {
		char name[STAGE_NAME]; /* "render" */
		char *command;         /* for sh -c */
	} stage[STAGES];
	struct confine confine;
	unsigned long files; /* descriptors that a stage may have */
};

/* is_tool says whether assay-NAME is there. */
int pipeline_parse(struct pipeline *p, const char *text, bool (*is_tool)(const char *name), struct err *err);
void pipeline_release(struct pipeline *p);

/* --- a run ---------------------------------------------------------------------------- */

struct flow {
	const struct pipeline *of;
	int in, out;   /* non-blocking; -1: closed */
	pid_t group;
	bool killed;   /* by us: what the stages end with says nothing */
	struct stage_run {
		pid_t pid;      /* 0: it has ended */
		int status;     /* as of waitpid */
		bool after;     /* it ended after its input was closed */
		int talk;       /* its stderr; -1: closed */
		char line[STAGE_LINE], last[STAGE_LINE], error[STAGE_LINE];
		size_t n;
	} stage[STAGES];
};

int flow_start(struct flow *f, const struct pipeline *p, struct err *err);

/* Reads what stages have said; each whole line is told, what steers a terminal taken out. */
void flow_listen(struct flow *f, void (*tell)(const char *line));

/* Asks for those that ended. How many have not. */
size_t flow_reap(struct flow *f);

void flow_close_in(struct flow *f);
void flow_kill(struct flow *f);

/* "render was killed by signal 9 (Killed)", "features ended with status 1: its last line": of the one that
   ended first of its own. */
void flow_reason(const struct flow *f, char *text, size_t room);

/* The exit status of the stage that flow_reason names; -1: a signal, or none has failed. */
int flow_status(const struct flow *f);

/* The descriptors of stderr, for poll; how many. */
size_t flow_fds(const struct flow *f, struct pollfd *fds);

/* All have ended. */
void flow_end(struct flow *f);

#endif
