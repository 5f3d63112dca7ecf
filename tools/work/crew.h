/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The copies of the pipeline: which take goes to which, when one is started again, and how
 * many takes they can have between them.
 *
 * - A copy that has nothing to do gets the next take. Else takes of one graph go to the copy that has most of
 *   them, until its lanes are full twice, at work and in waiting (or it has its share of all), then to the one
 *   with least to do.
 * - A lease that is to be `alone` waits for a copy to run empty, and nothing else goes there meanwhile.
 * - A copy that dies fails what had been written to it; what had not goes to another. It is started
 *   again, at once the first time, then after a pause that doubles from 0.1 s to 10 s until something comes out.
 * - A pipeline that cannot run at all (no such program, or it ends again and again without having been given
 *   anything), and never has, is hopeless.
 */
#ifndef WORK_CREW_H
#define WORK_CREW_H

#include "copy.h"
#include "pace.h"
#include "queue/worker.h"

struct crew_settings {
	unsigned jobs;
	uint32_t credits;  /* takes a copy; 0: as pace.h finds */
	uint32_t lanes;    /* takes that are worked on side by side */
	int64_t patience;  /* microseconds without a result before a copy is killed; 0: for ever */
	uint64_t seed;     /* of the marks */
	void (*tell)(const char *line); /* what stages say; NULL: nobody */
	void (*warn)(const char *text); /* what went wrong with a copy */
};

struct crew_counts {
	uint64_t done, failed, died;
	unsigned up;       /* copies that run */
	uint32_t in_hand;
	uint32_t credits;  /* of all copies */
};

struct crew;

/* Starts the copies. */
struct crew *crew_new(const struct pipeline *p, const struct crew_settings *set, int64_t now, struct err *err);
void crew_free(struct crew *c); /* kills what still runs */

/* Fetches leases and hands them out; steps all copies; answers leases and tells credits. */
void crew_step(struct crew *c, struct worker *w, int64_t now);

/* Why the pipeline is given up, or NULL. */
const char *crew_hopeless(const struct crew *c);

/* No more takes: closes what copies read. True once all have ended. */
bool crew_finish(struct crew *c, int64_t now, int64_t deadline);

void crew_counts(const struct crew *c, struct crew_counts *counts);

/* The descriptors to wait for, in an array with room for one more (the caller's until the next call), and when
   to step at the latest. */
struct pollfd *crew_fds(struct crew *c, size_t *n);
int64_t crew_due(const struct crew *c);

#endif
