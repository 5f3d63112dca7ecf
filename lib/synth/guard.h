/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Code from elsewhere at work: which guest runs in which thread, and whether it
 * gets on, on a page that another process may watch. When the process dies or
 * stands still the page tells who was at work.
 */
#ifndef SYNTH_GUARD_H
#define SYNTH_GUARD_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

enum { GUARD_SEATS = 256, GUARD_NAME = 252 };

struct guard_page {
	atomic_uint_least64_t pulse; /* grows each time a guest has come back */
	struct guard_seat {
		atomic_uint busy;
		char name[GUARD_NAME]; /* cut */
	} seat[GUARD_SEATS]; /* one a thread, as they come; more threads than seats are not seen */
};

/* From now on guests are noted on this page (zeroed, the caller's). Before any guest runs. */
void guard_watch(struct guard_page *page);

/* Around every call into a guest, in the thread that calls. leave() puts back how the
   processor rounds, which guests change. */
void guard_enter(const char *name);
void guard_leave(void);

/* Who is at work, in words: "module a" or "module a or b"; "" where nobody is. */
void guard_who(const struct guard_page *page, char *text, size_t room);

#endif
