/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a process that works on other people's takes may still do: little. `assay work` calls
 * confine_child between fork and exec for every stage; a stage that has opened all it
 * needs calls confine_self.
 */
#ifndef BASE_CONFINE_H
#define BASE_CONFINE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"

struct confine {
	pid_t parent;       /* who called fork: its death is ours too */
	uint64_t memory;    /* bytes that the process may write to (RLIMIT_DATA); 0: no limit */
	bool no_privileges; /* no setuid program gives it more (no_new_privs) */
};

/* In the child: no core files, first to go where the machine runs out of memory, killed when its parent dies,
   default signals, and what c says. Safe after fork in a program with threads. What the kernel does not
   have is left out. */
void confine_child(const struct confine *c);

/* Whether ASSAY_CONFINE=1 asks stages to confine themselves. */
bool confine_asked(void);

/*
 * From here on no file can be opened, no socket made, no program started and no memory
 * made executable, in any thread (seccomp): what is open stays. 0; -1 if the kernel has no filters. A build
 * with sanitizers, which need all of that, says so.
 */
int confine_self(struct err *err);

/* Whether that has been done. */
bool confine_done(void);

#endif
